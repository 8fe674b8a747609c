//! The layers and the messages, end to end.

mod layers;
mod messages;
mod secrets;
mod survival;

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::{Flag, Loaded, Refused, Sources, load_in};

/// A reference with one key of each kind.
const DEFAULTS: &str = r#"# The reference.
process:
  threads: 2
  input: ~
cleaning:
  enabled: true
  mode: gentle
  entities: [PERSON, ORG]
  typo:
    min_word_length: 2
    confidence: 0.7
store:
  password: ~
  url: postgres://localhost/news
  log_file: ""
labels: {}
sinks: []
"#;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    process: Process,
    cleaning: Cleaning,
    store: Store,
    labels: Map<String, Value>,
    sinks: Vec<Sink>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Process {
    threads: u8,
    input: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cleaning {
    enabled: bool,
    mode: Mode,
    entities: Vec<String>,
    typo: Typo,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Gentle,
    Thorough,
    Off,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typo {
    min_word_length: u32,
    confidence: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    password: Option<Password>,
    url: String,
    log_file: String,
}

/// As careless as a foreign type may be: its message repeats the value.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Password(String);

impl TryFrom<String> for Password {
    type Error = String;

    fn try_from(text: String) -> Result<Password, String> {
        if text.len() < 4 {
            return Err(format!("{text:?} is too short"));
        }
        Ok(Password(text))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sink {
    name: String,
    api_key: String,
    #[serde(default)]
    retries: u32,
}

/// A working directory and what lies over the defaults.
struct Setting {
    directory: TempDir,
    sources: Sources,
}

impl Setting {
    fn new() -> Setting {
        Setting {
            directory: TempDir::new().unwrap(),
            sources: Sources::default(),
        }
    }

    /// With `text` as `scutch.yaml`.
    fn file(text: &str) -> Setting {
        Setting::new().and_file("scutch.yaml", text)
    }

    fn and_file(self, name: &str, text: impl AsRef<[u8]>) -> Setting {
        fs::write(self.directory.path().join(name), text).unwrap();
        self
    }

    fn and_variable(mut self, name: &str, value: &str) -> Setting {
        let variable = (name.to_owned(), value.to_owned());
        self.sources.environment.push(variable);
        self
    }

    /// A variable that holds the path of a file in the working directory.
    fn and_path_variable(self, name: &str, file: &str) -> Setting {
        let path = self.directory.path().join(file).display().to_string();
        self.and_variable(name, &path)
    }

    fn and_flag(mut self, name: &str, key: &str, value: &str) -> Setting {
        self.sources.flags.push(Flag {
            key: key.to_owned(),
            value: value.to_owned(),
            name: name.to_owned(),
        });
        self
    }

    fn load(&self) -> Result<Loaded<Settings>, Refused> {
        load_in(self.directory.path(), DEFAULTS, &self.sources)
    }

    fn loaded(&self) -> Loaded<Settings> {
        self.load().unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// The refusals as printed, with the working directory left out.
    fn refused(&self) -> String {
        let loaded = self.load().map(|loaded| loaded.values);
        without(self.directory.path(), &loaded.unwrap_err().to_string())
    }
}

fn without(directory: &Path, text: &str) -> String {
    text.replace(&format!("{}/", directory.display()), "")
}

/// The entry of `key` as printed, with the working directory left out.
fn entry(setting: &Setting, key: &str) -> String {
    let loaded = setting.loaded();
    let entry = loaded.values.iter().find(|entry| entry.key == key);
    without(setting.directory.path(), &entry.unwrap().to_string())
}
