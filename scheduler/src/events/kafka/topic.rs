//! The topic, and the connections to its partitions' leaders.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use rskafka::{BackoffConfig, BackoffError, ConnectionError};
use shared::event::CloudEvent;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::super::sink::SendError;
use super::acknowledged::Acknowledged;
use super::{Settings, partition, record, tls};

/// Half of what a broker takes in one batch unless told otherwise
/// (<https://kafka.apache.org/documentation/#brokerconfigs_message.max.bytes>).
const BATCH_BYTES: usize = 512 * 1024;
/// The broker's own default (<https://cwiki.apache.org/confluence/display/KAFKA/KIP-464>).
const REPLICATION: i16 = -1;
const CREATION_MS: i32 = 5_000;
const LISTED_AFTER: Duration = Duration::from_millis(100);

pub(super) struct Topic {
    name: String,
    client: Client,
    /// Each connected to when there is something for it.
    leaders: Vec<OnceCell<PartitionClient>>,
    /// For each batch.
    deadline: Duration,
}

impl Topic {
    /// Connected to, and created if it is missing.
    pub(super) async fn open(settings: &Settings, deadline: Duration) -> Result<Self, SendError> {
        let opened = timeout(deadline, find_or_create(settings)).await;
        let brokers = || settings.brokers.join(",");
        let (client, partitions) = opened.map_err(|_| {
            let late = format!("no answer within {deadline:?} from {}", brokers());
            SendError::failed("connect to Kafka", late)
        })??;
        Ok(Self {
            name: settings.topic.clone(),
            client,
            leaders: (0..partitions).map(|_| OnceCell::new()).collect(),
            deadline,
        })
    }

    /// What is not there yet of `events`. A partition that fails holds up no other.
    pub(super) async fn produce(
        &self,
        events: &[CloudEvent],
        acknowledged: &Acknowledged,
    ) -> Result<(), SendError> {
        let partitions = i32::try_from(self.leaders.len()).unwrap_or(i32::MAX);
        let chosen = by_partition(&acknowledged.missing(events), partitions);
        let appending = (chosen.into_iter())
            .map(|(partition, records)| self.append(partition, records, acknowledged));
        let appended = join_all(appending).await;
        appended.into_iter().collect()
    }

    async fn append(
        &self,
        partition: i32,
        records: Vec<Record>,
        acknowledged: &Acknowledged,
    ) -> Result<(), SendError> {
        for batch in batches(records) {
            let ids: Vec<String> = batch.iter().filter_map(record::id).collect();
            let appended = timeout(self.deadline, self.append_batch(partition, batch)).await;
            appended.unwrap_or(Err(Error::Timeout)).map_err(|error| {
                let (topic, cause) = (&self.name, cause(error));
                SendError::failed(
                    "deliver events to Kafka",
                    format!("topic {topic}, partition {partition}: {cause}"),
                )
            })?;
            acknowledged.add(ids);
        }
        Ok(())
    }

    /// The client asks for the acknowledgement of all in-sync replicas.
    async fn append_batch(&self, partition: i32, batch: Vec<Record>) -> Result<(), Error> {
        let index = usize::try_from(partition).unwrap_or_default();
        let Some(leader) = self.leaders.get(index) else {
            return Ok(());
        };
        let connecting = || {
            let unknown = UnknownTopicHandling::Error;
            (self.client).partition_client(self.name.as_str(), partition, unknown)
        };
        let leader = leader.get_or_try_init(connecting).await?;
        leader.produce(batch, Compression::NoCompression).await?;
        Ok(())
    }
}

async fn find_or_create(settings: &Settings) -> Result<(Client, i32), SendError> {
    let (client, name) = (connect(settings).await?, &settings.topic);
    let partitions = match find(&client, name).await? {
        Some(partitions) => partitions,
        None => create(&client, name).await?,
    };
    Ok((client, partitions))
}

async fn connect(settings: &Settings) -> Result<Client, SendError> {
    let mut builder = ClientBuilder::new(settings.brokers.clone())
        .client_id("scutch")
        .backoff_config(no_retries());
    if settings.tls {
        let config = tls::config().map_err(|e| SendError::failed("speak TLS with Kafka", e))?;
        builder = builder.tls_config(config);
    }
    builder
        .build()
        .await
        .map_err(|error| SendError::failed("connect to Kafka", cause(error)))
}

