//! Waiting that ends when we are to stop.

use std::time::Duration;

use shared::chance::chance;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Whether to go on after `period`: `false`, at once, when we are to stop.
pub(crate) async fn wait(period: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = sleep(period) => true,
    }
}

/// Half of `period` to one and a half of it, by chance: what waits for the same must not wake at the same moment.
pub(crate) fn jittered(period: Duration) -> Duration {
    period.mul_f64(0.5 + chance())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_takes_or_adds_at_most_half() {
        let period = Duration::from_secs(2);
        for _ in 0..100 {
            assert!((period / 2..=period * 3 / 2).contains(&jittered(period)));
        }
    }

    #[tokio::test]
    async fn a_wait_ends_at_once_when_we_are_to_stop() {
        let stop = CancellationToken::new();
        assert!(wait(Duration::from_millis(1), &stop).await);
        stop.cancel();
        assert!(!wait(Duration::from_secs(3600), &stop).await);
    }
}
