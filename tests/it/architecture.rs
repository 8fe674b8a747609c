//! What may know what, and the size of files: the drawing in ARCHITECTURE.md, asserted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use tests::scutch::{root, text};

/// Every crate, and the crates of the workspace that it may know.
const ALLOWED: &[(&str, &[&str])] = &[
    ("testbed", &[]),
    // In its tests.
    ("shared", &["testbed"]),
    ("pipeline", &[]),
    ("producer", &["shared"]),
    ("scheduler", &["shared"]),
    ("worker", &["shared", "pipeline"]),
    (
        "embedded",
        &["shared", "pipeline", "producer", "scheduler", "worker"],
    ),
    ("cli", &["shared", "pipeline", "embedded"]),
    ("tests", &["shared", "embedded", "testbed"]),
    ("bench", &["shared", "pipeline"]),
];

/// The modules of `shared`. One enters when a second crate needs it.
const SHARED_MODULES: &[&str] = &[
    "article",
    "broker",
    "chain",
    "chance",
    "checkpoint",
    "dispatch",
    "event",
    "failpoint",
    "http",
    "job",
    "message",
    "payload",
    "secret",
    "store",
    "trace",
];

/// Lines beyond which a file holds more than one idea; tests excluded.
const MAX_LINES: usize = 500;

/// Drawers in which everything ends up.
const NO_NAMES: &[&str] = &[
    "utils", "util", "helpers", "common", "manager", "base", "misc",
];

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "metadata",
            "--no-deps",
            "--format-version=1",
            "--locked",
            "--offline",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The arrows between the crates of the workspace, those of tests and benchmarks too.
fn arrows(metadata: &Value) -> Arrows {
    let packages = metadata["packages"].as_array().unwrap();
    let members: BTreeSet<&str> = packages
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let known = dependencies
                .iter()
                .map(|dependency| text(dependency, "name"));
            let known = known
                .filter(|name| members.contains(name))
                .map(str::to_owned)
                .collect();
            (text(package, "name").to_owned(), known)
        })
        .collect()
}

/// What is wrong with the arrows, a line for each crate.
fn violations(arrows: &Arrows) -> Vec<String> {
    let allowed: Arrows = ALLOWED
        .iter()
        .map(|(name, known)| {
            (
                (*name).to_owned(),
                known.iter().map(|known| (*known).to_owned()).collect(),
            )
        })
        .collect();
    let names: BTreeSet<_> = arrows.keys().chain(allowed.keys()).collect();
    names
        .into_iter()
        .filter(|name| arrows.get(*name) != allowed.get(*name))
        .map(|name| {
            format!(
                "{name}: knows {:?}, may know {:?}",
                arrows.get(name),
                allowed.get(name)
            )
        })
        .collect()
}

#[test]
fn every_crate_knows_what_the_drawing_shows_and_no_more() {
    assert_eq!(violations(&arrows(&metadata())), Vec::<String>::new());
}

#[test]
fn an_arrow_too_many_and_a_crate_too_many_are_found() {
    let mut wrong = arrows(&metadata());
    wrong
        .get_mut("pipeline")
        .unwrap()
        .insert("shared".to_owned());
    assert_eq!(violations(&wrong).len(), 1);
    let mut wrong = arrows(&metadata());
    wrong.insert("utils".to_owned(), BTreeSet::new());
    assert_eq!(violations(&wrong).len(), 1);
}

#[test]
fn a_folder_is_named_like_its_crate() {
    for package in metadata()["packages"].as_array().unwrap() {
        let manifest = Path::new(text(package, "manifest_path"));
        let folder = manifest
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        assert_eq!(folder, text(package, "name"));
        assert_eq!(text(package, "license"), "Apache-2.0");
    }
}

#[test]
fn shared_holds_the_modules_that_are_shared_and_no_more() {
    let lib = std::fs::read_to_string(root().join("shared/src/lib.rs")).unwrap();
    let modules: Vec<_> = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .map(|rest| rest.trim_end_matches(';'))
        .collect();
    assert_eq!(modules, SHARED_MODULES);
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn a_file_holds_one_idea_and_is_named_after_it() {
    let mut files = Vec::new();
    for (name, _) in ALLOWED {
        rust_files(&root().join(name), &mut files);
    }
    assert!(files.len() > 30);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(
            !NO_NAMES.contains(&name),
            "{}: a name that says nothing",
            file.display()
        );
        let is_test = name == "tests" || file.components().any(|part| part.as_os_str() == "tests");
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(
            is_test || lines <= MAX_LINES,
            "{}: {lines} lines",
            file.display()
        );
    }
}
