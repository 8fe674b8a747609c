//! What an unquoted scalar means: the core schema of YAML 1.2.2,
//! <https://yaml.org/spec/1.2.2/#103-core-schema>.

use serde_json::{Number, Value};

/// The null, boolean, integer, float or string that the unquoted `text` stands for.
///
/// `.inf`, `.nan` and floats beyond the range of an `f64` stay strings, as no setting can hold
/// them. An integer beyond 64 bits becomes a float, so that an integer setting refuses it.
pub(super) fn value_of(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    integer(text)
        .or_else(|| float(text))
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn integer(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            // `from_str_radix` takes a sign, the schema does not.
            let unsigned = digits.starts_with(|first: char| first.is_digit(radix));
            let number = u64::from_str_radix(digits, radix).ok()?;
            return unsigned.then(|| number.into());
        }
    }
    let signed = text.parse::<i64>().ok().map(Number::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
}

fn float(text: &str) -> Option<Number> {
    // Rust also reads `inf`, `nan` and `infinity`; everything else it reads, the schema does too.
    let numeric = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = text.parse::<f64>().ok().filter(|_| numeric)?;
    Number::from_f64(number)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::value_of;

    #[test]
    fn plain_text_means_what_the_core_schema_says() {
        let cases: &[(&str, Value)] = &[
            ("", Value::Null),
            ("~", Value::Null),
            ("NULL", Value::Null),
            ("nUll", json!("nUll")),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("0", json!(0)),
            ("-19", json!(-19)),
            ("+12", json!(12)),
            ("007", json!(7)),
            ("0o14", json!(12)),
            ("0x3A", json!(58)),
            ("0x+3", json!("0x+3")),
            ("-0x3", json!("-0x3")),
            ("1_000", json!("1_000")),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("-2E+05", json!(-200_000.0)),
            ("1e999", json!("1e999")),
            (".inf", json!(".inf")),
            ("nan", json!("nan")),
            (".", json!(".")),
            ("-", json!("-")),
            ("1:30", json!("1:30")),
            ("2026-01-31", json!("2026-01-31")),
            ("1.2.3", json!("1.2.3")),
        ];
        for (text, expected) in cases {
            assert_eq!(&value_of(text), expected, "{text:?}");
        }
        assert!(value_of("99999999999999999999").is_f64());
    }
}
