//! The last chunk of a job that writes files: its parts become the job's files.

use shared::chain::chain;
use shared::failpoint;
use shared::job::Release;
use shared::store::{Granted, Part, Report};

use crate::chunk::{Reported, complete};
use crate::context::Context;
use crate::held::{Hold, Order};
use crate::insist::{GaveUp, insist};
use crate::storage::{Error, Format, Joined};

/// Joins the parts and reports the files.
pub(crate) async fn join(context: &Context, hold: &Hold, granted: &Granted) {
    let lease = &granted.lease;
    let asked = insist("asking for the parts of a job", &context.lost, || {
        context.store.parts(lease.chunk.job)
    });
    let wait = context.wait(granted.attempts);
    let why = match asked.await {
        Ok(parts) => match files(context, hold, granted, &parts).await {
            Ok(Joined::Visible(files)) => {
                failpoint::crash("worker.joined");
                return report(context, granted, files).await;
            }
            Ok(Joined::HeldBack) => Release::Unfinished,
            Err(error) => {
                let reason = chain(&error);
                if error.is_transient() {
                    Release::Environment { wait, reason }
                } else {
                    Release::Fault { wait, reason }
                }
            }
        },
        Err(GaveUp::Stopped) => return,
        Err(GaveUp::Refused(error)) => Release::Fault {
            wait,
            reason: chain(&error),
        },
    };
    context.give_back(lease, &why).await;
}

/// What becomes of the parts, as long as the job is to go on.
async fn files(
    context: &Context,
    hold: &Hold,
    granted: &Granted,
    parts: &[Part],
) -> Result<Joined, Error> {
    let orders = hold.watch();
    let is_wanted = || *orders.borrow() == Order::GoOn && !context.lost.is_cancelled();
    let formats = Format::of(&granted.options.backends);
    let files = &context.storage.files;
    files
        .join(
            &granted.lease,
            parts,
            granted.created_at,
            &formats,
            is_wanted,
        )
        .await
}

async fn report(context: &Context, granted: &Granted, output_files: Vec<String>) {
    let lease = &granted.lease;
    let report = Report {
        output_files,
        ..Report::default()
    };
    let Reported::Counts(status) = complete(context, granted, &report).await else {
        return;
    };
    let job = lease.chunk.job;
    tracing::info!(job.id = %job, "the job's output is visible");
    context
        .checkpoints
        .discard_job(job, lease.chunk.index)
        .await;
    // Not before: what is left to be brought to other backends is in the parts.
    context.forget_if_ended(job, status).await;
}
