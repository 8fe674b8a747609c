//! Micro-benchmarks of the text path, one thread: the whole, and its three parts.
//!
//! `cargo bench -p bench`. Throughput counts the bytes of the raw text.

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use pipeline::{Options, Pipeline};
use shared::article::Article;

static ARTICLES: LazyLock<Vec<Article>> = LazyLock::new(|| {
    include_str!("../../samples/wikinews.jsonl")
        .lines()
        .filter_map(|line| Article::parse(line.as_bytes()).ok())
        .collect()
});

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| Pipeline::new(Options::default()));

fn main() {
    divan::main();
}

fn over_samples(bencher: Bencher<'_, '_>, work: impl Fn(&Article) + Sync) {
    let bytes: usize = ARTICLES.iter().map(|article| article.text.len()).sum();
    // The word lists are loaded at first use, which is not what is measured.
    ARTICLES.iter().for_each(&work);
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| ARTICLES.iter().for_each(&work));
}

#[divan::bench]
fn clean(bencher: Bencher<'_, '_>) {
    over_samples(bencher, |article| {
        let published = article.publication_date.map(|day| day.0);
        divan::black_box(PIPELINE.clean(&article.text, published).is_ok());
    });
}

#[divan::bench]
fn prepare(bencher: Bencher<'_, '_>) {
    over_samples(bencher, |article| {
        divan::black_box(PIPELINE.prepare(&article.text));
    });
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    over_samples(bencher, |article| {
        divan::black_box(PIPELINE.read(&[&article.text]).is_ok());
    });
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let lines: Vec<_> = include_str!("../../samples/wikinews.jsonl")
        .lines()
        .collect();
    let bytes: usize = lines.iter().map(|line| line.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        for line in &lines {
            divan::black_box(Article::parse(line.as_bytes()).is_ok());
        }
    });
}
