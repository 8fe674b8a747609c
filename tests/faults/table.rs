//! The table of `docs/reliability.md`, made of what was recorded.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// What was seen of one scenario.
#[derive(Default)]
struct Seen {
    seeds: Vec<u64>,
    documents: u64,
    recovered: Vec<f64>,
    bound: u64,
    /// How often each invariant was broken.
    broken: BTreeMap<char, u32>,
    /// How often it failed otherwise.
    failed: u32,
}

/// Fault by invariant, as Markdown: how often each was played, under which seeds, how soon the service recovered, and what was broken.
pub(crate) fn table(records: &[impl AsRef<Path>]) -> String {
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    for path in records {
        let text = std::fs::read_to_string(path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()));
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let name = record["scenario"].as_str().unwrap().to_owned();
            all.entry(name).or_default().add(&record);
        }
    }
    let mut table = String::from(
        "| fault | played | seeds | documents | recovered (s): median, longest, bound | I1 | I2 | I3 | I4 | I5 | I6 | I7 | I8 |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (name, seen) in &mut all {
        table.push_str(&seen.row(name));
    }
    table
}

impl Seen {
    fn add(&mut self, record: &Value) {
        self.seeds.push(record["seed"].as_u64().unwrap());
        self.documents += record["documents"].as_u64().unwrap_or(0);
        self.recovered.extend(record["recovered_s"].as_f64());
        self.bound = record["bound_s"].as_u64().unwrap_or(0);
        let Some(why) = record["why"].as_str() else {
            return;
        };
        let invariants = ('1'..='8').filter(|number| why.contains(&format!("I{number}:")));
        let before = self.broken.len();
        for number in invariants {
            *self.broken.entry(number).or_default() += 1;
        }
        self.failed += u32::from(self.broken.len() == before);
    }

    fn row(&mut self, name: &str) -> String {
        self.seeds.sort_unstable();
        self.seeds.dedup();
        self.recovered.sort_by(f64::total_cmp);
        let recovered = match self.recovered.as_slice() {
            [] => "–".to_owned(),
            times => {
                let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
                format!("{median:.1}, {longest:.1}, {}", self.bound)
            }
        };
        let held = |number: char| match self.broken.get(&number) {
            None => "✓".to_owned(),
            Some(times) => format!("**{times}**"),
        };
        let invariants: Vec<String> = ('1'..='8').map(held).collect();
        let failed = match self.failed {
            0 => String::new(),
            times => format!(" ({times} failed otherwise)"),
        };
        format!(
            "| {name}{failed} | {} | {} | {} | {recovered} | {} |\n",
            self.seeds.len(),
            ranges(&self.seeds),
            self.documents,
            invariants.join(" | ")
        )
    }
}

/// Numbers in order, those that follow one another as `1–9`.
fn ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}
