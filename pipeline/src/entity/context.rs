//! The words around a candidate that decide whether it is a date at all.

use super::cursor::Cursor;

/// Nouns that are counted: "2016 people" and "March 5 people" hold no year and no day.
const COUNTED: &[&str] = &[
    "people",
    "persons",
    "men",
    "women",
    "children",
    "boys",
    "girls",
    "troops",
    "soldiers",
    "officers",
    "students",
    "workers",
    "employees",
    "members",
    "residents",
    "patients",
    "passengers",
    "refugees",
    "migrants",
    "prisoners",
    "homes",
    "houses",
    "buildings",
    "cars",
    "vehicles",
    "cases",
    "deaths",
    "votes",
    "seats",
    "shares",
    "jobs",
    "units",
    "points",
    "times",
    "copies",
    "tons",
    "tonnes",
    "pounds",
    "kilometers",
    "kilometres",
    "km",
    "miles",
    "meters",
    "metres",
    "feet",
    "acres",
    "hectares",
    "square",
    "dollars",
    "euros",
    "yen",
    "percent",
    "per",
    "pct",
    "million",
    "billion",
    "thousand",
    "hundred",
    "kg",
    "hours",
    "minutes",
    "seconds",
    "years",
    "months",
    "weeks",
    "days",
    "individuals",
    "civilians",
    "protesters",
    "demonstrators",
    "delegates",
    "animals",
    "barrels",
    "degrees",
    "goals",
    "runs",
    "victims",
    "injuries",
    "fatalities",
    "tests",
    "doses",
    "megawatts",
    "calories",
    "words",
    "pages",
    "steps",
    "rounds",
    "bottles",
];

/// Returns whether the next word counts things, so that the number before is an amount.
pub(super) fn is_counting(after: Cursor<'_>) -> bool {
    let Some(next) = after.next_word() else {
        return false;
    };
    COUNTED.contains(&next.text)
}

/// Returns whether the word just before, in any case, is one of `words`.
pub(super) fn follows(here: Cursor<'_>, words: &[&str]) -> bool {
    here.previous_word()
        .is_some_and(|(word, _)| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// Returns whether a capitalised word follows after one blank, as in a name.
pub(super) fn is_before_name(after: Cursor<'_>) -> bool {
    after.space().is_some_and(|next| {
        next.next_char().is_some_and(char::is_uppercase)
            && next.word().is_none_or(|word| {
                // An acronym, a title or "I" starts something else.
                word.text.len() > 1
                    && word
                        .text
                        .bytes()
                        .skip(1)
                        .any(|byte| byte.is_ascii_lowercase())
            })
    })
}

/// Words that may follow a period without being part of a longer name.
const FUNCTION: &[&str] = &[
    "of",
    "and",
    "or",
    "to",
    "by",
    "in",
    "on",
    "at",
    "after",
    "before",
    "but",
    "when",
    "while",
    "with",
    "for",
    "from",
    "as",
    "is",
    "was",
    "were",
    "are",
    "will",
    "would",
    "has",
    "had",
    "have",
    "he",
    "she",
    "they",
    "it",
    "we",
    "that",
    "which",
    "who",
    "the",
    "a",
    "an",
    "this",
    "because",
    "since",
    "until",
    "than",
    "if",
    "due",
    "only",
    "not",
    "where",
    "despite",
    "amid",
    "so",
    "about",
    "following",
    "during",
    "over",
    "under",
    "his",
    "her",
    "their",
    "its",
    "there",
    "then",
    "also",
    "may",
    "can",
    "could",
    "without",
    "into",
    "through",
    "according",
    "said",
    "between",
    "against",
    "saw",
    "until",
    "i",
    "you",
    "ended",
    "ends",
    "started",
    "later",
    "earlier",
    "already",
    "ahead",
    "onwards",
    "alone",
    "began",
    "begins",
];

/// Returns whether the next word is none of the small ones, so that the words before may be part of its name.
pub(super) fn noun_follows(end: Cursor<'_>) -> bool {
    end.next_word().is_some_and(|next| {
        !FUNCTION
            .iter()
            .any(|word| next.text.eq_ignore_ascii_case(word))
    })
}
