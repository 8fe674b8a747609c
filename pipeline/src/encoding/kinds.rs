//! The kinds of characters that mojibake is made of, one bit each.
//!
//! About four hundred characters occur when UTF-8 is read in another code page. The lists are ftfy 6.3.1's
//! (`badness.py`, `chardata.py`; see `NOTICE.md`); which pairs of kinds are suspicious is in `badness`.

/// The control characters U+0080..U+009F, which nobody writes any more.
pub(super) const C1: u32 = 1 << 0;
/// Seen in many contexts; never mojibake by themselves.
pub(super) const COMMON: u32 = 1 << 1;
/// Nearly always mojibake.
pub(super) const BAD: u32 = 1 << 2;
/// Signs of legal texts.
pub(super) const LAW: u32 = 1 << 3;
/// Currency signs.
pub(super) const CURRENCY: u32 = 1 << 4;
/// Punctuation before a word; U+F8FF is often the Apple logo.
pub(super) const START_PUNCTUATION: u32 = 1 << 5;
/// Punctuation after a word.
pub(super) const END_PUNCTUATION: u32 = 1 << 6;
/// Mathematics.
pub(super) const NUMERIC: u32 = 1 << 7;
/// Letters that draw faces, and so stand in improbable places.
pub(super) const KAOMOJI: u32 = 1 << 8;
/// Accented capitals without those of `KAOMOJI`.
pub(super) const UPPER_ACCENTED: u32 = 1 << 9;
/// Accented small letters without those of `KAOMOJI`.
pub(super) const LOWER_ACCENTED: u32 = 1 << 10;
/// Capitals that often end words: Thorn, Greek, Cyrillic.
pub(super) const UPPER_COMMON: u32 = 1 << 11;
/// Small letters: Greek, Cyrillic.
pub(super) const LOWER_COMMON: u32 = 1 << 12;
/// Box drawing, without the single horizontal line.
pub(super) const BOX: u32 = 1 << 13;
/// What the lead bytes C2..DF of two-byte sequences look like.
pub(super) const FIRST_OF_2: u32 = 1 << 14;
/// What the lead bytes E0..EF of three-byte sequences look like.
pub(super) const FIRST_OF_3: u32 = 1 << 15;
/// What the lead bytes F0..F3 of four-byte sequences look like.
pub(super) const FIRST_OF_4: u32 = 1 << 16;
/// What continuation bytes look like, where the character rarely stands for itself.
pub(super) const CONTINUATION_STRICT: u32 = 1 << 17;
/// Dashes, quotation marks, bullet and ellipsis: continuation bytes too, but often themselves.
pub(super) const CONTINUATION_LOOSE: u32 = 1 << 18;
/// Ligatures and digraphs of Latin letters; see `ligatures`.
pub(super) const LIGATURE: u32 = 1 << 19;

/// The first bit that is free for the code pages.
pub(super) const CODE_PAGES_SHIFT: u32 = 20;

/// The members of each kind except [`C1`], which is a plain range.
pub(super) const MEMBERS: [(u32, &str); 19] = [
    (COMMON, "\u{a0}\u{ad}´·–—―’…"),
    (BAD, "¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\u{fffd}"),
    (LAW, "§¶"),
    (CURRENCY, "¢£¥₧€"),
    (START_PUNCTUATION, "¡©«¿΄΅‘‚“„•‹\u{f8ff}"),
    (END_PUNCTUATION, "®»˝”›™"),
    (NUMERIC, "±²³µ¹¼½¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥"),
    (KAOMOJI, "°ÒÓÔÕÖÙÚÛÜòóôõöøùúûüŌŐŪŲ"),
    (
        UPPER_ACCENTED,
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
    ),
    (
        LOWER_ACCENTED,
        "ßàáâãäåæçèéêëìíîïðñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ",
    ),
    (
        UPPER_COMMON,
        "ÞΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    ),
    (
        LOWER_COMMON,
        "άέήίΰαβγδεζηθικλμνξοπρςστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџ",
    ),
    (BOX, "│┌┐┘├┤┬┼═║╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬▀▄█▌▐░▒▓"),
    (
        FIRST_OF_2,
        "ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßĀĂĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŘŚŞŠŢŪŮŰŲŹŻŽΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
    ),
    (
        FIRST_OF_3,
        "àáâãäåæçèéêëìíîïāăąćčďēėęěģīįķĺļŕźΰαβγδεζηθικλμνξοабвгдежзийклмноп",
    ),
    (FIRST_OF_4, "ðóđğšπσру"),
    (
        CONTINUATION_STRICT,
        "\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÆØæøĄąĽľŁłŒœŖŗŚśŞşŠšŤťŸŹźŻżŽžƒˆˇ˘˛˜˝΄΅ΆΈΉΊΌΎΏЁЂЃЄЅІЇЈЉЊЋЌЎЏёђѓєѕіїјљњћќўџҐґ†‡‰‹›€№™",
    ),
    (CONTINUATION_LOOSE, "–—―‘’‚“”„•…"),
    (LIGATURE, "ĲĳŉǱǲǳǄǅǆǇǈǉǊǋǌﬀﬁﬂﬃﬄﬅﬆ"),
];
