//! How a word is written, which an uncased model would not see otherwise.

/// The case class of a word: its row in the table of token types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseClass {
    /// No capital letter at all.
    LowerOrOther = 0,
    /// One capital, at its start.
    Title = 1,
    /// Two capitals at least, and nothing small.
    Upper = 2,
    /// Any other word with a capital.
    Mixed = 3,
    /// Starts with a number.
    Digit = 4,
}

impl CaseClass {
    /// The names in `config.json`, by number.
    pub(super) const NAMES: [&'static str; 5] =
        ["lower_or_other", "title", "upper", "mixed", "digit"];

    /// The class of a word that is not empty.
    pub(super) fn of(word: &str) -> Self {
        if word.starts_with(char::is_numeric) {
            return Self::Digit;
        }
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        match capitals {
            0 => Self::LowerOrOther,
            1 if word.starts_with(char::is_uppercase) => Self::Title,
            2.. if !word.contains(char::is_lowercase) => Self::Upper,
            _ => Self::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CaseClass::{self, Digit, LowerOrOther, Mixed, Title, Upper};

    #[test]
    fn each_class_has_its_words() {
        for (word, class) in [
            ("rose", LowerOrOther),
            ("—", LowerOrOther),
            ("東京", LowerOrOther),
            ("Paris", Title),
            ("A", Title),
            ("Élan", Title),
            ("NASA", Upper),
            ("U.S.", Upper),
            ("AT&T", Upper),
            ("iPhone", Mixed),
            ("McDonald", Mixed),
            ("54", Digit),
            ("2nd", Digit),
            ("½", Digit),
        ] {
            assert_eq!(CaseClass::of(word), class, "{word}");
        }
    }
}
