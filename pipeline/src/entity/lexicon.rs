//! The words that dates, times and amounts are made of, in one hash table.

use std::sync::LazyLock;

use super::vocabulary::WORDS;
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
