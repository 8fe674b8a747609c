//! A bucket whose server refuses, tears connections, or is not there.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, RetryConfig};
use shared::chain::chain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const KEY: &str = "the-key-id";
const SECRET: &str = "the-secret-key";

/// The files of a bucket at a server that answers so, or hangs up where there is no answer; and how often it was called.
async fn at(answer: Option<&'static str>) -> (Files, Arc<AtomicUsize>) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (mut caller, _) = server.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 64 * 1024];
            _ = caller.read(&mut request).await;
            if let Some(answer) = answer {
                _ = caller.write_all(answer.as_bytes()).await;
            }
        }
    });
    (
        stored(bucket(&format!("http://{address}")), Compression::None),
        calls,
    )
}

fn bucket(endpoint: &str) -> impl ObjectStore {
    _ = rustls::crypto::ring::default_provider().install_default();
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(2),
        ..BackoffConfig::default()
    };
    AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .with_retry(RetryConfig {
            backoff,
            max_retries: 2,
            retry_timeout: Duration::from_secs(60),
        })
        .build()
        .unwrap()
}

/// What each call says, which tells no secret and is trouble outside.
async fn told(files: &Files) -> Vec<String> {
    let job = JobId::generate();
    let parts = [Part {
        chunk: 0,
        name: "0.1".to_owned(),
    }];
    let lease = lease(job, 0, 1);
    let errors = [
        files.write_part(&lease, &[]).await.unwrap_err(),
        files.read_part(job, "0.1").await.unwrap_err(),
        files.remove_part(job, "0.1").await.unwrap_err(),
        files.forget(job).await.unwrap_err(),
        files.jobs().await.unwrap_err(),
        files
            .join(&lease, &parts, day(), &[Format::Jsonl], || true)
            .await
            .unwrap_err(),
    ];
    let told = errors.map(|error| {
        assert!(error.is_transient(), "{error:?}");
        chain(&error)
    });
    for told in &told {
        assert!(told.contains("s3://bucket/news/clean/"), "{told}");
        assert!(!told.contains(KEY) && !told.contains(SECRET), "{told}");
    }
    told.to_vec()
}

#[tokio::test]
async fn a_refusal_is_told_without_the_key() {
    let (files, _) = at(Some(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 151\r\nconnection: close\r\n\r\n\
         <Error><Code>SignatureDoesNotMatch</Code><Message>Not yours.</Message><AWSAccessKeyId>the-key-id</AWSAccessKeyId>\
         <StringToSign>it</StringToSign></Error>",
    ))
    .await;
    let told = told(&files).await;
    assert!(told[0].starts_with("cannot write the part "), "{}", told[0]);
    assert!(
        told[0].ends_with("403 Forbidden: SignatureDoesNotMatch: Not yours."),
        "{}",
        told[0]
    );
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_no_missing_part() {
    let (files, _) = at(Some(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 76\r\nconnection: close\r\n\r\n\
         <Error><Code>NoSuchBucket</Code><Message>There is no such.</Message></Error>",
    ))
    .await;
    let error = files.read_part(JobId::generate(), "0.1").await.unwrap_err();
    assert!(
        error.is_transient() && chain(&error).contains("NoSuchBucket"),
        "{error:?}"
    );
    let put = files.write_part(&lease(JobId::generate(), 0, 1), &[]).await;
    assert!(put.unwrap_err().is_transient());
}

#[tokio::test]
async fn torn_connections_are_tried_again_and_then_told() {
    let (files, calls) = at(None).await;
    told(&files).await;
    assert!(calls.load(Ordering::SeqCst) >= 6 * 3);
}

#[tokio::test]
async fn a_server_that_is_away_is_told() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    drop(server);
    told(&stored(
        bucket(&format!("http://{address}")),
        Compression::None,
    ))
    .await;
}
