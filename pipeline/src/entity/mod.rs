use std::ops::Range;
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Person,
    Org,
    Gpe,
    Loc,
    Norp,
    Fac,
    Event,
    Product,
    WorkOfArt,
    Law,
    Date,
    Time,
    Money,
    Percent,
}
impl Kind {
    pub const ALL: [Kind; 14] = [
        Kind::Person,
        Kind::Org,
        Kind::Gpe,
        Kind::Loc,
        Kind::Norp,
        Kind::Fac,
        Kind::Event,
        Kind::Product,
        Kind::WorkOfArt,
        Kind::Law,
        Kind::Date,
        Kind::Time,
        Kind::Money,
        Kind::Percent,
    ];
    pub fn as_str(self) -> &'static str {
        "DATE"
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    pub kind: Kind,
    pub range: Range<usize>,
}
pub(crate) fn find(_: &str) -> Vec<Entity> {
    vec![]
}
