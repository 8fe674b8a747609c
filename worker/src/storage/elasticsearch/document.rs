//! One document of a batch as the bulk API wants it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::job::Epoch;

use super::{Batch, RefusedDocument};

/// Longest `_id`; one that is longer makes Elasticsearch refuse the whole request that it is in.
const MAX_ID_BYTES: usize = 512;
/// Low bits of a version, for the claim.
const EPOCH_BITS: u32 = 20;
/// Its other bits, for the job's time: 63 in all, the largest version being that of a signed number.
const TIME_BITS: u32 = 43;

/// A document that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document<'a> {
    /// Its index in the batch.
    pub(super) index: usize,
    /// Its `_id`.
    pub(super) id: String,
    /// The line before it in a request.
    pub(super) action: Vec<u8>,
    /// The document itself, one line without its end.
    pub(super) line: &'a [u8],
}

/// The one field that is read of a line.
#[derive(Deserialize)]
struct Named {
    document_id: String,
}

/// <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>
#[derive(Serialize)]
struct Action<'a> {
    index: Meta<'a>,
}

#[derive(Serialize)]
struct Meta<'a> {
    _id: &'a str,
    version: i64,
    // Not `external`: writing the same version again must be as good as having written it once.
    version_type: &'static str,
}

/// The documents of a batch that may be sent, and those that cannot be.
pub(super) fn read<'a>(batch: &Batch<'a>) -> (Vec<Document<'a>>, Vec<RefusedDocument>) {
    let version = version(batch.created_at, batch.epoch);
    let (mut documents, mut refused) = (Vec::with_capacity(batch.lines.len()), Vec::new());
    for (index, line) in batch.lines.iter().enumerate() {
        match document(index, line, version) {
            Ok(document) => documents.push(document),
            Err(reason) => refused.push(RefusedDocument { index, reason }),
        }
    }
    (documents, refused)
}

/// A later job's is larger, within a job a later claim's.
fn version(created_at: Timestamp, epoch: Epoch) -> i64 {
    let time = created_at.as_millisecond().clamp(0, (1 << TIME_BITS) - 1);
    let claim = epoch.0.clamp(0, (1 << EPOCH_BITS) - 1);
    (time << EPOCH_BITS) | claim
}

fn document(index: usize, line: &[u8], version: i64) -> Result<Document<'_>, String> {
    let line = line.trim_ascii();
    if line.contains(&b'\n') {
        // A document of two lines would be read as two lines of the request.
        return Err("not one line: it cannot be sent to Elasticsearch".to_owned());
    }
    // serde's own words may quote the document.
    let Named { document_id: id } = serde_json::from_slice(line)
        .map_err(|_| "not a JSON object with a document_id: it cannot be sent to Elasticsearch")?;
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(format!(
            "document_id has {} bytes: Elasticsearch takes 1 to {MAX_ID_BYTES}",
            id.len()
        ));
    }
    let action = Action {
        index: Meta {
            _id: &id,
            version,
            version_type: "external_gte",
        },
    };
    let action = serde_json::to_vec(&action).map_err(|error| error.to_string())?;
    Ok(Document {
        index,
        id,
        action,
        line,
    })
}

impl Document<'_> {
    /// Bytes of a request that are its.
    pub(super) fn size(&self) -> usize {
        self.action.len() + self.line.len() + 2
    }

    /// Its two lines, at the end of a request.
    pub(super) fn append_to(&self, body: &mut Vec<u8>) {
        for line in [&self.action[..], self.line] {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64, epoch: i64) -> i64 {
        version(Timestamp::from_millisecond(ms).unwrap(), Epoch(epoch))
    }

    #[test]
    fn a_later_job_has_the_larger_version_then_a_later_claim() {
        assert_eq!(at(3, 5), (3 << 20) | 5);
        assert!(at(4, 1) > at(3, 1_000_000));
        assert!(at(3, 6) > at(3, 5));
    }

    #[test]
    fn versions_stay_within_63_bits_whatever_the_clock_and_the_count_of_claims() {
        let last = version(Timestamp::MAX, Epoch(i64::MAX));
        assert_eq!(last, i64::MAX, "the clock's last year is beyond what fits");
        assert_eq!(at(-1, -1), 0);
        assert_eq!(at(1, i64::MAX), (2 << 20) - 1);
    }

    #[test]
    fn a_document_is_two_lines_of_a_request() {
        let line = br#"{"document_id":"a\"b","text":"x"}"#;
        let document = document(7, line, 9).unwrap();
        let mut body = Vec::new();
        document.append_to(&mut body);
        let expected = [
            br#"{"index":{"_id":"a\"b","version":9,"version_type":"external_gte"}}"#.as_slice(),
            line,
            b"",
        ]
        .join(&b'\n');
        assert_eq!(body, expected);
        assert_eq!((document.index, document.size()), (7, body.len()));
    }

    #[test]
    fn a_line_end_at_the_end_is_no_second_line() {
        assert_eq!(
            document(0, b"{\"document_id\":\"a\"}\r\n", 1).unwrap().line,
            b"{\"document_id\":\"a\"}"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_its_text() {
        let too_long = format!(r#"{{"document_id":"{}"}}"#, "é".repeat(257));
        for (line, reason) in [
            (
                "{\"document_id\":\"a\",\n\"text\":\"secret\"}",
                "not one line",
            ),
            (r#"{"document_id":7,"text":"secret"}"#, "not a JSON object"),
            ("secret", "not a JSON object"),
            (r#"{"document_id":""}"#, "has 0 bytes"),
            (&too_long, "has 514 bytes: Elasticsearch takes 1 to 512"),
        ] {
            let refused = document(0, line.as_bytes(), 1).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
        let longest = format!(r#"{{"document_id":"{}"}}"#, "é".repeat(256));
        assert!(document(0, longest.as_bytes(), 1).is_ok());
    }
}
