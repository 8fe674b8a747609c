//! How far a job is: a bar on a terminal, elsewhere a line when its percent or state changes.

use std::io;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::job::JobStatus;
use terminal_size::{Width, terminal_size_of};

use super::answer::Job;
use super::moment::lasting;
use super::pace::{self, Pace};
use crate::process::grouped;
use crate::terminal::{can_draw, say};

/// The bar never takes more of a terminal's columns.
const WIDEST_BAR: usize = 30;
/// Nor fewer: a shorter one shows nothing.
const SHORTEST_BAR: usize = 8;

/// The display of a job.
pub(super) struct Progress {
    display: Display,
    pace: Pace,
    is_away: bool,
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Option<(&'static str, u64)> },
    Quiet,
}

impl Progress {
    /// A display, or none where standard output has it all.
    pub(super) fn new(is_json: bool) -> Self {
        let display = match (is_json, can_draw()) {
            (true, _) => Display::Quiet,
            (false, true) => Display::Bar(bar()),
            (false, false) => Display::Lines { last: None },
        };
        Self {
            display,
            pace: Pace::default(),
            is_away: false,
        }
    }

    /// Shows how the job stands.
    pub(super) fn show(&mut self, job: &Job) {
        match job.status {
            JobStatus::Running => self.pace.note(Instant::now(), job.done()),
            JobStatus::Queued
            | JobStatus::Paused
            | JobStatus::Completed
            | JobStatus::Failed
            | JobStatus::Cancelled => self.pace.rest(),
        }
        let is_back = std::mem::take(&mut self.is_away);
        let left = job.total_documents.saturating_sub(job.done());
        let parts = parts(job, self.pace.per_second(), self.pace.left(left));
        match &mut self.display {
            Display::Bar(bar) => draw(bar, &parts, job),
            Display::Lines { last } => {
                let now = (job.state(), job.percent());
                if *last != Some(now) || is_back {
                    *last = Some(now);
                    let line: Vec<_> = parts.iter().map(|part| part.text.as_str()).collect();
                    say(format_args!("scutch: {}", line.join(", ")));
                }
            }
            Display::Quiet => {}
        }
    }

    /// Says that there is no answer; once for an outage.
    pub(super) fn trouble(&mut self, url: &str) {
        let is_new = !std::mem::replace(&mut self.is_away, true);
        match &self.display {
            Display::Bar(bar) => bar.set_message("no answer, trying again"),
            Display::Lines { .. } | Display::Quiet if is_new => {
                say(format_args!("scutch: no answer from {url}, trying again"));
            }
            Display::Lines { .. } | Display::Quiet => {}
        }
        self.pace.rest();
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

/// A part of the line.
struct Part {
    text: String,
    /// Those with the greatest number go first where there is no room.
    rank: u8,
}

/// "41 % running", "415/1,000 done", "3 failed", "123/s", "5 s left"
fn parts(job: &Job, rate: Option<f64>, left: Option<Duration>) -> Vec<Part> {
    let part = |rank, text| Part { text, rank };
    let counts = format!(
        "{}/{} done",
        grouped(job.done()),
        grouped(job.total_documents)
    );
    let failed =
        (job.failed_documents > 0).then(|| format!("{} failed", grouped(job.failed_documents)));
    let rate = rate.map(|per_second| format!("{}/s", pace::rate(per_second)));
    let left = left.map(|left| format!("{} left", lasting(left)));
    let mut parts = vec![
        part(0, format!("{} % {}", job.percent(), job.state())),
        part(3, counts),
    ];
    parts.extend(failed.map(|text| part(1, text)));
    parts.extend(rate.map(|text| part(4, text)));
    parts.extend(left.map(|text| part(2, text)));
    parts
}

/// Draws bar and line so that both fit on one line of the terminal.
fn draw(bar: &ProgressBar, parts: &[Part], job: &Job) {
    let width = terminal_size_of(io::stderr()).map_or(80, |(Width(width), _)| usize::from(width));
    let (line, wide) = fit(parts, width);
    // A template that does not parse would be a fault of ours; the bar as it was is good enough then.
    if let Ok(style) = ProgressStyle::with_template(&format!("  {{bar:{wide}}} {{msg}}")) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar.set_length(job.total_documents.max(1));
    bar.set_position(job.done());
    bar.set_message(line);
}

/// The line with the parts that leave room for a bar, and how wide the bar is then.
fn fit(parts: &[Part], width: usize) -> (String, usize) {
    // Two columns before the bar, one behind it, and one that stays free so that nothing wraps.
    let room = width.saturating_sub(4);
    let mut kept: Vec<&Part> = parts.iter().collect();
    loop {
        let texts: Vec<_> = kept.iter().map(|part| part.text.as_str()).collect();
        let line = texts.join(", ");
        let bar = room.saturating_sub(line.chars().count());
        let least = kept.iter().map(|part| part.rank).max().unwrap_or_default();
        if bar >= SHORTEST_BAR || least == 0 {
            return (line, bar.clamp(1, WIDEST_BAR));
        }
        kept.retain(|part| part.rank != least);
    }
}

fn bar() -> ProgressBar {
    ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_and_the_bar_share_any_width() {
        let part = |rank, text: &str| Part {
            text: text.to_owned(),
            rank,
        };
        let parts = [
            part(0, "41 % running"),
            part(3, "415/1,000 done"),
            part(1, "3 failed"),
            part(4, "123/s"),
            part(2, "5 s left"),
        ];
        let whole = "41 % running, 415/1,000 done, 3 failed, 123/s, 5 s left";
        assert_eq!(fit(&parts, 200), (whole.to_owned(), 30));
        assert_eq!(fit(&parts, 80), (whole.to_owned(), 21));
        let shorter = "41 % running, 415/1,000 done, 3 failed, 5 s left";
        assert_eq!(fit(&parts, 60), (shorter.to_owned(), 8));
        let shorter = "41 % running, 3 failed, 5 s left";
        assert_eq!(fit(&parts, 50), (shorter.to_owned(), 14));
        assert_eq!(fit(&parts, 30), ("41 % running".to_owned(), 14));
        assert_eq!(fit(&parts, 5), ("41 % running".to_owned(), 1));
    }
}
