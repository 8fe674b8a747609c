//! The webhook of a service in one process, which knows no other sink.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::captured::Captured;
use super::sinks::{SECRET, Sink};
use crate::service::scenarios::small;
use tests::oracle::eventually;
use tests::python::{Program, python};
use tests::stack::{Kind, Stack, Wishes};

/// A receiver that does as it is told.
struct Receiver {
    folder: TempDir,
    program: Program,
}

impl Receiver {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [record, mode] = ["record", "mode"].map(|name| folder.path().join(name));
        let files = [record.to_str().unwrap(), mode.to_str().unwrap()];
        let program = Program::start("webhook.py", &["0", files[0], files[1], SECRET]);
        Self { folder, program }
    }

    /// What it does from now on: `take`, `fail`, `gone`, `hang`.
    fn be(&self, mode: &str) {
        let [path, new] = ["mode", "mode.new"].map(|name| self.folder.path().join(name));
        std::fs::write(&new, mode).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    fn captured(&self) -> Captured {
        let place = json!({ "webhook": { "record": self.folder.path().join("record") } });
        Captured::new(Sink::Webhook, &python("capture.py", &[&place.to_string()]))
    }

    /// A service in one process that tells it.
    fn stack(&self) -> Stack {
        let settings = [
            ("events.webhook.url", self.program.address.as_str()),
            ("events.webhook.secret", SECRET),
            ("events.webhook.allow_private", "true"),
            ("events.webhook.timeout_ms", "500"),
        ];
        let wishes = Wishes {
            settings: &settings,
            ..Wishes::default()
        };
        Stack::start(Kind::Embedded, &wishes)
    }

    #[track_caller]
    fn wait_for_end_of(&self, job: &str) -> Captured {
        let deadline = Instant::now() + Duration::from_secs(180);
        loop {
            let captured = self.captured();
            if captured.has_end_of(job) {
                return captured;
            }
            assert!(Instant::now() < deadline, "no end of {job}: {captured:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// What the service says of the webhook.
fn webhook(answer: &Value) -> &Value {
    let sinks = answer["sinks"].as_array().unwrap();
    let named = sinks
        .iter()
        .find(|sink| sink["name"] == "webhook" || sink["sink"] == "webhook");
    named.unwrap_or_else(|| panic!("no webhook in {answer}"))
}

#[test]
fn a_receiver_that_fails_or_hangs_gets_all_later_even_from_a_service_that_was_killed_in_between() {
    let receiver = Receiver::start();
    let mut stack = receiver.stack();
    for mode in ["fail", "hang"] {
        receiver.be(mode);
        let client = stack.client();
        let job = client.submit(&small(100));
        client.wait_for_status(&job, "completed");
        assert!(receiver.captured().about(&job).is_empty());
        stack.kill_worker();
        stack.start_worker();
        receiver.be("take");
        // A service that was started anew has another address.
        receiver.wait_for_end_of(&job).check(&stack.client(), &job);
    }
}

#[test]
fn a_receiver_that_is_gone_is_asked_no_more_and_jobs_go_on() {
    let receiver = Receiver::start();
    let stack = receiver.stack();
    let client = stack.client();
    receiver.be("gone");
    let job = client.submit(&small(10));
    client.wait_for_status(&job, "completed");
    eventually("it is told that the receiver is gone", || {
        let listed = client.get("/v1/sinks").body;
        let webhook = webhook(&listed).to_string();
        webhook.contains("410") || webhook.contains("disabled\":true") || webhook.contains("gone")
    });
    receiver.be("take");
    let other = client.submit(&small(10));
    client.wait_for_status(&other, "completed");
    assert!(receiver.captured().about(&other).is_empty());
}
