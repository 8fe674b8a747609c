//! Which of our entity types count as which label of the gold data.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pipeline::entity::Kind;

/// For each label of the gold data the types that count as it; none: the label is left out of the score.
#[derive(Debug)]
pub(super) struct Labels(BTreeMap<String, Vec<Kind>>);

impl Labels {
    /// The labels of a map file, one `LABEL: [TYPE, TYPE]`, `LABEL: TYPE` or `LABEL: null` a line.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the map {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot use the map {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut labels = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((label, types)) = line.split_once(':') else {
                bail!(
                    "line {}: expected LABEL: TYPE, as in PER: PERSON or LOC: [GPE, LOC]",
                    number + 1
                );
            };
            let types = types.trim().trim_start_matches('[').trim_end_matches(']');
            let mut kinds = Vec::new();
            for name in types
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty() && *name != "null")
            {
                let Ok(kind) = name.parse::<Kind>() else {
                    let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
                    bail!(
                        "line {}: there is no type {name}; the types are {}",
                        number + 1,
                        known.join(" ")
                    );
                };
                kinds.push(kind);
            }
            labels.insert(label.trim().to_owned(), kinds);
        }
        Ok(Self(labels))
    }

    /// The labels that need no map: our own types, and CoNLL-2003's people, places and organisations.
    pub(super) fn usual() -> Self {
        let own = Kind::ALL
            .iter()
            .map(|kind| (kind.as_str().to_owned(), vec![*kind]));
        let mut labels: BTreeMap<_, _> = own.collect();
        labels.insert("PER".to_owned(), vec![Kind::Person]);
        labels.insert("LOC".to_owned(), vec![Kind::Gpe, Kind::Loc, Kind::Fac]);
        Self(labels)
    }

    /// The label that a type counts as, among those that occur in the gold data.
    pub(super) fn of(&self, kind: Kind, occurring: &BTreeMap<String, u64>) -> Option<&str> {
        let mut counting = self
            .0
            .iter()
            .filter(|(label, kinds)| kinds.contains(&kind) && occurring.contains_key(*label));
        counting.next().map(|(label, _)| label.as_str())
    }

    /// Of the labels of the gold data those that take part in the score.
    ///
    /// # Errors
    /// When nothing says what some of them mean.
    pub(super) fn counting(
        &self,
        occurring: BTreeMap<String, u64>,
    ) -> Result<BTreeMap<String, u64>> {
        let unknown: Vec<_> = occurring
            .keys()
            .filter(|label| !self.0.contains_key(*label))
            .map(String::as_str)
            .collect();
        if let [first, ..] = unknown[..] {
            bail!(
                "the gold data has labels that are no types of ours ({}): give --map with a line for each, such as \
                 `{first}: [GPE, LOC]`, or `{first}: null` to leave it out",
                unknown.join(", ")
            );
        }
        let has_types = |label: &String| self.0.get(label).is_some_and(|kinds| !kinds.is_empty());
        Ok(occurring
            .into_iter()
            .filter(|(label, _)| has_types(label))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_says_what_counts_as_what() {
        let labels =
            Labels::parse("# mine\nperson: PERSON # people\nplace: [GPE, LOC]\nMISC: null\n")
                .unwrap();
        let occurring = BTreeMap::from([("place".to_owned(), 1), ("MISC".to_owned(), 1)]);
        assert_eq!(labels.of(Kind::Loc, &occurring), Some("place"));
        assert_eq!(labels.of(Kind::Person, &occurring), None);
        let counting = labels.counting(occurring).unwrap();
        assert_eq!(counting.keys().collect::<Vec<_>>(), ["place"]);
        let unknown = BTreeMap::from([("ORG".to_owned(), 1), ("X".to_owned(), 1)]);
        let error = labels.counting(unknown).unwrap_err().to_string();
        assert!(error.contains("(ORG, X): give --map"), "{error}");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = Labels::parse("\nPER: PEOPLE\n").unwrap_err().to_string();
        assert!(
            error.starts_with("line 2: there is no type PEOPLE; the types are PERSON ORG"),
            "{error}"
        );
    }
}
