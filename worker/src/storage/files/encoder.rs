//! From parts to the bytes of a file, a part at a time.

use std::io::{self, Write};
use std::mem;

use bytes::Bytes;
use zstd::stream::write::Encoder as Zstd;

use super::error::Reason;
use super::rows::{self, Rows};
use super::{Compression, Error, Format, blocking};

/// zstd's own default.
const LEVEL: i32 = 3;

/// What makes a file's bytes. Work for the processor is done where it may block.
pub(super) enum Encoder {
    /// The parts one behind another.
    Plain,
    /// The same in one frame: not all readers look behind the first.
    Zstd(Box<Zstd<'static, Vec<u8>>>),
    /// Rows of a Parquet file.
    Parquet(Box<Rows>),
}

impl Encoder {
    pub(super) fn new(format: Format, compression: Compression) -> Result<Self, Error> {
        Ok(match (format, compression) {
            (Format::Jsonl, Compression::None) => Self::Plain,
            (Format::Jsonl, Compression::Zstd) => Self::Zstd(Box::new(zstd().map_err(packing)?)),
            (Format::Parquet, Compression::None | Compression::Zstd) => {
                Self::Parquet(Box::new(Rows::new().map_err(rowing)?))
            }
        })
    }

    /// The bytes that are ready when a part was added, and the encoder for the next.
    pub(super) async fn add(self, part: Bytes, name: &str) -> Result<(Self, Bytes), Error> {
        match self {
            Self::Plain => Ok((Self::Plain, part)),
            Self::Zstd(mut zstd) => {
                let add = move || {
                    zstd.write_all(&part).map_err(packing)?;
                    let ready = mem::take(zstd.get_mut()).into();
                    Ok((Self::Zstd(zstd), ready))
                };
                blocking(add).await
            }
            Self::Parquet(mut rows) => {
                let name = name.to_owned();
                let add = move || {
                    let added = rows.add(&part);
                    let ready = added.map_err(|error| match error {
                        rows::Error::Line(line) => Error::Unreadable { part: name, line },
                        rows::Error::Parquet(error) => rowing(error),
                    })?;
                    Ok((Self::Parquet(rows), ready.into()))
                };
                blocking(add).await
            }
        }
    }

    /// The last bytes.
    pub(super) async fn end(self) -> Result<Bytes, Error> {
        match self {
            Self::Plain => Ok(Bytes::new()),
            Self::Zstd(zstd) => blocking(|| Ok(zstd.finish().map_err(packing)?.into())).await,
            Self::Parquet(rows) => blocking(|| Ok(rows.end().map_err(rowing)?.into())).await,
        }
    }
}

fn zstd() -> io::Result<Zstd<'static, Vec<u8>>> {
    let mut zstd = Zstd::new(Vec::new(), LEVEL)?;
    zstd.include_checksum(true)?;
    Ok(zstd)
}

fn packing(error: io::Error) -> Error {
    Error::Encode {
        format: Format::Jsonl,
        source: Reason::of(&error),
    }
}

fn rowing(error: parquet::errors::ParquetError) -> Error {
    Error::Encode {
        format: Format::Parquet,
        source: Reason::of(&error),
    }
}
