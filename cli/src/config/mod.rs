//! One configuration in layers, and for each value the place that set it.
//!
//! Later layers win: the embedded default YAML, which is also the reference of every legal key;
//! the file (`--config`, else `SCUTCH_CONFIG`, else `scutch.yaml` in the working directory); the
//! environment (`SCUTCH__SECTION__KEY`, or `SCUTCH__SECTION__KEY_FILE` for a file that holds the
//! value); the command line. Every mistake in any layer is reported at once, with file, line,
//! column and key, and no message holds a secret.
//!
//! In the default and the file, scalar values may hold `${VAR}` and `${VAR:-default}`; `$${` is a
//! literal `${`. Sections are merged key by key, lists are replaced whole. A default of null takes
//! any single value, `{}` takes any keys. A list from the environment or a flag is written `a,b`
//! or `[a, b]`.

mod core_schema;
mod echo;
mod kind;
mod loaded;
mod merge;
mod origin;
mod outside;
mod read_text;
mod refusal;
mod secret;
mod substitute;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod typed;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

pub(crate) use loaded::Loaded;
pub(crate) use refusal::{Refusal, Refused};

use origin::{Mark, Origin};
use tree::{Content, Node};

/// The file that is read when none is named, from the working directory.
const USUAL_FILE: &str = "scutch.yaml";

/// The variable that names the file when no flag does.
const FILE_VARIABLE: &str = "SCUTCH_CONFIG";

/// What lies over the embedded default. Not `Debug`, as it holds secrets.
#[derive(Default)]
pub(crate) struct Sources {
    /// The path given by `--config`.
    pub(crate) file: Option<PathBuf>,
    /// All variables of the process, read once in `main`.
    pub(crate) environment: Vec<(String, String)>,
    /// In the order of the command line; of two for one key the later wins.
    pub(crate) flags: Vec<Flag>,
}

/// One value of the command line.
pub(crate) struct Flag {
    /// The dotted key that it sets: `process.threads`.
    pub(crate) key: String,
    pub(crate) value: String,
    /// How messages call it: `--threads`.
    pub(crate) name: String,
}

/// The settings with the origin of every value.
///
/// `defaults` is the embedded YAML: every legal key appears in it, and each default's type is the
/// type its key takes. The settings type should refuse unknown fields.
///
/// # Errors
/// Every mistake of every layer together; a second attempt gives the same answer.
pub(crate) fn load<T: DeserializeOwned>(
    defaults: &str,
    sources: &Sources,
) -> Result<Loaded<T>, Refused> {
    load_in(Path::new(""), defaults, sources)
}

/// [`load`] with the working directory as an argument, empty for the real one.
fn load_in<T: DeserializeOwned>(
    directory: &Path,
    defaults: &str,
    sources: &Sources,
) -> Result<Loaded<T>, Refused> {
    let Sources {
        file,
        environment,
        flags,
    } = sources;
    let mut refusals = Vec::new();
    let reference = reference(defaults, environment, &mut refusals);
    // Against a broken reference every key would look unknown.
    Refused::unless_empty(std::mem::take(&mut refusals))?;

    let mut merged = reference.clone();
    let chosen = file
        .clone()
        .or_else(|| named_or_usual(directory, environment));
    let mut layers = Vec::new();
    layers.extend(chosen.and_then(|path| read(&path, environment, &mut refusals)));
    layers.extend(outside::environment_layers(
        &reference,
        environment,
        &mut refusals,
    ));
    layers.extend(outside::flag_layers(&reference, flags, &mut refusals));
    for layer in layers {
        merge::lay_over(&reference, &mut merged, layer, &mut refusals);
    }
    match typed::settle(&reference, &mut merged, &mut refusals) {
        Some(settings) if refusals.is_empty() => Ok(Loaded {
            settings,
            values: loaded::entries(&merged),
        }),
        Some(_) | None => Err(Refused::all(refusals)),
    }
}

fn reference(
    defaults: &str,
    environment: &[(String, String)],
    refusals: &mut Vec<Refusal>,
) -> Node {
    let start = Origin::Default(Mark { line: 1, column: 1 });
    let parsed = yaml::parse(defaults, &Origin::Default, refusals);
    let mut root = parsed.unwrap_or(Node {
        origin: start,
        content: Content::Section(Vec::new()),
    });
    substitute::substitute(&mut root, "", environment, refusals);
    root
}

/// The file to read when `--config` names none. An empty variable counts as unset.
fn named_or_usual(directory: &Path, environment: &[(String, String)]) -> Option<PathBuf> {
    let named = environment
        .iter()
        .find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
    if let Some((_, path)) = named {
        return Some(directory.join(path));
    }
    let usual = directory.join(USUAL_FILE);
    usual.exists().then_some(usual)
}

fn read(
    path: &Path,
    environment: &[(String, String)],
    refusals: &mut Vec<Refusal>,
) -> Option<Node> {
    let text = match read_text::read_text(path) {
        Ok(text) => text,
        Err(error) => {
            let wrong = format!("the file {error}");
            let right = format!("check `--config`, `{FILE_VARIABLE}` and the file itself");
            refusals.push(Refusal::of(path.display().to_string(), "", wrong, right));
            return None;
        }
    };
    let path: Arc<Path> = path.into();
    let origin = |at: Mark| Origin::File {
        path: Arc::clone(&path),
        at,
    };
    let mut root = yaml::parse(&text, &origin, refusals)?;
    substitute::substitute(&mut root, "", environment, refusals);
    Some(root)
}
