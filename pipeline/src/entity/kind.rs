//! The kinds of entities, by the names readers of the output know.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an entity names (the `OntoNotes` types without the numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// People, real or not.
    Person,
    /// Companies, agencies, institutions.
    Org,
    /// Countries, cities, states.
    Gpe,
    /// Other places: mountains, seas, regions.
    Loc,
    /// Nationalities, religious and political groups.
    Norp,
    /// Buildings, airports, bridges.
    Fac,
    /// Named storms, battles, sports events.
    Event,
    /// Things one can buy or use, not services.
    Product,
    /// Titles of books and songs.
    WorkOfArt,
    /// Named documents made into law.
    Law,
    /// Dates and periods of a day or longer.
    Date,
    /// Times and periods shorter than a day.
    Time,
    /// Amounts of money with their currency.
    Money,
    /// Percentages.
    Percent,
}

/// The text is not the name of a kind of entity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown entity type {name:?}; known are {}", Names)]
pub struct UnknownKind {
    /// The name that was given.
    pub name: String,
}

struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}")?;
        }
        Ok(())
    }
}

impl Kind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 14] = [
        Self::Person,
        Self::Org,
        Self::Gpe,
        Self::Loc,
        Self::Norp,
        Self::Fac,
        Self::Event,
        Self::Product,
        Self::WorkOfArt,
        Self::Law,
        Self::Date,
        Self::Time,
        Self::Money,
        Self::Percent,
    ];

    /// Returns the name used in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "PERSON",
            Self::Org => "ORG",
            Self::Gpe => "GPE",
            Self::Loc => "LOC",
            Self::Norp => "NORP",
            Self::Fac => "FAC",
            Self::Event => "EVENT",
            Self::Product => "PRODUCT",
            Self::WorkOfArt => "WORK_OF_ART",
            Self::Law => "LAW",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::Money => "MONEY",
            Self::Percent => "PERCENT",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownKind {
                name: name.to_owned(),
            })
    }
}
