//! The threads that clean: text and model work never runs on the asynchronous runtime.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use pipeline::panics::guarded;
use tokio::sync::oneshot;

/// Threads that do one task after the other.
///
/// Dropped, each ends after the task at hand, which changes nothing outside.
#[derive(Debug)]
pub(crate) struct Threads(Arc<Shared>);

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Somebody waits for it.
    Urgent,
    /// The work of chunks.
    Usual,
}

/// Why a task has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It panicked at this place.
    #[error("it failed at {0}")]
    Panicked(String),
    /// The threads have ended.
    #[error("the worker ends")]
    Ended,
}

type Task = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    arrival: Condvar,
}

/// Bounded by those who ask: each slot and each question waits for its one task.
#[derive(Default)]
struct Queue {
    urgent: VecDeque<Task>,
    usual: VecDeque<Task>,
    is_closed: bool,
}

impl Threads {
    /// So many threads.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let threads = Self(Arc::default());
        for number in 0..count {
            let shared = Arc::clone(&threads.0);
            thread::Builder::new()
                .name(format!("clean-{number}"))
                .spawn(move || {
                    while let Some(task) = shared.next() {
                        task()
                    }
                })?;
        }
        Ok(threads)
    }

    /// What `work` returns, done on one of the threads in its turn; not done at all when this is dropped before.
    ///
    /// # Errors
    /// When it panicked; its thread goes on.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, result) = oneshot::channel();
        self.0.put(
            turn,
            Box::new(move || {
                if !answer.is_closed() {
                    // Who asked may go at any moment.
                    drop(answer.send(guarded(work)));
                }
            }),
        );
        match result.await {
            Ok(done) => done.map_err(Error::Panicked),
            Err(_) => Err(Error::Ended),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, turn: Turn, task: Task) {
        let mut queue = self.lock();
        match turn {
            Turn::Urgent => queue.urgent.push_back(task),
            Turn::Usual => queue.usual.push_back(task),
        }
        drop(queue);
        self.arrival.notify_one();
    }

    /// The next task; none when there will be no more.
    fn next(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if queue.is_closed {
                return None;
            }
            let task = queue.urgent.pop_front();
            if let Some(task) = task.or_else(|| queue.usual.pop_front()) {
                return Some(task);
            }
            queue = self
                .arrival
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_closed = true;
        queue.urgent.clear();
        queue.usual.clear();
        drop(queue);
        self.0.arrival.notify_all();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Threads")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_thread_goes_on() {
        let threads = Threads::start(1).unwrap();
        let panicked = threads.run::<()>(Turn::Usual, || panic!("secret")).await;
        let error = panicked.unwrap_err();
        assert!(matches!(&error, Error::Panicked(place) if place.contains("threads.rs")));
        assert_eq!(threads.run(Turn::Usual, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_is_urgent_goes_before_what_waits() {
        let threads = Threads::start(1).unwrap();
        let (open, gate) = mpsc::channel::<()>();
        let (order, seen) = mpsc::channel();
        let (first, second) = (order.clone(), order);
        let closed = threads.run(Turn::Usual, move || gate.recv());
        let usual = threads.run(Turn::Usual, move || first.send("usual"));
        let urgent = threads.run(Turn::Urgent, move || second.send("urgent"));
        let release = async { open.send(()).unwrap() };
        // Polled in order, so all three are in the queue before the gate opens.
        let (closed, usual, urgent, ()) = tokio::join!(biased; closed, usual, urgent, release);
        closed.unwrap().unwrap();
        usual.unwrap().unwrap();
        urgent.unwrap().unwrap();
        assert_eq!(seen.iter().take(2).collect::<Vec<_>>(), ["urgent", "usual"]);
    }
}
