//! One queue.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::{Depth, Message, ReplyTo};

/// The messages of a queue, and who takes them.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: VecDeque<Entry>,
    /// For each consumer, whether it has stopped.
    consumers: Vec<CancellationToken>,
    /// Wakes consumers when a message comes.
    pub(super) arrival: Arc<Notify>,
}

/// A message that waits or is being worked on.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) message: Message,
    pub(super) reply_to: Option<ReplyTo>,
    /// How often it was given back.
    pub(super) returns: u32,
    expires: Option<Instant>,
}

impl Entry {
    pub(super) fn new(message: Message) -> Self {
        Self {
            expires: message
                .expiration
                .and_then(|time| Instant::now().checked_add(time)),
            message,
            reply_to: None,
            returns: 0,
        }
    }

    fn is_fresh(&self, now: Instant) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

impl Line {
    /// Puts a message at the end.
    pub(super) fn push(&mut self, entry: Entry) {
        self.waiting.push_back(entry);
        self.arrival.notify_waiters();
    }

    /// Puts a message where it was before.
    pub(super) fn give_back(&mut self, entry: Entry) {
        self.waiting.push_front(entry);
        self.arrival.notify_waiters();
    }

    /// Takes the first message that has not expired.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let now = Instant::now();
        loop {
            let entry = self.waiting.pop_front()?;
            if entry.is_fresh(now) {
                return Some(entry);
            }
        }
    }

    pub(super) fn join(&mut self, stop: CancellationToken) {
        self.consumers.push(stop);
    }

    pub(super) fn depth(&mut self) -> Depth {
        let now = Instant::now();
        self.waiting.retain(|entry| entry.is_fresh(now));
        self.consumers.retain(|stop| !stop.is_cancelled());
        Depth {
            messages: self.waiting.len() as u64,
            consumers: self.consumers.len() as u64,
        }
    }
}
