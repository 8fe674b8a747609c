//! Why documents failed.

use serde::{Deserialize, Serialize};

use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, Store, sql};
use crate::article::Problem;
use crate::job::{Backend, JobId};

/// A document that did not come through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The chunk it was in; none: it was refused when it was submitted.
    pub chunk: Option<u32>,
    /// Its index in the chunk from 0; of a refused one its index in the submission, or its line from 1.
    pub document: u64,
    /// Its id, where it could be read.
    pub document_id: Option<String>,
    /// What is wrong.
    pub problem: Problem,
    /// The backend that refused it; none: the document itself failed, for all of them.
    pub backend: Option<Backend>,
}

/// Stands for the chunk of refused documents.
const REFUSED: i64 = -1;

impl Store {
    /// Failures of a job in the order of its documents, refused ones first; and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failures(
        &self,
        job: JobId,
        limit: u32,
        offset: u64,
    ) -> Result<(Vec<Failure>, u64), Error> {
        let mut tx = self.begin().await?;
        let count = tx.first(sql::COUNT_FAILURES, &[job.into()]).await?;
        let page = [job.into(), limit.into(), offset.into()];
        let rows = tx.query(sql::FAILURES, &page).await?;
        tx.commit().await?;
        let total = count.map_or(Ok(0), |row| row.get(0))?;
        Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
    }
}

fn read(row: &Row) -> Result<Failure, Error> {
    let chunk: i64 = row.get(0)?;
    let kind: String = row.get(3)?;
    let backend: String = row.get(6)?;
    Ok(Failure {
        chunk: u32::try_from(chunk).ok(),
        document: row.get(1)?,
        document_id: row.get(2)?,
        problem: Problem {
            kind: super::job::from_json(3, kind.into())?,
            field: row.get(4)?,
            reason: row.get(5)?,
        },
        backend: backend.parse().ok(),
    })
}

/// Adds failures of a job.
pub(super) async fn insert(tx: &mut Tx, job: JobId, failures: &[Failure]) -> Result<(), Error> {
    for failure in failures {
        let kind = serde_json::to_value(failure.problem.kind).unwrap_or_default();
        tx.execute(
            sql::INSERT_FAILURE,
            &[
                job.into(),
                Value::Int(failure.chunk.map_or(REFUSED, i64::from)),
                failure.document.into(),
                failure.document_id.clone().into(),
                kind.as_str().unwrap_or("internal").into(),
                failure.problem.field.clone().into(),
                failure.problem.reason.clone().into(),
                failure.backend.map_or("", Backend::as_str).into(),
            ],
        )
        .await?;
    }
    Ok(())
}
