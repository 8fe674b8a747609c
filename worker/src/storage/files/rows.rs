//! Articles as rows of a Parquet file.

mod columns;

use std::mem;
use std::sync::Arc;

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use shared::article::{CleanedArticle, OUTPUT_VERSION};
use shared::payload::documents;

use columns::{batch, schema};

/// A row group is closed at so many rows …
const MAX_ROWS: usize = 10_000;
/// … or when it takes so much memory: it is kept there until then.
const MAX_BYTES: usize = 64 * 1024 * 1024;
const LEVEL: i32 = 3;
/// Texts of which no two are the same: a dictionary and a least and greatest value of them are of no use.
const TEXTS: [&str; 2] = ["original_text", "cleaned_text"];

/// A Parquet file while it is made.
pub(super) struct Rows(ArrowWriter<Vec<u8>>);

/// Why rows could not be added.
#[derive(Debug)]
pub(super) enum Error {
    /// This line, from 1, is not a cleaned article.
    Line(usize),
    /// The writer refused.
    Parquet(ParquetError),
}

impl Rows {
    pub(super) fn new() -> Result<Self, ParquetError> {
        let writer = ArrowWriter::try_new(Vec::new(), Arc::new(schema()), Some(properties()?))?;
        Ok(Self(writer))
    }

    /// Adds the lines of a part; the bytes that are ready.
    pub(super) fn add(&mut self, part: &[u8]) -> Result<Vec<u8>, Error> {
        let articles = (1..)
            .zip(documents(part))
            // What the parser says might quote the document.
            .map(|(number, line)| serde_json::from_slice(line).map_err(|_| Error::Line(number)))
            .collect::<Result<Vec<CleanedArticle>, Error>>()?;
        self.write(&articles)
    }

    fn write(&mut self, articles: &[CleanedArticle]) -> Result<Vec<u8>, Error> {
        let writer = &mut self.0;
        let mut write = || {
            writer.write(&batch(articles)?)?;
            if writer.memory_size() >= MAX_BYTES {
                writer.flush()?;
            }
            writer.sync()?;
            Ok(mem::take(writer.inner_mut()))
        };
        write().map_err(Error::Parquet)
    }

    /// The last bytes.
    pub(super) fn end(self) -> Result<Vec<u8>, ParquetError> {
        self.0.into_inner()
    }
}

fn properties() -> Result<WriterProperties, ParquetError> {
    let said = [
        ("scutch.version", env!("CARGO_PKG_VERSION")),
        ("scutch.output_version", OUTPUT_VERSION),
    ];
    let said = said.map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_max_row_group_row_count(Some(MAX_ROWS))
        .set_key_value_metadata(Some(said.to_vec()));
    let properties = TEXTS.iter().fold(properties, |properties, text| {
        let column = ColumnPath::from(*text);
        properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_statistics_enabled(column, EnabledStatistics::None)
    });
    Ok(properties.build())
}

#[cfg(test)]
mod tests;
