//! The id of a document of which nothing else is wanted.

use serde::Deserialize;

/// The `document_id` of an article or a cleaned article, of its JSON; none where it cannot be read.
pub fn document_id(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        document_id: Option<String>,
    }
    serde_json::from_slice::<Id>(json).ok()?.document_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_whatever_is_beside_it() {
        let read = |json: &str| document_id(json.as_bytes());
        assert_eq!(
            read(r#"{"text":1,"document_id":"a"}"#),
            Some("a".to_owned())
        );
        for none in [r#"{"document_id":null}"#, r#"{"document_id":1}"#, "{}", "{"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
