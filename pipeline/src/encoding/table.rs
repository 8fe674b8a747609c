//! What a character is and which byte it is in each code page, answered by one look into a table.
//!
//! All characters of `kinds` and `code_pages` lie in a few blocks of 64, so the tables have two levels.

use super::code_pages::{CODE_PAGES, COUNT, CodePage};
use super::kinds::{C1, CODE_PAGES_SHIFT, CONTINUATION_STRICT, MEMBERS};

/// Room for blocks of 64 characters; 26 are used, block 0 is the empty one.
const BLOCKS: usize = 64;

/// Blocks of 64 in the Basic Multilingual Plane.
const BMP_BLOCKS: usize = 1024;

struct Table {
    block_of: [u8; BMP_BLOCKS],
    traits: [[u32; 64]; BLOCKS],
    bytes: [[[u8; 64]; BLOCKS]; COUNT],
}

static TABLE: Table = Table::build();

/// The bits of `kinds` that hold for a non-ASCII character, and above them one bit per code page that has it.
pub(super) fn traits(c: char) -> u32 {
    let (block, place) = place(c);
    TABLE.traits[block][place]
}

/// The byte of a non-ASCII character in the code page with this index, or 0 if the page lacks it.
pub(super) fn byte(page: usize, c: char) -> u8 {
    let (block, place) = place(c);
    TABLE
        .bytes
        .get(page)
        .map_or(0, |blocks| blocks[block][place])
}

/// The bit in [`traits`] of the code page with this index.
pub(super) const fn page_bit(page: usize) -> u32 {
    1 << (CODE_PAGES_SHIFT + page as u32)
}

/// The bits of all code pages.
pub(super) const ALL_PAGES: u32 = ((1 << COUNT) - 1) << CODE_PAGES_SHIFT;

fn place(c: char) -> (usize, usize) {
    let code = c as usize;
    let block = TABLE.block_of.get(code >> 6).copied().unwrap_or(0);
    (usize::from(block) % BLOCKS, code % 64)
}

impl Table {
    const fn build() -> Self {
        let mut table = Self {
            block_of: [0; BMP_BLOCKS],
            traits: [[0; 64]; BLOCKS],
            bytes: [[[0; 64]; BLOCKS]; COUNT],
        };
        let mut used = 1;
        let mut code = 0x80;
        while code < 0xa0 {
            table.mark(code, C1 | CONTINUATION_STRICT, &mut used);
            code += 1;
        }
        let mut kind = 0;
        while kind < MEMBERS.len() {
            let (bit, members) = MEMBERS[kind];
            let mut at = 0;
            while at < members.len() {
                let (code, next) = decode(members.as_bytes(), at);
                table.mark(code, bit, &mut used);
                at = next;
            }
            kind += 1;
        }
        let mut page = 0;
        while page < COUNT {
            table.add_page(page, &mut used);
            page += 1;
        }
        table
    }

    const fn add_page(&mut self, page: usize, used: &mut u8) {
        let CodePage {
            first,
            upper,
            lossy,
            ..
        } = CODE_PAGES[page];
        let mut byte = 0x80;
        let mut at = 0;
        while byte <= 0xff {
            let mut code = byte;
            if byte >= first {
                (code, at) = decode(upper.as_bytes(), at);
            }
            self.set_byte(page, code, byte as u8, used);
            byte += 1;
        }
        assert!(at == upper.len(), "a code page has too many characters");
        if lossy {
            self.set_byte(page, 0xfffd, super::lossy::LOST, used);
        }
    }

    const fn set_byte(&mut self, page: usize, code: u32, byte: u8, used: &mut u8) {
        let block = self.mark(code, page_bit(page), used);
        let slot = &mut self.bytes[page][block][code as usize % 64];
        assert!(*slot == 0, "a code page has a character twice");
        *slot = byte;
    }

    const fn mark(&mut self, code: u32, bits: u32, used: &mut u8) -> usize {
        let block = &mut self.block_of[(code >> 6) as usize];
        if *block == 0 {
            *block = *used;
            *used += 1;
        }
        self.traits[*block as usize][code as usize % 64] |= bits;
        *block as usize
    }
}

/// The character of at most three bytes at this place, and the place after it.
const fn decode(text: &[u8], at: usize) -> (u32, usize) {
    let lead = text[at] as u32;
    if lead < 0xe0 {
        return ((lead & 0x1f) << 6 | tail(text, at + 1), at + 2);
    }
    assert!(lead < 0xf0, "a character outside the first plane");
    let high = (lead & 0x0f) << 12 | tail(text, at + 1) << 6;
    (high | tail(text, at + 2), at + 3)
}

const fn tail(text: &[u8], at: usize) -> u32 {
    assert!(text[at] & 0xc0 == 0x80, "an ASCII character in a table");
    (text[at] & 0x3f) as u32
}
