//! What a run counts, and the table that closes it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use pipeline::model::{Device, Statistics};
use serde::{Deserialize, Serialize};

/// What a run counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Documents that came through.
    pub(crate) cleaned: u64,
    /// Documents that failed, by kind.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Entities by type.
    pub(crate) entities: BTreeMap<String, u64>,
    /// Corrected words.
    pub(crate) corrections: u64,
}

impl Counts {
    /// Documents that failed.
    pub(crate) fn all_failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Documents dealt with.
    pub(crate) fn documents(&self) -> u64 {
        self.cleaned + self.all_failed()
    }

    /// The closing table; `resumed_at` is how many documents an earlier part of the run had dealt with.
    pub(crate) fn table(&self, took: Duration, resumed_at: u64, threads: usize) -> String {
        let mut rows = vec![("documents".to_owned(), grouped(self.documents()))];
        rows.push(("  cleaned".to_owned(), grouped(self.cleaned)));
        rows.push(("  failed".to_owned(), grouped(self.all_failed())));
        rows.extend(
            self.failed
                .iter()
                .map(|(kind, count)| (format!("    {kind}"), grouped(*count))),
        );
        rows.push(("entities".to_owned(), grouped(self.entities.values().sum())));
        rows.extend(
            self.entities
                .iter()
                .map(|(kind, count)| (format!("  {kind}"), grouped(*count))),
        );
        rows.push(("corrections".to_owned(), grouped(self.corrections)));
        let now = self.documents() - resumed_at;
        let rate = now as f64 / took.as_secs_f64().max(0.001);
        let s = if threads == 1 { "" } else { "s" };
        rows.push(("time".to_owned(), seconds(took)));
        let wide = rows
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or_default();
        let values = rows
            .iter()
            .map(|(_, value)| value.chars().count())
            .max()
            .unwrap_or_default();
        let mut table = String::new();
        for (name, value) in &rows {
            // Writing into a String cannot fail.
            _ = writeln!(table, "  {name:<wide$}  {value:>values$}");
        }
        _ = write!(
            table,
            "  {} documents/s on {threads} thread{s}",
            grouped(rate.round() as u64)
        );
        if resumed_at > 0 {
            _ = write!(
                table,
                "; {} were done before this run went on",
                grouped(resumed_at)
            );
        }
        table
    }
}

/// What the model did, under the table.
pub(crate) fn model_line(done: &Statistics, device: &Device) -> String {
    let busy = done.busy.as_secs_f64().max(0.001);
    let rate = |count: u64| grouped((count as f64 / busy).round() as u64);
    let mut line = format!(
        "  model: {} words/s, {} pieces/s in {} of work on {} in {}",
        rate(done.words),
        rate(done.pieces),
        seconds(done.busy),
        device.name(),
        device.precision()
    );
    if done.halvings > 0 {
        let times = if done.halvings == 1 {
            "once"
        } else {
            "several times"
        };
        _ = write!(
            line,
            "; the device had no memory for a batch {times}, batches of half the size went on"
        );
    }
    line
}

/// A number with a comma between its thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A duration as a person says it: "0.42 s", "3 min 20 s", "2 h 5 min".
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{:.2} s", duration.as_secs_f64()),
        10..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use pipeline::model::{DeviceChoice, Precision};

    use super::*;

    #[test]
    fn the_table_is_easy_to_read() {
        let counts = Counts {
            cleaned: 1_234_560,
            failed: BTreeMap::from([
                ("invalid JSON".to_owned(), 2),
                ("duplicate id".to_owned(), 5),
            ]),
            entities: BTreeMap::from([("DATE".to_owned(), 999), ("MONEY".to_owned(), 1)]),
            corrections: 17,
        };
        let table = counts.table(Duration::from_secs(200), 34_567, 2);
        let expected = "  documents          1,234,567
    cleaned          1,234,560
    failed                   7
      duplicate id           5
      invalid JSON           2
  entities               1,000
    DATE                   999
    MONEY                    1
  corrections               17
  time              3 min 20 s
  6,000 documents/s on 2 threads; 34,567 were done before this run went on";
        assert_eq!(table, expected);
    }

    #[test]
    fn the_speed_of_the_model_is_that_of_its_work() {
        let device = Device::open(DeviceChoice::Cpu, Precision::F32, Precision::F32).unwrap();
        let mut done = Statistics {
            words: 12_000,
            pieces: 15_000,
            busy: Duration::from_secs(4),
            ..Statistics::default()
        };
        let line = "  model: 3,000 words/s, 3,750 pieces/s in 4.00 s of work on cpu in f32";
        assert_eq!(model_line(&done, &device), line);
        done.halvings = 1;
        assert!(model_line(&done, &device).contains("no memory for a batch once"));
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
