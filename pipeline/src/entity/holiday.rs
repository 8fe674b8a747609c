//! Names of feasts and other days of the year.

use super::calendar;
use super::context;
use super::cursor::Cursor;

/// Longest first where one starts with another; the apostrophe stands for both of its forms.
const NAMES: &[&str] = &[
    "Christmas Eve",
    "Christmas Day",
    "Christmas",
    "Xmas",
    "Boxing Day",
    "New Year's Eve",
    "New Year's Day",
    "New Year's",
    "New Years Eve",
    "New Years Day",
    "New Year",
    "Easter Sunday",
    "Easter Monday",
    "Easter",
    "Good Friday",
    "Palm Sunday",
    "Ash Wednesday",
    "Thanksgiving Day",
    "Thanksgiving",
    "Halloween",
    "Valentine's Day",
    "Independence Day",
    "Juneteenth",
    "Labor Day",
    "Memorial Day",
    "Veterans Day",
    "Armistice Day",
    "Columbus Day",
    "Bastille Day",
    "St. Patrick's Day",
    "St Patrick's Day",
    "Black Friday",
    "Ramadan",
];

/// What follows a feast's name when it is part of another: an island, a story, a company.
const OTHER: &[&str] = &[
    "Island", "Islands", "Carol", "Rising", "Seals", "Parade", "Market",
];

/// Returns the end of a holiday's name.
pub(super) fn name(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let end = NAMES.iter().find_map(|name| phrase(here, name))?;
    let year = end.space().and_then(calendar::year).is_some();
    // "Christmas Charity", "Easter Island": the feast is part of a name.
    let alone =
        year || end.text().get(here.at()..end.at())?.contains(' ') || !context::is_before_name(end);
    let other = end
        .next_word()
        .is_some_and(|next| OTHER.contains(&next.text));
    (alone && !other).then_some(end)
}

fn phrase<'a>(here: Cursor<'a>, name: &str) -> Option<Cursor<'a>> {
    if let Some((before, after)) = name.split_once('\'') {
        let rest = here.rest().strip_prefix(before)?;
        let apostrophe = here.to(here.text().len() - rest.len()).any(&['\'', '’'])?;
        return apostrophe.literal(after);
    }
    here.literal(name)
}
