//! The key under which a caller may send the same submission again.

use crate::refusal::{Refusal, about};

/// Its name, for messages to people.
pub(crate) const NAME: &str = "Idempotency-Key";
/// Longest key, in characters.
const MAX_CHARS: usize = 255;

/// The key, if it may be one: 1 to 255 visible characters of ASCII.
pub(crate) fn check(key: &str) -> Result<String, Refusal> {
    let is_fit = (1..=MAX_CHARS).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if is_fit {
        return Ok(key.to_owned());
    }
    let reason = format!("expected 1 to {MAX_CHARS} visible characters of ASCII");
    Err(Refusal::unfit(about(NAME, "invalid_value", reason)))
}

/// Where a key comes from. Those of different origins never meet: neither those of two ways in, nor those of a caller and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The header of a request.
    Http,
    /// The header of a message.
    Amqp,
    /// The id of a message that has no such header.
    Message,
}

impl Origin {
    /// The key as it is kept. Nobody outside sees it.
    pub(crate) fn keep(self, key: &str) -> String {
        let origin = match self {
            Self::Http => "http",
            Self::Amqp => "amqp",
            Self::Message => "message",
        };
        format!("{origin}:{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        for good in [
            "a",
            "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
            &"x".repeat(255),
        ] {
            assert_eq!(check(good).unwrap(), good);
        }
        for bad in ["", "a b", "é", "a\t", &"x".repeat(256)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
