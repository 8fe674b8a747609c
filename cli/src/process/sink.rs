//! Where a run writes: files that appear when whole, or standard output.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::checkpoint::Checkpoint;
use super::files::{Files, Paths};

/// Where a run writes.
pub(super) enum Sink {
    /// Files beside their names, with a checkpoint.
    Files(Box<Files>),
    /// Standard output; failures go to standard error, and there is nothing to resume.
    Stdout(BufWriter<StdoutLock<'static>>),
}

impl Sink {
    /// The sink for `out` (`-`: standard output).
    pub(super) fn open(out: &Path, checkpoint: Option<&Checkpoint>) -> Result<Self> {
        if out.as_os_str() == "-" {
            return Ok(Self::Stdout(BufWriter::with_capacity(
                256 * 1024,
                io::stdout().lock(),
            )));
        }
        Ok(Self::Files(Box::new(Files::open(
            Paths::new(out),
            checkpoint,
        )?)))
    }

    /// Writes one cleaned document.
    pub(super) fn write_output(&mut self, line: &[u8]) -> Result<()> {
        match self {
            Self::Files(files) => files.write_output(line),
            Self::Stdout(out) => out
                .write_all(line)
                .and_then(|()| out.write_all(b"\n"))
                .context("cannot write to standard output"),
        }
    }

    /// Writes one row about a document that failed.
    pub(super) fn write_error(&mut self, row: &[u8]) -> Result<()> {
        match self {
            Self::Files(files) => files.write_error(row),
            Self::Stdout(_) => {
                let mut err = io::stderr().lock();
                err.write_all(row)
                    .and_then(|()| err.write_all(b"\n"))
                    .context("cannot write to standard error")
            }
        }
    }

    /// Makes everything so far durable.
    pub(super) fn save(&mut self, checkpoint: Checkpoint) -> Result<()> {
        match self {
            Self::Files(files) => files.save(checkpoint),
            Self::Stdout(out) => out.flush().context("cannot write to standard output"),
        }
    }

    /// Ends the run: the files get their names. Without `keep_output` no output appears.
    pub(super) fn finish(self, checkpoint: Checkpoint, keep_output: bool) -> Result<()> {
        match self {
            Self::Files(files) => files.finish(checkpoint, keep_output),
            Self::Stdout(mut out) => out.flush().context("cannot write to standard output"),
        }
    }
}
