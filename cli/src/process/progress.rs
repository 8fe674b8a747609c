//! How far a run is: a bar on a terminal, a line every few seconds elsewhere.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::counts::{Counts, grouped, seconds};
use super::input::BytesRead;
use crate::terminal::{can_draw, say};

/// Between two lines where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The display of a run.
pub(super) struct Progress {
    display: Display,
    read: BytesRead,
    size: Option<u64>,
    started: Instant,
    /// Documents that an earlier part of the run dealt with.
    done_before: u64,
    /// Bytes that had been read when the cleaning began.
    read_before: u64,
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Instant },
    Quiet,
}

impl Progress {
    /// A display of an input of `size` bytes, if that is known, of which `read` counts those read.
    pub(super) fn new(
        size: Option<u64>,
        read: &BytesRead,
        is_quiet: bool,
        done_before: u64,
    ) -> Self {
        let started = Instant::now();
        let display = match (is_quiet, can_draw()) {
            (true, _) => Display::Quiet,
            (false, true) => Display::Bar(bar(size)),
            (false, false) => Display::Lines { last: started },
        };
        let read_before = read.load(Ordering::Relaxed);
        Self {
            display,
            read: BytesRead::clone(read),
            size,
            started,
            done_before,
            read_before,
        }
    }

    /// Time since the display began.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Shows the state.
    pub(super) fn update(&mut self, counts: &Counts) {
        let line = match &self.display {
            Display::Quiet => return,
            Display::Lines { last } if last.elapsed() < LINE_EVERY => return,
            Display::Bar(_) | Display::Lines { .. } => self.line(counts),
        };
        match &mut self.display {
            Display::Bar(bar) => {
                bar.set_position(self.read.load(Ordering::Relaxed));
                bar.set_message(line);
            }
            Display::Lines { last } => {
                *last = Instant::now();
                say(format_args!("scutch: {line}"));
            }
            Display::Quiet => {}
        }
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// "12,345 documents, 3 failed, 2,100/s, 34 % read, 1 min 20 s left"
    fn line(&self, counts: &Counts) -> String {
        let elapsed = self.elapsed().as_secs_f64().max(0.001);
        let rate = (counts.documents() - self.done_before) as f64 / elapsed;
        let mut line = format!("{} documents", grouped(counts.documents()));
        if counts.all_failed() > 0 {
            line += &format!(", {} failed", grouped(counts.all_failed()));
        }
        line += &format!(", {}/s", grouped(rate.round() as u64));
        if let Some(size) = self.size {
            let read = self.read.load(Ordering::Relaxed).min(size);
            line += &format!(", {} % read", (read * 100).checked_div(size).unwrap_or(100));
            let now = (read - self.read_before.min(read)) as f64;
            if now > 0.0 && read < size {
                let left = (size - read) as f64 * elapsed / now;
                line += &format!(", {} left", seconds(Duration::from_secs_f64(left.min(1e9))));
            }
        }
        line
    }
}

fn bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "  {bar:30} {msg}"),
        None => (ProgressBar::new_spinner(), "  {spinner} {msg}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    // A template that does not parse would be a fault of ours; the plain bar is good enough then.
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("█▉▊▋▌▍▎▏ "))
}
