//! The files of jobs: each chunk writes a part, and the parts are joined into the job's file, which is visible whole or not at all.
//!
//! ```text
//! <output>/.parts/<job>/<chunk>.<epoch>                  a part
//! <output>/.parts/<job>/joined.<epoch>                   a job's file while it is written
//! <output>/processed_articles_<date>_<job>.jsonl         a job's file
//! ```
//! No name under `.parts` ends in `.jsonl`, which readers of the folder look for.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::job::{JobId, Lease};
use shared::store::Part;

/// The folder of the outputs.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    folder: PathBuf,
    /// The jobs whose folders of parts this process has made, or found and had put on disk.
    made: Arc<Mutex<HashSet<JobId>>>,
}

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A part that was written is not there.
    #[error("the part {part} of the job's output is missing")]
    Missing {
        /// Its name.
        part: String,
    },
    /// The file system refused.
    #[error("cannot {doing} {}", path.display())]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The runtime ended over it.
    #[error("writing the output was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// What became of a job's file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// It is visible, and whole.
    Visible(PathBuf),
    /// It was not to be shown any more.
    HeldBack,
}

const PARTS: &str = ".parts";

impl Output {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            made: Arc::default(),
        }
    }

    /// Writes the part of a chunk, one line for each document; its name, once it is on disk.
    pub(crate) fn write_part(&self, lease: &Lease, lines: &[Bytes]) -> Result<String, Error> {
        let name = format!("{}.{}", lease.chunk.index, lease.epoch);
        let folder = self.make_parts(lease.chunk.job)?;
        let (path, unfinished) = (folder.join(&name), folder.join(format!("{name}.tmp")));
        let write = || {
            let mut file = BufWriter::new(File::create(&unfinished)?);
            for line in lines {
                file.write_all(line)?;
                file.write_all(b"\n")?;
            }
            file.into_inner()?.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync(&folder)
        };
        write().map_err(|source| {
            drop(fs::remove_file(&unfinished));
            disk("write the part", &path)(source)
        })?;
        Ok(name)
    }

    /// Removes a part that does not count.
    pub(crate) fn remove_part(&self, job: JobId, name: &str) -> Result<(), Error> {
        let path = self.parts(job).join(name);
        gone(fs::remove_file(&path)).map_err(disk("remove the part", &path))
    }

    /// Joins the parts, in order, into the job's file, which appears only if `is_wanted` still says so when it is whole. Nothing
    /// is done where it is there already.
    pub(crate) fn join(
        &self,
        lease: &Lease,
        parts: &[Part],
        created_at: Timestamp,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Joined, Error> {
        let path = self.file(lease.chunk.job, created_at);
        let visible = |path: PathBuf| {
            // Whoever gave it its name may have ended before that was on disk.
            sync(&self.folder).map_err(disk("show", &path))?;
            Ok(Joined::Visible(path))
        };
        if self.is_there(&path)? {
            return visible(path);
        }
        match self.stream(lease, parts, &is_wanted) {
            // Another one was faster, and has removed the parts.
            Err(Error::Missing { .. }) if self.is_there(&path)? => {}
            Err(error) => return Err(error),
            Ok(Some(joined)) if is_wanted() => {
                fs::rename(joined, &path).map_err(disk("show", &path))?;
            }
            Ok(_) => return Ok(Joined::HeldBack),
        }
        visible(path)
    }

    /// All parts in one file that nobody looks for; where it is, if it was wanted to the end.
    fn stream(
        &self,
        lease: &Lease,
        parts: &[Part],
        is_wanted: impl Fn() -> bool,
    ) -> Result<Option<PathBuf>, Error> {
        let folder = self.make_parts(lease.chunk.job)?;
        let path = folder.join(format!("joined.{}", lease.epoch));
        let mut joined = File::create(&path).map_err(disk("write", &path))?;
        for part in parts {
            if !is_wanted() {
                return Ok(None);
            }
            let from = folder.join(&part.name);
            let mut from = File::open(&from).map_err(|source| {
                if source.kind() == io::ErrorKind::NotFound {
                    Error::Missing {
                        part: part.name.clone(),
                    }
                } else {
                    disk("read the part", &from)(source)
                }
            })?;
            io::copy(&mut from, &mut joined).map_err(disk("write", &path))?;
        }
        joined.sync_all().map_err(disk("write", &path))?;
        Ok(Some(path))
    }

    /// Removes all parts of a job.
    pub(crate) fn forget(&self, job: JobId) -> Result<(), Error> {
        let folder = self.parts(job);
        self.made().remove(&job);
        gone(fs::remove_dir_all(&folder)).map_err(disk("remove the parts", &folder))
    }

    /// Removes all parts of a job that was cancelled, and then its file: a join that did not hear of it in time may have shown it. In this
    /// order, so that one that comes later still has nothing to show.
    pub(crate) fn forget_all(&self, job: JobId, created_at: Timestamp) -> Result<(), Error> {
        self.forget(job)?;
        let path = self.file(job, created_at);
        gone(fs::remove_file(&path)).map_err(disk("remove the file of a cancelled job", &path))
    }

    /// The jobs of which there are parts, and for how long nothing was added to them.
    pub(crate) fn jobs(&self) -> Result<Vec<(JobId, Duration)>, Error> {
        let folder = self.folder.join(PARTS);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(disk("list", &folder)(source)),
        };
        let job = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let job = entry.file_name().to_str()?.parse().ok()?;
            let changed = entry.metadata().ok()?.modified().ok()?;
            let age = SystemTime::now().duration_since(changed);
            Some((job, age.unwrap_or_default()))
        };
        Ok(entries.filter_map(job).collect())
    }

    fn file(&self, job: JobId, created_at: Timestamp) -> PathBuf {
        let date = TimeZone::UTC.to_datetime(created_at).date();
        self.folder
            .join(format!("processed_articles_{date}_{job}.jsonl"))
    }

    fn is_there(&self, path: &Path) -> Result<bool, Error> {
        path.try_exists().map_err(disk("look for", path))
    }

    fn made(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self, job: JobId) -> PathBuf {
        self.folder.join(PARTS).join(job.to_string())
    }

    /// The folder of a job's parts, made where it is not there, and then on disk.
    fn make_parts(&self, job: JobId) -> Result<PathBuf, Error> {
        let folder = self.parts(job);
        let make = || {
            fs::create_dir_all(&folder)?;
            // Once also where it is there: who made it may have ended before it was on disk.
            if !self.made().contains(&job) {
                sync(&self.folder.join(PARTS))?;
                sync(&self.folder)?;
                self.made().insert(job);
            }
            Ok(())
        };
        make().map_err(disk("make the folder", &folder))?;
        Ok(folder)
    }
}

