//! The words that dates, times and amounts are made of, in one hash table.

use std::sync::LazyLock;

use self::{Unit as U, Word as W};
use crate::number;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Fortnight,
    Weekend,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

impl Unit {
    /// Returns whether it is shorter than a day, so that it makes a TIME and not a DATE.
    pub(crate) fn is_clock(self) -> bool {
        matches!(self, Self::Second | Self::Minute | Self::Hour)
    }
}

/// What a word can mean in a date, a time or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nothing here.
    Unknown,
    /// A month by its full name, 1 to 12.
    Month(i8),
    /// A month's short form, 1 to 12.
    MonthShort(i8),
    /// A day of the week, Monday is 1.
    Weekday(i8),
    /// Its short form.
    WeekdayShort(i8),
    /// `Mondays`
    Weekdays,
    /// A season: 0 spring, 1 summer, 2 autumn, 3 winter.
    Season(u8),
    /// A unit in the singular.
    Unit(Unit),
    /// A unit in the plural.
    Units(Unit),
    /// The first word of a number.
    Number,
    /// `hundred`, `million` ...
    Scale,
    /// `first` to `thirty-first`, as far as one word.
    Ordinal(i8),
    /// `morning`, `night` ...
    DayPart,
    /// `noon`, `midnight`
    Clock,
    /// `today`
    Today,
    /// `yesterday`
    Yesterday,
    /// `tomorrow`
    Tomorrow,
    /// `tonight`
    Tonight,
    /// `overnight`
    Overnight,
    /// `now`, `current`, `present`
    Current,
    /// `last`, `previous`
    Last,
    /// `past`
    Past,
    /// `next`, `coming`
    Next,
    /// `following`
    Following,
    /// `this`
    This,
    /// `that`, `same`
    That,
    /// `these`, `those`, `recent`
    Recent,
    /// `early`, `late`, `mid`
    Part,
    /// `end`, `beginning` ...
    Edge,
    /// `earlier`
    Earlier,
    /// `later`
    Later,
    /// `ago`
    Ago,
    /// `old`
    Old,
    /// `before`
    Before,
    /// `after`
    After,
    /// `the`
    The,
    /// `a`, `an`
    Article,
    /// `of`
    Of,
    /// `in`
    In,
    /// `on`
    On,
    /// `and`
    And,
    /// `or`
    Or,
    /// `to`
    To,
    /// `few`, `several`, `many`
    Few,
    /// `couple`, `dozens`, `hundreds` ...: a count that wants `of`
    Heap,
    /// `half`
    Half,
    /// `each`, `every`
    Each,
    /// `more`, `full`, `consecutive` ...: may stand between a count and its unit
    Filler,
    /// The first word of a holiday's name.
    Feast,
    /// `fiscal`, `FY`
    Fiscal,
    /// `percent`, `pct`
    Percent,
    /// `per`
    Per,
    /// `percentage`
    Percentage,
}

impl Word {
    /// Returns whether an entity can start with it.
    fn starts(self) -> bool {
        !matches!(
            self,
            Self::Unknown
                | Self::Scale
                // "following Wednesday's quake" is a preposition; "the following" starts with its article.
                | Self::Following
                | Self::Ago
                | Self::Old
                | Self::Before
                | Self::After
                | Self::Of
                | Self::In
                | Self::On
                | Self::And
                | Self::Or
                | Self::To
                | Self::Filler
                | Self::Percent
                | Self::Per
                | Self::Percentage
        )
    }
}

