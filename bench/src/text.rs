//! Documents per second and core of the text path, beside the old service's.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pipeline::{Options, Pipeline};
use shared::article::Article;

use crate::{rivals, root};

/// How long Scutch is measured.
const AT_LEAST: Duration = Duration::from_secs(3);

/// Measures Scutch, and the rival if wanted, on the articles of this many words, one thread each, in one run.
pub(crate) fn run(input: &Path, words: RangeInclusive<usize>, with_rival: bool) -> Result<()> {
    let text =
        fs::read_to_string(input).with_context(|| format!("cannot read {}", input.display()))?;
    let articles: Vec<Article> = text
        .lines()
        .map(|line| Article::parse(line.as_bytes()))
        .collect::<Result<_, _>>()?;
    let articles: Vec<_> = articles
        .into_iter()
        .filter(|article| words.contains(&article.text.split_whitespace().count()))
        .collect();
    if articles.is_empty() {
        bail!("no article of {} has that many words", input.display());
    }
    let bytes: usize = articles.iter().map(|article| article.text.len()).sum();
    println!(
        "{} articles of {} to {} words from {}, {:.1} KB each; one thread",
        articles.len(),
        words.start(),
        words.end(),
        input.display(),
        bytes as f64 / articles.len() as f64 / 1e3
    );
    let ours = scutch(&articles);
    println!(
        "scutch       {ours:>10.1} documents/s  {:.1} MB/s",
        ours * bytes as f64 / articles.len() as f64 / 1e6
    );
    if with_rival {
        let theirs = old_service(input, &words)?;
        println!(
            "old service  {theirs:>10.2} documents/s  (reconstruction; 5.63 is on record for the service itself)"
        );
        println!(
            "ratio        {:>10.0}             ({:.0} to the recorded 5.63)",
            ours / theirs,
            ours / 5.63
        );
    }
    Ok(())
}

fn scutch(articles: &[Article]) -> f64 {
    let pipeline = Pipeline::new(Options::default());
    let round = || {
        for article in articles {
            let published = article.publication_date.map(|day| day.0);
            std::hint::black_box(pipeline.clean(&article.text, published).is_ok());
        }
    };
    // The word lists are loaded at first use.
    round();
    let started = Instant::now();
    let mut rounds = 0_u32;
    while started.elapsed() < AT_LEAST {
        round();
        rounds += 1;
    }
    articles.len() as f64 * f64::from(rounds) / started.elapsed().as_secs_f64()
}

/// Documents/s of `rivals/old_service.py`.
fn old_service(input: &Path, words: &RangeInclusive<usize>) -> Result<f64> {
    let rivals = root().join("bench/rivals");
    let python = rivals::python("rivals", "requirements.txt", "the old service's libraries")?;
    println!("running the old service's steps on the same articles (about half a second each)…");
    let output = Command::new(&python)
        .arg(rivals.join("old_service.py"))
        .arg(input)
        .args(["--json", "--min-words", &words.start().to_string()])
        .args(["--max-words", &words.end().to_string()])
        .output()
        .context("cannot run the old service's steps")?;
    if !output.status.success() {
        bail!(
            "the old service's steps failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    report["documents_per_second"]
        .as_f64()
        .with_context(|| format!("no documents_per_second in {report}"))
}
