//! `scutch validate`: what is wrong with which line.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use shared::article::{Article, Problem, ProblemKind, Refused};

use crate::args::Validate;
use crate::process::grouped;
use crate::process::input::{self, BytesRead, Line};
use crate::process::worker::{ErrorRow, fingerprint, too_long};
use crate::settings::Settings;

/// Reports every line that is no valid article, then the counts.
pub(crate) fn run(args: &Validate, settings: &Settings) -> Result<ExitCode> {
    let (mut input, _) = input::open(
        &args.file,
        settings.process.max_line_bytes,
        &BytesRead::default(),
    )?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut first_lines = HashMap::new();
    let mut counts = Counts::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let read = input.next_line(&mut buffer).with_context(|| {
            format!(
                "cannot read {} behind line {}",
                args.file.display(),
                input.position().line
            )
        })?;
        let number = input.position().line;
        let judged = match read {
            None => break,
            Some(Line::TooLong { bytes }) => Err(Box::new(too_long(bytes))),
            Some(Line::Whole) if buffer.trim_ascii().is_empty() => continue,
            Some(Line::Whole) => Article::parse(&buffer)
                .and_then(|article| once(article.document_id, number, &mut first_lines)),
        };
        match judged {
            Ok(()) => counts.valid += 1,
            Err(refused) => {
                *counts.invalid.entry(refused.first.kind).or_default() += 1;
                report(&mut out, number, &refused, args.json)
                    .context("cannot write to standard output")?;
            }
        }
    }
    let summary = if args.json {
        counts.as_json()?
    } else {
        counts.as_text()
    };
    writeln!(out, "{summary}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")?;
    Ok(ExitCode::from(
        match (counts.valid, counts.invalid.is_empty()) {
            (0, _) => 2,
            (_, true) => 0,
            (_, false) => 1,
        },
    ))
}

/// Refuses an id that an earlier line has.
fn once(
    document_id: String,
    line: u64,
    first_lines: &mut HashMap<u128, u64>,
) -> Result<(), Box<Refused>> {
    let first = *first_lines.entry(fingerprint(&document_id)).or_insert(line);
    if first == line {
        return Ok(());
    }
    let first = Problem {
        kind: ProblemKind::DuplicateId,
        field: Some("document_id".to_owned()),
        reason: format!("line {first} has the same document_id"),
    };
    Err(Box::new(Refused {
        document_id: Some(document_id),
        first,
        others: Vec::new(),
    }))
}

fn report(out: &mut impl Write, line: u64, refused: &Refused, as_json: bool) -> io::Result<()> {
    if as_json {
        return writeln!(
            out,
            "{}",
            serde_json::to_string(&ErrorRow::new(line, refused))?
        );
    }
    for problem in std::iter::once(&refused.first).chain(&refused.others) {
        writeln!(out, "line {line}: {problem}")?;
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    valid: u64,
    invalid: BTreeMap<ProblemKind, u64>,
}

impl Counts {
    fn as_text(&self) -> String {
        let s = |count| if count == 1 { "" } else { "s" };
        let invalid: u64 = self.invalid.values().sum();
        let mut text = format!(
            "{} valid article{}, {} invalid",
            grouped(self.valid),
            s(self.valid),
            grouped(invalid)
        );
        if invalid > 0 {
            let kinds: Vec<_> = self
                .invalid
                .iter()
                .map(|(kind, count)| format!("{kind} {}", grouped(*count)))
                .collect();
            text += &format!(" ({})", kinds.join(", "));
        }
        text
    }

    fn as_json(&self) -> Result<String> {
        let summary = serde_json::json!({ "valid": self.valid, "invalid": self.invalid });
        serde_json::to_string(&summary).context("cannot write down the counts")
    }
}