const WORDS: &[(&str, Word)] = &[
    ("january", W::Month(1)),
    ("february", W::Month(2)),
    ("march", W::Month(3)),
    ("april", W::Month(4)),
    ("may", W::Month(5)),
    ("june", W::Month(6)),
    ("july", W::Month(7)),
    ("august", W::Month(8)),
    ("september", W::Month(9)),
    ("october", W::Month(10)),
    ("november", W::Month(11)),
    ("december", W::Month(12)),
    ("jan", W::MonthShort(1)),
    ("feb", W::MonthShort(2)),
    ("mar", W::MonthShort(3)),
    ("apr", W::MonthShort(4)),
    ("jun", W::MonthShort(6)),
    ("jul", W::MonthShort(7)),
    ("aug", W::MonthShort(8)),
    ("sep", W::MonthShort(9)),
    ("sept", W::MonthShort(9)),
    ("oct", W::MonthShort(10)),
    ("nov", W::MonthShort(11)),
    ("dec", W::MonthShort(12)),
    ("monday", W::Weekday(1)),
    ("tuesday", W::Weekday(2)),
    ("wednesday", W::Weekday(3)),
    ("thursday", W::Weekday(4)),
    ("friday", W::Weekday(5)),
    ("saturday", W::Weekday(6)),
    ("sunday", W::Weekday(7)),
    ("mon", W::WeekdayShort(1)),
    ("tue", W::WeekdayShort(2)),
    ("tues", W::WeekdayShort(2)),
    ("wed", W::WeekdayShort(3)),
    ("thu", W::WeekdayShort(4)),
    ("thur", W::WeekdayShort(4)),
    ("thurs", W::WeekdayShort(4)),
    ("fri", W::WeekdayShort(5)),
    ("sat", W::WeekdayShort(6)),
    ("sun", W::WeekdayShort(7)),
    ("mondays", W::Weekdays),
    ("tuesdays", W::Weekdays),
    ("wednesdays", W::Weekdays),
    ("thursdays", W::Weekdays),
    ("fridays", W::Weekdays),
    ("saturdays", W::Weekdays),
    ("sundays", W::Weekdays),
    ("spring", W::Season(0)),
    ("summer", W::Season(1)),
    ("autumn", W::Season(2)),
    ("fall", W::Season(2)),
    ("winter", W::Season(3)),
    ("second", W::Unit(U::Second)),
    ("minute", W::Unit(U::Minute)),
    ("hour", W::Unit(U::Hour)),
    ("day", W::Unit(U::Day)),
    ("week", W::Unit(U::Week)),
    ("fortnight", W::Unit(U::Fortnight)),
    ("weekend", W::Unit(U::Weekend)),
    ("month", W::Unit(U::Month)),
    ("quarter", W::Unit(U::Quarter)),
    ("year", W::Unit(U::Year)),
    ("decade", W::Unit(U::Decade)),
    ("century", W::Unit(U::Century)),
    ("seconds", W::Units(U::Second)),
    ("minutes", W::Units(U::Minute)),
    ("mins", W::Units(U::Minute)),
    ("hours", W::Units(U::Hour)),
    ("hrs", W::Units(U::Hour)),
    ("days", W::Units(U::Day)),
    ("weeks", W::Units(U::Week)),
    ("fortnights", W::Units(U::Fortnight)),
    ("weekends", W::Units(U::Weekend)),
    ("months", W::Units(U::Month)),
    ("quarters", W::Units(U::Quarter)),
    ("years", W::Units(U::Year)),
    ("decades", W::Units(U::Decade)),
    ("centuries", W::Units(U::Century)),
    ("dozen", W::Scale),
    ("hundred", W::Scale),
    ("thousand", W::Scale),
    ("lakh", W::Scale),
    ("million", W::Scale),
    ("crore", W::Scale),
    ("billion", W::Scale),
    ("trillion", W::Scale),
    ("first", W::Ordinal(1)),
    ("third", W::Ordinal(3)),
    ("fourth", W::Ordinal(4)),
    ("fifth", W::Ordinal(5)),
    ("sixth", W::Ordinal(6)),
    ("seventh", W::Ordinal(7)),
    ("eighth", W::Ordinal(8)),
    ("ninth", W::Ordinal(9)),
    ("tenth", W::Ordinal(10)),
    ("eleventh", W::Ordinal(11)),
    ("twelfth", W::Ordinal(12)),
    ("nineteenth", W::Ordinal(19)),
    ("twentieth", W::Ordinal(20)),
    ("morning", W::DayPart),
    ("afternoon", W::DayPart),
    ("evening", W::DayPart),
    ("night", W::DayPart),
    ("noon", W::Clock),
    ("midday", W::Clock),
    ("midnight", W::Clock),
    ("today", W::Today),
    ("yesterday", W::Yesterday),
    ("tomorrow", W::Tomorrow),
    ("tonight", W::Tonight),
    ("overnight", W::Overnight),
    ("current", W::Current),
    ("last", W::Last),
    ("previous", W::Last),
    ("latest", W::Last),
    ("past", W::Past),
    ("next", W::Next),
    ("coming", W::Next),
    ("following", W::Following),
    ("this", W::This),
    ("that", W::That),
    ("same", W::That),
    ("these", W::Recent),
    ("those", W::Recent),
    ("recent", W::Recent),
    ("early", W::Part),
    ("late", W::Part),
    ("mid", W::Part),
    ("end", W::Edge),
    ("beginning", W::Edge),
    ("start", W::Edge),
    ("middle", W::Edge),
    ("rest", W::Edge),
    ("close", W::Edge),
    ("earlier", W::Earlier),
    ("later", W::Later),
    ("ago", W::Ago),
    ("old", W::Old),
    ("olds", W::Old),
    ("before", W::Before),
    ("after", W::After),
    ("the", W::The),
    ("a", W::Article),
    ("an", W::Article),
    ("of", W::Of),
    ("in", W::In),
    ("on", W::On),
    ("and", W::And),
    ("or", W::Or),
    ("to", W::To),
    ("few", W::Few),
    ("several", W::Few),
    ("many", W::Few),
    ("some", W::Few),
    ("couple", W::Heap),
    ("tens", W::Heap),
    ("dozens", W::Heap),
    ("hundreds", W::Heap),
    ("thousands", W::Heap),
    ("millions", W::Heap),
    ("billions", W::Heap),
    ("trillions", W::Heap),
    ("half", W::Half),
    ("each", W::Each),
    ("every", W::Each),
    ("more", W::Filler),
    ("full", W::Filler),
    ("whole", W::Filler),
    ("straight", W::Filler),
    ("consecutive", W::Filler),
    ("additional", W::Filler),
    ("further", W::Filler),
    ("working", W::Filler),
    ("business", W::Filler),
    ("calendar", W::Filler),
    ("long", W::Filler),
    ("christmas", W::Feast),
    ("xmas", W::Feast),
    ("boxing", W::Feast),
    ("new", W::Feast),
    ("easter", W::Feast),
    ("good", W::Feast),
    ("palm", W::Feast),
    ("ash", W::Feast),
    ("thanksgiving", W::Feast),
    ("halloween", W::Feast),
    ("valentine", W::Feast),
    ("independence", W::Feast),
    ("juneteenth", W::Feast),
    ("labor", W::Feast),
    ("memorial", W::Feast),
    ("veterans", W::Feast),
    ("armistice", W::Feast),
    ("columbus", W::Feast),
    ("bastille", W::Feast),
    ("st", W::Feast),
    ("black", W::Feast),
    ("ramadan", W::Feast),
    ("fiscal", W::Fiscal),
    ("percent", W::Percent),
    ("pct", W::Percent),
    ("percentage", W::Percentage),
    ("per", W::Per),
];

