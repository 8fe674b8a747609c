//! The reading thread: lines into numbered batches.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use anyhow::{Context, Result, bail};
use shared::article::Article;

use super::batch::{Batch, BatchLine, UnderWay};
use super::input::{Input, Line, Position};
use super::worker::fingerprint;
use super::writer::{Message, ReadEnd, Seen};

/// Reads the input to its end (or until `stop`) and sends it as batches; says at last how many there were.
pub(super) fn read(
    mut input: Input,
    under_way: &UnderWay,
    stop: &AtomicBool,
    work: &SyncSender<Batch>,
    messages: &SyncSender<Message>,
) {
    let mut number = 0;
    let mut error = None;
    let mut is_at_end = false;
    while !is_at_end && error.is_none() && !stop.load(Ordering::Relaxed) {
        let mut batch = Batch {
            number,
            ..Batch::default()
        };
        while !batch.is_full() {
            match next(&mut input, &mut batch) {
                // A slow source (`tail -f`) must not keep documents waiting for a batch to fill.
                Ok(true) if !batch.lines.is_empty() && !input.has_more_at_hand() => break,
                Ok(true) => {}
                Ok(false) => {
                    is_at_end = true;
                    break;
                }
                Err(failure) => {
                    error = Some(failure);
                    break;
                }
            }
        }
        // An output line is larger than a short input line: half a kilobyte of field names at least.
        batch.weight = batch.bytes.len() + 1024 * batch.lines.len();
        if !under_way.enter(batch.weight) || work.send(batch).is_err() {
            return;
        }
        number += 1;
    }
    // The writer may be gone already; then nobody needs to know.
    drop(messages.send(Message::ReadEnd(ReadEnd {
        batches: number,
        line: input.position().line,
        error,
    })));
}

/// Puts the next line into the batch; `false` at the end of the input. Blank lines are no documents.
fn next(input: &mut Input, batch: &mut Batch) -> std::io::Result<bool> {
    let start = batch.bytes.len();
    let Some(line) = input.next_line(&mut batch.bytes)? else {
        return Ok(false);
    };
    let range = start..batch.bytes.len();
    let end = input.position();
    batch.end = end;
    match line {
        Line::TooLong { bytes } => batch.lines.push(BatchLine {
            range,
            too_long: Some(bytes),
            end,
        }),
        Line::Whole if batch.bytes[range.clone()].trim_ascii().is_empty() => {}
        Line::Whole => batch.lines.push(BatchLine {
            range,
            too_long: None,
            end,
        }),
    }
    Ok(true)
}

/// Passes over what an earlier run dealt with, and remembers the ids that it had seen.
///
/// # Errors
/// When the input does not begin with the same bytes.
pub(super) fn skip(
    input: &mut Input,
    done: &Position,
    seen: &mut Seen,
    stop: &AtomicBool,
) -> Result<()> {
    let mut line = Vec::new();
    while input.position().offset < done.offset && !stop.load(Ordering::Relaxed) {
        line.clear();
        let read = input
            .next_line(&mut line)
            .context("cannot read the part of the input that is done")?;
        match read {
            Some(Line::Whole) => {
                if let Ok(article) = Article::parse(&line) {
                    seen.insert(fingerprint(&article.document_id));
                }
            }
            Some(Line::TooLong { .. }) => {}
            None => break,
        }
    }
    if !stop.load(Ordering::Relaxed) && input.position() != *done {
        bail!(
            "the input does not begin with the {} lines that were done before; give the same input, or run without --resume",
            done.line
        );
    }
    Ok(())
}
