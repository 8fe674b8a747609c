//! The sinks that are configured.

use reqwest::Url;
use sha2::{Digest, Sha256};
use shared::job::Event;
use shared::secret::Secret;

use super::kafka::Kafka;
use super::nats::Nats;
use super::rabbitmq::RabbitMq;
use super::redis_streams::RedisStreams;
use super::settings::EventSinks;
use super::sink::Sink;
use super::webhook::Webhook;
use super::{kafka, nats, rabbitmq, redis_streams, webhook};

/// A sink as it is configured.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What it is called in the configuration; its place in the events is kept under it.
    pub(crate) name: &'static str,
    /// Types of the events that it gets; none is all.
    pub(crate) types: Vec<Event>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Redis(Secret, redis_streams::Settings),
    Webhook(Secret, webhook::Settings),
    Kafka(kafka::Settings),
    Nats(Secret, nats::Settings),
    Rabbit(Secret, rabbitmq::Settings),
}

impl EventSinks {
    /// Those that are configured, in the order of the configuration.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let settings = &self.settings;
        let (redis, rabbit) = (&settings.redis_streams, &settings.rabbitmq);
        let target = |name, types: &[Event], kind| Target {
            name,
            types: types.to_vec(),
            kind,
        };
        let mut targets = Vec::new();
        let redis_url = given(&redis.url).or_else(|| given(&self.redis_url));
        if let Some(url) = redis_url.filter(|_| redis.enabled) {
            let kind = Kind::Redis(url, redis.clone());
            targets.push(target("redis_streams", &redis.types, kind));
        }
        if let Some(url) = given(&settings.webhook.url) {
            let kind = Kind::Webhook(url, settings.webhook.clone());
            targets.push(target("webhook", &settings.webhook.types, kind));
        }
        if !settings.kafka.brokers.is_empty() {
            let kind = Kind::Kafka(settings.kafka.clone());
            targets.push(target("kafka", &settings.kafka.types, kind));
        }
        if let Some(url) = given(&settings.nats.url) {
            let kind = Kind::Nats(url, settings.nats.clone());
            targets.push(target("nats", &settings.nats.types, kind));
        }
        if rabbit.enabled {
            match given(&rabbit.url).or_else(|| given(&self.broker_url)) {
                Some(url) => {
                    let kind = Kind::Rabbit(url, rabbit.clone());
                    targets.push(target("rabbitmq", &rabbit.types, kind));
                }
                None => tracing::warn!(
                    "events.rabbitmq.enabled is true, but neither events.rabbitmq.url nor broker.url is set: no events go to RabbitMQ"
                ),
            }
        }
        targets
    }
}

/// An address that is more than the empty text of an unset variable.
fn given(url: &Option<Secret>) -> Option<Secret> {
    url.clone().filter(|url| !url.expose().is_empty())
}

impl Target {
    /// Whether it gets events of this type.
    pub(crate) fn wants(&self, event: Event) -> bool {
        self.types.is_empty() || self.types.contains(&event)
    }

    /// A handle, not yet connected.
    pub(crate) fn sink(&self) -> Sink {
        match &self.kind {
            Kind::Redis(url, settings) => Sink::Redis(RedisStreams::new(url, settings)),
            Kind::Webhook(url, settings) => Sink::Webhook(Box::new(Webhook::new(url, settings))),
            Kind::Kafka(settings) => Sink::Kafka(Box::new(Kafka::new(settings))),
            Kind::Nats(_, settings) => Sink::Nats(Box::new(Nats::new(settings))),
            Kind::Rabbit(url, settings) => Sink::Rabbit(Box::new(RabbitMq::new(url, settings))),
        }
    }

    /// What tells its address from others without telling a secret: the server, and a digest of the whole.
    pub(crate) fn address(&self) -> String {
        match &self.kind {
            Kind::Redis(url, settings) => hidden(url.expose(), &settings.stream),
            Kind::Webhook(url, _) => hidden(url.expose(), ""),
            Kind::Kafka(settings) => hidden(&settings.brokers.join(","), &settings.topic),
            Kind::Nats(url, settings) => hidden(url.expose(), &settings.subject),
            Kind::Rabbit(url, settings) => hidden(url.expose(), &settings.exchange),
        }
    }
}

fn hidden(url: &str, within: &str) -> String {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| Some(url.host_str()?.to_owned()));
    let digest = Sha256::digest(format!("{url}\n{within}"));
    let digest: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    match host {
        Some(host) => format!("{host} {digest}"),
        None => digest,
    }
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn an_address_tells_the_server_and_no_secret() {
        let address = hidden("https://user:password@hooks.example.org/token?key=1", "");
        assert!(address.starts_with("hooks.example.org "), "{address}");
        for secret in ["user", "password", "token", "key"] {
            assert!(!address.contains(secret), "{address}");
        }
        assert_ne!(address, hidden("https://hooks.example.org/token", ""));
        assert_eq!(hidden("kafka-1:9092,kafka-2:9092", "events").len(), 16);
    }
}
