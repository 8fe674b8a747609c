//! A chunk that brings what another one cleaned to a backend that did not take it at once.

use bytes::Bytes;
use shared::chain::chain;
use shared::job::{Epoch, Release};
use shared::store::{Granted, Line, Report, ToDeliver};

use crate::chunk::{Reported, complete, note_refused};
use crate::context::Context;
use crate::held::{Hold, Order};
use crate::storage::{Batch, Brought, Error};

/// Brings the part and reports, or gives the chunk back until the backend takes documents again.
pub(crate) async fn deliver(context: &Context, hold: &Hold, granted: &Granted) {
    let lease = &granted.lease;
    let wait = context.wait_of_delivery(granted.attempts);
    let Some(to) = &granted.delivery else {
        let reason = "the part that it delivers is no longer known".to_owned();
        return context
            .give_back(lease, &Release::Fault { wait, reason })
            .await;
    };
    let why = match context
        .storage
        .files
        .read_part(lease.chunk.job, &to.part.name)
        .await
    {
        Ok(lines) if hold.order() == Order::GoOn => match bring(context, granted, to, &lines).await
        {
            Ok(report) => return done(context, granted, &report).await,
            Err(reason) => Release::Environment { wait, reason },
        },
        Ok(_) => Release::Unfinished,
        Err(error @ Error::Missing { .. }) => Release::Fault {
            wait,
            reason: chain(&error),
        },
        Err(error) => Release::Environment {
            wait,
            reason: chain(&error),
        },
    };
    context.give_back(lease, &why).await;
}

/// What the backend took; or why it did not.
async fn bring(
    context: &Context,
    granted: &Granted,
    to: &ToDeliver,
    lines: &[Bytes],
) -> Result<Report, String> {
    let chunk = granted.lease.chunk;
    let batch = Batch {
        created_at: granted.created_at,
        epoch: epoch(&to.part.name).unwrap_or(granted.lease.epoch),
        lines,
    };
    let refused = match context.storage.bring(to.backend, &batch).await {
        Brought::Taken(refused) => refused,
        Brought::Behind(reason) => return Err(format!("{}: {reason}", to.backend)),
    };
    let lines: Vec<Line> = (0..)
        .zip(lines)
        .map(|(document, json)| Line {
            document,
            json: json.clone(),
        })
        .collect();
    let mut report = Report::default();
    let refused = note_refused(&mut report, to.backend, chunk.index, &lines, refused);
    report.processed = granted.documents.saturating_sub(refused);
    Ok(report)
}

async fn done(context: &Context, granted: &Granted, report: &Report) {
    let job = granted.lease.chunk.job;
    if let Reported::Counts(status) = complete(context, granted, report).await {
        context.forget_if_ended(job, status).await;
    }
}

/// The claim that wrote a part, from its name `<chunk>.<epoch>`.
fn epoch(part: &str) -> Option<Epoch> {
    let (_, epoch) = part.rsplit_once('.')?;
    epoch.parse().ok().map(Epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_part_tells_the_claim_that_wrote_it() {
        assert_eq!(epoch("17.3"), Some(Epoch(3)));
        assert_eq!(epoch("part"), None);
    }
}
