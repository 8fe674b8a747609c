//! The model behind a channel: one thread owns it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::Reading;

use super::encoder::Precision;
use super::labels::LabelMap;
use super::reader::Reader;
use super::{Error, Files};

/// Requests that wait for the model before those who ask must wait themselves.
const WAITING: usize = 8;

/// A model that reads texts, on a thread of its own; clones ask the same model.
///
/// The thread ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Model {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    /// `None` only while the owner is dropped.
    requests: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
}

struct Request {
    texts: Vec<String>,
    answer: SyncSender<Result<Vec<Reading>, Error>>,
}

impl Model {
    /// The model of these files, ready to read.
    ///
    /// `labels` says which kinds the types of a foreign model stand for; an empty map is right for our own.
    ///
    /// # Errors
    /// Where the files are not a model that this program can read.
    pub fn start<B: AsRef<[u8]>>(files: &Files<B>, labels: &LabelMap) -> Result<Self, Error> {
        Self::start_with(files, labels, Precision::default())
    }

    /// The same, multiplying in the given precision.
    ///
    /// # Errors
    /// Where the files are not a model that this program can read.
    pub fn start_with<B: AsRef<[u8]>>(
        files: &Files<B>,
        labels: &LabelMap,
        precision: Precision,
    ) -> Result<Self, Error> {
        let reader = Reader::new(files, labels, precision)?;
        let (requests, waiting) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || serve(reader, &waiting))
            .map_err(Error::Spawn)?;
        let owner = Owner {
            requests: Some(requests),
            thread: Some(thread),
        };
        Ok(Self {
            owner: Arc::new(owner),
        })
    }

    /// What each text names and how suspicious its words are, in the order of the texts; ranges are bytes of each text.
    ///
    /// Waits until the model has read them. Many texts at once are read faster, and no otherwise, than one by one. Memory
    /// grows with the words of all texts together (some 300 bytes each), not with the square of any length.
    ///
    /// # Errors
    /// Where the model cannot compute, or its thread has ended.
    pub fn read(&self, texts: &[&str]) -> Result<Vec<Reading>, Error> {
        let (answer, reading) = sync_channel(1);
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        let requests = self.owner.requests.as_ref().ok_or(Error::Gone)?;
        requests
            .send(Request { texts, answer })
            .map_err(|_| Error::Gone)?;
        reading.recv().map_err(|_| Error::Gone)?
    }
}

fn serve(mut reader: Reader, waiting: &Receiver<Request>) {
    for Request { texts, answer } in waiting {
        // Who asked may have gone; the next one has not.
        drop(answer.send(reader.read(&texts)));
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It may have panicked: then its message has been printed, and there is nothing left to do.
            drop(thread.join());
        }
    }
}
