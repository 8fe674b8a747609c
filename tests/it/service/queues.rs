//! Looks into RabbitMQ and Redis themselves.

use std::process::Command;

use shared::broker::{Broker, Queue, Settings};
use shared::job::Priority;
use tokio::runtime::Runtime;

/// Whether no message waits in any queue of the work.
pub(crate) fn are_empty(url: &str) -> bool {
    let settings = Settings {
        url: Some(url.to_owned()),
        confirm_timeout_ms: 5000,
        heartbeat_s: 10,
    };
    let queues = [
        Queue::Work(Priority::High),
        Queue::Work(Priority::Normal),
        Queue::Work(Priority::Low),
        Queue::Quarantine,
        Queue::Dead,
        Queue::Submit,
    ];
    Runtime::new().unwrap().block_on(async {
        let broker = Broker::open(&settings, "oracle").unwrap();
        let mut waiting = 0;
        for queue in &queues {
            waiting += broker.depth(queue).await.map_or(1, |depth| depth.messages);
        }
        broker.close().await;
        waiting == 0
    })
}

/// How many keys there are of this pattern.
pub(crate) fn redis_keys(url: &str, pattern: &str) -> usize {
    let output = Command::new("redis-cli")
        .args(["-u", url, "--scan", "--pattern", pattern])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().count()
}

/// Empties Redis.
pub(crate) fn flush_redis(url: &str) {
    let output = Command::new("redis-cli")
        .args(["-u", url, "FLUSHALL"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
