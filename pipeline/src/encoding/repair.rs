//! Text that was decoded in the wrong code page, decoded again in the right one.
//!
//! After ftfy 6.3.1's `fix_encoding` (`__init__.py`; see `NOTICE.md`).

use super::badness::{is_bad, next_non_ascii};
use super::code_pages::CODE_PAGES;
use super::effort::{Effort, TooHard};
use super::lossy::{LOST, replace_lossy_sequences};
use super::spaces::restore_byte_a0;
use super::table::{ALL_PAGES, byte, page_bit, traits};
use super::{c1, cesu8, embedded};

/// The segment with its mojibake repaired, layer by layer, or nothing if there is none to repair.
///
/// # Errors
/// [`TooHard`] when the effort is spent.
pub(super) fn fix(segment: &str, effort: &mut Effort) -> Result<Option<String>, TooHard> {
    let mut fixed: Option<String> = None;
    loop {
        let text = fixed.as_deref().unwrap_or(segment);
        match take_layer_off(text, effort)? {
            Some(next) if next != text => fixed = Some(next),
            _ => return Ok(fixed),
        }
    }
}

fn take_layer_off(text: &str, effort: &mut Effort) -> Result<Option<String>, TooHard> {
    effort.spend(text)?;
    if !is_bad(text) {
        return Ok(None);
    }
    let possible = possible_pages(text);
    let reread = (0..CODE_PAGES.len())
        .filter(|&page| possible & page_bit(page) != 0)
        .find_map(|page| read_as_utf8(text, page));
    if reread.is_some() {
        return Ok(reread);
    }
    let fixed = embedded::fix(text, effort)?;
    Ok(fixed.or_else(|| c1::as_windows_1252(text)))
}

/// The bits of the code pages that have every character of the text.
fn possible_pages(text: &str) -> u32 {
    let mut pages = ALL_PAGES;
    if text.as_bytes().contains(&LOST) {
        // The lossy pages use this character for U+FFFD.
        pages = (0..CODE_PAGES.len())
            .zip(&CODE_PAGES)
            .filter(|(_, page)| !page.lossy)
            .fold(0, |bits, (index, _)| bits | page_bit(index));
    }
    let mut at = 0;
    while let Some((place, c)) = next_non_ascii(text, at) {
        at = place + c.len_utf8();
        pages &= traits(c);
        if pages == 0 {
            break;
        }
    }
    pages
}

/// The text as it reads when its bytes in this code page are taken for UTF-8, if they are UTF-8 or nearly so.
fn read_as_utf8(text: &str, page: usize) -> Option<String> {
    let mut bytes = encode(text, page);
    let page = CODE_PAGES.get(page)?;
    if page.restores_a0 {
        bytes = restore_byte_a0(bytes);
    }
    if page.lossy {
        bytes = replace_lossy_sequences(bytes);
    }
    cesu8::decode(bytes)
}

fn encode(text: &str, page: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some((place, c)) = next_non_ascii(text, at) {
        bytes.extend_from_slice(text.as_bytes().get(at..place).unwrap_or_default());
        bytes.push(byte(page, c));
        at = place + c.len_utf8();
    }
    bytes.extend_from_slice(text.as_bytes().get(at..).unwrap_or_default());
    bytes
}
