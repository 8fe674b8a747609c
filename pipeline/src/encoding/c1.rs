//! C1 control characters read as the Windows-1252 characters that they were meant to be, as browsers do.

/// The characters of 80..9F in Windows-1252; five bytes are unassigned and stay what they are.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text with its C1 controls read as Windows-1252, or nothing if that changes nothing.
pub(super) fn as_windows_1252(text: &str) -> Option<String> {
    // In UTF-8 they all begin with C2, which few letters do.
    let after_lead = text.as_bytes().iter().position(|&byte| byte == 0xc2)?;
    let first = after_lead + text.get(after_lead..)?.find(|c| windows_1252(c) != c)?;
    let (clean, rest) = text.split_at_checked(first)?;
    let mut fixed = String::with_capacity(text.len() + 8);
    fixed.push_str(clean);
    fixed.extend(rest.chars().map(windows_1252));
    Some(fixed)
}

fn windows_1252(c: char) -> char {
    (c as usize)
        .checked_sub(0x80)
        .and_then(|place| WINDOWS_1252.get(place))
        .copied()
        .unwrap_or(c)
}
