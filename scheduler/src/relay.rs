//! The outbox relay: chunks that wait to be published are.
//!
//! A retry is a chunk that waits until its time, and a resumed job's chunks wait again: both go this way.

use std::time::Duration;

use shared::dispatch::{self, dispatch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

/// How often it is looked how many chunks the workers can take.
const SLOTS_EVERY: Duration = Duration::from_secs(5);
/// While the broker or the database does not take what it is given.
const BACK_OFF: Duration = Duration::from_secs(1);
/// Chunks under way for each that workers can work on: enough that none waits for the next.
const PER_SLOT: u32 = 4;

/// Publishes what waits to be published, a window at a time, until `stop`.
pub(crate) async fn relay(scheduler: Scheduler, stop: CancellationToken) {
    let Scheduler { store, broker, .. } = &scheduler;
    let tick = scheduler.settings.tick();
    let mut outage = Outage::of("publishing chunks");
    let mut window = dispatch::WINDOW;
    let mut slots_due = Instant::now();
    while !stop.is_cancelled() {
        if slots_due <= Instant::now() {
            // Where the database fails, what follows says so.
            if let Ok(slots) = store.slots().await {
                window = window_for(slots);
            }
            slots_due = Instant::now() + SLOTS_EVERY;
        }
        let pause = match outage.note(dispatch(store, broker, None, window).await) {
            Some(dispatched) if dispatched.refused > 0 => BACK_OFF,
            Some(dispatched) if dispatched.published > 0 => Duration::ZERO,
            Some(_) => tick,
            None => BACK_OFF,
        };
        if !pause.is_zero() {
            wait(pause, &stop).await;
        }
    }
}

/// Chunks that are under way at a time where workers can work on so many.
fn window_for(slots: u32) -> u32 {
    slots.saturating_mul(PER_SLOT).max(dispatch::WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_with_the_workers_and_is_never_small() {
        assert_eq!(window_for(0), dispatch::WINDOW);
        assert_eq!(window_for(8), 32);
        assert_eq!(window_for(100), 400);
        assert_eq!(window_for(u32::MAX), u32::MAX);
    }
}
