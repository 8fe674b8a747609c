//! Tells whether two submissions are the same.

use xxhash_rust::xxh3::Xxh3;

use crate::form::{Form, Partial};
use crate::options::Requested;

/// A digest of a submission as it comes: first its bytes, then what it asks for.
pub(crate) struct Digest(Box<Xxh3>);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(Box::new(Xxh3::new()))
    }

    /// Goes on with the next bytes, however they are cut.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest, 32 hex digits.
    pub(crate) fn finish(mut self, form: Form, partial: Partial, requested: &Requested) -> String {
        let partial = match partial {
            Partial::Taken => "partial",
            Partial::Refused => "whole",
        };
        let options = serde_json::json!([
            form.as_str(),
            partial,
            requested.batch_id,
            requested.priority,
            requested.run_at.map(|time| time.to_string()),
            requested.backends,
            requested.cleaning,
            requested.checkpoint_interval,
            requested.metadata,
        ]);
        // No JSON holds this byte, so the options cannot be taken for documents.
        self.0.update(b"\0");
        self.0.update(options.to_string().as_bytes());
        format!("{:032x}", self.0.digest128())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(pieces: &[&str], form: Form, partial: Partial, requested: &Requested) -> String {
        let mut digest = Digest::new();
        for piece in pieces {
            digest.update(piece.as_bytes());
        }
        digest.finish(form, partial, requested)
    }

    #[test]
    fn it_depends_on_documents_and_options_and_not_on_pieces() {
        let plain = Requested::default();
        let first = digest(&["one\ntwo\n"], Form::Lines, Partial::Refused, &plain);
        assert_eq!(first.len(), 32);
        assert_eq!(
            first,
            digest(
                &["one", "\ntwo", "\n"],
                Form::Lines,
                Partial::Refused,
                &plain
            )
        );
        let mut other = plain.clone();
        other.set("metadata", json!({"a": 1})).unwrap();
        let mut all = vec![
            first,
            digest(&["one\ntwo"], Form::Lines, Partial::Refused, &plain),
            digest(&["one\ntwo\n"], Form::File, Partial::Refused, &plain),
            digest(&["one\ntwo\n"], Form::Lines, Partial::Taken, &plain),
            digest(&["one\ntwo\n"], Form::Lines, Partial::Refused, &other),
        ];
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }
}
