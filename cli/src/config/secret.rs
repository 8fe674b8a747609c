//! Which values are secrets, and what is shown in their place.

use serde_json::Value;

use super::tree::{Content, Node, Scalar, below};

/// What is shown instead of a secret.
pub(super) const MASK: &str = "***";

/// A key is secret when one of its dotted parts ends with one of these.
const SECRET_ENDINGS: &[&str] = &["password", "secret", "token", "api_key", "apikey"];

/// True for a dotted key (or the name of a variable) whose value must not be shown.
pub(super) fn is_secret_name(name: &str) -> bool {
    name.split('.').any(|part| {
        let word = part.split('[').next().unwrap_or(part);
        let word = word.to_ascii_lowercase().replace('-', "_");
        SECRET_ENDINGS.iter().any(|ending| word.ends_with(ending))
    })
}

/// True for a value that must not be shown under `key`. An empty or absent value is no secret,
/// and whoever looks for a mistake must see that it is missing.
pub(super) fn is_hidden(key: &str, scalar: &Scalar) -> bool {
    let empty = scalar.text.is_empty() || scalar.value.is_null();
    !empty && (scalar.hidden || is_secret_name(key) || carries_a_password(&scalar.text))
}

/// The value as it may be shown: every secret in it is `***`.
pub(super) fn masked(key: &str, node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) if is_hidden(key, scalar) => Value::String(MASK.to_owned()),
        Content::Scalar(scalar) => scalar.value.clone(),
        Content::List(items) => {
            let item = |(index, item)| masked(&format!("{key}[{index}]"), item);
            items.iter().enumerate().map(item).collect()
        }
        Content::Section(members) => members
            .iter()
            .map(|member| {
                let shown = masked(&below(key, &member.key), &member.node);
                (member.key.clone(), shown)
            })
            .collect(),
        Content::Refused => Value::Null,
    }
}

/// True when `text` repeats a secret that stands at or below `node`, in any of the spellings that
/// an error message may use.
pub(super) fn is_told_by(text: &str, key: &str, node: &Node) -> bool {
    let mut told = false;
    node.each_scalar(key, &mut |key, scalar| {
        told |= is_hidden(key, scalar)
            && (text.contains(&scalar.text)
                || text.contains(scalar.text.escape_debug().to_string().as_str())
                || text.contains(&scalar.value.to_string()));
    });
    told
}

/// True for `scheme://user:password@host`, `scheme://token@host` and `password=` in a connection
/// string. A false alarm hides a harmless value; a miss would show a secret.
fn carries_a_password(text: &str) -> bool {
    if text.to_ascii_lowercase().contains("password=") {
        return true;
    }
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let Some((before, _)) = rest.rsplit_once('@') else {
        return false;
    };
    // An unescaped `/` in a password ends the authority too early, so a colon anywhere counts.
    before.contains(':') || !before.contains(['/', '?', '#'])
}

#[cfg(test)]
mod tests {
    use super::{carries_a_password, is_secret_name};

    #[test]
    fn a_name_is_secret_by_the_end_of_any_part() {
        for name in [
            "database.password",
            "s3.secret",
            "hub.API_TOKEN",
            "a.api_key",
            "x.api-key",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "sinks[0].webhook_secret",
            "keys.token[1]",
            "password.current",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "tokenizer.path",
            "cleaning.max_tokens",
            "secrets_folder",
            "",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_secret() {
        for url in [
            "postgres://scutch:pw@db/news",
            "redis://:pw@cache:6379",
            "amqp://user:p/w?@queue",
            "https://0123abcd@errors.example/7",
            "host=db user=scutch password=pw",
        ] {
            assert!(carries_a_password(url), "{url}");
        }
        for url in [
            "postgres://db:5432/news",
            "https://example.com/@editor",
            "editor@example.com",
            "news_articles",
        ] {
            assert!(!carries_a_password(url), "{url}");
        }
    }
}
