//! `scutch eval ner`: precision, recall and F1 of the entities, by label, exact and with trimmed edges.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use pipeline::Pipeline;
use serde_json::{Value, json};

use super::bootstrap::interval;
use super::conll::{self, Sentence};
use super::labels::Labels;
use super::spans::{Counts, count, trimmed};
use crate::args::EvalNer;

/// Sentences that are read together.
const TOGETHER: usize = 64;

/// Counts of every sentence for one label.
type ByLabel = BTreeMap<String, Vec<Counts>>;

/// The report, as a table or as JSON.
pub(crate) fn evaluate(args: &EvalNer, pipeline: &Pipeline) -> Result<String> {
    let file = fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let sentences =
        conll::read(&file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let labels = match &args.map {
        Some(path) => Labels::read(path)?,
        None => Labels::usual(),
    };
    let mut occurring = BTreeMap::new();
    for (label, _) in sentences.iter().flat_map(|sentence| &sentence.spans) {
        *occurring.entry(label.clone()).or_insert(0_u64) += 1;
    }
    let occurring = labels.counting(occurring)?;
    if occurring.is_empty() {
        bail!("{} marks no span that counts", args.file.display());
    }
    let (exact, loose) = compare(&sentences, &labels, &occurring, pipeline)?;
    let rows: Vec<Row> = occurring
        .keys()
        .map(|label| Row::new(label, &exact[label], &loose[label]))
        .collect();
    let micro = Row::new("all (micro)", &sum_of(&exact), &sum_of(&loose));
    if args.json {
        let rows: Vec<Value> = rows.iter().map(Row::as_json).collect();
        let report =
            json!({ "sentences": sentences.len(), "labels": rows, "micro": micro.as_json() });
        return serde_json::to_string_pretty(&report)
            .map(|text| text + "\n")
            .context("cannot write down the report");
    }
    Ok(table(&sentences, rows.iter().chain([&micro])))
}

fn compare(
    sentences: &[Sentence],
    labels: &Labels,
    occurring: &BTreeMap<String, u64>,
    pipeline: &Pipeline,
) -> Result<(ByLabel, ByLabel)> {
    let empty: ByLabel = occurring
        .keys()
        .map(|label| (label.clone(), Vec::new()))
        .collect();
    let (mut exact, mut loose) = (empty.clone(), empty);
    let texts: Vec<&str> = sentences
        .iter()
        .map(|sentence| sentence.text.as_str())
        .collect();
    let mut readings = Vec::with_capacity(texts.len());
    for texts in texts.chunks(TOGETHER) {
        readings.extend(pipeline.read(texts)?);
    }
    for (sentence, reading) in sentences.iter().zip(readings) {
        let found = reading.entities;
        for label in occurring.keys() {
            let gold: Vec<Range<usize>> = sentence
                .spans
                .iter()
                .filter(|(of, _)| of == label)
                .map(|(_, range)| range.clone())
                .collect();
            let found: Vec<Range<usize>> = found
                .iter()
                .filter(|entity| labels.of(entity.kind, occurring) == Some(label))
                .map(|entity| entity.range.clone())
                .collect();
            let trim = |spans: &[Range<usize>]| -> Vec<_> {
                spans
                    .iter()
                    .map(|span| trimmed(&sentence.text, span))
                    .collect()
            };
            exact
                .entry(label.clone())
                .or_default()
                .push(count(&gold, &found));
            loose
                .entry(label.clone())
                .or_default()
                .push(count(&trim(&gold), &trim(&found)));
        }
    }
    Ok((exact, loose))
}

/// The counts of all labels together, sentence by sentence.
fn sum_of(by_label: &ByLabel) -> Vec<Counts> {
    let sentences = by_label.values().map(Vec::len).max().unwrap_or_default();
    let mut sums = vec![Counts::default(); sentences];
    for counts in by_label.values() {
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += *count;
        }
    }
    sums
}

struct Row {
    label: String,
    exact: Counts,
    exact_interval: Option<(f64, f64)>,
    trimmed: Counts,
    trimmed_interval: Option<(f64, f64)>,
}

impl Row {
    fn new(label: &str, exact: &[Counts], trimmed: &[Counts]) -> Self {
        let total = |counts: &[Counts]| {
            let mut sum = Counts::default();
            counts.iter().for_each(|count| sum += *count);
            sum
        };
        Self {
            label: label.to_owned(),
            exact: total(exact),
            exact_interval: interval(exact, Counts::f1),
            trimmed: total(trimmed),
            trimmed_interval: interval(trimmed, Counts::f1),
        }
    }

    fn as_json(&self) -> Value {
        let scores = |counts: &Counts, interval: Option<(f64, f64)>| {
            json!({
                "gold": counts.gold, "found": counts.found, "right": counts.right, "precision": counts.precision(),
                "recall": counts.recall(), "f1": counts.f1(), "f1_95": interval.map(|(low, high)| [low, high]),
            })
        };
        json!({
            "label": self.label,
            "exact": scores(&self.exact, self.exact_interval),
            "trimmed": scores(&self.trimmed, self.trimmed_interval),
        })
    }
}

fn table<'a>(sentences: &[Sentence], rows: impl Iterator<Item = &'a Row>) -> String {
    let share =
        |value: Option<f64>| value.map_or("    –".to_owned(), |value| format!("{value:.3}"));
    let with = |f1: Option<f64>, interval: Option<(f64, f64)>| {
        let interval = interval.map_or(String::new(), |(low, high)| format!("{low:.3}–{high:.3}"));
        format!("{}  {interval:<11}", share(f1))
    };
    let mut text = format!(
        "{} sentences\n\n{:<14}{:>7}{:>7}{:>7}   {:<7}{:<7}{:<20}{}\n",
        sentences.len(),
        "label",
        "gold",
        "found",
        "right",
        "prec.",
        "recall",
        "F1 exact (95 %)",
        "F1 trimmed (95 %)"
    );
    for row in rows {
        text += &format!(
            "{:<14}{:>7}{:>7}{:>7}   {:<7}{:<7}{:<20}{}\n",
            row.label,
            row.exact.gold,
            row.exact.found,
            row.exact.right,
            share(row.exact.precision()),
            share(row.exact.recall()),
            with(row.exact.f1(), row.exact_interval),
            with(row.trimmed.f1(), row.trimmed_interval)
        );
    }
    text
}
