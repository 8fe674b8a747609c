//! Events to an HTTP address, in binary mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>).

mod address;
mod answer;
mod request;

use std::time::Duration;

use reqwest::{Client, Response, Url, redirect};
use serde::Deserialize;
use shared::event::CloudEvent;
use shared::job::Event;
use shared::secret::Secret;
use tokio::time::timeout;

use self::address::{Reach, Resolver};
use super::sink::{SendError, install_cryptography};

/// Of an answer's body so much is read, for so long, that its connection can serve again.
const BODY: usize = 64 * 1024;
const BODY_WITHIN: Duration = Duration::from_secs(1);
const SENDING: &str = "deliver an event to the webhook";

/// Where to, and which events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `https://…`; without it, none are sent. May hold a token: it does not print.
    pub url: Option<Secret>,
    /// The key of the signature in `X-Signature-256`; without it, there is none.
    pub secret: Option<Secret>,
    /// How long an answer may take, connecting included, in milliseconds.
    pub timeout_ms: u64,
    /// Whether the address may be of this machine or a private network.
    pub allow_private: bool,
    /// Types of the events that are sent; none is all.
    pub types: Vec<Event>,
}

/// The address.
pub(crate) struct Webhook {
    url: Secret,
    secret: Option<Secret>,
    timeout: Duration,
    reach: Reach,
    client: Option<(Client, Url)>,
}

impl Webhook {
    pub(crate) fn new(url: &Secret, settings: &Settings) -> Self {
        let secret = settings.secret.clone();
        Self {
            url: url.clone(),
            secret: secret.filter(|secret| !secret.expose().is_empty()),
            timeout: Duration::from_millis(settings.timeout_ms),
            reach: match settings.allow_private {
                true => Reach::Everywhere,
                false => Reach::Public,
            },
            client: None,
        }
    }

    /// Returns once it was answered with a 2xx.
    pub(crate) async fn send(&mut self, event: &CloudEvent) -> Result<(), SendError> {
        let (client, url) = self.client()?;
        let body = event.data.to_string();
        let headers = request::headers(event, self.secret.as_ref(), body.as_bytes())
            .map_err(|error| SendError::failed(SENDING, error))?;
        let answer = client.post(url).headers(headers).body(body).send().await;
        // The address may hold a token.
        let answer = answer.map_err(|error| SendError::failed(SENDING, error.without_url()))?;
        let judged = answer::judge(answer.status(), answer.headers(), SENDING);
        drop(timeout(BODY_WITHIN, drain(answer)).await);
        judged
    }

    fn client(&mut self) -> Result<(Client, Url), SendError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let expected = "events.webhook.url is not one, as in https://example.org/events";
        let refused = |why: String| SendError::failed("use the webhook's address", why);
        let url: Url = (self.url.expose().parse()).map_err(|_| refused(expected.to_owned()))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(refused(expected.to_owned()));
        }
        // An address that is no name is not resolved.
        let host = url.host_str().unwrap_or_default();
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            self.reach
                .check(ip)
                .map_err(|why| refused(why.to_string()))?;
        }
        install_cryptography();
        let client = Client::builder()
            .user_agent(concat!("scutch/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            // Either would lead to an address that nobody has checked.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Resolver(self.reach))
            .build()
            .map_err(|error| SendError::failed("set up the webhook", error))?;
        Ok(self.client.insert((client, url)).clone())
    }
}

/// A body that goes on is not waited for.
async fn drain(mut answer: Response) {
    let mut length = 0;
    while length <= BODY {
        match answer.chunk().await {
            Ok(Some(chunk)) => length += chunk.len(),
            Ok(None) | Err(_) => return,
        }
    }
}
