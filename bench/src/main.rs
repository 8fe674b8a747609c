//! Benchmarks of the whole: the text path beside the old service's, the model beside ONNX Runtime and spaCy, and the memory of
//! `scutch process` on a large file.
#![expect(
    clippy::print_stdout,
    reason = "its results are what a benchmark prints"
)]

mod memory;
mod model;
mod rivals;
mod text;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser;

/// Benchmarks of Scutch.
#[derive(Debug, Parser)]
enum Bench {
    /// Documents per second and core of the text path, beside the old service's in the same run
    Text {
        /// Articles to clean, as JSONL
        #[arg(long, default_value = "samples/wikinews.jsonl")]
        input: PathBuf,
        /// Shortest and longest article that counts, in words
        #[arg(long, default_value_t = 300)]
        min_words: usize,
        #[arg(long, default_value_t = 600)]
        max_words: usize,
        /// Measure Scutch alone
        #[arg(long)]
        without_rival: bool,
    },
    /// Speed of the model beside ONNX Runtime and spaCy md in the same run, its start-up and its memory
    Model {
        /// Articles to read, as JSONL
        #[arg(long, default_value = "samples/wikinews.jsonl")]
        input: PathBuf,
        /// Folder of a BERT model with both heads
        #[arg(long, default_value = "models/ner-typo-en")]
        folder: PathBuf,
    },
    /// What `model` runs in a process of its own
    #[command(hide = true)]
    ModelWords {
        folder: PathBuf,
        input: PathBuf,
        precision: String,
    },
    /// Peak resident memory of `scutch process` on a large synthetic file
    Memory {
        /// Size of the file
        #[arg(long, default_value_t = 5.0)]
        gib: f64,
        /// Where the file and the output go; they are removed at the end
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
    },
}

fn main() -> Result<()> {
    match Bench::parse() {
        Bench::Text {
            input,
            min_words,
            max_words,
            without_rival,
        } => text::run(&input, min_words..=max_words, !without_rival),
        Bench::Model { input, folder } => model::run(&input, &folder),
        Bench::ModelWords {
            folder,
            input,
            precision,
        } => model::read(&folder, &input, &precision),
        Bench::Memory { gib, folder } => memory::run(gib, &folder),
    }
}

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}