/// Left to itself the client would try again without end; the relay does that, at its own pace.
fn no_retries() -> BackoffConfig {
    BackoffConfig {
        deadline: Some(Duration::ZERO),
        ..BackoffConfig::default()
    }
}

/// The number of its partitions, which are numbered from 0.
async fn find(client: &Client, name: &str) -> Result<Option<i32>, SendError> {
    let topics = client
        .list_topics()
        .await
        .map_err(|error| SendError::failed("list the topics of Kafka", cause(error)))?;
    Ok(topics
        .into_iter()
        .find(|topic| topic.name == name)
        .and_then(|topic| i32::try_from(topic.partitions.len()).ok())
        .filter(|partitions| *partitions > 0))
}

async fn create(client: &Client, name: &str) -> Result<i32, SendError> {
    let refused = |error: Error| {
        let cause = cause(error);
        SendError::failed(
            "create the topic in Kafka",
            format!("topic {name} is missing, create it or allow that: {cause}"),
        )
    };
    let controller = client.controller_client().map_err(refused)?;
    let created = controller.create_topic(name, 1, REPLICATION, CREATION_MS);
    match created.await {
        Err(error) if !exists_already(&error) => return Err(refused(error)),
        Ok(()) | Err(_) => {}
    }
    // Other brokers than the controller hear of it a moment later. The caller's deadline ends this.
    loop {
        if let Some(partitions) = find(client, name).await?
            && has_leader(client, name).await
        {
            return Ok(partitions);
        }
        tokio::time::sleep(LISTED_AFTER).await;
    }
}

async fn has_leader(client: &Client, name: &str) -> bool {
    let first = client.partition_client(name, 0, UnknownTopicHandling::Error);
    first.await.is_ok()
}

/// Another scheduler was faster.
fn exists_already(error: &Error) -> bool {
    matches!(
        error,
        Error::ServerError {
            protocol_error: ProtocolError::TopicAlreadyExists,
            ..
        }
    )
}

fn by_partition(events: &[&CloudEvent], partitions: i32) -> BTreeMap<i32, Vec<Record>> {
    let mut chosen = BTreeMap::<i32, Vec<Record>>::new();
    for event in events {
        let partition = partition::of(record::key(event).as_bytes(), partitions);
        chosen.entry(partition).or_default().push(record::of(event));
    }
    chosen
}

/// A record that is too large alone is a batch alone.
fn batches(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for record in records {
        let size = record.approximate_size();
        if bytes + size > BATCH_BYTES && !batch.is_empty() {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(record);
    }
    batches.push(batch);
    batches
}

/// What went wrong, without the client's words about retries that there were none of.
fn cause(error: Error) -> String {
    if let Error::RetryFailed(BackoffError::DeadlineExceded { source, .. })
    | Error::Connection(ConnectionError::RetryFailed(BackoffError::DeadlineExceded {
        source,
        ..
    })) = error
    {
        return match source.downcast::<Error>() {
            Ok(inner) => cause(*inner),
            Err(source) => source.to_string(),
        };
    }
    if matches!(error, Error::Timeout) {
        return "no answer in time".to_owned();
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    #[test]
    fn a_jobs_events_stay_in_order_in_one_partition() {
        let events: Vec<_> = (0..40)
            .map(|n| event(&n.to_string(), &format!("job/{}", n % 4)))
            .collect();
        let chosen = by_partition(&events.iter().collect::<Vec<_>>(), 3);
        assert_eq!(chosen.values().map(Vec::len).sum::<usize>(), 40);
        for job in 0..4 {
            let key = job.to_string().into_bytes();
            let with_some: Vec<_> = chosen
                .values()
                .map(|records| records.iter().filter(|r| r.key.as_ref() == Some(&key)))
                .map(|of_job| of_job.filter_map(record::id).collect::<Vec<_>>())
                .filter(|ids| !ids.is_empty())
                .collect();
            let expected: Vec<_> = (0..10).map(|n| (n * 4 + job).to_string()).collect();
            assert_eq!(with_some, [expected]);
        }
    }

    #[test]
    fn a_batch_stays_under_what_a_broker_takes() {
        let large = |bytes| Record {
            value: Some(vec![0; bytes]),
            key: None,
            ..record::of(&event("1", "job/1"))
        };
        let sizes = [300_000, 300_000, 100, BATCH_BYTES * 2, 1];
        let lengths: Vec<_> = batches(sizes.map(large).into())
            .iter()
            .map(Vec::len)
            .collect();
        assert_eq!(lengths, [1, 2, 1, 1]);
    }
}
