//! Unknown words that English forms freely from known ones.

use super::lexicon::{is_common, is_frequent_pair, is_known};

const PREFIXES: &[&str] = &[
    "anti", "auto", "be", "bio", "co", "counter", "cyber", "de", "dis", "down", "eco", "em", "en",
    "ex", "extra", "fore", "geo", "hydro", "hyper", "il", "im", "in", "inter", "intra", "ir",
    "macro", "mal", "mega", "meta", "micro", "mid", "mini", "mis", "mono", "multi", "nano", "neo",
    "neuro", "non", "off", "out", "over", "para", "petro", "photo", "poly", "post", "pre", "pro",
    "proto", "pseudo", "psycho", "quasi", "re", "self", "semi", "sub", "super", "tele", "therm",
    "thermo", "trans", "ultra", "un", "under", "up",
];

const SUFFIXES: &[&str] = &[
    "able",
    "ably",
    "al",
    "athon",
    "ed",
    "er",
    "ers",
    "es",
    "esque",
    "ess",
    "fest",
    "ful",
    "fully",
    "gate",
    "hood",
    "ian",
    "ians",
    "ible",
    "ic",
    "ics",
    "ification",
    "ified",
    "ify",
    "ing",
    "ings",
    "ie",
    "ies",
    "isation",
    "ise",
    "ised",
    "ish",
    "ising",
    "ism",
    "isms",
    "ist",
    "ists",
    "ity",
    "ization",
    "ize",
    "ized",
    "izing",
    "less",
    "like",
    "ly",
    "man",
    "men",
    "ment",
    "ness",
    "ology",
    "or",
    "ors",
    "ous",
    "s",
    "ship",
    "some",
    "ville",
    "ward",
    "wards",
    "ware",
    "wise",
    "woman",
    "women",
    "y",
];

/// True when the word is a prefix and a common word, a common word and a suffix, or two common words.
///
/// "doomscrollers" and "rehoming" are no slips of the pen. The rule gives up some real slips for it;
/// it looks at common words only, since almost any slip leaves two pieces that are rare words.
pub(super) fn is_derived(word: &str) -> bool {
    let with_prefix = PREFIXES.iter().any(|prefix| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= 4 && is_stem(rest))
    });
    let with_suffix = SUFFIXES.iter().any(|suffix| {
        word.strip_suffix(suffix)
            .is_some_and(|stem| is_stem(stem) || (suffix.len() > 1 && is_changed_stem(stem)))
    });
    with_prefix
        || with_suffix
        || (3..word.len().saturating_sub(2)).any(|cut| {
            let (Some(left), Some(right)) = (word.get(..cut), word.get(cut..)) else {
                return false;
            };
            is_part(left) && is_part(right)
        })
        || is_run_together(word)
        || is_spoken(word)
        || is_drawn_out(word)
}

/// True for a word with three equal letters in a row, which somebody wrote for effect ("sooo").
fn is_drawn_out(word: &str) -> bool {
    word.as_bytes()
        .windows(3)
        .any(|run| matches!(run, [a, b, c] if a == b && b == c))
}

/// True for a form in "-ing" without its last letter, which is how somebody speaks ("lookin").
fn is_spoken(word: &str) -> bool {
    word.ends_with("in") && is_known(&format!("{word}g"))
}

/// True for two words that often follow each other and lost the space between them ("noone").
fn is_run_together(word: &str) -> bool {
    (1..word.len()).any(|cut| {
        let (left, right) = (word.get(..cut), word.get(cut..));
        left.zip(right)
            .is_some_and(|(left, right)| is_frequent_pair(left, right))
    })
}

/// Common enough to carry a prefix or a suffix; the shorter, the more frequent.
fn is_stem(word: &str) -> bool {
    word.len() >= 3 && is_common(word, if word.len() > 3 { 8 } else { 20 })
}

/// A stem that lost its last "e" or doubled its last letter.
fn is_changed_stem(stem: &str) -> bool {
    let mut last = stem.bytes().rev();
    let is_doubled = last.next() == last.next();
    (is_doubled
        && stem
            .get(..stem.len().saturating_sub(1))
            .is_some_and(is_stem))
        || is_stem(&format!("{stem}e"))
}

/// Common enough to be half of a compound.
fn is_part(word: &str) -> bool {
    is_common(word, if word.len() > 3 { 14 } else { 24 })
}
