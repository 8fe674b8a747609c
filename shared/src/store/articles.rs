//! Cleaned articles as rows of `processed_articles`, in the service's own database or in another one. PostgreSQL alone: SQLite holds
//! only what one process needs.

use bytes::Bytes;
use deadpool_postgres::Object;
use tokio_postgres::error::SqlState;

use super::tx::Tx;
use super::{Error, Failure, Settings, Store, migrations, sql};
use crate::article::{Problem, ProblemKind, document_id};
use crate::job::{Backend, Epoch};

/// Another database than the service's own, for the articles alone. Cheap to clone.
#[derive(Clone)]
pub struct Articles(Store);

/// A cleaned document on its way to a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its index in its chunk.
    pub document: u64,
    /// The cleaned article, one JSON object.
    pub json: Bytes,
}

impl Articles {
    /// PostgreSQL at `url`. Makes no connection.
    ///
    /// # Errors
    /// [`Error::Url`].
    pub fn open(url: &str, settings: &Settings) -> Result<Self, Error> {
        Store::postgres(url, settings).map(Self)
    }

    /// Makes the table, or brings it to this version.
    ///
    /// # Errors
    /// [`Error::Migrate`] when it cannot be done; [`Error::Connect`].
    pub async fn migrate(&self) -> Result<(), Error> {
        match &self.0 {
            Store::Postgres(postgres) => {
                let mut client = Object::take(postgres.client().await?);
                migrations::migrate_articles(&mut client).await
            }
            Store::Sqlite(_) => Ok(()),
        }
    }

    /// Keeps the articles that the claim `epoch` cleaned, but where a later claim's is there; which ones are refused for ever, and why.
    ///
    /// # Errors
    /// When the database fails: nothing was kept then, and asking again is safe.
    pub async fn write(&self, lines: &[Line], epoch: Epoch) -> Result<Vec<RefusedArticle>, Error> {
        let mut tx = self.0.begin().await?;
        let refused = write(&mut tx, lines, epoch).await?;
        tx.commit().await?;
        Ok(refused)
    }
}

/// An article that the database will never take, as for a number that is too large for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedArticle {
    /// Its index in its chunk.
    pub document: u64,
    /// Its id.
    pub document_id: Option<String>,
    /// Why.
    pub reason: String,
}

impl RefusedArticle {
    /// As a failure of the chunk.
    pub fn into_failure(self, chunk: u32) -> Failure {
        Failure {
            chunk: Some(chunk),
            document: self.document,
            document_id: self.document_id,
            problem: Problem {
                kind: ProblemKind::RefusedByBackend,
                field: None,
                reason: self.reason,
            },
            backend: Some(Backend::Postgresql),
        }
    }
}

/// Writes rows within a transaction: all at once, or one by one where that is refused.
pub(super) async fn write(
    tx: &mut Tx,
    lines: &[Line],
    epoch: Epoch,
) -> Result<Vec<RefusedArticle>, Error> {
    if lines.is_empty() || insert(tx, lines, epoch).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut refused = Vec::new();
    for line in lines {
        if let Some(reason) = insert(tx, std::slice::from_ref(line), epoch).await? {
            refused.push(RefusedArticle {
                document: line.document,
                document_id: document_id(&line.json),
                reason,
            });
        }
    }
    Ok(refused)
}

/// Writes rows, or says why their values cannot be; the transaction goes on either way.
async fn insert(tx: &mut Tx, lines: &[Line], epoch: Epoch) -> Result<Option<String>, Error> {
    tx.batch("SAVEPOINT articles").await?;
    let parameters = [array(lines).into(), epoch.into()];
    match tx.execute(sql::INSERT_ARTICLES, &parameters).await {
        Ok(_) => Ok(None),
        Err(error) => match refusal(&error) {
            Some(reason) => {
                tx.batch("ROLLBACK TO SAVEPOINT articles").await?;
                Ok(Some(reason))
            }
            None => Err(error),
        },
    }
}

/// Why the values are refused, where it is the values. PostgreSQL's own message may quote the article: only its code is told.
fn refusal(error: &Error) -> Option<String> {
    let Error::Postgres { source, .. } = error else {
        return None;
    };
    let code = source.code()?;
    // https://www.postgresql.org/docs/current/errcodes-appendix.html: data, constraints, limits.
    let is_of_values = ["22", "23", "54"]
        .iter()
        .any(|class| code.code().starts_with(class));
    let what = match code {
        code if *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => "a number is out of range",
        code if *code == SqlState::DATETIME_FIELD_OVERFLOW => "a date is out of range",
        _ => "the database does not take its values",
    };
    is_of_values.then(|| format!("{what} (SQLSTATE {})", code.code()))
}

/// The articles as one JSON array. PostgreSQL has no NUL in JSON; U+FFFD stands for it.
fn array(lines: &[Line]) -> String {
    let mut array =
        String::with_capacity(lines.iter().map(|line| line.json.len() + 1).sum::<usize>() + 2);
    array.push('[');
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            array.push(',');
        }
        push_without_nul(&mut array, &String::from_utf8_lossy(&line.json));
    }
    array.push(']');
    array
}

/// Appends JSON text, with `\ufffd` for each `\u0000` that is not itself escaped.
fn push_without_nul(out: &mut String, json: &str) {
    const NUL: &str = "\\u0000";
    let mut rest = json;
    while let Some(at) = rest.find(NUL) {
        let before = &rest[..at];
        let backslashes = before
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count();
        out.push_str(before);
        out.push_str(if backslashes % 2 == 0 { "\\ufffd" } else { NUL });
        rest = &rest[at + NUL.len()..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_becomes_a_replacement_character_and_what_only_looks_like_one_stays() {
        for (json, expected) in [
            (r#""a\u0000b""#, r#""a\ufffdb""#),
            (r#""a\\u0000b""#, r#""a\\u0000b""#),
            (r#""\\\u0000\u0000""#, r#""\\\ufffd\ufffd""#),
            (r#""""#, r#""""#),
        ] {
            let mut out = String::new();
            push_without_nul(&mut out, json);
            assert_eq!(out, expected);
            let value: String = serde_json::from_str(&out).unwrap();
            assert!(!value.contains('\0'));
        }
    }

    #[test]
    fn articles_are_sent_as_one_array() {
        let line = |document: u64, json: &'static str| Line {
            document,
            json: Bytes::from_static(json.as_bytes()),
        };
        assert_eq!(array(&[]), "[]");
        assert_eq!(
            array(&[line(0, "{}"), line(3, "{\"a\":1}")]),
            "[{},{\"a\":1}]"
        );
    }
}
