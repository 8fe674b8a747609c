//! The bytes of a request as they come: no more of them than is allowed, not too slowly, and not for ever.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::MultipartError;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep};

use crate::refusal::Refusal;

/// How much may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    /// What it is that comes.
    pub(crate) what: &'static str,
    /// Its bytes at most.
    pub(crate) limit: usize,
    /// The setting that says so.
    pub(crate) setting: &'static str,
}

/// What may still come.
#[derive(Debug)]
pub(crate) struct Room {
    bound: Bound,
    left: usize,
}

impl Room {
    pub(crate) fn of(bound: Bound) -> Self {
        Self {
            bound,
            left: bound.limit,
        }
    }

    /// Takes so many bytes of it, if they are there.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Trouble> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(Trouble::TooLong(self.bound))?;
        Ok(())
    }
}

/// How slowly a client may send. Only the time in which we wait for it counts, not that in which it waits for us.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Nothing may come for so long.
    patience: Duration,
    /// All of it may take so long, however little it is,
    grace: Duration,
    /// and a second longer for each so many bytes.
    bytes_per_second: u32,
}

const PACE: Pace = Pace {
    patience: Duration::from_secs(30),
    grace: Duration::from_secs(30),
    bytes_per_second: 64 * 1024,
};

impl Pace {
    /// How long so many bytes may take.
    fn allowed(self, bytes: usize) -> Duration {
        self.grace + Duration::from_secs_f64(bytes as f64 / f64::from(self.bytes_per_second))
    }
}

/// What may come before the content of a part of a form begins, in bytes, a piece more or less.
const MAX_HEAD: usize = 64 * 1024;

/// Whether the head of a part is being read, which its reader holds in memory until it is whole.
#[derive(Debug, Clone)]
pub(crate) struct Head(Arc<AtomicUsize>);

impl Head {
    fn none() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }

    /// What comes from here on is a head.
    pub(crate) fn begin(&self) {
        self.0.store(MAX_HEAD, Ordering::Relaxed);
    }

    /// What comes from here on is content, and bounded where it is read.
    pub(crate) fn end(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }

    fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn count(&self, bytes: usize) {
        let left = self.0.load(Ordering::Relaxed).saturating_sub(bytes);
        self.0.store(left, Ordering::Relaxed);
    }
}

/// Why no more of a request is read.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Trouble {
    /// The client went away.
    #[error("the body ended before it was complete")]
    Ended,
    /// It sends nothing.
    #[error("nothing of the body came for {} s", waited.as_secs())]
    Stalled {
        /// For so long.
        waited: Duration,
    },
    /// It sends too little.
    #[error(
        "the body comes too slowly: more than {} s were waited for it, and one more for each {bytes_per_second} bytes",
        grace.as_secs()
    )]
    Slow {
        /// What all may take.
        grace: Duration,
        /// What it may take a second more for.
        bytes_per_second: u32,
    },
    /// It sends too much.
    #[error("{} is longer than {} bytes ({})", .0.what, .0.limit, .0.setting)]
    TooLong(Bound),
    /// A form does not get to the content of its part.
    #[error("before the content of a part of the form come more than {MAX_HEAD} bytes")]
    LongHead,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Ended | Trouble::LongHead => Self::Malformed(trouble.to_string()),
            Trouble::Stalled { .. } | Trouble::Slow { .. } => Self::Stalled(trouble.to_string()),
            Trouble::TooLong(Bound {
                what,
                limit,
                setting,
            }) => Self::TooLarge {
                what,
                limit,
                setting,
            },
        }
    }
}

/// Why a form is read no further: the trouble with its bytes, where that is what ended it.
pub(crate) fn of_form(error: &MultipartError) -> Refusal {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(trouble) = error.downcast_ref::<Trouble>() {
            return Refusal::from(*trouble);
        }
        cause = error.source();
    }
    Refusal::Malformed(error.body_text())
}

/// The pieces of a body.
pub(crate) struct Incoming {
    body: BodyDataStream,
    room: Room,
    head: Head,
    pace: Pace,
    received: usize,
    /// How long the client was waited for, up to the last piece.
    waited: Duration,
    /// Since when it is waited for now.
    since: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
    rests: u8,
}

/// The reader of forms takes all there is before it looks at it, up to twice each time it is woken. It is told after each piece
/// that there is no more for now, so that it looks at one piece after the other.
const RESTS: u8 = 2;

impl Incoming {
    /// A body and how much of it may come. Must be called within a Tokio runtime.
    pub(crate) fn new(body: Body, bound: Bound) -> Self {
        Self::paced(body, bound, PACE)
    }

    fn paced(body: Body, bound: Bound, pace: Pace) -> Self {
        Self {
            body: body.into_data_stream(),
            room: Room::of(bound),
            head: Head::none(),
            pace,
            received: 0,
            waited: Duration::ZERO,
            since: None,
            alarm: Box::pin(tokio::time::sleep(pace.patience)),
            rests: 0,
        }
    }

    /// Where it is told that a head begins or ends.
    pub(crate) fn head(&self) -> Head {
        self.head.clone()
    }

    fn slow(&self) -> Trouble {
        Trouble::Slow {
            grace: self.pace.grace,
            bytes_per_second: self.pace.bytes_per_second,
        }
    }

    fn count(&mut self, piece: Bytes) -> Result<Bytes, Trouble> {
        self.rests = RESTS;
        self.received += piece.len();
        self.room.take(piece.len())?;
        self.head.count(piece.len());
        if self.waited > self.pace.allowed(self.received) {
            return Err(self.slow());
        }
        Ok(piece)
    }

    /// Ready once the client was waited for too long.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<Trouble> {
        let since = *self.since.get_or_insert_with(|| {
            let now = Instant::now();
            let left = self.pace.allowed(self.received).saturating_sub(self.waited);
            let end = now + left.min(self.pace.patience);
            self.alarm.as_mut().reset(end);
            now
        });
        ready!(self.alarm.as_mut().poll(context));
        let waited = self.pace.patience;
        Poll::Ready(if since.elapsed() >= waited {
            Trouble::Stalled { waited }
        } else {
            self.slow()
        })
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, Trouble>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(rests) = this.rests.checked_sub(1) {
            this.rests = rests;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.head.is_full() {
            return Poll::Ready(Some(Err(Trouble::LongHead)));
        }
        let Poll::Ready(piece) = this.body.poll_next_unpin(context) else {
            return this.poll_alarm(context).map(|trouble| Some(Err(trouble)));
        };
        if let Some(since) = this.since.take() {
            this.waited += since.elapsed();
        }
        Poll::Ready(piece.map(|piece| {
            piece
                .map_err(|_| Trouble::Ended)
                .and_then(|piece| this.count(piece))
        }))
    }
}

#[cfg(test)]
mod tests;
