//! A small text file, whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// No configuration and no secret is longer; a device or a dump named by mistake is.
const LONGEST_BYTES: u64 = 1 << 20;

/// Why a file was not read. Prints without the path, which the caller names.
#[derive(Debug, Error)]
pub(super) enum Error {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is longer than 1 MiB")]
    TooLong,
    #[error("is not UTF-8 on line {line}")]
    NotUtf8 { line: usize },
}

/// The text of the file at `path`, at most 1 MiB of UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LONGEST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(Error::TooLong);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to());
        let line = valid.filter(|&&byte| byte == b'\n').count() + 1;
        Error::NotUtf8 { line }
    })
}
