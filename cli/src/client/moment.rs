//! Points of time and lengths of time as people read them.

use std::time::Duration;

use jiff::Timestamp;

/// "2026-11-26 23:00:09" in UTC; what is no point of time stays as it is.
pub(super) fn moment(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// "8 s", "3 min 20 s", "2 h 5 min", "4 d 3 h": no more exact than an estimate is.
pub(super) fn lasting(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_shown_in_utc() {
        assert_eq!(moment("2026-11-26T23:00:09.123Z"), "2026-11-26 23:00:09");
        assert_eq!(moment("2026-11-26T23:00:09+02:00"), "2026-11-26 21:00:09");
        assert_eq!(moment("soon"), "soon");
    }

    #[test]
    fn lengths_of_time_are_rounded_up() {
        let lasting = |seconds| super::lasting(Duration::from_secs_f64(seconds));
        assert_eq!(lasting(0.2), "1 s");
        assert_eq!(lasting(200.0), "3 min 20 s");
        assert_eq!(lasting(7500.0), "2 h 5 min");
        assert_eq!(lasting(360_000.0), "4 d 4 h");
    }
}
