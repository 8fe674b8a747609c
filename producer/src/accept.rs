//! Makes a job of a submission that was judged.

use serde::{Deserialize, Serialize};
use shared::failpoint;
use shared::http::ErrorEntry;
use shared::job::JobId;
use shared::store::{JobRecord, NewJob, Submission};
use shared::trace::Traceparent;
use utoipa::ToSchema;

use crate::Producer;
use crate::judge::Judged;
use crate::refusal::Refusal;
use crate::rejections::Rejections;

/// What a submission is answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AcceptedBody {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    pub status: String,
    /// The job; ask for it at `/v1/jobs/{job_id}`.
    pub job_id: JobId,
    /// As it was given.
    pub batch_id: Option<String>,
    /// Documents that are in the job.
    #[schema(example = 2)]
    pub total_documents: u64,
    /// The same for people.
    #[schema(example = "2 documents accepted")]
    pub message: String,
    /// Documents that are not.
    #[schema(example = 0)]
    pub rejected_documents: u64,
    /// The first hundred of those, each with what is wrong with it; `/v1/jobs/{job_id}/failures` has the first
    /// 50,000.
    pub rejected: Vec<ErrorEntry>,
}

/// What came of a submission.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted {
    /// What is answered.
    pub(crate) body: AcceptedBody,
    /// Whether the job was there before, made by the same submission.
    pub(crate) is_replayed: bool,
}

/// How a submission is known.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The job that is made of it.
    pub(crate) job: JobId,
    /// The caller's key, with its origin.
    pub(crate) key: Option<String>,
    /// What it belongs to.
    pub(crate) trace: Traceparent,
}

impl Producer {
    /// Makes the job and begins to publish its chunks; or finds the job that the same submission made before.
    pub(crate) async fn accept(
        &self,
        judged: &mut Judged,
        identity: &Identity,
    ) -> Result<Accepted, Refusal> {
        let Judged {
            requested,
            taken,
            digest,
        } = judged;
        let options = requested.options();
        self.check_backends(&options.backends)?;
        let new = NewJob {
            id: identity.job,
            idempotency: identity.key.clone().map(|key| (key, digest.clone())),
            batch_id: requested.batch_id.clone(),
            priority: requested.priority,
            run_at: requested.run_at,
            options,
            metadata: requested.metadata.clone(),
            trace: Some(identity.trace),
            rejected: taken.rejections.failures().to_vec(),
        };
        let chunks = taken.spool.chunks().map_err(Refusal::Spool)?;
        let (record, is_replayed) = match self.store.submit(&new, chunks).await? {
            Submission::New(record) => (record, false),
            Submission::Repeated(record) => (record, true),
            Submission::KeyReused(job) => return Err(Refusal::KeyReused(job)),
        };
        let job = record.id;
        failpoint::crash("producer.accepted");
        if !is_replayed {
            self.dispatcher.begin(job);
            tracing::info!(
                job.id = %job,
                trace_id = %identity.trace.trace_id(),
                documents = record.job.total,
                rejected = record.rejected,
                chunks = record.chunks,
                "accepted job {job}"
            );
        }
        // The same submission has the same bad documents, so that a repeated answer is the same too.
        let body = body(&record, &taken.rejections);
        Ok(Accepted { body, is_replayed })
    }
}

fn body(record: &JobRecord, rejections: &Rejections) -> AcceptedBody {
    let (refused, kept) = (rejections.documents(), rejections.failures().len() as u64);
    let documents = match record.job.total {
        1 => "1 document accepted".to_owned(),
        total => format!("{total} documents accepted"),
    };
    AcceptedBody {
        status: "accepted".to_owned(),
        job_id: record.id,
        batch_id: record.batch_id.clone(),
        total_documents: record.job.total,
        message: match refused {
            0 => documents,
            _ if refused > kept => format!(
                "{documents}, {refused} refused; only of the first {kept} is it kept what is wrong with them"
            ),
            _ => format!("{documents}, {refused} refused"),
        },
        rejected_documents: refused,
        rejected: rejections.summary(),
    }
}
