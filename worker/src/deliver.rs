//! A chunk that brings what another one cleaned to a backend that did not take it at once.

use bytes::Bytes;
use shared::chain::chain;
use shared::failpoint;
use shared::job::{Epoch, Release};
use shared::store::{Granted, Line, Report, ToDeliver};

use crate::chunk::{Reported, complete, note_refused};
use crate::context::Context;
use crate::held::Hold;
use crate::storage::{Batch, Brought};

/// Brings the part and reports, or gives the chunk back until the backend takes documents again.
pub(crate) async fn deliver(context: &Context, hold: &Hold, granted: &Granted) {
    let lease = &granted.lease;
    let tried = tokio::select! {
        tried = try_once(context, granted) => tried,
        () = hold.stopped() => Err(Release::Unfinished),
    };
    let report = match tried {
        Ok(report) => report,
        // The breaker has told that the backend is away.
        Err(why @ (Release::Environment { .. } | Release::Unfinished)) => {
            return context.release(lease, &why).await;
        }
        Err(why @ Release::Fault { .. }) => return context.give_back(lease, &why).await,
    };
    failpoint::crash("worker.delivered");
    if let Reported::Counts(status) = complete(context, granted, &report).await {
        context.forget_if_ended(lease.chunk.job, status).await;
    }
}

/// What the backend took; or why the chunk is given back.
async fn try_once(context: &Context, granted: &Granted) -> Result<Report, Release> {
    let wait = context.wait_of_delivery(granted.attempts);
    let Some(to) = &granted.delivery else {
        let reason = "the part that it delivers is no longer known".to_owned();
        return Err(Release::Fault { wait, reason });
    };
    // Not even the part is read for a backend that is left alone.
    if let Some(reason) = context.storage.refusal(to.backend) {
        return Err(behind(to, wait, &reason));
    }
    let files = &context.storage.files;
    let lines = files.read_part(granted.lease.chunk.job, &to.part.name);
    let lines = lines.await.map_err(|error| {
        let reason = chain(&error);
        if error.is_transient() {
            Release::Environment { wait, reason }
        } else {
            Release::Fault { wait, reason }
        }
    })?;
    let batch = Batch {
        created_at: granted.created_at,
        epoch: epoch(&to.part.name).unwrap_or(granted.lease.epoch),
        lines: &lines,
    };
    match context.storage.bring(to.backend, &batch).await {
        Brought::Taken(refused) => {
            let mut report = Report::default();
            let chunk = to.part.chunk;
            let lines = numbered(to, &lines);
            let refused = note_refused(&mut report, to.backend, chunk, &lines, refused);
            report.processed = granted.documents.saturating_sub(refused);
            Ok(report)
        }
        Brought::Behind(reason) => Err(behind(to, wait, &reason)),
    }
}

fn behind(to: &ToDeliver, wait: std::time::Duration, reason: &str) -> Release {
    let reason = format!("{}: {reason}", to.backend);
    Release::Environment { wait, reason }
}

/// The lines of a part with the index that each document had in its chunk: those that failed are not in the part.
fn numbered(to: &ToDeliver, lines: &[Bytes]) -> Vec<Line> {
    let came_through = (0..).filter(|document| !to.failed.contains(document));
    let line = |(document, json): (u64, &Bytes)| Line {
        document,
        json: json.clone(),
    };
    came_through.zip(lines).map(line).collect()
}

/// The claim that wrote a part, from its name `<chunk>.<epoch>`.
fn epoch(part: &str) -> Option<Epoch> {
    let (_, epoch) = part.rsplit_once('.')?;
    epoch.parse().ok().map(Epoch)
}

#[cfg(test)]
mod tests {
    use shared::job::Backend;
    use shared::store::Part;

    use super::*;

    #[test]
    fn the_name_of_a_part_tells_the_claim_that_wrote_it() {
        assert_eq!(epoch("17.3"), Some(Epoch(3)));
        assert_eq!(epoch("part"), None);
    }

    #[test]
    fn a_document_keeps_its_index_though_others_failed_before_it() {
        let to = ToDeliver {
            backend: Backend::Elasticsearch,
            part: Part {
                chunk: 5,
                name: "5.1".to_owned(),
            },
            failed: vec![0, 2],
        };
        let lines = numbered(&to, &[Bytes::from("a"), Bytes::from("b")]);
        let documents: Vec<u64> = lines.iter().map(|line| line.document).collect();
        assert_eq!(documents, [1, 3]);
    }
}
