//! Files in the CoNLL format: a token a line, its tag in the last column, a blank line between sentences.

use std::ops::Range;

use anyhow::{Result, bail};

/// A sentence as text, with the spans that its tags mark.
#[derive(Debug, PartialEq)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// Label and byte range of each marked span, in order.
    pub(super) spans: Vec<(String, Range<usize>)>,
}

/// The sentences of a CoNLL file. Tags may be BIO, IOB1 or BIOES (BILOU); columns are apart by tabs or blanks.
///
/// The tokens are joined as print sets them (no space before a comma or behind a bracket), since a reader of news has never seen
/// "$ 5 , he said".
///
/// # Errors
/// A line without a tag, or a tag of another form, with its number.
pub(super) fn read(file: &str) -> Result<Vec<Sentence>> {
    let mut sentences = Vec::new();
    let mut tokens = Vec::new();
    for (number, line) in file.lines().enumerate() {
        let line = line.trim_end();
        if line.trim().is_empty() || line.starts_with("-DOCSTART-") {
            if !tokens.is_empty() {
                sentences.push(sentence(&std::mem::take(&mut tokens)));
            }
            continue;
        }
        let separator = if line.contains('\t') { '\t' } else { ' ' };
        let columns = (line.split(separator).next(), line.rsplit_once(separator));
        let (Some(token), Some((_, tag))) = columns else {
            bail!("line {}: expected a token and a tag", number + 1);
        };
        let Some(tag) = Tag::parse(tag.trim()) else {
            bail!(
                "line {}: expected a tag such as O, B-PER or I-PER in the last column",
                number + 1
            );
        };
        tokens.push((token, tag));
    }
    if !tokens.is_empty() {
        sentences.push(sentence(&tokens));
    }
    Ok(sentences)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Tag<'a> {
    Outside,
    /// Begins a span whatever stands before.
    Begins(&'a str),
    /// Goes on with a span of its label, or begins one (IOB1).
    Continues(&'a str),
}

impl<'a> Tag<'a> {
    fn parse(tag: &'a str) -> Option<Self> {
        if tag == "O" {
            return Some(Self::Outside);
        }
        let (place, label) = tag.split_once(['-', '_'])?;
        match place {
            _ if label.is_empty() => None,
            "B" | "S" | "U" => Some(Self::Begins(label)),
            "I" | "E" | "L" => Some(Self::Continues(label)),
            _ => None,
        }
    }
}

fn sentence(tokens: &[(&str, Tag<'_>)]) -> Sentence {
    let mut text = String::new();
    let mut spans: Vec<(String, Range<usize>)> = Vec::new();
    let mut is_open = false;
    let mut quotes = 0;
    for (token, tag) in tokens {
        // Treebank's brackets and quotes are what a tokenizer made of the marks of print.
        let token = match *token {
            "``" | "''" => "\"",
            "-LRB-" => "(",
            "-RRB-" => ")",
            other => other,
        };
        if !text.is_empty() && is_apart(&text, token, quotes) {
            text.push(' ');
        }
        quotes += usize::from(token == "\"");
        let start = text.len();
        text.push_str(token);
        match (tag, spans.last_mut()) {
            (Tag::Continues(label), Some((open, range))) if is_open && open == label => {
                range.end = text.len()
            }
            (Tag::Continues(label) | Tag::Begins(label), _) => {
                spans.push(((*label).to_owned(), start..text.len()))
            }
            (Tag::Outside, _) => {}
        }
        is_open = !matches!(tag, Tag::Outside);
    }
    Sentence { text, spans }
}

/// Whether print sets a space between the text so far and the next token.
fn is_apart(before: &str, token: &str, quotes: usize) -> bool {
    let closes = matches!(
        token,
        "." | ","
            | ";"
            | ":"
            | "?"
            | "!"
            | ")"
            | "]"
            | "%"
            | "'s"
            | "’s"
            | "n't"
            | "'re"
            | "'ve"
            | "'ll"
            | "'d"
            | "'m"
            | "'"
    );
    let is_closing_quote = token == "\"" && quotes % 2 == 1;
    let opens =
        before.ends_with(['(', '[', '$', '£', '€']) || (before.ends_with('"') && quotes % 2 == 1);
    !(closes || is_closing_quote || opens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(sentence: &Sentence) -> Vec<(&str, &str)> {
        sentence
            .spans
            .iter()
            .map(|(label, range)| (label.as_str(), &sentence.text[range.clone()]))
            .collect()
    }

    #[test]
    fn every_tagging_scheme_gives_the_same_spans() {
        let bio = "-DOCSTART- -X- O\n\nU.N. NNP B-ORG\nofficial NN O\nRolf NNP B-PER\nEkeus NNP I-PER\nof NN O\nNew\tX\tB-LOC\nYork\tX\tI-LOC\n\nEnd O\n";
        let iob1 = bio.replace("B-", "I-");
        let bioes =
            "U.N. S-ORG\nofficial O\nRolf B-PER\nEkeus E-PER\nof O\nNew B-LOC\nYork E-LOC\n";
        for file in [bio, &iob1, bioes] {
            let sentences = read(file).unwrap();
            assert_eq!(sentences[0].text, "U.N. official Rolf Ekeus of New York");
            assert_eq!(
                spans(&sentences[0]),
                [("ORG", "U.N."), ("PER", "Rolf Ekeus"), ("LOC", "New York")]
            );
        }
    }

    #[test]
    fn two_spans_side_by_side_stay_two() {
        let sentences = read("Rome B-LOC\nParis B-LOC\nUN I-ORG\n").unwrap();
        assert_eq!(
            spans(&sentences[0]),
            [("LOC", "Rome"), ("LOC", "Paris"), ("ORG", "UN")]
        );
    }

    #[test]
    fn tokens_are_joined_as_print_sets_them() {
        let tokens = "`` It cost $ 5 , \" he said -LRB- AP -RRB- ; it 's 3 % .";
        let file: String = tokens
            .split(' ')
            .map(|token| format!("{token} O\n"))
            .collect();
        assert_eq!(
            read(&file).unwrap()[0].text,
            "\"It cost $5,\" he said (AP); it's 3%."
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (file, said) in [
            ("a O\nb\n", "line 2: expected a token and a tag"),
            ("a X-PER\n", "line 1: expected a tag"),
        ] {
            assert!(read(file).unwrap_err().to_string().starts_with(said));
        }
    }
}
