//! Consuming within the process.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::super::delivery::{Delivery, Unacked as AnyUnacked};
use super::super::{Error, Queue, rabbit};
use super::Memory;
use super::line::{Entry, Line};
use crate::message::FIRST_QUEUE;

/// The deliveries of one queue.
pub(in super::super) struct Deliveries {
    memory: Memory,
    queue: Queue,
    arrival: Arc<Notify>,
    prefetch: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Memory {
    pub(in super::super) fn consume(
        &self,
        queue: Queue,
        prefetch: u16,
        stop: &CancellationToken,
    ) -> Deliveries {
        let stop = stop.child_token();
        let mut state = self.lock();
        let line = state.lines.entry(queue).or_default();
        line.join(stop.clone());
        let arrival = line.arrival.clone();
        drop(state);
        Deliveries {
            memory: self.clone(),
            queue,
            arrival,
            prefetch: Arc::new(Semaphore::new(prefetch.max(1).into())),
            stop,
        }
    }

    /// The next message of a queue.
    fn take(&self, queue: Queue) -> Option<Entry> {
        self.lock().lines.get_mut(&queue).and_then(Line::pop)
    }

    /// Puts a message back, or with the dead ones when that happened too often.
    fn give_back(&self, queue: Queue, mut entry: Entry) {
        entry.returns += 1;
        let limit = u32::try_from(rabbit::DELIVERY_LIMIT).unwrap_or(u32::MAX);
        let mut state = self.lock();
        match queue {
            Queue::Work(_) | Queue::Quarantine | Queue::Submit if entry.returns > limit => {
                let mut message = entry.message;
                message.headers.insert(FIRST_QUEUE.to_owned(), queue.name());
                let dead = state.lines.entry(Queue::Dead).or_default();
                dead.push(Entry::new(message));
            }
            Queue::Work(_)
            | Queue::Quarantine
            | Queue::Submit
            | Queue::Dead
            | Queue::Preprocess
            | Queue::Control(_) => {
                // A worker's own queue may be gone, and its hints with it.
                if let Some(line) = state.lines.get_mut(&queue) {
                    line.give_back(entry);
                }
            }
        }
    }
}

impl Deliveries {
    pub(in super::super) async fn next(&mut self) -> Option<Delivery> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = self.memory.0.closed.cancelled() => None,
            delivery = self.wait() => delivery,
        }
    }

    async fn wait(&self) -> Option<Delivery> {
        let slot = self.prefetch.clone().acquire_owned().await.ok()?;
        loop {
            let mut arrival = std::pin::pin!(self.arrival.notified());
            // Before looking, or an arrival in between would be missed.
            arrival.as_mut().enable();
            if let Some(entry) = self.memory.take(self.queue) {
                return Some(self.wrap(entry, slot));
            }
            arrival.await;
        }
    }

    fn wrap(&self, entry: Entry, slot: OwnedSemaphorePermit) -> Delivery {
        Delivery {
            message: entry.message.clone(),
            queue: self.queue,
            is_redelivered: entry.returns > 0,
            reply_to: entry.reply_to.clone(),
            unacked: AnyUnacked::Memory(Unacked {
                memory: self.memory.clone(),
                queue: self.queue,
                entry: Some(entry),
                _slot: slot,
            }),
        }
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.stop.cancel();
        if matches!(self.queue, Queue::Control(_)) {
            let mut state = self.memory.lock();
            if state
                .lines
                .get_mut(&self.queue)
                .is_some_and(|line| line.depth().consumers == 0)
            {
                state.lines.remove(&self.queue);
            }
        }
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

/// The right to acknowledge. Gives the message back when dropped.
pub(in super::super) struct Unacked {
    memory: Memory,
    queue: Queue,
    entry: Option<Entry>,
    _slot: OwnedSemaphorePermit,
}

impl Unacked {
    pub(in super::super) fn ack(mut self) -> Result<(), Error> {
        self.memory.check().map_err(|_| Error::Stale)?;
        self.entry.take().map(drop).ok_or(Error::Stale)
    }
}

impl Drop for Unacked {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.memory.give_back(self.queue, entry);
        }
    }
}

impl fmt::Debug for Unacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unacked").finish_non_exhaustive()
    }
}