/// Has the names in a folder on disk: a rename is lost in a power cut else.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// That something is gone already is as good as removing it.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Disk {
        doing,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use shared::job::{ChunkId, Epoch, WorkerId};

    use super::*;

    fn lease(job: JobId, index: u32, epoch: i64) -> Lease {
        Lease {
            chunk: ChunkId { job, index },
            epoch: Epoch(epoch),
            worker: WorkerId::generate(),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A job of two chunks whose parts are written.
    fn written(output: &Output, job: JobId) -> Vec<Part> {
        (0..2)
            .map(|chunk| {
                let line = Bytes::from(format!("{{\"chunk\":{chunk}}}"));
                let name = output.write_part(&lease(job, chunk, 1), &[line.clone(), line]);
                Part {
                    chunk,
                    name: name.unwrap(),
                }
            })
            .collect()
    }

    #[test]
    fn parts_are_joined_in_order_and_only_the_whole_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (output, job) = (Output::new(folder.path().to_owned()), JobId::generate());
        let parts = written(&output, job);
        assert_eq!(names(folder.path()), [".parts"]);
        assert_eq!(names(&output.parts(job)), ["0.1", "1.1"]);
        let created = "2026-03-01T23:59:59Z".parse().unwrap();
        let joined = output.join(&lease(job, 2, 1), &parts, created, || true);
        let path = folder
            .path()
            .join(format!("processed_articles_2026-03-01_{job}.jsonl"));
        assert_eq!(joined.unwrap(), Joined::Visible(path.clone()));
        let lines = "{\"chunk\":0}\n{\"chunk\":0}\n{\"chunk\":1}\n{\"chunk\":1}\n";
        assert_eq!(fs::read_to_string(path).unwrap(), lines);
        output.forget(job).unwrap();
        output.forget(job).unwrap();
        assert!(output.jobs().unwrap().is_empty());
    }

    #[test]
    fn joining_again_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (output, job) = (Output::new(folder.path().to_owned()), JobId::generate());
        let parts = written(&output, job);
        let join = |epoch| {
            output
                .join(&lease(job, 2, epoch), &parts, Timestamp::UNIX_EPOCH, || {
                    true
                })
                .unwrap()
        };
        let first = join(1);
        output.forget(job).unwrap();
        assert_eq!(join(2), first);
    }

    #[test]
    fn a_job_that_is_not_to_go_on_shows_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (output, job) = (Output::new(folder.path().to_owned()), JobId::generate());
        let parts = written(&output, job);
        let now = Timestamp::UNIX_EPOCH;
        let joined = output.join(&lease(job, 2, 1), &parts, now, || false);
        assert_eq!(joined.unwrap(), Joined::HeldBack);
        assert_eq!(names(folder.path()), [".parts"]);
    }

    #[test]
    fn a_missing_part_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (output, job) = (Output::new(folder.path().to_owned()), JobId::generate());
        let parts = written(&output, job);
        output.remove_part(job, "1.1").unwrap();
        output.remove_part(job, "1.1").unwrap();
        let joined = output.join(&lease(job, 2, 1), &parts, Timestamp::UNIX_EPOCH, || true);
        assert!(matches!(joined, Err(Error::Missing { part }) if part == "1.1"));
        assert_eq!(output.jobs().unwrap()[0].0, job);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_of_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let output = Output::new(file);
        let written = output.write_part(&lease(JobId::generate(), 0, 1), &[]);
        assert!(matches!(written, Err(Error::Disk { .. })));
    }
}
