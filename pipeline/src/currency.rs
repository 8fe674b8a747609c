//! Currencies in text: their symbols, ISO 4217 codes and names, and the optional step that writes amounts with codes.

mod expression;

use std::borrow::Cow;

/// A currency's symbol at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// Its length in bytes.
    pub(crate) length: usize,
    /// The ISO 4217 code, unless the symbol stands for several currencies.
    pub(crate) code: Option<&'static str>,
    /// Whether it is also written after the amount.
    pub(crate) may_follow: bool,
}

/// Longest first where one starts with another. A bare `$` is the US dollar; `¥` is Japan's or China's.
const SYMBOLS: &[(&str, Option<&str>, bool)] = &[
    ("US$", Some("USD"), false),
    ("CDN$", Some("CAD"), false),
    ("CA$", Some("CAD"), false),
    ("C$", Some("CAD"), false),
    ("AU$", Some("AUD"), false),
    ("A$", Some("AUD"), false),
    ("NZ$", Some("NZD"), false),
    ("HK$", Some("HKD"), false),
    ("SG$", Some("SGD"), false),
    ("S$", Some("SGD"), false),
    ("NT$", Some("TWD"), false),
    ("R$", Some("BRL"), false),
    ("MX$", Some("MXN"), false),
    ("$", Some("USD"), true),
    ("£", Some("GBP"), true),
    ("€", Some("EUR"), true),
    ("¥", None, true),
    ("￥", None, true),
    ("₹", Some("INR"), false),
    ("₽", Some("RUB"), true),
    ("₩", Some("KRW"), true),
    ("₪", Some("ILS"), true),
    ("₺", Some("TRY"), true),
    ("₴", Some("UAH"), true),
    ("₦", Some("NGN"), false),
    ("฿", None, true),
    ("₫", Some("VND"), true),
    ("₱", Some("PHP"), false),
    ("₸", Some("KZT"), true),
    ("₵", Some("GHS"), false),
    ("₲", Some("PYG"), false),
    ("₡", Some("CRC"), false),
    ("₼", Some("AZN"), true),
    ("₾", Some("GEL"), true),
];

/// Returns the currency's symbol that `text` starts with.
pub(crate) fn symbol(text: &str) -> Option<Symbol> {
    let first = text.as_bytes().first()?;
    let possible = match first {
        b'$' | 0xc2 => true,
        b'A'..=b'Z' => text.as_bytes().iter().take(4).any(|byte| *byte == b'$'),
        // U+20A0 to U+20CF, and the two symbols of other blocks.
        0xe2 => text.as_bytes().get(1) == Some(&0x82),
        0xe0 | 0xef => true,
        _ => false,
    };
    if !possible {
        return None;
    }
    SYMBOLS
        .iter()
        .find(|(symbol, _, _)| text.starts_with(symbol))
        .map(|&(symbol, code, may_follow)| Symbol {
            length: symbol.len(),
            code,
            may_follow,
        })
}

/// ISO 4217 codes of money in use (<https://www.iso.org/iso-4217-currency-codes.html>), without those that are English words
/// or names more often than money (`ALL`, `TOP`, `TRY`).
const CODES: &[&str] = &[
    "AED", "AFN", "AMD", "ANG", "AOA", "ARS", "AUD", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BND", "BOB", "BRL", "BWP", "BYN", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CZK",
    "DKK", "DOP", "DZD", "EGP", "ETB", "EUR", "GBP", "GEL", "GHS", "HKD", "HNL", "HRK", "HUF",
    "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KHR", "KRW", "KWD",
    "KZT", "LAK", "LBP", "LKR", "MAD", "MDL", "MKD", "MMK", "MNT", "MUR", "MWK", "MXN", "MYR",
    "MZN", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG",
    "QAR", "RMB", "RON", "RSD", "RUB", "RWF", "SAR", "SDG", "SEK", "SGD", "SYP", "THB", "TND",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VND", "XAF", "XOF", "YER", "ZAR",
    "ZMW",
];

/// Returns the length of the code that `text` starts with: an ISO 4217 code in capitals, or `Rs`, `Rs.`.
///
/// Whether a word goes on after it is for the caller to see: `EUR20` is written too.
pub(crate) fn code(text: &str) -> Option<usize> {
    if text.starts_with("Rs") {
        return Some(if text.starts_with("Rs.") { 3 } else { 2 });
    }
    let code = text.get(..3)?;
    CODES.binary_search(&code).is_ok().then_some(3)
}

/// How sure it is that a number before this name is money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// Always.
    Sure,
    /// Always, without a magnitude: cents.
    Small,
    /// A weight too.
    Pounds,
    /// A word with other senses; sure only for large amounts.
    Large,
}

/// Returns what kind of name this is, in any case, when it names a currency.
pub(crate) fn name(word: &str) -> Option<Name> {
    let mut lower = [0; 10];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"dollar" | b"dollars" | b"euro" | b"euros" | b"yen" | b"yuan" | b"renminbi" | b"ruble"
        | b"rubles" | b"rouble" | b"roubles" | b"rupee" | b"rupees" | b"peso" | b"pesos"
        | b"lira" | b"liras" | b"dinar" | b"dinars" | b"dirham" | b"dirhams" | b"riyal"
        | b"riyals" | b"rial" | b"rials" | b"shekel" | b"shekels" | b"baht" | b"ringgit"
        | b"rupiah" | b"naira" | b"kronor" | b"kroner" | b"krona" | b"krone" | b"zloty"
        | b"zlotys" | b"forint" | b"forints" | b"hryvnia" | b"hryvnias" | b"franc" | b"francs"
        | b"reais" | b"taka" | b"shilling" | b"shillings" | b"koruna" | b"dong" | b"bolivars"
        | b"guilders" => Name::Sure,
        b"cent" | b"cents" | b"pence" | b"penny" | b"pennies" | b"kopecks" => Name::Small,
        b"pound" | b"pounds" => Name::Pounds,
        b"won" | b"rand" | b"real" | b"crown" | b"crowns" | b"cedis" | b"marks" | b"bitcoin"
        | b"bitcoins" => Name::Large,
        _ => return None,
    })
}

/// Returns the text with whole, unambiguous amounts written as code, number and magnitude: `$2.5bn` becomes
/// `USD 2.5 billion`, `19,99 €` becomes `EUR 19.99`.
///
/// Everything else stays as written: `¥`, ranges, amounts that name their country in words, anything glued to letters.
/// A second run changes nothing.
pub(crate) fn standardize(text: &str) -> Cow<'_, str> {
    let mut output = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = expression::next(text, at) {
        at = found.range.end.max(at + 1);
        let Some(amount) = found.amount else {
            continue;
        };
        output.push_str(text.get(copied..found.range.start).unwrap_or_default());
        output.push_str(&amount);
        copied = found.range.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

#[cfg(test)]
mod tests;
