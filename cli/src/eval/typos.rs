//! `scutch eval typos`: how many misspelt words are put right, and how many right words are damaged.

use std::fs;
use std::ops::AddAssign;

use anyhow::{Context, Result, bail};
use pipeline::Pipeline;
use serde_json::json;

use super::bootstrap::interval;
use crate::args::EvalTypos;

/// What became of the words of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    /// Words that were right already.
    right: u64,
    /// Of those, how many were changed.
    damaged: u64,
    /// Words that were misspelt.
    misspelt: u64,
    /// Of those, how many are right now.
    fixed: u64,
    /// Of those, how many became another wrong word.
    wrong: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.damaged += other.damaged;
        self.misspelt += other.misspelt;
        self.fixed += other.fixed;
        self.wrong += other.wrong;
    }
}

impl Counts {
    fn precision(&self) -> Option<f64> {
        let changed = self.fixed + self.wrong + self.damaged;
        (changed > 0).then(|| self.fixed as f64 / changed as f64)
    }

    fn recall(&self) -> Option<f64> {
        (self.misspelt > 0).then(|| self.fixed as f64 / self.misspelt as f64)
    }

    fn damaged_per_thousand(&self) -> Option<f64> {
        (self.right > 0).then(|| 1000.0 * self.damaged as f64 / self.right as f64)
    }
}

/// The report, as a table or as JSON.
pub(crate) fn evaluate(args: &EvalTypos, pipeline: &Pipeline) -> Result<String> {
    let file = fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let mut rows = Vec::new();
    for (number, line) in file.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let Some((written, meant)) = line.split_once('\t') else {
            bail!(
                "{} line {}: expected the text as written, a tab, and the text as meant",
                args.file.display(),
                number + 1
            );
        };
        let counts = judge(pipeline, written.trim(), meant.trim())
            .with_context(|| format!("line {}", number + 1))?;
        rows.push(counts);
    }
    if rows.is_empty() {
        bail!("{} holds no row", args.file.display());
    }
    let mut sum = Counts::default();
    rows.iter().for_each(|row| sum += *row);
    let scores = [
        (
            "precision",
            sum.precision(),
            interval(&rows, Counts::precision),
        ),
        ("recall", sum.recall(), interval(&rows, Counts::recall)),
        (
            "damaged_per_1000_right_words",
            sum.damaged_per_thousand(),
            interval(&rows, Counts::damaged_per_thousand),
        ),
    ];
    if args.json {
        let scores: serde_json::Map<_, _> = scores
            .iter()
            .map(|(name, value, interval)| {
                ((*name).to_owned(), json!({ "value": value, "interval_95": interval.map(|(low, high)| [low, high]) }))
            })
            .collect();
        let report = json!({
            "rows": rows.len(), "misspelt": sum.misspelt, "fixed": sum.fixed, "wrong": sum.wrong,
            "right": sum.right, "damaged": sum.damaged, "scores": scores,
        });
        return serde_json::to_string_pretty(&report)
            .map(|text| text + "\n")
            .context("cannot write down the report");
    }
    let missed = sum.misspelt - sum.fixed - sum.wrong;
    let mut text = format!(
        "{} rows\n\nmisspelt words  {:>8}\n  put right     {:>8}\n  made wrong    {:>8}\n  left          {missed:>8}\nright words     {:>8}\n  damaged       {:>8}\n\n",
        rows.len(),
        sum.misspelt,
        sum.fixed,
        sum.wrong,
        sum.right,
        sum.damaged
    );
    for (name, value, interval) in scores {
        let value = value.map_or("–".to_owned(), |value| format!("{value:.3}"));
        let interval = interval.map_or(String::new(), |(low, high)| {
            format!("  (95 %: {low:.3}–{high:.3})")
        });
        text += &format!("{:<30}{value}{interval}\n", name.replace('_', " "));
    }
    Ok(text)
}

/// What becomes of the words of one row; a row of one word is set into a sentence, since words are judged by what is around them.
fn judge(pipeline: &Pipeline, written: &str, meant: &str) -> Result<Counts> {
    let is_word = !written.contains(char::is_whitespace);
    let framed = |text: &str| {
        if is_word {
            format!("On Monday she said that the {text} was in the report.")
        } else {
            text.to_owned()
        }
    };
    let (written, meant) = (framed(written), framed(meant));
    let reading = pipeline.read(&[&written])?.pop().unwrap_or_default();
    let made = pipeline.finish(written.clone(), reading, None).text;
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (written, meant, made) = (words(&written), words(&meant), words(&made));
    if written.len() != meant.len() || made.len() != meant.len() {
        bail!(
            "the two texts have {} and {} words; they must match word by word",
            written.len(),
            meant.len()
        );
    }
    let mut counts = Counts::default();
    for ((written, meant), made) in written.iter().zip(&meant).zip(&made) {
        if written == meant {
            counts.right += 1;
            counts.damaged += u64::from(made != meant);
        } else {
            counts.misspelt += 1;
            counts.fixed += u64::from(made == meant);
            counts.wrong += u64::from(made != meant && made != written);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use pipeline::Options;

    use super::*;

    #[test]
    fn every_word_is_counted_once() {
        let pipeline = Pipeline::new(Options::default());
        let written = "The goverment of Kyiv recieved qwxzt help on Friday.";
        let meant = "The government of Kyiv received quick help on Friday.";
        let counts = judge(&pipeline, written, meant).unwrap();
        assert_eq!(
            counts,
            Counts {
                right: 6,
                damaged: 0,
                misspelt: 3,
                fixed: 2,
                wrong: 0
            }
        );
        assert_eq!(
            (counts.precision(), counts.recall()),
            (Some(1.0), Some(2.0 / 3.0))
        );
    }

    #[test]
    fn a_single_word_is_judged_in_a_sentence() {
        let pipeline = Pipeline::new(Options::default());
        assert_eq!(
            judge(&pipeline, "goverment", "government").unwrap().fixed,
            1
        );
    }

    #[test]
    fn texts_of_different_length_are_refused() {
        let pipeline = Pipeline::new(Options::default());
        assert!(judge(&pipeline, "one two", "one").is_err());
    }
}
