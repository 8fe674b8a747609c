//! Whether the sentence around a date speaks of the past or of what is to come.

/// Which way an unmarked "Friday" points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    Future,
    Unknown,
}

const FUTURE: &[&str] = &[
    "will",
    "ll",
    "shall",
    "must",
    "may",
    "might",
    "upcoming",
    "tomorrow",
    "forthcoming",
    "deadline",
    "payable",
    "effective",
    "ahead",
];
/// Straight before a date these set a term.
const LIMITS: &[&str] = &["until", "till", "through"];
/// With "to" after them, or "for" or "on", they speak of what is to come.
const PLANNED: &[&str] = &[
    "due",
    "set",
    "scheduled",
    "expected",
    "slated",
    "plan",
    "plans",
    "planned",
    "planning",
    "going",
    "supposed",
    "ready",
    "likely",
    "poised",
    "hopes",
    "hope",
    "intends",
    "intend",
    "aims",
    "want",
    "wants",
    "expects",
    "about",
    "is",
    "are",
    "hoping",
];
const PAST: &[&str] = &[
    "was", "were", "had", "did", "said", "told", "came", "went", "took", "made", "began", "won",
    "lost", "met", "held", "fell", "rose", "left", "found", "gave", "got", "saw", "became", "sent",
    "broke", "led", "wrote", "spoke", "ran", "shot", "struck", "brought", "bought", "caught",
    "drew", "flew", "grew", "heard", "kept", "knew", "paid", "sold", "stood", "thought", "threw",
    "has", "have", "been", "swore", "shook", "beat", "hit", "put", "withdrew", "overtook",
];
/// They end in -ed and are no past.
const NOT_PAST: &[&str] = &[
    "united",
    "need",
    "indeed",
    "speed",
    "feed",
    "exceed",
    "proceed",
    "succeed",
    "hundred",
    "seed",
    "red",
    "scheduled",
    "expected",
    "planned",
    "alleged",
    "supposed",
];

/// Farther away than this a verb has no say.
const FARTHEST: usize = 14;

/// Returns the tense of the verbs nearest to `expression` in `sentence`; those before it count as nearer.
pub(super) fn of(sentence: &str, expression: &str) -> Tense {
    let (before, after) = match sentence.split_once(expression) {
        Some(parts) => parts,
        None => (sentence, ""),
    };
    let before = before.rsplit('\n').next().unwrap_or_default();
    let mut best = (usize::MAX, Tense::Unknown);
    let words: Vec<&str> = words(before).collect();
    if words.last().is_some_and(|word| LIMITS.contains(word)) {
        return Tense::Future;
    }
    for (distance, index) in (0..words.len()).rev().enumerate().take(FARTHEST) {
        if let Some(tense) = verb(&words, index) {
            best = (distance * 2, tense);
            break;
        }
    }
    // A comma or "and" starts a clause of its own, except straight after an expression that opens the sentence.
    let clause = match after.strip_prefix(',').filter(|_| words.len() < 3) {
        Some(rest) => rest,
        None => after,
    };
    let clause = clause
        .split([',', ';', ':', '—', '“', '"', '\n'])
        .next()
        .unwrap_or_default();
    let clause = clause.split(". ").next().unwrap_or_default();
    let words: Vec<&str> = self::words(clause).take(FARTHEST).collect();
    for index in 0..words.len() {
        if let Some(tense) = verb(&words, index) {
            if index * 2 + 3 < best.0 {
                best = (index * 2 + 3, tense);
            }
            break;
        }
    }
    // "by Friday" with no verb near sets a term.
    if best.1 == Tense::Unknown && before.trim_end().ends_with(" by") {
        return Tense::Future;
    }
    best.1
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|mark: char| !mark.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Returns the tense of the word at `index`, if it is a verb that shows one.
fn verb(words: &[&str], index: usize) -> Option<Tense> {
    let word = *words.get(index)?;
    let next = words.get(index + 1).copied().unwrap_or_default();
    let is = |list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
    // "won't"; "may" is a verb, "May" a month or a name.
    let negated = word == "won" && next == "t";
    if negated || is(FUTURE) && word != "May" {
        return Some(Tense::Future);
    }
    // "due to the storm" is a cause.
    let then = words.get(index + 2).copied().unwrap_or_default();
    if word == "due"
        && next == "to"
        && matches!(
            then,
            "the" | "a" | "an" | "its" | "his" | "her" | "their" | "this" | "these"
        )
    {
        return None;
    }
    if is(PLANNED)
        && matches!(next, "to" | "for" | "on")
        && !(matches!(word, "is" | "are" | "about") && next != "to")
    {
        return Some(Tense::Future);
    }
    if word == "due" {
        return Some(Tense::Future);
    }
    let last = words
        .get(index.wrapping_sub(1))
        .copied()
        .unwrap_or_default();
    if word.ends_with("ing") && matches!(last, "is" | "are") {
        return Some(Tense::Future);
    }
    if is(PAST) || word.len() > 3 && word.ends_with("ed") && !is(NOT_PAST) {
        // "will have won", "to be held", "will be held", "are expected"
        if words
            .get(index.saturating_sub(3)..index)?
            .iter()
            .any(|word| matches!(*word, "will" | "be" | "to" | "shall"))
        {
            return Some(Tense::Future);
        }
        return Some(Tense::Past);
    }
    None
}
