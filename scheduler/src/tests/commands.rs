use serde_json::{Value, json};
use shared::broker::Queue;
use shared::job::{Desired, JobId, Release};
use shared::message::Control;
use tokio_util::sync::CancellationToken;

use super::Bed;

impl Bed {
    async fn command(&self, job: JobId, what: &str) -> super::client::Answer {
        match what {
            "cancel" => {
                self.http
                    .ask("DELETE", &format!("/v1/jobs/{job}"), "")
                    .await
            }
            what => {
                self.http
                    .ask("PATCH", &format!("/v1/jobs/{job}/{what}"), "")
                    .await
            }
        }
    }

    /// What a command that is carried out answers: status, desired and message.
    async fn done(&self, job: JobId, what: &str) -> [Value; 3] {
        let answer = self.command(job, what).await.json(200);
        assert_eq!(answer["job_id"], job.to_string());
        ["status", "desired", "message"].map(|field| answer[field].clone())
    }
}

fn words(status: &str, desired: &str, message: &str) -> [Value; 3] {
    [json!(status), json!(desired), json!(message)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_nobody_works_on_is_paused_at_once_and_goes_on() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1, 1]).await;
    for _ in 0..2 {
        assert_eq!(
            bed.done(job, "pause").await,
            words("paused", "pause", "paused")
        );
    }
    let queued = words("queued", "run", "queued: it starts with its next chunk");
    for _ in 0..2 {
        assert_eq!(bed.done(job, "resume").await, queued);
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pausing_says_what_is_still_worked_on() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1, 1, 1]).await;
    let first = bed.claim(job, 0).await;
    let second = bed.claim(job, 1).await;
    let two = words("running", "pause", "pausing: 2 chunks are still worked on");
    assert_eq!(bed.done(job, "pause").await, two);
    bed.complete(&first, 0).await;
    let one = words("running", "pause", "pausing: 1 chunk is still worked on");
    assert_eq!(bed.done(job, "pause").await, one);
    let unfinished = Release::Unfinished;
    assert!(bed.store.release(&second.lease, &unfinished).await.unwrap());
    assert_eq!(
        bed.done(job, "pause").await,
        words("paused", "pause", "paused")
    );
    assert_eq!(
        bed.done(job, "resume").await,
        words("running", "run", "running")
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_cancelled_once_nobody_works_on_it_and_stays_so() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1, 1]).await;
    let granted = bed.claim(job, 0).await;
    let ending = words(
        "running",
        "cancel",
        "cancelling: 1 chunk is still worked on",
    );
    assert_eq!(bed.done(job, "cancel").await, ending);
    let conflict = bed.command(job, "resume").await;
    assert_eq!(
        conflict.problem(409),
        "the job is being cancelled; that cannot be taken back"
    );
    let unfinished = Release::Unfinished;
    assert!(
        bed.store
            .release(&granted.lease, &unfinished)
            .await
            .unwrap()
    );
    assert_eq!(
        bed.done(job, "cancel").await,
        words("cancelled", "cancel", "cancelled")
    );
    let conflict = bed.command(job, "pause").await;
    assert_eq!(
        conflict.problem(409),
        "the job is cancelled; a job that has ended stays as it is"
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_takes_no_commands_and_an_unknown_one_is_not_found() {
    let bed = Bed::new().await;
    let (job, unknown) = (bed.submit(&[1]).await, JobId::generate());
    bed.finish(job, 1).await;
    for what in ["pause", "resume", "cancel"] {
        let conflict = bed.command(job, what).await;
        assert_eq!(
            conflict.problem(409),
            "the job is completed; a job that has ended stays as it is"
        );
        let missing = bed.command(unknown, what).await;
        assert_eq!(missing.problem(404), format!("there is no job {unknown}"));
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_told_of_a_command() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    let queue = Queue::Control(bed.worker);
    let mut hints = bed.broker.consume(queue, 1, CancellationToken::new());
    bed.done(job, "pause").await;
    let hint = hints.next().await.unwrap();
    let version = bed.store.job(job).await.unwrap().unwrap().version;
    assert_eq!(
        Control::from_message(&hint.message),
        Ok(Control {
            job,
            desired: Desired::Pause,
            version,
        })
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_carried_out_while_the_broker_is_away() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.broker.close().await;
    assert_eq!(
        bed.done(job, "cancel").await,
        words("cancelled", "cancel", "cancelled")
    );
    bed.end().await;
}
