//! Just enough of an HTTP client: what `reqwest` would need here, a provider of cryptography, the workspace has none of.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A POST request that is written down and then sent.
pub(super) struct Post {
    address: SocketAddr,
    path: String,
    headers: String,
    body: Body,
}

enum Body {
    Whole(Vec<u8>),
    Pieces(Vec<Vec<u8>>),
}

/// What it is answered with.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Post {
    pub(super) fn to(address: SocketAddr, path: &str) -> Self {
        Self {
            address,
            path: path.to_owned(),
            headers: String::new(),
            body: Body::Whole(Vec::new()),
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Whole(body.into());
        self
    }

    /// A body that comes in these pieces, its length not said.
    pub(super) fn pieces(mut self, pieces: &[&str]) -> Self {
        self.body = Body::Pieces(
            pieces
                .iter()
                .map(|piece| piece.as_bytes().to_vec())
                .collect(),
        );
        self
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// A form of parts, each with its name.
    pub(super) fn form(self, boundary: &str, parts: &[(&str, &str)]) -> Self {
        let part = |(name, content): &(&str, &str)| {
            let file = if *name == "file" {
                "; filename=\"documents.jsonl\""
            } else {
                ""
            };
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            )
        };
        let body: String = parts.iter().map(part).collect();
        self.header(
            "content-type",
            &format!("multipart/form-data; boundary={boundary}"),
        )
        .body(format!("{body}--{boundary}--\r\n"))
    }

    pub(super) async fn send(self) -> Reply {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reading, mut writing) = stream.into_split();
        let (length, pieces) = match self.body {
            Body::Whole(body) => (format!("content-length: {}", body.len()), vec![body]),
            Body::Pieces(pieces) => {
                let mut all: Vec<Vec<u8>> = Vec::new();
                for piece in pieces {
                    all.push(
                        [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat(),
                    );
                }
                all.push(b"0\r\n\r\n".to_vec());
                ("transfer-encoding: chunked".to_owned(), all)
            }
        };
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{}{length}\r\n\r\n",
            self.path, self.headers
        );
        let write = async {
            writing.write_all(head.as_bytes()).await?;
            for piece in pieces {
                writing.write_all(&piece).await?;
                writing.flush().await?;
            }
            Ok::<(), std::io::Error>(())
        };
        let mut answer = Vec::new();
        // A server that has seen enough answers and closes, which is an error to whoever writes on.
        let (_, _) = tokio::join!(write, reading.read_to_end(&mut answer));
        parse(&answer)
    }
}

fn parse(answer: &[u8]) -> Reply {
    let text = str::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    Reply {
        status,
        headers: lines.map(header).collect(),
        body: serde_json::from_str(body).unwrap(),
    }
}
