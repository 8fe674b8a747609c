//! What every server of ours does for its routes.

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::response::IntoResponse;
use shared::http::{Health, Part};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn serve_routes(routes: Router, stop: CancellationToken) -> (SocketAddr, JoinSet<()>) {
    let (listener, address) = shared::http::bind("127.0.0.1:0").await.unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move { shared::http::serve(listener, routes, stop).await });
    (address, server)
}

async fn panic_with_a_secret() {
    let secret = "secret";
    assert_eq!(secret, "known", "{secret}");
}

async fn sick() -> Health {
    let part = Part::asked(async { Err(std::io::Error::other("away")) }, true).await;
    Health::of(BTreeMap::from([("database".to_owned(), part)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_a_problem_also_one_that_is_bare_text_and_a_panic() {
    let routes = Router::new()
        .route("/panics", post(panic_with_a_secret))
        .route(
            "/text",
            post(async || (StatusCode::CONFLICT, [(RETRY_AFTER, "7")], "secret")),
        )
        .route(
            "/bare",
            post(async || StatusCode::NOT_FOUND.into_response()),
        )
        .route("/health", post(sick))
        .route("/get", axum::routing::get(async || "here"));
    let (address, _server) = serve_routes(routes, CancellationToken::new()).await;
    for (path, status, kind) in [
        ("/panics", 500, "internal"),
        ("/text", 409, "refused"),
        ("/bare", 404, "not-found"),
        ("/get", 405, "method-not-allowed"),
    ] {
        let reply = Post::to(address, path).send().await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(reply.body["type"], format!("/problems/{kind}"));
        let id = reply.headers["x-request-id"].to_str().unwrap();
        assert_eq!(reply.body["request_id"], id);
        assert!(!reply.body.to_string().contains("secret"), "{path}");
        assert_eq!(reply.headers.contains_key(RETRY_AFTER), path == "/text");
        assert_eq!(reply.headers.contains_key(ALLOW), path == "/get");
    }
    let health = Post::to(address, "/health").send().await;
    assert_eq!(health.status, 503);
    assert_eq!(health.body["parts"]["database"]["detail"], "away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_is_waited_for_ten_seconds() {
    let (address, _server) = serve_routes(Router::new(), CancellationToken::new()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer));
    // How it is told does not matter, so long as the connection ends.
    drop(closed.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_stop_silent_connections_are_closed_and_a_request_under_way_is_answered() {
    let stop = CancellationToken::new();
    let routes = Router::new().route("/", post(async |body: String| axum::Json(body)));
    let (address, mut server) = serve_routes(routes, stop.clone()).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut busy = TcpStream::connect(address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    busy.write_all(head.as_bytes()).await.unwrap();
    // Only once its handler asks for the body is it under way.
    let mut told = [0; 25];
    busy.read_exact(&mut told).await.unwrap();
    assert!(told.starts_with(b"HTTP/1.1 100"));
    stop.cancel();
    assert_eq!(silent.read(&mut told).await.unwrap(), 0);
    busy.write_all(b"late").await.unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\"late\""));
    let ended = tokio::time::timeout(Duration::from_secs(5), server.join_next());
    ended.await.unwrap().unwrap().unwrap();
}
