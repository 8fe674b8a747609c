//! What a folder of this machine needs beyond what a store of objects can do: names put on disk, and folders listed and removed.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use object_store::local::LocalFileSystem;
use shared::job::JobId;

use super::error::{OpenError, Reason};
use super::{Error, PARTS};

/// The folder of the outputs. Its methods block.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The jobs whose folders of parts this process has put on disk.
    settled: Mutex<HashSet<JobId>>,
}

impl Folder {
    /// The folder, made where it is missing, and what writes into it, durably.
    pub(super) fn open(path: PathBuf) -> Result<(Self, LocalFileSystem), OpenError> {
        let refused = |source| OpenError::Folder {
            folder: path.clone(),
            source,
        };
        make(&path).map_err(refused)?;
        let store = LocalFileSystem::new_with_prefix(&path)
            .map_err(io::Error::other)
            .map_err(refused)?;
        let folder = Self {
            path,
            settled: Mutex::default(),
        };
        Ok((folder, store.with_fsync(true)))
    }

    /// Puts the name of the folder of a job's parts on disk, once: who made it may have ended before that.
    pub(super) fn settle(&self, job: JobId) -> Result<(), Error> {
        if self.settled().contains(&job) {
            return Ok(());
        }
        let parts = self.path.join(PARTS);
        sync(&parts).map_err(disk("put on disk", &parts))?;
        self.sync()?;
        self.settled().insert(job);
        Ok(())
    }

    /// Puts the names of the jobs' files on disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        sync(&self.path).map_err(disk("put on disk", &self.path))
    }

    /// Removes all of a job's parts, and whatever a process that was killed has left among them.
    pub(super) fn forget(&self, job: JobId) -> Result<(), Error> {
        self.settled().remove(&job);
        let folder = self.path.join(PARTS).join(job.to_string());
        match fs::remove_dir_all(&folder) {
            // Gone already is as good.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(disk("remove the parts", &folder)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The jobs of which there are parts.
    pub(super) fn jobs(&self) -> Result<Vec<JobId>, Error> {
        let folder = self.path.join(PARTS);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(disk("list", &folder)(source)),
        };
        let job = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
        Ok(entries.filter_map(job).collect())
    }

    /// For how long nothing was added to a job's parts; nothing where there are none.
    pub(super) fn age(&self, job: JobId) -> Option<Duration> {
        let parts = self.path.join(PARTS).join(job.to_string());
        let changed = fs::metadata(parts).ok()?.modified().ok()?;
        let age = SystemTime::now().duration_since(changed);
        Some(age.unwrap_or_default())
    }

    fn settled(&self) -> MutexGuard<'_, HashSet<JobId>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a folder and those above it, and puts their names on disk.
fn make(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(path)?;
    let parents = missing.iter().filter_map(|made| made.parent());
    for parent in parents.filter(|parent| parent.as_os_str() != "") {
        sync(parent)?;
    }
    Ok(())
}

/// Has the names in a folder on disk: a rename is lost in a power cut else.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |source| Error::Storage {
        doing,
        path,
        source: Reason::of(&source),
    }
}
