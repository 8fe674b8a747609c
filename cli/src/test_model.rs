//! `scutch test-model`: one text cleaned, with what was found in it shown in colour.

use std::io::{self, IsTerminal, Read};

use anyhow::{Context, Result};
use embedded::article::{self, Stamp};
use pipeline::{Cleaned, Pipeline};

use crate::args::TestModel;
use crate::settings::Settings;

/// What a terminal shows: entities on a colour with their type, corrections as the old word struck out and the new one.
pub(crate) fn show(args: &TestModel, settings: Settings) -> Result<String> {
    let text = match &args.text {
        Some(text) => text.clone(),
        None => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .context("cannot read the text from standard input")?;
            text
        }
    };
    let pipeline = crate::model::pipeline(settings)?;
    if args.json {
        return as_document(&pipeline, text, args);
    }
    let cleaned = pipeline.clean(&text, args.published.map(|day| day.0))?;
    // https://no-color.org
    let has_colour = io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Ok(render(&cleaned, if has_colour { &COLOUR } else { &PLAIN }))
}

fn as_document(pipeline: &Pipeline, text: String, args: &TestModel) -> Result<String> {
    let line = serde_json::json!({ "document_id": "test", "text": text, "publication_date": args.published });
    let article = shared::article::Article::parse(line.to_string().as_bytes())?;
    let stamp = Stamp {
        job_id: "test".to_owned(),
        batch_id: None,
    };
    let body = pipeline.clean(&article.text, article.publication_date.map(|day| day.0))?;
    let cleaned = article::assemble(pipeline, article, body, &stamp);
    serde_json::to_string_pretty(&cleaned)
        .map(|text| text + "\n")
        .context("cannot write down the document")
}

/// What stands around the marked places.
struct Marks {
    entity: fn(kind: &str) -> String,
    entity_type: &'static str,
    removed: &'static str,
    added: &'static str,
    end: &'static str,
    dim: &'static str,
}

const COLOUR: Marks = Marks {
    entity: |kind| {
        // One background for each family, with black on it: readable on dark and light terminals.
        let background = match kind {
            "PERSON" | "NORP" => 213,
            "ORG" => 117,
            "GPE" | "LOC" | "FAC" => 120,
            "DATE" | "TIME" => 222,
            "MONEY" | "PERCENT" => 216,
            _ => 252,
        };
        format!("\x1b[30;48;5;{background}m")
    },
    entity_type: " \x1b[1m",
    removed: "\x1b[31;9m",
    added: "\x1b[0m \x1b[32;1m",
    end: "\x1b[0m",
    dim: "\x1b[2m",
};

const PLAIN: Marks = Marks {
    entity: |_| "[".to_owned(),
    entity_type: "]",
    removed: "{",
    added: "->",
    end: "",
    dim: "",
};

fn render(cleaned: &Cleaned, marks: &Marks) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut entities = cleaned.entities.iter().peekable();
    let mut corrections = cleaned.corrections.iter().peekable();
    loop {
        let entity_start = entities
            .peek()
            .map_or(usize::MAX, |entity| entity.range.start);
        let correction_start = corrections
            .peek()
            .map_or(usize::MAX, |correction| correction.range.start);
        if entity_start == usize::MAX && correction_start == usize::MAX {
            break;
        }
        if entity_start <= correction_start {
            if let Some(entity) = entities.next() {
                let range = at.max(entity.range.start)..entity.range.end.max(at);
                out += &cleaned.text[at..range.start];
                let kind = entity.kind.as_str();
                let text = &cleaned.text[range.clone()];
                out += &format!(
                    "{}{text}{}{kind}{}",
                    (marks.entity)(kind),
                    marks.entity_type,
                    marks.end
                );
                at = range.end;
            }
        } else if let Some(correction) = corrections.next() {
            let range = at.max(correction.range.start)..correction.range.end.max(at);
            out += &cleaned.text[at..range.start];
            let text = &cleaned.text[range.clone()];
            let close = if marks.end.is_empty() { "}" } else { marks.end };
            out += &format!(
                "{}{}{}{text}{close}",
                marks.removed, correction.original, marks.added
            );
            at = range.end;
        }
    }
    out += &cleaned.text[at..];
    out += "\n\n";
    out += &legend(cleaned, marks);
    out
}

fn legend(cleaned: &Cleaned, marks: &Marks) -> String {
    let mut text = String::new();
    for entity in &cleaned.entities {
        text += &format!(
            "  {:<12} {}\n",
            entity.kind.as_str(),
            &cleaned.text[entity.range.clone()]
        );
    }
    for correction in &cleaned.corrections {
        let replacement = &cleaned.text[correction.range.clone()];
        text += &format!(
            "  {:<12} {} -> {replacement} ({:.2})\n",
            "correction", correction.original, correction.confidence
        );
    }
    if let Some(date) = cleaned.first_date {
        text += &format!("  {:<12} {date}\n", "first date");
    }
    if let Some(language) = cleaned.language {
        text += &format!("  {:<12} {language}\n", "language");
    }
    format!("{}{text}{}", marks.dim, marks.end)
}
