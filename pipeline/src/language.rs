//! Which language a text is in.

use whatlang::Lang;

use crate::small_words;

/// The language of a text that does not tell it: ISO 639-2's code for "undetermined".
pub const UNDETERMINED: &str = "und";

/// Bytes of text that are looked at: more make no difference on news and cost time.
const SAMPLE_BYTES: usize = 2048;

/// The text's language as an ISO 639-1 code (`en`), or [`UNDETERMINED`] rather than a guess.
///
/// English, which is most of what comes in, shows at once by its small words. Else two detectors look at the first two
/// kilobytes: the trigram profiles of the crate `whatlang` (70 languages), and where those are not sure, as on a single
/// sentence, the n-gram model of the crate `whichlang` (16 languages) must agree.
pub(crate) fn detect(text: &str) -> &'static str {
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    if is_plainly_english(sample) {
        return "en";
    }
    let Some(info) = whatlang::detect(sample) else {
        return UNDETERMINED;
    };
    let lang = info.lang();
    let is_sure = info.is_reliable()
        || has_words(sample)
            && whichlang::detect_language(sample).three_letter_code() == lang.code();
    if is_sure { code(lang) } else { UNDETERMINED }
}

/// Whether every sixth word is a small word of English and hardly one is of a language near it: one look for twenty times
/// the work of the profiles.
fn is_plainly_english(text: &str) -> bool {
    let (mut words, mut english, mut foreign) = (0, 0, 0);
    for word in text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
    {
        words += 1;
        english += usize::from(small_words::is_english(word));
        foreign += usize::from(small_words::is_foreign(word));
    }
    words >= 20 && english * 6 >= words && foreign * 8 <= english
}

/// Whether there is enough to go by when the profiles are not sure: four words.
fn has_words(text: &str) -> bool {
    let words = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic));
    words.take(4).count() == 4
}

/// The ISO 639-1 code of a language that `whatlang` knows by its ISO 639-3 code.
fn code(lang: Lang) -> &'static str {
    const CODES: [(&str, &str); 70] = [
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("cym", "cy"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "nb"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    let known = CODES.iter().find(|(three, _)| *three == lang.code());
    known.map_or(UNDETERMINED, |(_, two)| two)
}

#[cfg(test)]
mod tests {
    use whatlang::Lang;

    use super::{UNDETERMINED, code, detect, is_plainly_english};

    #[test]
    fn news_of_several_languages_is_told_apart() {
        for (text, language) in [
            (
                "The government said on Friday that it would not change the law before the next election.",
                "en",
            ),
            (
                "Die Regierung teilte am Freitag mit, dass sie das Gesetz vor der Wahl nicht ändern werde.",
                "de",
            ),
            (
                "Le gouvernement a déclaré vendredi qu'il ne modifierait pas la loi avant les prochaines élections.",
                "fr",
            ),
            (
                "Правительство заявило в пятницу, что не изменит закон до следующих выборов.",
                "ru",
            ),
            (
                "政府は金曜日、次の選挙の前に法律を変更しないと述べた。",
                "ja",
            ),
        ] {
            assert_eq!(detect(text), language);
        }
    }

    #[test]
    fn small_words_tell_english_from_its_neighbours() {
        let dutch = "De regering zei vrijdag dat zij de wet niet zal wijzigen voor de volgende verkiezingen, en dat was ook te verwachten.";
        let norwegian = "Regjeringen sa fredag at den ikke vil endre loven før neste valg, og det var som ventet av alle i landet der.";
        let english = "The government said on Friday that it would not change the law before the next election, as was expected by all.";
        for (text, is_english) in [(dutch, false), (norwegian, false), (english, true)] {
            assert_eq!(is_plainly_english(text), is_english);
        }
        assert_eq!([dutch, english].map(detect), ["nl", "en"]);
    }

    #[test]
    fn a_text_that_does_not_tell_is_undetermined() {
        for text in ["", "42", "!!! ???", "ok", "Xyzzy 42", "1. 2. 3. 4. 5."] {
            assert_eq!(detect(text), UNDETERMINED, "{text}");
        }
    }

    #[test]
    fn every_language_has_a_two_letter_code() {
        for lang in Lang::all() {
            assert_eq!(code(*lang).len(), 2, "{lang:?}");
        }
    }
}
