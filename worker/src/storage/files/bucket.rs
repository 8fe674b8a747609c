//! The buckets of the clouds, as their own variables describe them.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{ObjectStore, RetryConfig};

use super::error::{OpenError, Reason};

/// A call is tried again so often at most, for server errors, refused and broken connections …
const RETRIES: usize = 5;
/// … and not after so long; what it is then part of is tried again as trouble outside is. A single request ends after 30 s, the
/// default of the clients.
const RETRY_FOR: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
enum Cloud {
    Amazon,
    Google,
    Azure,
}

impl Cloud {
    fn of(scheme: &str) -> Option<Self> {
        match scheme {
            "s3" | "s3a" => Some(Self::Amazon),
            "gs" => Some(Self::Google),
            "az" | "abfs" | "abfss" => Some(Self::Azure),
            _ => None,
        }
    }

    /// Its name, and how the variables begin that tell of it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Amazon => ("S3", "AWS_*"),
            Self::Google => ("Google Cloud Storage", "GOOGLE_*"),
            Self::Azure => ("Azure", "AZURE_*"),
        }
    }

    /// The store of a bucket. Reads the environment, and connects to nothing.
    fn store(self, url: String) -> object_store::Result<Arc<dyn ObjectStore>> {
        // Their HTTP client takes whatever provider of cryptography is installed. A second installation finds one: fine.
        _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            max_retries: RETRIES,
            retry_timeout: RETRY_FOR,
            ..RetryConfig::default()
        };
        Ok(match self {
            Self::Amazon => Arc::new(
                AmazonS3Builder::from_env()
                    .with_url(url)
                    .with_retry(retry)
                    .build()?,
            ),
            Self::Google => Arc::new(
                GoogleCloudStorageBuilder::from_env()
                    .with_url(url)
                    .with_retry(retry)
                    .build()?,
            ),
            Self::Azure => Arc::new(
                MicrosoftAzureBuilder::from_env()
                    .with_url(url)
                    .with_retry(retry)
                    .build()?,
            ),
        })
    }
}

/// The bucket's store, and where in it the outputs are.
pub(super) fn open(scheme: &str, rest: &str) -> Result<(Arc<dyn ObjectStore>, Path), OpenError> {
    let Some(cloud) = Cloud::of(scheme) else {
        let is_plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let scheme = scheme.to_owned();
        return Err(if is_plain {
            OpenError::Scheme { scheme }
        } else {
            OpenError::NotPlain
        });
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // What stands before the `@` of `abfss://container@account.dfs.core.windows.net` is no user.
    let has_user = bucket.contains('@') && !matches!(cloud, Cloud::Azure);
    if has_user || bucket.contains(':') || rest.contains(['?', '#']) {
        return Err(OpenError::NotPlain);
    }
    let (name, variables) = cloud.words();
    let refused = |source: Reason| OpenError::Bucket {
        place: format!("{scheme}://{rest}"),
        cloud: name,
        variables,
        source,
    };
    let prefix = Path::parse(prefix).map_err(|error| refused(Reason::of(&error)))?;
    let store = cloud
        .store(format!("{scheme}://{bucket}"))
        .map_err(|error| refused(Reason::of(&error)))?;
    Ok((store, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(place: &str) -> String {
        let (scheme, rest) = place.split_once("://").unwrap();
        open(scheme, rest).unwrap_err().to_string()
    }

    #[test]
    fn a_bucket_is_opened_without_connecting_to_it() {
        for (scheme, rest) in [
            ("s3", "bucket"),
            ("gs", "bucket/"),
            ("abfss", "container@account.dfs.core.windows.net"),
        ] {
            let (_, prefix) = open(scheme, rest).unwrap();
            assert_eq!(prefix.as_ref(), "");
        }
        let (_, prefix) = open("s3", "bucket/news/clean/").unwrap();
        assert_eq!(prefix.as_ref(), "news/clean");
    }

    #[test]
    fn a_place_that_is_not_known_is_told_with_those_that_are() {
        let told = refused("ftp://host/folder");
        assert!(
            told.starts_with("output.folder: ftp:// is not known"),
            "{told}"
        );
        assert!(told.contains("s3://bucket/prefix"), "{told}");
    }

    #[test]
    fn what_may_be_a_secret_is_refused_and_not_shown() {
        for place in [
            "s3://key:secret@bucket/prefix",
            "s3://secret@bucket",
            "abfss://container:secret@account.dfs.core.windows.net/prefix",
            "az://container/prefix?sig=secret",
            "gs://bucket/prefix#secret",
            "user:secret@s3://bucket",
        ] {
            let told = refused(place);
            assert!(
                told.starts_with("output.folder: ") && !told.contains("secret"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_bucket_without_a_name_is_refused() {
        let told = refused("s3:///prefix");
        assert!(
            told.starts_with("output.folder: cannot use s3:///prefix"),
            "{told}"
        );
    }
}
