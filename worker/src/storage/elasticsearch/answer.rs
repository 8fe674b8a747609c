//! What an answer of the bulk API says of each document.

use serde::Deserialize;

use super::document::Document;
use super::wire::Cause;

/// What is to be done about a document that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: it is in the index, in this version or a newer one.
    Settled,
    /// It will never be taken: why.
    Refused(String),
    /// It is to be sent again: why.
    Again(String),
    /// It is to be sent again, to an index that has to be made first.
    NoIndex(String),
    /// Nobody may write, or not now: why.
    Forbidden(String),
    /// A block is on the index: why.
    Blocked(String),
    /// The index takes no document as it is: why.
    Unfit(String),
}

/// The answer; of all that it says what `FIELDS` names is asked for.
#[derive(Deserialize)]
pub(super) struct Answer {
    items: Vec<Row>,
}

/// For `filter_path`.
pub(super) const FIELDS: &str =
    "error,items.*._id,items.*.status,items.*.error.type,items.*.error.reason";

#[derive(Deserialize)]
struct Row {
    index: Item,
}

#[derive(Deserialize)]
struct Item {
    _id: String,
    status: u16,
    error: Option<Cause>,
}

/// Each document's verdict, in the order of the documents.
///
/// # Errors
/// What is odd, when the answer is not one to these documents: then nothing is known of any.
pub(super) fn verdicts(answer: Answer, documents: &[Document<'_>]) -> Result<Vec<Verdict>, String> {
    let (sent, told) = (documents.len(), answer.items.len());
    if told != sent {
        return Err(format!(
            "{sent} documents were sent, and it tells of {told}"
        ));
    }
    let pairs = answer.items.into_iter().zip(documents);
    pairs
        .enumerate()
        .map(|(position, (Row { index: item }, document))| {
            if item._id == document.id {
                Ok(verdict(item.status, &item.error.unwrap_or_default()))
            } else {
                Err(format!(
                    "item {position} is of another document than was sent"
                ))
            }
        })
        .collect()
}

fn verdict(status: u16, cause: &Cause) -> Verdict {
    let told = || format!("{status} {}", cause.told());
    match status {
        200..=299 => Verdict::Settled,
        409 if cause.kind == "version_conflict_engine_exception" => Verdict::Settled,
        // 403 from Elasticsearch and 429 from newer versions of it, when a disk is nearly full.
        _ if cause.kind == "cluster_block_exception" && status != 503 => Verdict::Blocked(told()),
        401 | 403 => Verdict::Forbidden(told()),
        404 if cause.kind == "index_not_found_exception" => Verdict::NoIndex(told()),
        400 if is_of_the_index(cause) => Verdict::Unfit(told()),
        400 | 413 => Verdict::Refused(told()),
        // 409 and 404 of another kind come from shards that move; what no one has seen yet is tried again and lost by no means.
        _ => Verdict::Again(told()),
    }
}

/// Whether an item that is refused as a bad request would be so whatever the document says.
fn is_of_the_index(cause: &Cause) -> bool {
    let kinds = [
        "index_closed_exception",
        "invalid_index_name_exception",
        "routing_missing_exception",
        // Fields that a mapping made by somebody else forbids: of every document, and not of this one.
        "strict_dynamic_mapping_exception",
        // "this action would add 2 shards, but this cluster currently has …"
        "validation_exception",
    ];
    let words = [
        "no write index is defined for alias",
        "has more than one index associated with it",
        "has more than one indices associated with it",
        "op_type of create are allowed in data streams",
        "pipeline with id [",
        "limit of total fields [",
    ];
    kinds.contains(&cause.kind.as_str())
        || cause.kind == "illegal_argument_exception" && words.iter().any(|words| cause.says(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, kind: &str, reason: &str) -> Verdict {
        let cause = serde_json::json!({ "type": kind, "reason": reason });
        verdict(status, &serde_json::from_value(cause).unwrap())
    }

    #[test]
    fn each_status_has_one_meaning() {
        use Verdict::{Again, Blocked, Forbidden, NoIndex, Refused, Settled, Unfit};
        let no_write_index = "no write index is defined for alias [news_articles]. The write index may be explicitly disabled …";
        type Class = fn(String) -> Verdict;
        let table: [(u16, &str, &str, Class); 20] = [
            (400, "mapper_parsing_exception", "failed to parse", Refused),
            (
                400,
                "document_parsing_exception",
                "[1:2] failed to parse",
                Refused,
            ),
            (
                400,
                "strict_dynamic_mapping_exception",
                "not allowed",
                Unfit,
            ),
            (
                400,
                "illegal_argument_exception",
                "Document contains at least one immense term",
                Refused,
            ),
            (413, "", "", Refused),
            (400, "illegal_argument_exception", no_write_index, Unfit),
            (
                400,
                "illegal_argument_exception",
                "pipeline with id [x] does not exist",
                Unfit,
            ),
            (400, "index_closed_exception", "closed", Unfit),
            (
                400,
                "validation_exception",
                "this action would add [2] shards",
                Unfit,
            ),
            (401, "security_exception", "", Forbidden),
            (
                403,
                "security_exception",
                "action is unauthorized",
                Forbidden,
            ),
            (
                403,
                "cluster_block_exception",
                "FORBIDDEN/12/index read-only / allow delete (api)",
                Blocked,
            ),
            (
                429,
                "cluster_block_exception",
                "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage",
                Blocked,
            ),
            (
                503,
                "cluster_block_exception",
                "SERVICE_UNAVAILABLE/1/state not recovered",
                Again,
            ),
            (
                404,
                "index_not_found_exception",
                "no such index [x]",
                NoIndex,
            ),
            (404, "shard_not_found_exception", "", Again),
            (409, "something_else", "", Again),
            (
                429,
                "es_rejected_execution_exception",
                "rejected execution",
                Again,
            ),
            (500, "unheard_of", "", Again),
            (503, "unavailable_shards_exception", "", Again),
        ];
        for (status, kind, reason, class) in table {
            let verdict = of(status, kind, reason);
            let same =
                std::mem::discriminant(&verdict) == std::mem::discriminant(&class(String::new()));
            assert!(same, "{status} {kind} {reason}: {verdict:?}");
        }
        assert_eq!(
            of(
                409,
                "version_conflict_engine_exception",
                "current version [7] is higher"
            ),
            Settled
        );
        assert_eq!(verdict(201, &Cause::default()), Settled);
    }

    fn document(id: &str) -> Document<'_> {
        Document {
            index: 0,
            id: id.to_owned(),
            action: Vec::new(),
            line: b"",
        }
    }

    fn read(items: serde_json::Value) -> Result<Vec<Verdict>, String> {
        let answer =
            serde_json::from_value(serde_json::json!({ "took": 3, "items": items })).unwrap();
        verdicts(answer, &[document("a"), document("b")])
    }

    #[test]
    fn documents_and_items_are_matched_by_position_and_name() {
        let item = |id: &str, status: u16| serde_json::json!({ "index": { "_index": "x", "_id": id, "status": status } });
        let good = read(serde_json::json!([item("a", 201), item("b", 429)])).unwrap();
        assert!(
            matches!(&good[..], [Verdict::Settled, Verdict::Again(_)]),
            "{good:?}"
        );
        assert!(
            read(serde_json::json!([item("a", 201)]))
                .unwrap_err()
                .contains("tells of 1")
        );
        assert!(read(serde_json::json!([])).is_err());
        assert!(
            read(serde_json::json!([item("b", 201), item("a", 201)]))
                .unwrap_err()
                .contains("item 0")
        );
    }
}
