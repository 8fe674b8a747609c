//! Where a value came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A position in a text: line and column count from 1, the column in code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The layer and the place that set a value.
///
/// `Display` is the short form for a listing (`default`, `scutch.yaml:12`, `--threads`);
/// refusals use [`Origin::place`], which adds the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The embedded default, which is also the reference of every legal key.
    Default(Mark),
    /// The configuration file.
    File { path: Arc<Path>, at: Mark },
    /// A variable `SCUTCH__SECTION__KEY`.
    Environment { variable: String },
    /// A file named by a variable `SCUTCH__SECTION__KEY_FILE`.
    SecretFile { variable: String, path: PathBuf },
    /// A command-line flag.
    Flag { name: String },
}

impl Origin {
    /// The exact place, for a refusal: `scutch.yaml:12:5`, `environment SCUTCH__A__B`, `--threads`.
    pub(super) fn place(&self) -> String {
        match self {
            Origin::Default(at) => format!("default:{}:{}", at.line, at.column),
            Origin::File { at, .. } => format!("{self}:{}", at.column),
            Origin::Environment { .. } | Origin::SecretFile { .. } | Origin::Flag { .. } => {
                self.to_string()
            }
        }
    }

    /// Layer, line and column, to sort by.
    pub(super) fn order(&self) -> (u8, usize, usize) {
        match self {
            Origin::Default(at) => (1, at.line, at.column),
            Origin::File { at, .. } => (2, at.line, at.column),
            Origin::Environment { .. } | Origin::SecretFile { .. } => (3, 0, 0),
            Origin::Flag { .. } => (4, 0, 0),
        }
    }

    /// True for a value that no layer above the embedded default has set.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self, Origin::Default(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default(_) => f.write_str("default"),
            Origin::File { path, at } => write!(f, "{}:{}", path.display(), at.line),
            Origin::Environment { variable } => write!(f, "environment {variable}"),
            Origin::SecretFile { variable, path } => {
                write!(f, "environment {variable} ({})", path.display())
            }
            Origin::Flag { name } => f.write_str(name),
        }
    }
}
