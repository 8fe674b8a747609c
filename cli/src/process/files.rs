//! The files of a run: output and failures, written beside their names and put there when whole, and the checkpoint.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::checkpoint::Checkpoint;

/// The paths of a run that writes `out`.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// The output, there only when whole.
    pub(crate) out: PathBuf,
    /// The failures, there only when whole and when there are any.
    pub(crate) errors: PathBuf,
    partial: PathBuf,
    errors_partial: PathBuf,
    /// How far the run is.
    pub(crate) checkpoint: PathBuf,
}

impl Paths {
    /// The paths beside `out`.
    pub(crate) fn new(out: &Path) -> Self {
        let beside = |suffix: &str| {
            let mut path = out.as_os_str().to_owned();
            path.push(suffix);
            PathBuf::from(path)
        };
        Self {
            out: out.to_owned(),
            errors: beside(".errors.jsonl"),
            partial: beside(".partial"),
            errors_partial: beside(".errors.partial"),
            checkpoint: beside(".checkpoint"),
        }
    }
}

/// The open files of a run.
pub(crate) struct Files {
    paths: Paths,
    out: Growing,
    errors: Growing,
}

impl Files {
    /// Opens the files: cut back to what `checkpoint` vouches for, or empty.
    ///
    /// # Errors
    /// When they cannot be opened, when another process writes them, or when they are shorter than the checkpoint says.
    pub(crate) fn open(paths: Paths, checkpoint: Option<&Checkpoint>) -> Result<Self> {
        if let Some(checkpoint) = checkpoint {
            take_back(&paths.out, &paths.partial, checkpoint.output_bytes)?;
            take_back(
                &paths.errors,
                &paths.errors_partial,
                checkpoint.errors_bytes,
            )?;
        }
        let out = Growing::open(&paths.partial, checkpoint.map_or(0, |c| c.output_bytes))?;
        let errors = Growing::open(
            &paths.errors_partial,
            checkpoint.map_or(0, |c| c.errors_bytes),
        )?;
        if checkpoint.is_none() {
            remove(&paths.checkpoint)?;
        }
        Ok(Self { paths, out, errors })
    }

    /// Appends a line to the output.
    pub(crate) fn write_output(&mut self, line: &[u8]) -> Result<()> {
        self.out
            .write_line(line)
            .with_context(|| cannot_write(&self.paths.partial))
    }

    /// Appends a row to the failures.
    pub(crate) fn write_error(&mut self, row: &[u8]) -> Result<()> {
        self.errors
            .write_line(row)
            .with_context(|| cannot_write(&self.paths.errors_partial))
    }

    /// Makes everything so far durable, and then says so in the checkpoint.
    pub(crate) fn save(&mut self, mut checkpoint: Checkpoint) -> Result<()> {
        self.out
            .sync()
            .with_context(|| cannot_write(&self.paths.partial))?;
        self.errors
            .sync()
            .with_context(|| cannot_write(&self.paths.errors_partial))?;
        checkpoint.output_bytes = self.out.length;
        checkpoint.errors_bytes = self.errors.length;
        checkpoint.write(&self.paths.checkpoint)
    }

    /// Makes everything durable and puts the whole files under their names.
    ///
    /// Without failures there is no failures file, and one of an earlier run is removed. With `keep_output` false (no
    /// document came through) no output appears.
    pub(crate) fn finish(mut self, checkpoint: Checkpoint, keep_output: bool) -> Result<()> {
        self.save(checkpoint)?;
        // The failures first: whoever sees the output sees them too.
        place(
            self.errors.length > 0,
            &self.paths.errors_partial,
            &self.paths.errors,
        )?;
        if keep_output {
            place(true, &self.paths.partial, &self.paths.out)?;
        } else {
            remove(&self.paths.partial)?;
        }
        remove(&self.paths.checkpoint)?;
        sync_folder(&self.paths.out)
    }
}

/// Undoes the last rename of a run that was ended between it and the removal of its checkpoint.
fn take_back(name: &Path, partial: &Path, length: u64) -> Result<()> {
    let is_it = !partial.exists()
        && length > 0
        && fs::metadata(name).is_ok_and(|file| file.len() == length);
    if is_it {
        fs::rename(name, partial)
            .with_context(|| format!("cannot take up {} again", name.display()))?;
    }
    Ok(())
}

/// Moves a finished file to its name, or removes both.
fn place(is_wanted: bool, partial: &Path, name: &Path) -> Result<()> {
    if is_wanted {
        fs::rename(partial, name)
            .with_context(|| format!("cannot rename {} to {}", partial.display(), name.display()))
    } else {
        remove(partial)?;
        remove(name)
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Makes a rename in the folder of `path` durable: it is an entry of the folder, which has its own blocks.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("cannot make the folder {} durable", folder.display()))
}

fn cannot_write(path: &Path) -> String {
    format!(
        "cannot write {}; what was saved before can be taken up with --resume",
        path.display()
    )
}

/// A file that grows line by line.
struct Growing {
    file: BufWriter<File>,
    length: u64,
}

impl Growing {
    fn open(path: &Path, length: u64) -> Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .with_context(|| format!("cannot write beside the output: {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{} is being written by another scutch process",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let there = file
            .metadata()
            .with_context(|| format!("cannot read {}", path.display()))?
            .len();
        if there < length {
            bail!(
                "{} is shorter than its checkpoint says; run without --resume to begin again",
                path.display()
            );
        }
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            file: BufWriter::with_capacity(256 * 1024, file),
            length,
        })
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)?;
        self.file.write_all(b"\n")?;
        self.length += line.len() as u64 + 1;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }
}
