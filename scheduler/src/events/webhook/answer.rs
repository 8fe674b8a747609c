//! What an answer means.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::super::sink::SendError;

/// Nobody is waited for longer.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Whether the event was taken.
pub(super) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    doing: &'static str,
) -> Result<(), SendError> {
    if status.is_success() {
        return Ok(());
    }
    if status == StatusCode::GONE {
        return Err(SendError::Gone);
    }
    let mut answer = format!("the receiver answered {status}");
    if status.is_redirection() {
        answer.push_str("; redirects are not followed");
    }
    let asks = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let after = headers.get(RETRY_AFTER).and_then(|after| {
        let text = after.to_str().ok()?;
        until(text.trim(), Timestamp::now())
    });
    match after.filter(|_| asks.contains(&status)) {
        Some(after) => Err(SendError::Later {
            doing,
            after: after.min(LONGEST),
            source: answer.into(),
        }),
        None => Err(SendError::failed(doing, answer)),
    }
}

/// Seconds, or a date (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>).
fn until(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Some(date.duration_since(now).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood() {
        let now: Timestamp = "2025-10-09T08:15:30Z".parse().unwrap();
        let seconds = |text| until(text, now).map(|after| after.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Thu, 09 Oct 2025 08:16:00 GMT"), Some(30));
        assert_eq!(seconds("Thu, 09 Oct 2025 08:00:00 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn only_who_is_busy_is_waited_for_and_not_for_ever() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "86400".parse().unwrap());
        let judged = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            judge(status, &headers, "try")
        };
        for busy in [429, 503] {
            let after = match judged(busy) {
                Err(SendError::Later { after, .. }) => after,
                other => panic!("{other:?}"),
            };
            assert_eq!(after, LONGEST);
        }
        for broken in [302, 400, 404, 500] {
            assert!(matches!(judged(broken), Err(SendError::Failed { .. })));
        }
        assert!(matches!(judged(410), Err(SendError::Gone)));
        assert!(judged(204).is_ok());
    }
}
