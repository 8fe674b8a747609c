//! How far a run is: enough to go on without redoing or losing a document.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::files::sync_folder;
use super::input::Position;

/// The form of the checkpoint; another one is refused.
const VERSION: u32 = 1;

/// The state of a run that was durable when this was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    version: u32,
    /// The run's job id, which a resumed run keeps.
    pub(crate) job_id: String,
    /// The batch it belongs to.
    pub(crate) batch_id: Option<String>,
    /// The options that shape the output; a resumed run must have the same.
    pub(crate) options: serde_json::Value,
    /// How far the input is dealt with.
    pub(crate) input: Position,
    /// Bytes of output that are durable.
    pub(crate) output_bytes: u64,
    /// Bytes of failures that are durable.
    pub(crate) errors_bytes: u64,
    /// What was counted.
    pub(crate) counts: Counts,
    /// Seconds that the run has taken, over all its parts.
    pub(crate) seconds: f64,
}

impl Checkpoint {
    /// A checkpoint at the start of a run.
    pub(crate) fn new(
        job_id: String,
        batch_id: Option<String>,
        options: serde_json::Value,
    ) -> Self {
        Self {
            version: VERSION,
            job_id,
            batch_id,
            options,
            input: Position::default(),
            output_bytes: 0,
            errors_bytes: 0,
            counts: Counts::default(),
            seconds: 0.0,
        }
    }

    /// The checkpoint at `path`, or `None` where there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let begin_again = || {
            format!(
                "cannot use {}; run without --resume to begin again",
                path.display()
            )
        };
        let checkpoint: Self = serde_json::from_slice(&text).with_context(begin_again)?;
        if checkpoint.version != VERSION {
            bail!(
                "{} is of another version of scutch; run without --resume to begin again",
                path.display()
            );
        }
        Ok(Some(checkpoint))
    }

    /// Replaces the checkpoint at `path` by this one, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let context = || format!("cannot write {}", path.display());
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let text = serde_json::to_vec(self).with_context(context)?;
        let mut file = fs::File::create(&beside).with_context(context)?;
        file.write_all(&text)
            .and_then(|()| file.sync_data())
            .with_context(context)?;
        fs::rename(&beside, path).with_context(context)?;
        sync_folder(path)
    }
}
