//! Ligatures and digraphs of Latin letters taken apart: they come from typesetting, not from writers.
//!
//! The list is ftfy 6.3.1's (`chardata.py`; see `NOTICE.md`). Letters such as æ and œ are not ligatures here.

use super::badness::next_non_ascii;
use super::kinds::LIGATURE;
use super::table::traits;

/// The text with its ligatures taken apart, or nothing if it has none.
pub(super) fn split(text: &str) -> Option<String> {
    let mut fixed = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some((place, c)) = next_non_ascii(text, at) {
        at = place + c.len_utf8();
        if traits(c) & LIGATURE == 0 {
            continue;
        }
        if let Some(letters) = letters(c) {
            fixed.push_str(text.get(done..place)?);
            fixed.push_str(letters);
            done = at;
        }
    }
    if done == 0 {
        return None;
    }
    fixed.push_str(text.get(done..)?);
    Some(fixed)
}

fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        // Dutch.
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        // Afrikaans.
        'ŉ' => "ʼn",
        // Serbian and Croatian digraphs, made for conversion from Cyrillic.
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        // Typographical.
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{letters, split};
    use crate::encoding::kinds::{LIGATURE, MEMBERS};

    #[test]
    fn ligatures_are_taken_apart_and_letters_are_not() {
        assert_eq!(split("ﬂuﬃeﬆ").as_deref(), Some("fluffiest"));
        assert_eq!(split("æon, œuvre, straße"), None);
    }

    #[test]
    fn every_ligature_of_the_table_has_its_letters() {
        let members = MEMBERS.iter().filter(|(kind, _)| *kind == LIGATURE);
        for c in members.flat_map(|(_, members)| members.chars()) {
            assert!(letters(c).is_some(), "{c}");
        }
    }
}