const SLOTS: usize = 1024;
const LONGEST: usize = 12;

struct Table {
    slots: [(u128, Word); SLOTS],
    /// For each first letter the lengths of the words an entity can start with, one bit each.
    lengths: [u16; 32],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        slots: [(0, Word::Unknown); SLOTS],
        lengths: [0; 32],
    };
    let numbers = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
    ];
    debug_assert!(numbers.iter().all(|word| number::is_number_word(word)));
    let numbers = numbers.iter().map(|word| (*word, Word::Number));
    for (word, meaning) in WORDS.iter().copied().chain(numbers) {
        let Some(key) = key(word.as_bytes()) else {
            continue;
        };
        if meaning.starts()
            && let Some(first) = word.as_bytes().first()
            && let Some(lengths) = table.lengths.get_mut(usize::from(first & 31))
        {
            *lengths |= 1 << word.len();
        }
        let mut slot = slot(key);
        while let Some(taken) = table.slots.get_mut(slot % SLOTS) {
            if taken.0 == 0 {
                *taken = (key, meaning);
                break;
            }
            slot += 1;
        }
    }
    table
});

/// Packs the lower-cased letters into one integer, which is never 0.
fn key(letters: &[u8]) -> Option<u128> {
    if letters.is_empty() || letters.len() > LONGEST {
        return None;
    }
    let packed = letters
        .iter()
        .rev()
        .fold(0, |packed, letter| packed << 8 | u128::from(letter | 0x20));
    Some(packed)
}

fn slot(key: u128) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "a hash keeps any bits")]
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29);
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize
}

/// Returns what a word of ASCII letters, in any case, can mean.
pub(crate) fn meaning(letters: &[u8]) -> Word {
    let Some(key) = key(letters) else {
        return Word::Unknown;
    };
    let table = &*TABLE;
    let mut slot = slot(key);
    while let Some(&(found, meaning)) = table.slots.get(slot % SLOTS) {
        if found == key {
            return meaning;
        }
        if found == 0 {
            break;
        }
        slot += 1;
    }
    Word::Unknown
}

/// Returns whether an entity can start with this word of ASCII letters; quick for the many with which none can.
pub(super) fn may_start(letters: &[u8]) -> bool {
    let Some(first) = letters.first() else {
        return false;
    };
    let lengths = TABLE
        .lengths
        .get(usize::from(first & 31))
        .copied()
        .unwrap_or(0);
    letters.len() <= LONGEST && lengths >> letters.len() & 1 == 1 && meaning(letters).starts()
}
