//! Bare years and decades: "in 2016", "the 2016 election", "2015–2017", "the 1990s", but not "2016 people".

use super::calendar;
use super::context;
use super::cursor::Cursor;

/// After these any number from 1000 to 2100 is a year unless it counts something.
const SURE: &[&str] = &[
    "in",
    "since",
    "until",
    "till",
    "during",
    "circa",
    "year",
    "early",
    "late",
    "mid",
    "throughout",
    "fiscal",
    "born",
    "spring",
    "summer",
    "autumn",
    "winter",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// After these a number is a year only when it is near ours.
const LIKELY: &[&str] = &[
    "of", "by", "from", "to", "before", "after", "between", "and", "for", "through", "around",
    "about", "on", "or", "as",
];
/// After these a year may stand before a noun: "the 1973 building".
const DETERMINERS: &[&str] = &[
    "the", "a", "an", "his", "her", "its", "their", "our", "my", "this", "s", "that", "both",
];
/// What happens in a year and is named by it.
const EVENTS: &[&str] = &[
    "election",
    "elections",
    "season",
    "report",
    "campaign",
    "olympics",
    "games",
    "census",
    "budget",
    "tournament",
    "edition",
    "championship",
    "championships",
    "attacks",
    "presidential",
    "referendum",
    "world",
    "summer",
    "winter",
    "film",
    "album",
    "study",
    "war",
    "race",
    "interview",
    "vote",
    "draft",
    "summit",
    "protests",
    "constitution",
    "law",
    "treaty",
    "model",
    "national",
    "european",
    "general",
    "fifa",
    "uefa",
    "icc",
    "cricket",
    "nba",
    "nfl",
    "gubernatorial",
    "senate",
    "congressional",
    "olympic",
    "convention",
];
/// Verbs of which a year is the subject.
const VERBS: &[&str] = &[
    "was", "is", "will", "has", "saw", "marks", "marked", "would", "brought",
];

/// Returns the end of a decade: "1990s", "1990's", "90s" after an apostrophe.
pub(super) fn decade(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (here, short) = match here.any(&['\'', '’', '‘']) {
        Some(after) => (after, true),
        None => (here, false),
    };
    let (value, count, after) = here.digits(4)?;
    let fits = match count {
        4 => (1000..=2100).contains(&value) && !short,
        2 => short,
        _ => false,
    };
    let apostrophe = if short {
        after
    } else {
        after.any(&['\'', '’']).unwrap_or(after)
    };
    // "the 1990's" is a decade only when it ends in 0; "2016's" belongs to the year.
    if !fits || value % 10 != 0 {
        return None;
    }
    apostrophe.literal("s")
}

/// Returns the end of a bare year, or of a range of years, in a place that speaks of dates.
///
/// `after_date` says that a date ended just before ("2015 and 2017").
pub(super) fn bare(here: Cursor<'_>, after_date: bool) -> Option<Cursor<'_>> {
    let end = calendar::year(here)?;
    if end.any(&['%', '$', '€', '£']).is_some() || is_time_zone(end) {
        return None;
    }
    if let Some(end) = range(here, end) {
        return Some(end);
    }
    if end
        .any(&['-', '/'])
        .is_some_and(|next| next.next_char().is_some_and(|next| next.is_ascii_digit()))
    {
        return None;
    }
    let (value, _, _) = here.digits(4)?;
    let near = (1900..=2050).contains(&value);
    // Few counts fall here, and 2000 is the one that is often round.
    let recent = (1980..=2030).contains(&value) && value != 2000;
    let counting = context::is_counting(end);
    if counting {
        return None;
    }
    let before = here.previous_char();
    if matches!(before, Some('(' | '[')) && near {
        return matches!(end.next_char(), Some(')' | ']' | ',' | ';')).then_some(end);
    }
    let lone = !lowercase_plural_follows(end);
    if context::follows(here, SURE) {
        return (lone || near).then_some(end);
    }
    let likely = near && lone;
    if after_date && near && lone || context::follows(here, LIKELY) && likely {
        return Some(end);
    }
    if context::follows(here, DETERMINERS) && (likely || recent) && noun_follows(end) {
        return Some(end);
    }
    // "after 1809" but "by 1500"
    let between = ["before", "after", "between", "from", "until", "of"];
    if (1700..=2050).contains(&value)
        && lone
        && value % 100 != 0
        && context::follows(here, &between)
        && !noun_follows(end)
    {
        return Some(end);
    }
    if near && is_spelled_out(here, end) || recent && stands_in_name(here, end) {
        return Some(end);
    }
    let starts = here.previous_word().is_none();
    let next = end.next_word();
    let event = next.is_some_and(|next| {
        EVENTS
            .iter()
            .any(|word| next.text.eq_ignore_ascii_case(word))
    });
    let subject = next.is_some_and(|next| VERBS.contains(&next.text));
    let titled = starts && context::is_before_name(end);
    (near && (event && !is_product(here) || (starts && subject) || titled)).then_some(end)
}

/// Returns whether the marks around make it a year: "2014's", "in Denmark, 2014.", "1996 when".
fn is_spelled_out(here: Cursor<'_>, end: Cursor<'_>) -> bool {
    let owner = end
        .any(&['\'', '’'])
        .is_some_and(|next| next.literal("s").is_some());
    let when = end.next_word().is_some_and(|next| next.text == "when");
    let closes = match end.next_char() {
        None => true,
        Some(mark) => matches!(mark, '.' | ',' | ';' | ')'),
    };
    let place = here
        .text()
        .get(..here.at())
        .and_then(|before| before.strip_suffix(", "));
    let after_name = place.is_some_and(|before| {
        let (word, _) = here.to(before.len()).last_word();
        word.starts_with(char::is_uppercase)
    });
    owner || when || closes && after_name
}

/// Words that make the number after them an amount.
const ABOUT: &[&str] = &[
    "nearly",
    "about",
    "some",
    "roughly",
    "almost",
    "over",
    "than",
    "least",
    "most",
    "around",
    "approximately",
    "killed",
    "injured",
    "only",
    "up",
    "under",
    "other",
    "to",
    "of",
];

/// Returns whether it stands before a name and after a small word: "the same 2016 Olympiad".
fn stands_in_name(here: Cursor<'_>, end: Cursor<'_>) -> bool {
    let lower = here.previous_word().is_some_and(|(word, _)| {
        word.starts_with(|first: char| first.is_ascii_lowercase()) && !ABOUT.contains(&word)
    });
    lower && context::is_before_name(end)
}

fn is_product(here: Cursor<'_>) -> bool {
    context::follows(
        here,
        &[
            "Windows", "Boeing", "Office", "Series", "No", "flight", "room", "highway", "route",
        ],
    )
}

fn is_time_zone(end: Cursor<'_>) -> bool {
    end.next_word()
        .is_some_and(|next| super::time::is_zone(next.text) || matches!(next.text, "hrs" | "hours"))
}

fn range<'a>(here: Cursor<'a>, end: Cursor<'a>) -> Option<Cursor<'a>> {
    let next = end.any(&['–', '-', '/'])?;
    match next.digits(4)? {
        (last, 4, _) => {
            let follows = here.digits(4)?.0 + 1 == last;
            calendar::year(next).filter(|_| end.mark('/').is_none() || follows)
        }
        (short, 2, after) => {
            // "2019/20" is a season, "1430/20" a file's number.
            let (_, _, start) = here.digits(4)?;
            let next_year = start.at() == end.at() && (here.digits(4)?.0 + 1) % 100 == short;
            let joined = end.mark('/').is_none() || next_year;
            (joined && after.ends_word() && after.any(&['-', '/']).is_none()).then_some(after)
        }
        _ => None,
    }
}

/// Returns whether what follows looks like counted things: a lower-case plural noun straight after the number.
fn lowercase_plural_follows(end: Cursor<'_>) -> bool {
    end.next_word().is_some_and(|next| {
        let plural = next.text.ends_with('s') && !next.text.ends_with("ss") && next.text.len() > 3;
        plural
            && !next.is_capitalised()
            && !EVENTS.contains(&next.text)
            && !matches!(next.text, "was" | "has" | "this" | "does")
    })
}

fn noun_follows(end: Cursor<'_>) -> bool {
    end.space()
        .and_then(Cursor::next_char)
        .is_some_and(char::is_alphabetic)
}
