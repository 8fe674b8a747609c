//! Amounts of money with their currency: "$2.5bn", "20.50€", "EUR 300m", "one million rubles", "millions of dollars".

use super::cursor::Cursor;
use super::lexicon::Word;
use crate::currency::{self, Name};
use crate::number::{self, Number, Style};

/// Returns the end of an amount that starts with a currency's symbol.
pub(super) fn from_symbol(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let symbol = currency::symbol(here.rest())?;
    let after = here.to(here.at() + symbol.length);
    let after = after.space().unwrap_or(after);
    if !after.next_char()?.is_ascii_digit() {
        return None;
    }
    let first = amount(after)?;
    // "$5-10 million", "$5-$10"
    let Some(next) = first.any(&['-', '–']) else {
        return Some(first);
    };
    let next = match currency::symbol(next.rest()) {
        Some(again) => next.to(next.at() + again.length),
        None => next,
    };
    let range = next.next_char().is_some_and(|next| next.is_ascii_digit());
    Some(if range {
        amount(next).unwrap_or(first)
    } else {
        first
    })
}

/// Returns the end of a number with its magnitude where it is sure to be money.
fn amount(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (number, after) = here.number()?;
    let end = match number::magnitude(here.text(), after.at(), true) {
        Some((_, end)) => here.to(end),
        None => after,
    };
    // A decimal comma in a list of plain amounts ("$5,10") is as likely two numbers; the whole is still money.
    let joined =
        number.style == Style::DecimalComma && end.at() == after.at() && !after.ends_word();
    (!joined && end.ends_word()).then_some(end)
}

/// Returns the end of an amount that starts with a code: "USD 20", `EUR300m`, "Rs. 500".
pub(super) fn from_code(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let length = currency::code(here.rest())?;
    let after = here.to(here.at() + length);
    let after = after.space().unwrap_or(after);
    let after = match currency::symbol(after.rest()) {
        Some(symbol) => after.to(after.at() + symbol.length),
        None => after,
    };
    if !after.next_char()?.is_ascii_digit() {
        return None;
    }
    amount(after)
}

/// Returns the end of an amount that starts with a number: "20.50€", "five million dollars", "20 USD", "50 cents".
pub(super) fn from_number(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (number, after) = here.number()?;
    if let Some(end) = currency_after(here, &number, after) {
        return Some(end);
    }
    // "10 to 20 million dollars"
    let next = match after.any(&['-', '–']) {
        Some(next) => next,
        None => after
            .next_word()
            .filter(|word| matches!(word.word, Word::To | Word::Or))?
            .after
            .space()?,
    };
    let (second, after) = next.number()?;
    currency_after(next, &second, after)
}

/// Returns the end of "millions of dollars", "hundreds of thousands of pounds" from their first word.
pub(super) fn from_heap(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let mut token = here.word()?;
    for _ in 0..3 {
        if token.word != Word::Heap || matches!(token.text, "couple" | "Couple") {
            return None;
        }
        let of = token.after.next_word().filter(|of| of.word == Word::Of)?;
        let next = of.after.next_word()?;
        if next.word == Word::Heap {
            token = next;
            continue;
        }
        let (name, end) = name(of.after.space()?)?;
        let weight = end.next_word().is_some_and(|of| of.word == Word::Of);
        return match name {
            Name::Sure | Name::Small => Some(end),
            Name::Pounds => (!weight).then_some(end),
            Name::Large => Some(end),
        };
    }
    None
}

fn currency_after<'a>(here: Cursor<'a>, number: &Number, after: Cursor<'a>) -> Option<Cursor<'a>> {
    let text = here.text();
    let short = currency::symbol(after.rest()).is_none();
    let (large, end) = match number::magnitude(text, after.at(), short) {
        Some((_, end)) => (true, here.to(end)),
        None => (matches!(number.style, Style::Words(100_000..)), after),
    };
    let next = end.space().unwrap_or(end);
    if let Some(symbol) = currency::symbol(next.rest())
        && symbol.may_follow
    {
        let last = next.to(next.at() + symbol.length);
        // "5 $10 notes": the symbol belongs to what follows.
        let free = !last.next_char().is_some_and(char::is_alphanumeric);
        return free.then_some(last);
    }
    if let Some(length) = end.space().and_then(|next| currency::code(next.rest())) {
        let last = next.to(next.at() + length);
        if last.ends_word()
            && next
                .rest()
                .as_bytes()
                .get(..length)
                .is_some_and(|code| code.iter().all(u8::is_ascii_uppercase))
        {
            return Some(last);
        }
    }
    let (name, last) = name(end.gap()?)?;
    let sure = match name {
        Name::Sure => true,
        Name::Small => !large,
        Name::Pounds => large || last.next_word().is_some_and(|next| next.text == "sterling"),
        Name::Large => large || number.whole(text).is_some_and(|value| value >= 1000),
    };
    let last = match last.next_word() {
        Some(next) if next.text == "sterling" => next.after,
        Some(_) | None => last,
    };
    sure.then_some(last)
}

/// Returns the currency's name here, with one or two words of its country before it.
fn name(here: Cursor<'_>) -> Option<(Name, Cursor<'_>)> {
    let mut token = here.word()?;
    let mut adjective = false;
    for _ in 0..2 {
        if currency::name(token.text).is_some() {
            break;
        }
        let capital = token.is_capitalised();
        let us = token.text == "U" && token.after.rest().starts_with(".S. ");
        if us {
            token = token.after.to(token.after.at() + 4).word()?;
        } else if capital {
            token = token.after.next_word()?;
        } else {
            return None;
        }
        adjective = true;
    }
    let name = currency::name(token.text)?;
    if token.is_capitalised()
        && token.text.len() > 3
        && token.text.bytes().any(|byte| byte.is_ascii_lowercase())
    {
        // "Dollars" inside a title; the euro alone is often written with a capital.
        return None;
    }
    let name = match name {
        Name::Pounds | Name::Large if adjective => Name::Sure,
        Name::Sure | Name::Small | Name::Pounds | Name::Large => name,
    };
    Some((name, token.after))
}
