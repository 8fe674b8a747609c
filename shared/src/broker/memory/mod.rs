//! The broker within one process: the same promises, kept in queues that are gone with it.

mod consume;
mod line;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::line::{Entry, Line};
use super::{CallError, Depth, Error, Message, Queue, ReplyTo};

pub(super) use self::consume::{Deliveries, Unacked};

/// Queues in this process.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    closed: CancellationToken,
}

#[derive(Default)]
struct State {
    lines: HashMap<Queue, Line>,
    /// Who waits for an answer, by the address it is sent to.
    callers: HashMap<String, oneshot::Sender<Message>>,
}

impl Memory {
    pub(super) fn new() -> Self {
        let lines = Queue::LASTING.map(|queue| (queue, Line::default()));
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                lines: lines.into(),
                callers: HashMap::new(),
            }),
            closed: CancellationToken::new(),
        }))
    }

    pub(super) fn publish(&self, to: &Queue, message: Message) -> Result<(), Error> {
        self.check()?;
        match self.lock().lines.get_mut(to) {
            Some(line) => line.push(Entry::new(message)),
            None => return Err(Error::Unroutable { queue: to.name() }),
        }
        Ok(())
    }

    pub(super) fn publish_control(&self, message: &Message) -> Result<(), Error> {
        self.check()?;
        for (queue, line) in &mut self.lock().lines {
            if matches!(queue, Queue::Control(_)) {
                line.push(Entry::new(message.clone()));
            }
        }
        Ok(())
    }

    pub(super) async fn call(
        &self,
        mut message: Message,
        deadline: Duration,
    ) -> Result<Message, CallError> {
        self.check()
            .map_err(|source| CallError::Unavailable { source })?;
        message.expiration = Some(deadline);
        let (caller, answer) = self.ask(message)?;
        let answered = tokio::select! {
            answered = timeout(deadline, answer) => answered,
            () = self.0.closed.cancelled() => {
                return Err(CallError::Unavailable { source: Error::Closed });
            }
        };
        drop(caller);
        answered
            .ok()
            .and_then(Result::ok)
            .ok_or(CallError::TimedOut)
    }

    /// Puts a question into the queue if somebody takes it there.
    fn ask(&self, message: Message) -> Result<(Caller, oneshot::Receiver<Message>), CallError> {
        let mut state = self.lock();
        let line = state.lines.entry(Queue::Preprocess).or_default();
        if line.depth().consumers == 0 {
            return Err(CallError::NoConsumer);
        }
        let address = Uuid::now_v7().to_string();
        let mut question = Entry::new(message);
        question.reply_to = Some(ReplyTo {
            address: address.clone(),
            correlation: String::new(),
        });
        line.push(question);
        let (sender, answer) = oneshot::channel();
        state.callers.insert(address.clone(), sender);
        drop(state);
        let caller = Caller {
            memory: self.clone(),
            address,
        };
        Ok((caller, answer))
    }

    pub(super) fn reply(&self, to: &ReplyTo, message: Message) -> Result<(), Error> {
        self.check()?;
        if let Some(caller) = self.lock().callers.remove(&to.address) {
            // The caller may have gone this moment.
            drop(caller.send(message));
        }
        Ok(())
    }

    pub(super) fn depth(&self, queue: &Queue) -> Result<Depth, Error> {
        self.check()?;
        Ok(self
            .lock()
            .lines
            .get_mut(queue)
            .map(Line::depth)
            .unwrap_or_default())
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.0.closed.is_cancelled() {
            return Err(Error::Closed);
        }
        Ok(())
    }

    pub(super) fn close(&self) {
        self.0.closed.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for an answer; forgotten when dropped.
struct Caller {
    memory: Memory,
    address: String,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.memory.lock().callers.remove(&self.address);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}
