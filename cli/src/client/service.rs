//! The service at the other end of HTTP: asks, waits a bounded time, and reads the answer.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::http::Problem;

use super::error::Error;
use crate::args::Address;
use crate::print;

/// To reach the service.
const CONNECT: Duration = Duration::from_secs(5);
/// For an answer to anything but a submission.
const ANSWER: Duration = Duration::from_secs(30);

/// A service, and how its answers are to be shown.
pub(super) struct Service {
    http: Client,
    address: Address,
}

impl Service {
    /// A service at this address, which is not asked yet.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub(super) fn new(address: Address) -> Result<Self, Error> {
        // Installed already is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = Client::builder()
            .user_agent(concat!("scutch/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A service is near; a proxy of the environment is for what is far.
            .no_proxy()
            // What was sent to one place is not sent on to another.
            .redirect(redirect::Policy::none());
        let builder = if address.url.scheme() == "https" {
            builder
        } else {
            // Else a machine without certificate authorities could not even speak plain HTTP.
            builder.tls_certs_only([])
        };
        let http = builder.build().map_err(Error::Setup)?;
        Ok(Self { http, address })
    }

    /// The address as people are told it.
    pub(super) fn url(&self) -> String {
        self.address.shown()
    }

    /// What a command has to say besides to reach the same service: nothing, or ` --url …`.
    pub(super) fn flag(&self) -> String {
        self.address.as_flag()
    }

    /// Whether answers are printed as they are.
    pub(super) fn is_json(&self) -> bool {
        self.address.json
    }

    /// The answer to GET.
    ///
    /// # Errors
    /// When there is none, or it is not one of success.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Error> {
        self.ask(Method::GET, path, query).await
    }

    /// The answer; null where there is no body.
    ///
    /// # Errors
    /// When there is none, or it is not one of success.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Error> {
        let mut request = self.request(method, path, query);
        request = request.timeout(ANSWER);
        let response = request.send().await.map_err(|error| self.lost(error))?;
        self.read(response).await
    }

    /// A request that is not sent yet and waits for ever.
    pub(super) fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
    ) -> RequestBuilder {
        let mut url = self.address.url.clone();
        place(&mut url, path, query);
        self.http
            .request(method, url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
    }

    /// What an answer says.
    ///
    /// # Errors
    /// When it breaks off, or is not one of success.
    pub(super) async fn read(&self, response: Response) -> Result<Value, Error> {
        let status = response.status();
        let text = response.bytes().await.map_err(|error| self.lost(error))?;
        let url = self.url();
        if status.is_success() {
            if text.is_empty() {
                return Ok(Value::Null);
            }
            // A page of something else that has the port.
            return serde_json::from_slice(&text).map_err(|_| Error::Strange { url, status });
        }
        let body: Option<Value> = serde_json::from_slice(&text).ok();
        let problem = body.and_then(|body| {
            let problem = serde_json::from_value::<Problem>(body.clone()).ok()?;
            Some((Box::new(problem), body))
        });
        Err(match problem {
            Some((problem, body)) => Error::Refused { problem, body },
            None => Error::Strange { url, status },
        })
    }

    /// Why there is no answer.
    pub(super) fn lost(&self, error: reqwest::Error) -> Error {
        let (url, source) = (self.url(), error.without_url());
        if source.is_connect() {
            Error::NoConnection { url, source }
        } else if source.is_timeout() {
            Error::NoAnswer { url, after: ANSWER }
        } else {
            Error::BrokenOff { url, source }
        }
    }

    /// An answer in the form in which it is looked at.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub(super) fn parse<T: DeserializeOwned>(&self, answer: &Value) -> Result<T, Error> {
        T::deserialize(answer).map_err(|source| Error::Unreadable {
            url: self.url(),
            source,
        })
    }

    /// Prints an answer: as it is, or as `view` has it.
    ///
    /// # Errors
    /// When it is not understood, or cannot be written.
    pub(super) fn show<T: DeserializeOwned>(
        &self,
        answer: &Value,
        view: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        if self.is_json() {
            return self.print_if_json(answer);
        }
        print(&view(&self.parse(answer)?))
    }

    /// Prints an answer as it is, on one line, where that was asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn print_if_json(&self, answer: &Value) -> Result<()> {
        if !self.is_json() {
            return Ok(());
        }
        let line = serde_json::to_string(answer).context("cannot write down the answer")?;
        print(&(line + "\n"))
    }
}

/// Puts a path below that of the service, which may lie behind a gateway's prefix, and a query.
fn place(url: &mut Url, path: &[&str], query: &[(&str, String)]) {
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.set_query(None);
    url.set_fragment(None);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_below_the_prefix_of_a_gateway() {
        let at = |base: &str| {
            let mut url = Url::parse(base).unwrap();
            place(
                &mut url,
                &["v1", "jobs"],
                &[("batch_id", "a b&c".to_owned())],
            );
            url.to_string()
        };
        let query = "/v1/jobs?batch_id=a+b%26c";
        assert_eq!(at("http://a:8000"), format!("http://a:8000{query}"));
        let prefixed = format!("http://a/api/v1/cleaning{query}");
        assert_eq!(at("http://a/api/v1/cleaning"), prefixed);
        assert_eq!(at("http://a/api/v1/cleaning/"), prefixed);
    }
}
