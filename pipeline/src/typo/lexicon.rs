//! The word lists, read in place from the bytes that `data/typo/build.py` wrote.

use std::sync::LazyLock;

use fst::{Map, Set, Streamer as _};

static KNOWN: LazyLock<Option<Set<&'static [u8]>>> =
    LazyLock::new(|| Set::new(include_bytes!("../../data/typo/known.fst").as_slice()).ok());
static FREQUENCY: LazyLock<Option<Map<&'static [u8]>>> =
    LazyLock::new(|| Map::new(include_bytes!("../../data/typo/frequency.fst").as_slice()).ok());
static CURATED: LazyLock<Option<Map<&'static [u8]>>> =
    LazyLock::new(|| Map::new(include_bytes!("../../data/typo/curated.fst").as_slice()).ok());
static PAIRS: LazyLock<Option<Set<&'static [u8]>>> =
    LazyLock::new(|| Set::new(include_bytes!("../../data/typo/pairs.fst").as_slice()).ok());
static HOT: LazyLock<Hot> = LazyLock::new(Hot::new);

/// The number that `build.py` gives a listed misspelling with more than one possible correction.
const OPEN: u64 = 0xFF;

/// True when the word, in lower case, is a word, a name or an abbreviation of any kind of English.
pub(super) fn is_known(word: &str) -> bool {
    HOT.contains(word) || KNOWN.as_ref().is_none_or(|known| known.contains(word))
}

/// True when the two pieces together are a known word.
pub(super) fn is_known_pair(left: &str, right: &str) -> bool {
    left.len() + right.len() <= 24 && is_known(&format!("{left}{right}"))
}

/// True when the two words often follow each other.
pub(super) fn is_frequent_pair(left: &str, right: &str) -> bool {
    left.len() + right.len() <= 40
        && PAIRS
            .as_ref()
            .is_some_and(|pairs| pairs.contains(format!("{left} {right}")))
}

/// True for a word that is common and at least so frequent, on the scale of [`Frequency::level`].
pub(super) fn is_common(word: &str, level: u64) -> bool {
    let value = FREQUENCY.as_ref().and_then(|map| map.get(word));
    value.is_some_and(|value| {
        let frequency = frequency(value);
        frequency.is_common && frequency.level >= level
    })
}

/// The correction of a listed misspelling in lower case.
pub(super) fn listed(word: &str) -> Option<Listed> {
    let number = CURATED.as_ref()?.get(word)?;
    (number != OPEN).then(|| unpack(word, number))?
}

/// True for a listed misspelling that may stand for more than one word.
pub(super) fn is_listed_open(word: &str) -> bool {
    CURATED.as_ref().and_then(|map| map.get(word)) == Some(OPEN)
}

/// The map from a word to [`frequency`], for searches in it.
pub(super) fn frequencies() -> Option<&'static Map<&'static [u8]>> {
    FREQUENCY.as_ref()
}

/// How often a word occurs and whether a slip may be corrected into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frequency {
    /// Twice the base-2 logarithm of the count in 10^12 words of books over 100,000.
    pub(super) level: u64,
    pub(super) is_common: bool,
}

/// Reads a value of [`frequencies`].
pub(super) fn frequency(value: u64) -> Frequency {
    Frequency {
        level: value >> 1,
        is_common: value & 1 == 1,
    }
}

/// A listed misspelling's correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) replacement: String,
    /// One letter or one pair of neighbours differs.
    pub(super) is_one_slip: bool,
}

/// Rebuilds a correction from the number that `pack` in `build.py` made of it.
fn unpack(word: &str, number: u64) -> Option<Listed> {
    let (head, tail) = ((number & 15) as usize, (number >> 4 & 15) as usize);
    let mut replacement = word.get(..head)?.to_owned();
    let mut letters = number >> 8;
    while letters > 0 {
        replacement.push(char::from(b'a' + (letters % 27).checked_sub(1)? as u8));
        letters /= 27;
    }
    let added = replacement.len() - head;
    replacement.push_str(word.get(word.len().checked_sub(tail)?..)?);
    let removed = word.len().checked_sub(head + tail)?;
    let is_swap = removed == 2
        && added == 2
        && word
            .bytes()
            .skip(head)
            .take(2)
            .eq(replacement.bytes().skip(head).take(2).rev());
    Some(Listed {
        is_one_slip: is_swap || added.max(removed) == 1,
        replacement,
    })
}

/// The most frequent words in a flat table: most words of a text are found here in one or two steps.
struct Hot {
    slots: Vec<u64>,
}

impl Hot {
    const SLOTS: usize = 1 << 15;
    /// About 10,000 words are as frequent as this.
    const LEAST: u64 = 12;

    fn new() -> Self {
        let mut hot = Self {
            slots: vec![0; Self::SLOTS],
        };
        let mut left = Self::SLOTS / 2;
        let Some(frequencies) = frequencies() else {
            return hot;
        };
        let mut stream = frequencies.stream();
        while let Some((word, value)) = stream.next() {
            if frequency(value).level >= Self::LEAST
                && left > 0
                && let Some(key) = key(word)
            {
                let slot = hot.slot(key);
                if let Some(slot) = hot.slots.get_mut(slot) {
                    *slot = key;
                    left -= 1;
                }
            }
        }
        hot
    }

    /// Where the key is, or the free slot where it belongs. The table is never more than half full.
    fn slot(&self, key: u64) -> usize {
        let mut at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 49) as usize;
        while self
            .slots
            .get(at)
            .is_some_and(|&held| held != 0 && held != key)
        {
            at = (at + 1) % Self::SLOTS;
        }
        at
    }

    fn contains(&self, word: &str) -> bool {
        key(word.as_bytes()).is_some_and(|key| self.slots.get(self.slot(key)) == Some(&key))
    }
}

/// Up to twelve letters a-z in five bits each.
fn key(word: &[u8]) -> Option<u64> {
    if word.len() > 12 {
        return None;
    }
    word.iter().try_fold(0, |key, &letter| {
        letter
            .is_ascii_lowercase()
            .then(|| key << 5 | u64::from(letter - b'a' + 1))
    })
}
