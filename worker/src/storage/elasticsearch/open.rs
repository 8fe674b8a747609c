//! From settings to an index that can be written, without asking anybody.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};
use shared::secret::Secret;

use super::Elasticsearch;
use super::answer::FIELDS;
use super::requests::Bounds;
use super::settings::Settings;
use super::wire::Wire;

/// To reach the cluster; less where a whole request may take less.
const CONNECT: Duration = Duration::from_secs(5);
/// Most documents in a request.
const MAX_ITEMS: usize = 500;
/// Longest name of an index.
const MAX_INDEX_BYTES: usize = 255;

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// One of them cannot be.
    #[error("output.elasticsearch.{key} {wrong}")]
    Setting {
        /// Which.
        key: &'static str,
        /// What is wrong with it, and what would be right.
        wrong: String,
    },
    /// The certificates cannot be had.
    #[error("output.elasticsearch.ca_file: cannot read {}", path.display())]
    CaFile {
        /// Where they should be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no TLS with these certificates, or none on this system.
    #[error("cannot prepare HTTPS for output.elasticsearch")]
    Tls(#[source] reqwest::Error),
}

fn wrong(key: &'static str, wrong: impl Into<String>) -> OpenError {
    let wrong = wrong.into();
    OpenError::Setting { key, wrong }
}

impl Elasticsearch {
    /// The index that the settings name; none when they name no cluster.
    ///
    /// # Errors
    /// When they contradict themselves, or `ca_file` cannot be read.
    pub(crate) fn open(settings: &Settings) -> Result<Option<Self>, OpenError> {
        let Some(url) = &settings.url else {
            return Ok(None);
        };
        let mut url = address(url)?;
        check_index(&settings.index)?;
        let bounds = bounds(settings)?;
        let http = client(settings, &url)?;
        let authorization = authorization(settings, &http, &url)?;
        // Who we are goes into no message. Neither can fail for a URL that has a host.
        _ = url.set_username("");
        _ = url.set_password(None);
        let shown = url.as_str().trim_end_matches('/').to_owned();
        let index_url = below(&url, &[&settings.index]);
        let mut bulk_url = below(&url, &[&settings.index, "_bulk"]);
        bulk_url.set_query(Some(&format!("filter_path={FIELDS}")));
        Ok(Some(Self {
            wire: Wire {
                http,
                authorization,
                shown,
                index: settings.index.clone(),
                index_url,
                bulk_url,
            },
            bounds,
            blind: AtomicBool::new(false),
        }))
    }
}

/// The cluster, still with who we are. No message repeats it: it may hold a password.
fn address(url: &Secret) -> Result<Url, OpenError> {
    let like = "give it as https://host:9200 or https://user:password@host:9200/prefix";
    let url: Url = url
        .expose()
        .parse()
        .map_err(|_| wrong("url", format!("is no URL: {like}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("url", format!("is not one of http or https: {like}")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("url", format!("has a `?` or `#`: {like}")));
    }
    Ok(url)
}

fn below(url: &Url, path: &[&str]) -> Url {
    let mut url = url.clone();
    // Always so for http and https.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// The rules of Elasticsearch and OpenSearch for names of indices.
fn check_index(index: &str) -> Result<(), OpenError> {
    let is_forbidden = |c: char| r#"\/*?"<>|,#: "#.contains(c) || c.is_control();
    let why = if index.is_empty() || index.len() > MAX_INDEX_BYTES {
        format!(
            "has {} bytes; 1 to {MAX_INDEX_BYTES} are allowed",
            index.len()
        )
    } else if index.starts_with(['-', '_', '+', '.']) {
        "begins with one of - _ + .; begin it with a letter".to_owned()
    } else if index.contains(is_forbidden) {
        r#"holds a space or one of \ / * ? " < > | , # :"#.to_owned()
    } else if index.to_lowercase() != index {
        "has capital letters; write it in small ones".to_owned()
    } else {
        return Ok(());
    };
    Err(wrong("index", why))
}

fn bounds(settings: &Settings) -> Result<Bounds, OpenError> {
    if !(1..=MAX_ITEMS).contains(&settings.bulk_items) {
        let why = format!("is {}; 1 to {MAX_ITEMS} are allowed", settings.bulk_items);
        return Err(wrong("bulk_items", why));
    }
    if settings.bulk_bytes == 0 {
        return Err(wrong("bulk_bytes", "is 0; give bytes, as 5000000"));
    }
    if settings.timeout_ms == 0 {
        return Err(wrong("timeout_ms", "is 0; give milliseconds, as 30000"));
    }
    Ok(Bounds {
        items: settings.bulk_items,
        bytes: settings.bulk_bytes,
    })
}

fn client(settings: &Settings, url: &Url) -> Result<Client, OpenError> {
    // Installed already is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let timeout = Duration::from_millis(settings.timeout_ms);
    let builder = Client::builder()
        .user_agent(concat!("scutch/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .connect_timeout(timeout.min(CONNECT))
        // A cluster is near; a proxy of the environment is for what is far.
        .no_proxy()
        // Documents and passwords are not sent on to another place.
        .redirect(redirect::Policy::none());
    trust(builder, settings.ca_file.as_deref(), url)?
        .build()
        .map_err(OpenError::Tls)
}

fn trust(
    builder: ClientBuilder,
    ca_file: Option<&Path>,
    url: &Url,
) -> Result<ClientBuilder, OpenError> {
    if url.scheme() != "https" {
        return match ca_file {
            Some(_) => Err(wrong("ca_file", "is set, but url is not https")),
            // Else a machine without certificate authorities could not even speak plain HTTP.
            None => Ok(builder.tls_certs_only([])),
        };
    }
    let Some(path) = ca_file else {
        return Ok(builder);
    };
    let pem = std::fs::read(path).map_err(|source| OpenError::CaFile {
        path: path.to_owned(),
        source,
    })?;
    let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    if certificates.is_empty() {
        let why = format!(
            "names {}, which holds no certificate in PEM form",
            path.display()
        );
        return Err(wrong("ca_file", why));
    }
    Ok(builder.tls_certs_merge(certificates))
}

/// What proves who we are; none where nothing says so.
fn authorization(
    settings: &Settings,
    http: &Client,
    url: &Url,
) -> Result<Option<HeaderValue>, OpenError> {
    let in_url = !url.username().is_empty() || url.password().is_some();
    let named = settings.username.is_some() || settings.password.is_some();
    if settings.api_key.is_some() && (in_url || named) {
        return Err(wrong(
            "api_key",
            "is set, and a user or password too: leave one of them out",
        ));
    }
    if in_url && named {
        return Err(wrong(
            "username",
            "or password is set, and url names a user too: leave one of them out",
        ));
    }
    if in_url && (url.username().is_empty() || url.password().is_none()) {
        return Err(wrong("url", "needs both or none of user and password"));
    }
    if let Some(key) = &settings.api_key {
        return api_key(key).map(Some);
    }
    // The client encodes them, and takes them out of a URL, as it does for any request.
    let request = match (&settings.username, &settings.password) {
        (Some(name), Some(password)) => http
            .get(url.clone())
            .basic_auth(name, Some(password.expose())),
        (Some(_), None) => return Err(wrong("username", "is set without password")),
        (None, Some(_)) => return Err(wrong("password", "is set without username")),
        (None, None) => http.get(url.clone()),
    };
    let request = request.build().map_err(OpenError::Tls)?;
    Ok(request.headers().get(AUTHORIZATION).cloned())
}

fn api_key(key: &Secret) -> Result<HeaderValue, OpenError> {
    let mut value = HeaderValue::from_str(&format!("ApiKey {}", key.expose().trim()))
        .map_err(|_| wrong("api_key", "holds characters that no HTTP header can"))?;
    value.set_sensitive(true);
    Ok(value)
}
