use super::*;

fn read(text: &str) -> Option<(usize, String)> {
    let number = scan(text, 0)?;
    let end = number.range.end;
    let (magnitude, end) = match magnitude(text, end, true) {
        Some((magnitude, end)) => (Some(magnitude), end),
        None => (None, end),
    };
    Some((end, number.decimal(text, magnitude).unwrap()))
}

#[test]
fn every_way_of_writing_a_number_has_its_exact_value() {
    for (text, value) in [
        ("12", "12"),
        ("1.5", "1.5"),
        ("1,200.50", "1200.5"),
        ("1,200,000", "1200000"),
        ("12,34,567", "1234567"),
        ("19,99", "19.99"),
        ("1.200.000", "1200000"),
        ("1.200,50", "1200.5"),
        ("10\u{a0}000", "10000"),
        ("2.5bn", "2500000000"),
        ("300m", "300000000"),
        ("1,200 million", "1200000000"),
        ("5 crore", "50000000"),
        ("5k", "5000"),
        ("0.123456789123456789", "0.123456789123456789"),
        ("three hundred", "300"),
        ("Twenty-one", "21"),
        ("a hundred and five", "105"),
        ("one million", "1000000"),
        ("half a million", "500000"),
        ("two hundred thousand", "200000"),
        ("three million two hundred thousand and six", "3200006"),
        ("a dozen", "12"),
    ] {
        assert_eq!(read(text), Some((text.len(), value.to_owned())), "{text}");
    }
}

#[test]
fn a_number_ends_where_it_stops_reading_as_one() {
    for (text, end) in [
        ("one two", 3),
        ("one and two", 3),
        ("hundred", 0),
        ("a man", 0),
        ("5 b", 1),
        ("5 months", 1),
        ("1,2345", 1),
        ("3.", 1),
        ("3,", 1),
        ("four of", 4),
        ("2.0.1", 0),
        ("10.0.0.1", 0),
    ] {
        assert_eq!(read(text).map_or(0, |(end, _)| end), end, "{text}");
    }
}
