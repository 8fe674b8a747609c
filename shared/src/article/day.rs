//! A calendar day as documents carry it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A civil day without time zone, written `YYYY-MM-DD`.
///
/// A full RFC 3339 timestamp is read too and cut to the date it shows, in its own offset: an article dated
/// `2024-05-14T23:30:00-05:00` is of the 14th.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub Date);

/// What a reader sees when a date cannot be read; names no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date: expected YYYY-MM-DD or an RFC 3339 timestamp")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let (day, rest) = text.split_at_checked(10).ok_or(NotADay)?;
        // The length and the dashes are checked here because other ISO 8601 forms (20240515) are not part of the contract.
        let bytes = day.as_bytes();
        if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return Err(NotADay);
        }
        if !rest.is_empty() && !is_rfc3339_time(rest) {
            return Err(NotADay);
        }
        day.parse().map(Day).map_err(|_| NotADay)
    }
}

/// Whether `rest` is the part of an RFC 3339 timestamp behind its date: `T23:59:59.123Z`, `t10:00:00+02:00`.
///
/// A missing offset and a missing second are let through: many feeds leave them out, and the day is not in doubt.
fn is_rfc3339_time(rest: &str) -> bool {
    let Some(time) = rest.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    let clock_end = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(clock_end);
    let mut parts = clock.split(':');
    let two_digits = |part: Option<&str>, below: u8| {
        part.is_some_and(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()))
            && part
                .and_then(|p| p.parse::<u8>().ok())
                .is_some_and(|n| n < below)
    };
    let clock_is_good = two_digits(parts.next(), 25)
        && two_digits(parts.next(), 60)
        && parts.next().is_none_or(|second| {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            two_digits(Some(whole), 61)
                && !fraction.is_empty()
                && fraction.bytes().all(|b| b.is_ascii_digit())
        })
        && parts.next().is_none();
    let offset_is_good = match offset.as_bytes() {
        [] | [b'Z' | b'z'] => true,
        [_, hours_and_minutes @ ..] => match hours_and_minutes {
            [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => {
                [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit())
            }
            _ => false,
        },
    };
    clock_is_good && offset_is_good
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ].+)?$",
            "description": "A day, YYYY-MM-DD. An RFC 3339 timestamp is accepted on input and cut to its date.",
        })
    }
}
