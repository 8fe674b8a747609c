//! Which characters are controls or invisible, and which letters need invisible ones beside them.

/// What is to be done with a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stays.
    Plain,
    /// Never stays.
    Deleted,
    /// Becomes a line feed.
    LineBreak,
    /// Stays in text with letters that run from right to left.
    Direction,
    /// Stays beside letters that join, and between emoji.
    Joiner,
    /// The zero-width space: stays beside letters of scripts that do without spaces.
    Space,
    /// Stays after an emoji.
    Tag,
}

/// What is to be done with this character.
pub(super) fn kind(c: char) -> Kind {
    match c {
        '\t' | '\n' => Kind::Plain,
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::LineBreak,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Deleted,
        // Soft hyphen, word joiner and invisible operators, deprecated controls, byte order mark, annotation, language.
        '\u{ad}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' => Kind::Deleted,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}' => Kind::Deleted,
        // Unicode Standard Annex 9, section 2.
        '\u{61c}' | '\u{200e}' | '\u{200f}' => Kind::Direction,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Kind::Direction,
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        '\u{200b}' => Kind::Space,
        // Unicode Technical Standard 51, annex C.
        '\u{e0020}'..='\u{e007f}' => Kind::Tag,
        _ => Kind::Plain,
    }
}

/// Whether this is a letter of a script that runs from right to left.
pub(super) fn is_rtl_letter(c: char) -> bool {
    let in_script = matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    in_script && c.is_alphabetic()
}

/// Whether joiners change how this letter or mark is written: Hebrew to Mongolian, and the later scripts of their kind.
pub(super) fn joins(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{109f}' | '\u{1700}'..='\u{1cff}' | '\u{a800}'..='\u{abff}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{11fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Whether this is written without spaces between words: Thai to Myanmar, Khmer, Tai and Cham.
pub(super) fn lacks_spaces(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}'
        | '\u{a980}'..='\u{a9ff}' | '\u{aa00}'..='\u{aadf}')
}

/// Whether this may be a part of an emoji sequence: symbols, keycap, emoji variation selector, skin tones.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{20e3}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}
