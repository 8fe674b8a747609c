//! Times of the clock: "6am", "5 p.m.", "11:30 GMT", "0900 UTC", "8 o'clock", "14:30 local time".

use super::clock_words;
use super::context;
use super::cursor::Cursor;

/// Time zones by their short names.
const ZONES: &[&str] = &[
    "GMT", "UTC", "BST", "EST", "EDT", "ET", "CST", "CDT", "CT", "PST", "PDT", "PT", "MST", "MDT",
    "CET", "CEST", "EET", "EEST", "MSK", "IST", "JST", "KST", "SGT", "HKT", "AEST", "AEDT", "AWST",
    "ACST", "NZST", "NZDT", "WIB", "PKT",
];

/// Returns whether the word is a time zone's short name.
pub(crate) fn is_zone(word: &str) -> bool {
    ZONES.contains(&word)
}

/// Words before a bare "10:30" that make it a time.
const BEFORE_TIME: &[&str] = &[
    "at",
    "by",
    "from",
    "until",
    "till",
    "to",
    "around",
    "about",
    "since",
    "before",
    "after",
    "between",
    "and",
    "approximately",
    "past",
];

/// Returns the end of a time of the clock that starts with a digit or a word.
pub(super) fn find(here: Cursor<'_>) -> Option<Cursor<'_>> {
    if here.next_char()?.is_ascii_digit() {
        return in_figures(here);
    }
    if let Some(end) = clock_words::part_of_day(here) {
        return Some(zone(end).unwrap_or(end));
    }
    let (number, after) = here.number()?;
    let value = number.whole(here.text())?;
    if !(1..=12).contains(&value) {
        return None;
    }
    // "five AM stations" broadcast; "five a.m." is a time.
    let lower = |next: Cursor<'_>| next.next_char().is_some_and(char::is_lowercase);
    oclock(after).or_else(|| after.space().filter(|next| lower(*next)).and_then(meridiem))
}

fn in_figures(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (hour, count, after) = here.digits(4)?;
    if count >= 3 {
        let clock = count == 4 && hour < 2400 && hour % 100 < 60;
        let suffix = after
            .literal("h")
            .or_else(|| after.literal("hrs"))
            .unwrap_or(after);
        return clock.then(|| zone(suffix)).flatten();
    }
    if hour > 24 {
        return None;
    }
    let minutes = after
        .any(&[':', '.'])
        .and_then(|next| next.digits(2))
        .filter(|(minutes, count, end)| *count == 2 && *minutes < 60 && !continues(*end));
    let (end, colon) = match minutes {
        Some((_, _, end)) => (seconds(end, after), after.mark(':').is_some()),
        None => (after, false),
    };
    if continues(end) {
        return None;
    }
    let next = end.space().unwrap_or(end);
    if (1..=12).contains(&hour)
        && let Some(end) = meridiem(next).or_else(|| {
            if minutes.is_none() {
                oclock(after)
            } else {
                None
            }
        })
    {
        return Some(zone(end).unwrap_or(end));
    }
    if let Some((_, _, _)) = minutes
        && let Some(end) = zone(end)
    {
        return Some(end);
    }
    let timed = end.at() > after.at() + 3;
    let known = colon
        && end.ends_word()
        && context::follows(here, if timed { &["at"] } else { BEFORE_TIME })
        && !context::is_counting(end);
    known.then_some(end)
}

/// Returns the end of `:30` after minutes, or the same place.
fn seconds<'a>(end: Cursor<'a>, after_hour: Cursor<'a>) -> Cursor<'a> {
    let next = if after_hour.mark(':').is_some() {
        end.mark(':')
    } else {
        None
    };
    match next.and_then(|next| next.digits(2)) {
        Some((_, 2, end)) => end,
        Some(_) | None => end,
    }
}

fn continues(end: Cursor<'_>) -> bool {
    end.any(&[':', '.', ','])
        .and_then(Cursor::next_char)
        .is_some_and(|next| next.is_ascii_digit())
        && end
            .mark(':')
            .is_none_or(|next| !matches!(next.digits(2), Some((_, 2, _))))
}

/// Returns the end of `am`, `p.m.`, `PM` here.
fn meridiem(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let letter = here.any(&['a', 'p', 'A', 'P'])?;
    if let Some(end) = letter.any(&['m', 'M'])
        && end.ends_word()
    {
        return Some(end);
    }
    let m = letter.mark('.')?;
    let m = m.space().unwrap_or(m).any(&['m', 'M'])?;
    m.mark('.').or_else(|| m.ends_word().then_some(m))
}

fn oclock(after: Cursor<'_>) -> Option<Cursor<'_>> {
    let o = after.space()?.mark('o')?;
    o.any(&['\'', '’'])?.literal("clock")
}

/// Returns the end of a time zone or "local time" after a time.
fn zone(end: Cursor<'_>) -> Option<Cursor<'_>> {
    let open = end.space().unwrap_or(end);
    let word = open.word()?;
    if ZONES.contains(&word.text) {
        let shift = word
            .after
            .any(&['+', '-', '−'])
            .and_then(|next| next.digits(4));
        return Some(shift.map_or(word.after, |(_, _, end)| end));
    }
    let known = matches!(
        word.text,
        "local" | "Eastern" | "Central" | "Pacific" | "Mountain" | "Moscow" | "Beijing"
    );
    let time = word.after.next_word()?;
    if known && matches!(time.text, "time" | "Time") {
        return Some(time.after);
    }
    if known && matches!(time.text, "Standard" | "Daylight" | "standard" | "daylight") {
        let last = time.after.next_word()?;
        return matches!(last.text, "time" | "Time").then_some(last.after);
    }
    None
}
