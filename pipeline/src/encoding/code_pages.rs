//! The single-byte code pages in which UTF-8 is most often misread.
//!
//! They are "sloppy" as in ftfy 6.3.1 (`bad_codecs/sloppy.py`): a byte that a Windows page leaves unassigned stands for
//! the C1 control character of the same number, as browsers do (WHATWG Encoding, "single-byte decoders").

/// A code page; bytes under 80 are ASCII in all of them.
pub(super) struct CodePage {
    /// The first byte that [`CodePage::upper`] speaks of; those from 80 up to it are as in Latin-1.
    pub(super) first: u32,
    /// The characters of the bytes from `first` to FF.
    pub(super) upper: &'static str,
    /// Whether U+FFFD is taken for a lost byte (written 1A) in this page; if not, U+001A stands for itself.
    pub(super) lossy: bool,
    /// Whether a space may stand for a lost byte A0. Not in `MacRoman`, where an en dash before a space would do.
    pub(super) restores_a0: bool,
}

/// How many code pages are tried.
pub(super) const COUNT: usize = 10;

/// The code pages in the order in which they are tried.
pub(super) const CODE_PAGES: [CodePage; COUNT] = [
    // latin-1
    CodePage {
        first: 0x100,
        upper: "",
        lossy: false,
        restores_a0: true,
    },
    // windows-1252
    CodePage {
        first: 0x80,
        upper: "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
        lossy: true,
        restores_a0: true,
    },
    // windows-1251
    CodePage {
        first: 0x80,
        upper: "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
        lossy: true,
        restores_a0: true,
    },
    // windows-1250
    CodePage {
        first: 0x80,
        upper: "€\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź\u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
        lossy: true,
        restores_a0: true,
    },
    // windows-1253
    CodePage {
        first: 0x80,
        upper: "€\u{81}‚ƒ„…†‡\u{88}‰\u{8a}‹\u{8c}\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}\u{9d}\u{9e}\u{9f}\u{a0}΅Ά£¤¥¦§¨©ª«¬\u{ad}®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ",
        lossy: true,
        restores_a0: true,
    },
    // windows-1254
    CodePage {
        first: 0x80,
        upper: "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}\u{8e}\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}\u{9e}Ÿ\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ",
        lossy: true,
        restores_a0: true,
    },
    // windows-1257
    CodePage {
        first: 0x80,
        upper: "€\u{81}‚\u{83}„…†‡\u{88}‰\u{8a}‹\u{8c}¨ˇ¸\u{90}‘’“”•–—\u{98}™\u{9a}›\u{9c}¯˛\u{9f}\u{a0}¡¢£¤¥¦§Ø©Ŗ«¬\u{ad}®Æ°±²³´µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙",
        lossy: true,
        restores_a0: true,
    },
    // iso-8859-2
    CodePage {
        first: 0xa0,
        upper: "\u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
        lossy: false,
        restores_a0: true,
    },
    // macroman
    CodePage {
        first: 0x80,
        upper: "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
        lossy: false,
        restores_a0: false,
    },
    // cp437
    CodePage {
        first: 0x80,
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
        lossy: false,
        restores_a0: true,
    },
];
