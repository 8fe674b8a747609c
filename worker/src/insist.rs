//! Asks the database until it answers.

use std::time::Duration;

use shared::store;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use shared::chain::chain;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum GaveUp {
    /// There was no more time to wait for it.
    Stopped,
    /// Asking again would not help.
    Refused(store::Error),
}

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The answer, asked for again while the database is away, until `stop`.
///
/// That it is away is logged once, and that it is back.
pub(crate) async fn insist<T, F>(
    doing: &'static str,
    stop: &CancellationToken,
    mut ask: impl FnMut() -> F,
) -> Result<T, GaveUp>
where
    F: Future<Output = Result<T, store::Error>>,
{
    let mut wait = FIRST_WAIT;
    let mut is_away = false;
    loop {
        match ask().await {
            Ok(answer) => {
                if is_away {
                    tracing::info!("the database answers again: {doing}");
                }
                return Ok(answer);
            }
            Err(error) if !error.is_transient() => return Err(GaveUp::Refused(error)),
            Err(error) if is_away => tracing::debug!(error = %chain(&error), "still {doing}"),
            Err(error) => {
                is_away = true;
                tracing::warn!(error = %chain(&error), "{doing}: trying again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return Err(GaveUp::Stopped),
            () = sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
        }
    }
}
