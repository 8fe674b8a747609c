//! A file on its way to the service: decompressed line by line, in bounded memory.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use reqwest::Body;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use crate::process::input::{self, BytesRead, Input, Line};

/// Far over what a service takes as one document; longer lines are not held in memory.
const MAX_LINE_BYTES: usize = 64 << 20;
/// What is sent at once, about.
const BLOCK_BYTES: usize = 64 << 10;
/// Blocks that were read and not yet sent.
const BLOCKS: usize = 8;

/// A file that is being sent.
pub(super) struct Upload {
    waiting: watch::Receiver<Waiting>,
    failure: oneshot::Receiver<io::Error>,
}

/// For whom sending waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// The file, or who writes into the pipe. That may take any time.
    Source,
    /// The service.
    Service,
}

impl Upload {
    /// Opens `path` (`-`: standard input) and begins to read it. The body ends with an error when reading fails.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(path: &Path) -> Result<(Self, Body)> {
        let (input, _) = input::open(path, MAX_LINE_BYTES, &BytesRead::default())?;
        let (blocks_in, blocks) = mpsc::channel(BLOCKS);
        let (failure_in, failure) = oneshot::channel();
        // Not joined: it may wait for ever in a read from a terminal or a pipe.
        thread::spawn(move || {
            if let Err(error) = read(input, &blocks_in) {
                let told = io::Error::from(error.kind());
                // The order matters: who sees the body break off finds the reason. Nobody may be left to see it.
                drop(failure_in.send(error));
                drop(blocks_in.blocking_send(Err(told)));
            }
        });
        let (waiting_in, waiting) = watch::channel(Waiting::Source);
        let stream =
            futures_util::stream::unfold((blocks, waiting_in), async |(mut blocks, waiting)| {
                waiting.send_replace(Waiting::Source);
                let block = blocks.recv().await?;
                waiting.send_replace(Waiting::Service);
                Some((block, (blocks, waiting)))
            });
        Ok((Self { waiting, failure }, Body::wrap_stream(stream)))
    }

    /// Returns once the service has taken nothing, or not answered, for `patience`.
    pub(super) async fn stalled(&mut self, patience: Duration) {
        loop {
            match timeout(patience, self.waiting.changed()).await {
                Ok(Ok(())) => {}
                // All is sent.
                Ok(Err(_)) => return sleep(patience).await,
                Err(_) if *self.waiting.borrow() == Waiting::Service => return,
                Err(_) => {}
            }
        }
    }

    /// Why the file could not be read to its end, if it could not.
    pub(super) fn failure(mut self) -> Option<io::Error> {
        self.failure.try_recv().ok()
    }
}

/// Sends the lines, each with its end, until nobody takes them any more. Blank ones too: lines are counted at the other end.
fn read(mut input: Input, blocks: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    loop {
        let mut block = Vec::with_capacity(2 * BLOCK_BYTES);
        let mut is_at_end = false;
        while block.len() < BLOCK_BYTES && !is_at_end {
            match input.next_line(&mut block)? {
                Some(Line::Whole) => block.push(b'\n'),
                Some(Line::TooLong { bytes }) => {
                    let line = input.position().line;
                    let reason = format!(
                        "line {line} has {bytes} bytes; no service takes more than {MAX_LINE_BYTES}"
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
                None => is_at_end = true,
            }
            // A slow source must not keep lines waiting for a block to fill.
            if !input.has_more_at_hand() {
                break;
            }
        }
        let is_last = is_at_end;
        if !block.is_empty() && blocks.blocking_send(Ok(block.into())).is_err() {
            return Ok(());
        }
        if is_last {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn sent(content: &[u8]) -> Vec<u8> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let (input, _) = input::open(file.path(), 1 << 20, &BytesRead::default()).unwrap();
        let (blocks_in, mut blocks) = mpsc::channel(1000);
        read(input, &blocks_in).unwrap();
        drop(blocks_in);
        let mut all = Vec::new();
        while let Some(block) = blocks.blocking_recv() {
            all.extend_from_slice(&block.unwrap());
        }
        all
    }

    #[test]
    fn all_lines_are_sent_decompressed_and_in_order() {
        let lines: String = (0..50_000).map(|n| format!("line {n}\n")).collect();
        assert_eq!(sent(lines.as_bytes()), lines.as_bytes());
        let packed = zstd::encode_all(lines.as_bytes(), 1).unwrap();
        assert_eq!(sent(&packed), lines.as_bytes());
        assert_eq!(sent(b"a\r\n\nb"), b"a\n\nb\n");
        assert_eq!(sent(b""), b"");
    }

    #[test]
    fn a_broken_file_breaks_the_body_and_says_why() {
        let mut packed = zstd::encode_all(&b"some lines\n".repeat(100)[..], 1).unwrap();
        packed.truncate(packed.len() - 3);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&packed).unwrap();
        let (input, _) = input::open(file.path(), 1 << 20, &BytesRead::default()).unwrap();
        let (blocks_in, _blocks) = mpsc::channel(1000);
        assert!(read(input, &blocks_in).is_err());
    }
}
