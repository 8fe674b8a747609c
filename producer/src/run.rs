//! Takes submissions from [`Queue::Submit`].
//!
//! A message is acknowledged once its job is committed, or once it is kept among the dead letters with everything that is wrong
//! with it. It is known by its header `idempotency-key`, else by its message id: with neither, a message that is delivered twice
//! is two jobs.

use std::time::Duration;

use shared::broker::{Delivery, Message, Queue};
use shared::job::JobId;
use shared::message::TRACEPARENT;
use shared::store::DeadMessage;
use shared::trace::Traceparent;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Producer;
use crate::accept::Identity;
use crate::form::{Form, Partial};
use crate::idempotency_key::{self, Origin};
use crate::judge::Judged;
use crate::refusal::Refusal;
use crate::upload::judge_json;

/// The header that makes a repeated submission the same job.
const KEY: &str = "idempotency-key";
/// The header with which good documents are taken when others are bad: `true`.
const PARTIAL: &str = "partial";
/// Messages that are worked on at a time.
const CONSUMERS: usize = 4;
/// The wait after the first failure of the database; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Takes submissions that come by AMQP until `stop`, then ends what is under way.
pub async fn run(producer: Producer, stop: CancellationToken) {
    let mut consumers = JoinSet::new();
    let consume = || consume(producer.clone(), stop.clone());
    for _ in 0..CONSUMERS {
        consumers.spawn(consume());
    }
    while let Some(ended) = consumers.join_next().await {
        if let Err(error) = ended
            && !stop.is_cancelled()
        {
            // The message that it held is delivered again, at most as often as its queue allows.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "taking a message in failed"
            );
            consumers.spawn(consume());
        }
    }
    producer.dispatcher.finish().await;
}

async fn consume(producer: Producer, stop: CancellationToken) {
    let mut deliveries = producer.broker.consume(Queue::Submit, 1, stop.clone());
    while let Some(delivery) = deliveries.next().await {
        take(&producer, delivery, &stop).await;
    }
}

/// Takes one message in, however long the database is away, and acknowledges it. At a stop the message goes back to its queue.
async fn take(producer: &Producer, delivery: Delivery, stop: &CancellationToken) {
    let message = &delivery.message;
    let mut patience = Patience::new(message, stop);
    let mut submission = loop {
        match judge(producer, message).await {
            Err(refusal) if refusal.is_transient() => {
                if patience.wait(&refusal).await == Waited::Stopped {
                    return;
                }
            }
            judged => break judged,
        }
    };
    let mut is_repeated = false;
    while let Err(error) = settle(producer, message, &mut submission, is_repeated).await {
        is_repeated = true;
        if patience.wait(&error).await == Waited::Stopped {
            return;
        }
    }
    let id = message.id.clone();
    if let Err(error) = delivery.ack().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            message.id = %id,
            "cannot acknowledge a submission; it will be delivered again"
        );
    }
}

/// Waits longer after each failure, and logs the first.
struct Patience<'a> {
    message: &'a Message,
    stop: &'a CancellationToken,
    next: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum Waited {
    Enough,
    Stopped,
}

impl<'a> Patience<'a> {
    fn new(message: &'a Message, stop: &'a CancellationToken) -> Self {
        Self {
            message,
            stop,
            next: FIRST_WAIT,
        }
    }

    async fn wait(&mut self, refusal: &Refusal) -> Waited {
        if self.next == FIRST_WAIT {
            tracing::warn!(
                error = refusal as &dyn std::error::Error,
                message.id = %self.message.id,
                "a submission by AMQP has to wait"
            );
        }
        let wait = tokio::time::sleep(self.next);
        self.next = (self.next * 2).min(LONGEST_WAIT);
        match self.stop.run_until_cancelled(wait).await {
            Some(()) => Waited::Enough,
            None => Waited::Stopped,
        }
    }
}

/// A message that was judged: the job it may become, or why it becomes none.
type Judgement = Result<(Box<Judged>, Identity), Refusal>;

async fn judge(producer: &Producer, message: &Message) -> Judgement {
    let limit = producer.settings.max_body_bytes;
    if message.body.len() > limit {
        return Err(Refusal::TooLarge {
            what: "the message",
            limit,
            setting: "producer.max_body_bytes",
        });
    }
    let key = match message.headers.get(KEY) {
        Some(key) => Some(Origin::Amqp.keep(&idempotency_key::check(key)?)),
        None if message.id.is_empty() => None,
        None => Some(Origin::Message.keep(&message.id.replace('\0', "\u{FFFD}"))),
    };
    let is_partial = message
        .headers
        .get(PARTIAL)
        .is_some_and(|word| word == "true");
    let partial = Partial::from(is_partial);
    let judged = judge_json(message.body.clone(), Form::Documents, partial, None).await?;
    let trace = message.headers.get(TRACEPARENT);
    let trace = trace.and_then(|trace| trace.parse().ok());
    let identity = Identity {
        job: JobId::generate(),
        key,
        trace: trace.unwrap_or_else(Traceparent::generate).child(),
    };
    Ok((Box::new(judged), identity))
}

/// One try to settle a message. An error is one that may pass.
async fn settle(
    producer: &Producer,
    message: &Message,
    submission: &mut Judgement,
    is_repeated: bool,
) -> Result<(), Refusal> {
    let (judged, identity) = match submission {
        Ok(submission) => submission,
        Err(refusal) => return bury(producer, message, refusal).await,
    };
    // The answer to an earlier try may have been lost after its commit.
    if is_repeated && producer.store.job(identity.job).await?.is_some() {
        producer.dispatcher.begin(identity.job);
        return Ok(());
    }
    producer.check_outbox().await?;
    match producer.accept(judged, identity).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.is_transient() => Err(refusal),
        Err(refusal) => bury(producer, message, &refusal).await,
    }
}

/// Keeps a message that cannot become a job, with all that is wrong with it.
async fn bury(producer: &Producer, message: &Message, refusal: &Refusal) -> Result<(), Refusal> {
    // PostgreSQL keeps no text with this character.
    let clean = |text: &str| text.replace('\0', "\u{FFFD}");
    let headers = message.headers.iter();
    let dead = DeadMessage {
        queue: Some(Queue::Submit.name()),
        kind: clean(&message.kind),
        id: clean(&message.id),
        headers: headers
            .map(|(name, text)| (clean(name), clean(text)))
            .collect(),
        body: message.body.clone(),
        reason: refusal.reason(),
    };
    producer.store.keep_dead_message(&dead).await?;
    tracing::warn!(
        error = refusal as &dyn std::error::Error,
        message.id = %dead.id,
        "a submission by AMQP is refused and kept among the dead letters"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
