//! One request and its answer.

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use serde::Deserialize;

/// Longest answer that is read: 500 items with a long reason each stay far below.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// What of a reason is told.
const MAX_REASON_CHARS: usize = 300;

/// The way to a cluster.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) http: Client,
    /// What proves who we are; does not print.
    pub(super) authorization: Option<HeaderValue>,
    /// The cluster, as people are told it.
    pub(super) shown: String,
    /// The index's name.
    pub(super) index: String,
    /// The index.
    pub(super) index_url: Url,
    /// Its bulk API.
    pub(super) bulk_url: Url,
}

/// What is sent, if anything.
pub(super) enum Body {
    /// Nothing.
    None,
    /// One JSON value.
    Json(&'static str),
    /// Lines of JSON.
    Lines(Bytes),
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// It could not be reached, or the connection broke, or it took too long.
    #[error("the connection failed, or the time was up")]
    Http(#[source] reqwest::Error),
    /// More than anybody would read.
    #[error("its answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    /// The answer ends early without a broken connection.
    #[error("its answer is cut off, or not JSON")]
    CutOff,
}

impl Wire {
    /// The answer to a request, whatever it says.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Body,
    ) -> Result<Reply, NoAnswer> {
        let mut request = self.http.request(method, url);
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        request = match body {
            Body::None => request,
            Body::Json(text) => request.header(CONTENT_TYPE, "application/json").body(text),
            Body::Lines(lines) => request
                .header(CONTENT_TYPE, "application/x-ndjson")
                .body(lines),
        };
        // Where is told by whoever tells of the error.
        let mut response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(no_answer)? {
            if body.len() + bytes.len() > MAX_ANSWER_BYTES {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&bytes);
        }
        Ok(Reply { status, body })
    }
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    NoAnswer::Http(error.without_url())
}

/// What the cluster says is wrong, of a request or of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Cause {
    /// The name of the exception; no list of them is complete.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    reason: Option<String>,
}

impl Cause {
    /// What it says, for a person: without a document's text, which some reasons quote at their end.
    pub(super) fn told(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or_default();
        let quotes = [
            "Preview of field's value",
            "The prefix of the first immense term",
            "original message",
        ];
        let end = quotes.iter().filter_map(|quote| reason.find(quote)).min();
        let reason = reason[..end.unwrap_or(reason.len())].trim_end_matches([' ', '.', ',']);
        let told = format!("{}: {reason}", self.kind);
        match told.char_indices().nth(MAX_REASON_CHARS) {
            Some((at, _)) => format!("{}…", &told[..at]),
            None => told.trim_end_matches([' ', ':']).to_owned(),
        }
    }

    /// Whether its reason has these words.
    pub(super) fn says(&self, words: &str) -> bool {
        self.reason
            .as_deref()
            .is_some_and(|reason| reason.contains(words))
    }
}

impl Reply {
    /// What is wrong with the request; empty where the answer is not the cluster's own, as a proxy's page.
    pub(super) fn cause(&self) -> Cause {
        #[derive(Deserialize)]
        struct Failed {
            error: Cause,
        }
        serde_json::from_slice::<Failed>(&self.body)
            .map_or_else(|_| Cause::default(), |it| it.error)
    }

    /// The status and what is wrong, for a person.
    pub(super) fn told(&self) -> String {
        let cause = self.cause().told();
        let between = if cause.is_empty() { "" } else { ", " };
        format!("HTTP {}{between}{cause}", self.status.as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(json: &str) -> Cause {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_reason_is_told_without_the_text_that_it_quotes() {
        let quoting = cause(
            r#"{"type":"mapper_parsing_exception","reason":"failed to parse field [x] of type [date] in document with id '1'. Preview of field's value: 'secret'"}"#,
        );
        assert_eq!(
            quoting.told(),
            "mapper_parsing_exception: failed to parse field [x] of type [date] in document with id '1'"
        );
    }

    #[test]
    fn a_long_reason_is_cut() {
        let long = Cause {
            kind: "x".to_owned(),
            reason: Some("é".repeat(1000)),
        };
        assert_eq!(long.told().chars().count(), 301);
    }

    #[test]
    fn an_answer_that_is_not_the_clusters_is_told_by_its_status() {
        for body in ["", "<html>secret</html>", r#"{"error":"secret"}"#] {
            let reply = Reply {
                status: StatusCode::BAD_GATEWAY,
                body: body.into(),
            };
            assert_eq!(reply.told(), "HTTP 502");
        }
    }

    #[test]
    fn a_refused_request_is_told_by_status_kind_and_reason() {
        let reply = Reply {
            status: StatusCode::UNAUTHORIZED,
            body: br#"{"error":{"root_cause":[],"type":"security_exception","reason":"unknown user"},"status":401}"#.to_vec(),
        };
        assert_eq!(reply.told(), "HTTP 401, security_exception: unknown user");
    }
}
