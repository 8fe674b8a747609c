//! Reads the JSON object around documents without reading the documents.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::refusal::{Refusal, about};

/// The members of the object, in order; their values are only known to be JSON.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) members: Vec<(String, &'a RawValue)>,
}

/// Members of one object. No request has so many.
const MAX_MEMBERS: usize = 100;

const BOM: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Envelope<'a> {
    /// The object that a body is.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] with line and column where it is no JSON, [`Refusal::Unfit`] where it is no object.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Refusal> {
        let body = body.strip_prefix(BOM).unwrap_or(body);
        let text = str::from_utf8(body).map_err(|error| {
            let position = error.valid_up_to() + 1;
            Refusal::Malformed(format!("the body is not UTF-8 at byte {position}"))
        })?;
        serde_json::from_str(text).map_err(|error| refusal(&error))
    }
}

fn refusal(error: &serde_json::Error) -> Refusal {
    let place = format!("line {} column {}", error.line(), error.column());
    match error.classify() {
        Category::Eof => {
            Refusal::Malformed(format!("the JSON of the body ends too early, at {place}"))
        }
        Category::Syntax => {
            let what = syntax(error);
            Refusal::Malformed(format!("the body is not JSON at {place}: {what}"))
        }
        Category::Data | Category::Io => {
            let mut entry = about("", "wrong_type", "expected a JSON object of a few members");
            entry.field = None;
            Refusal::unfit(entry)
        }
    }
}

/// What is wrong with the syntax, without the place: `serde_json`'s words about syntax quote nothing.
pub(crate) fn syntax(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry::<String, &RawValue>()? {
                    if members.len() == MAX_MEMBERS {
                        return Err(A::Error::custom("too many members"));
                    }
                    members.push(member);
                }
                Ok(Envelope { members })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The first items of a JSON list, and how many there are in all.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    pub(crate) first: Vec<&'a RawValue>,
    pub(crate) count: u64,
}

/// Items that are kept: as many as any form allows.
const MAX_ITEMS: u64 = 10_000;

impl<'a> Items<'a> {
    /// The items of a list; none where the value is no list.
    pub(crate) fn read(list: &'a RawValue) -> Option<Self> {
        serde_json::from_str(list.get()).ok()
    }
}

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Items<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut items = Items {
                    first: Vec::new(),
                    count: 0,
                };
                while items.count < MAX_ITEMS {
                    let Some(item) = access.next_element()? else {
                        return Ok(items);
                    };
                    items.first.push(item);
                    items.count += 1;
                }
                while access.next_element::<IgnoredAny>()?.is_some() {
                    items.count += 1;
                }
                Ok(items)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_order_and_values_as_they_were_written() {
        let body = b"\xEF\xBB\xBF {\"documents\": [ {\"a\":1 } , 2], \"b\": null, \"b\": 3}";
        let envelope = Envelope::read(body).unwrap();
        let members: Vec<(&str, &str)> = envelope
            .members
            .iter()
            .map(|(name, value)| (name.as_str(), value.get()))
            .collect();
        assert_eq!(
            members,
            [
                ("documents", "[ {\"a\":1 } , 2]"),
                ("b", "null"),
                ("b", "3")
            ]
        );
        let items = Items::read(envelope.members[0].1).unwrap();
        let texts: Vec<&str> = items.first.iter().map(|item| item.get()).collect();
        assert_eq!(texts, ["{\"a\":1 }", "2"]);
        assert!(Items::read(envelope.members[1].1).is_none());
    }

    #[test]
    fn broken_json_is_told_by_line_and_column_and_not_quoted() {
        for (body, reason) in [
            (
                &b"{\n\"secret\" 1}"[..],
                "the body is not JSON at line 2 column 10: expected `:`",
            ),
            (
                b"{\"secret\": ",
                "the JSON of the body ends too early, at line 1 column 11",
            ),
            (
                b"",
                "the JSON of the body ends too early, at line 1 column 0",
            ),
            (b"{\"a\":\"\xFF\"}", "the body is not UTF-8 at byte 7"),
            (b"[\"secret\"]", "expected a JSON object of a few members"),
        ] {
            assert_eq!(Envelope::read(body).unwrap_err().to_string(), reason);
        }
    }

    #[test]
    fn a_list_is_counted_beyond_what_is_kept() {
        let list = format!("[{}1]", "1,".repeat(10_001));
        let raw: &RawValue = serde_json::from_str(&list).unwrap();
        let items = Items::read(raw).unwrap();
        assert_eq!((items.first.len(), items.count), (10_000, 10_002));
    }
}
