//! Unknown words that English forms freely from known ones.

use super::lexicon::is_known;

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

/// True when the word is a prefix and a known word, a known word and a suffix, or two known words.
///
/// "doomscrollers" and "rehoming" are no slips of the pen. The rule gives up some real slips for it.
pub(super) fn is_derived(word: &str) -> bool {
    PREFIXES.iter().any(|prefix| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= 4 && is_known(rest))
    }) || SUFFIXES.iter().any(|suffix| {
        word.strip_suffix(suffix)
            .is_some_and(|stem| stem.len() >= 3 && is_stem(stem))
    }) || (3..word.len().saturating_sub(2)).any(|cut| {
        let (Some(left), Some(right)) = (word.get(..cut), word.get(cut..)) else {
            return false;
        };
        is_known(left) && is_known(right)
    })
}

/// True for a known word, also one that lost its last "e" or doubled its last letter.
fn is_stem(stem: &str) -> bool {
    if is_known(stem) {
        return true;
    }
    let mut last = stem.bytes().rev();
    let doubled = last.next() == last.next();
    (doubled && stem.get(..stem.len() - 1).is_some_and(is_known)) || is_known(&format!("{stem}e"))
}
