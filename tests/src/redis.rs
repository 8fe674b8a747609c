//! Looks into Redis itself.

use std::process::Command;

/// How many keys there are of this pattern.
pub fn redis_keys(url: &str, pattern: &str) -> usize {
    let output = Command::new("redis-cli")
        .args(["-u", url, "--scan", "--pattern", pattern])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().count()
}

/// Empties Redis.
pub fn flush_redis(url: &str) {
    let output = Command::new("redis-cli")
        .args(["-u", url, "FLUSHALL"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
