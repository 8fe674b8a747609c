//! What a person may have meant by a key that does not exist.

use super::echo::shortened;
use super::tree::{Node, below};

/// Longer keys are no slip of the pen, and comparing them would cost time.
const LONGEST: usize = 64;

/// The advice for the unknown `name` in the section `parent` of the reference: a similar key, the
/// same key in another section, or all keys of this section.
pub(super) fn advice(reference: &Node, section: &Node, parent: &str, name: &str) -> String {
    let siblings: Vec<&str> = section
        .members()
        .iter()
        .map(|member| member.key.as_str())
        .collect();
    let similar = nearest(name, &siblings).or_else(|| sharing_words(name, &siblings));
    if let Some(similar) = similar {
        return format!("did you mean `{similar}`?");
    }
    if let Some(elsewhere) = find_elsewhere(reference, "", name) {
        return format!("did you mean `{elsewhere}`?");
    }
    let list: Vec<String> = siblings.iter().map(|key| format!("`{key}`")).collect();
    let list = list.join(", ");
    if parent.is_empty() {
        format!("the keys at the top are {list}")
    } else {
        format!("the keys of `{}` are {list}", shortened(parent))
    }
}

/// The candidate within one typing mistake for every three letters, the first of equals.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let length = word.chars().count();
    let most = (length / 3).max(1);
    candidates
        .iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The first candidate that has all words of `name` (`min_length` for `min_word_length`) or the
/// other way round.
fn sharing_words<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let has_all = |whole: &str, part: &str| {
        // Very short words say too little: `a` is no hint at `a_or_b`.
        part.len() > 2
            && part
                .split('_')
                .all(|word| whole.split('_').any(|other| other == word))
    };
    let mut candidates = candidates.iter().copied();
    candidates.find(|candidate| has_all(candidate, name) || has_all(name, candidate))
}

fn find_elsewhere(node: &Node, key: &str, name: &str) -> Option<String> {
    node.members().iter().find_map(|member| {
        let full = below(key, &member.key);
        if member.key == name {
            return Some(full);
        }
        find_elsewhere(&member.node, &full, name)
    })
}

#[cfg(test)]
mod tests {
    use super::{nearest, sharing_words};

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let keys = ["min_word_length", "max_word_length", "enabled", "a"];
        assert_eq!(nearest("min_word_lenght", &keys), Some("min_word_length"));
        assert_eq!(nearest("minwordlength", &keys), Some("min_word_length"));
        assert_eq!(nearest("enable", &keys), Some("enabled"));
        assert_eq!(nearest("threads", &keys), None);
        assert_eq!(nearest("b", &keys), None);
        assert_eq!(nearest("", &keys), None);
    }

    #[test]
    fn keys_with_the_same_words_are_similar() {
        let keys = ["a", "max_word_length", "confidence", "min_word_length"];
        assert_eq!(sharing_words("min_length", &keys), Some("min_word_length"));
        assert_eq!(
            sharing_words("confidence_threshold", &keys),
            Some("confidence")
        );
        assert_eq!(sharing_words("a_b", &keys), None);
        assert_eq!(sharing_words("", &keys), None);
    }
}
