//! The last chunk of a job that writes files: its parts become one file.

use shared::job::Release;
use shared::store::{Granted, Report};

use crate::chunk::{Reported, complete, on_disk};
use crate::context::Context;
use crate::held::{Hold, Order};
use crate::insist::{GaveUp, insist};
use crate::output::{Error, Joined};
use shared::chain::chain;

/// Joins the parts and reports the file.
pub(crate) async fn join(context: &Context, hold: &Hold, granted: &Granted) {
    let lease = granted.lease;
    let job = lease.chunk.job;
    let asked = insist("asking for the parts of a job", &context.lost, || {
        context.store.parts(job)
    });
    let why = match asked.await {
        Ok(parts) => {
            let (orders, lost) = (hold.watch(), context.lost.clone());
            let is_wanted = move || *orders.borrow() == Order::GoOn && !lost.is_cancelled();
            let created_at = granted.created_at;
            let join = move |output: &crate::output::Output| {
                output.join(&lease, &parts, created_at, is_wanted)
            };
            let wait = context.wait(granted.attempts);
            match on_disk(context, join).await {
                Ok(Joined::Visible(path)) => {
                    let file = path.to_string_lossy().into_owned();
                    return report(context, granted, file).await;
                }
                Ok(Joined::HeldBack) => Release::Unfinished,
                Err(error @ Error::Missing { .. }) => Release::Fault {
                    wait,
                    reason: error.to_string(),
                },
                Err(error @ (Error::Disk { .. } | Error::Interrupted(_))) => Release::Environment {
                    wait,
                    reason: chain(&error),
                },
            }
        }
        Err(GaveUp::Stopped) => return,
        Err(GaveUp::Refused(error)) => Release::Fault {
            wait: context.wait(granted.attempts),
            reason: chain(&error),
        },
    };
    context.give_back(&lease, &why).await;
}

async fn report(context: &Context, granted: &Granted, file: String) {
    let lease = &granted.lease;
    let report = Report {
        output_files: vec![file],
        ..Report::default()
    };
    if complete(context, granted, &report).await != Reported::Counts {
        return;
    }
    let job = lease.chunk.job;
    tracing::info!(job.id = %job, "the job's output is visible");
    context
        .checkpoints
        .discard_job(job, lease.chunk.index)
        .await;
    if let Err(error) = on_disk(context, move |output| output.forget(job)).await {
        tracing::debug!(error = %chain(&error), "the sweeper removes the parts");
    }
}
