//! The model behind a channel: one thread owns it.

use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::Reading;
use crate::panics::guarded;

use super::device::Device;
use super::labels::LabelMap;
use super::reader::Reader;
use super::statistics::Statistics;
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
    device: Device,
    totals: Arc<Mutex<Statistics>>,
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
    pub fn start<B: AsRef<[u8]>>(
        files: &Files<B>,
        labels: &LabelMap,
        device: &Device,
    ) -> Result<Self, Error> {
        let mut reader = Reader::new(files, labels, device)?;
        Self::answering(device, move |texts, done| {
            let readings = reader.read(texts);
            *done = mem::take(&mut reader.done);
            readings
        })
    }

    /// A model whose thread answers with what `read` returns.
    fn answering(
        device: &Device,
        read: impl FnMut(&[String], &mut Statistics) -> Result<Vec<Reading>, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (requests, waiting) = sync_channel(WAITING);
        let totals = Arc::new(Mutex::new(Statistics::default()));
        let counted = Arc::clone(&totals);
        let thread = thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || serve(read, &waiting, &counted))
            .map_err(Error::Spawn)?;
        let owner = Owner {
            requests: Some(requests),
            thread: Some(thread),
            device: device.clone(),
            totals,
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
    /// Where the model cannot compute, or panicked; it goes on with the next request.
    pub fn read(&self, texts: &[&str]) -> Result<Vec<Reading>, Error> {
        let (answer, reading) = sync_channel(1);
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        let requests = self.owner.requests.as_ref().ok_or(Error::Gone)?;
        requests
            .send(Request { texts, answer })
            .map_err(|_| Error::Gone)?;
        reading.recv().map_err(|_| Error::Gone)?
    }

    /// What it has done so far.
    pub fn statistics(&self) -> Statistics {
        *locked(&self.owner.totals)
    }

    /// What it computes on.
    pub fn device(&self) -> &Device {
        &self.owner.device
    }
}

fn serve(
    mut read: impl FnMut(&[String], &mut Statistics) -> Result<Vec<Reading>, Error>,
    waiting: &Receiver<Request>,
    totals: &Mutex<Statistics>,
) {
    for Request { texts, answer } in waiting {
        let start = Instant::now();
        let mut done = Statistics::default();
        // What outlives a request is weights, which nobody changes, and remembered words, of which each is whole or not there.
        let readings = guarded(|| read(&texts, &mut done))
            .unwrap_or_else(|place| Err(Error::Panicked { place }));
        done.requests = 1;
        done.busy = start.elapsed();
        *locked(totals) += done;
        // Who asked may have gone; the next one has not.
        drop(answer.send(readings));
    }
}

fn locked(totals: &Mutex<Statistics>) -> std::sync::MutexGuard<'_, Statistics> {
    totals.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It catches its panics, so there is nothing to be told.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_fails_its_request_alone_and_tells_no_word_of_the_text() {
        let line = line!() + 2;
        let model = Model::answering(&Device::cpu(), |texts, done| {
            assert!(texts[0] != "bad", "secret: {}", texts[0]);
            done.documents = texts.len() as u64;
            Ok(vec![Reading::default(); texts.len()])
        });
        let model = model.unwrap();
        for _ in 0..3 {
            let error = model.read(&["bad"]).unwrap_err();
            assert!(
                matches!(&error, Error::Panicked { place } if place.contains(&format!("handle.rs:{line}:"))),
                "{error}"
            );
            assert!(!error.to_string().contains("secret"));
            assert_eq!(model.read(&["good", "too"]).unwrap().len(), 2);
        }
        let Statistics {
            requests,
            documents,
            ..
        } = model.statistics();
        assert_eq!((requests, documents), (6, 6));
    }
}
