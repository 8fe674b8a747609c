//! Runs the command under test.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
pub use testbed::root;

/// The command, built from the tree as it is, in the profile of the tests.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // target/<profile>/deps/it-…: the command lies two folders up.
        let target = std::env::current_exe().unwrap();
        let profile = target.parent().and_then(Path::parent).unwrap();
        let mut build = Command::new(env!("CARGO"));
        build
            .current_dir(root())
            // The whole workspace is named so that features, and so artefacts, are those of the tests.
            .args([
                "build",
                "--locked",
                "--quiet",
                "--workspace",
                "--bin",
                "scutch",
            ]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.status().unwrap().success(),
            "the command does not build"
        );
        profile.join("scutch")
    })
}

/// The command, away from any configuration of the machine.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    let foreign = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("SCUTCH"));
    for name in foreign {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    // What holds with and without a model is tested without: it starts at once. Tests of the model name a setting of it.
    if !arguments.iter().any(|argument| argument.contains("model.")) {
        command.env("SCUTCH__MODEL__ENABLED", "false");
    }
    command
}

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs the command with this on its standard input.
pub fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = spawn(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // On its own thread: a pipe holds little, and the command may write before it has read all.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    drop(writer.join().unwrap());
    output
}

/// Starts the command with a pipe as its standard input.
pub fn spawn(arguments: &[&str]) -> Child {
    command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The exit status, with everything the command said where it is not the expected one.
#[track_caller]
pub fn expect_status(output: &Output, status: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
}

/// The lines of a JSONL file.
#[track_caller]
pub fn read_jsonl(path: &Path) -> Vec<Value> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A string member of a JSON object.
#[track_caller]
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no string {name} in {value}"))
}

/// Cleans these articles with these further arguments and gives back the output lines.
#[track_caller]
pub fn clean(articles: &[Value], arguments: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.jsonl"),
        folder.path().join("out.jsonl"),
    );
    let lines: Vec<String> = articles.iter().map(Value::to_string).collect();
    std::fs::write(&input, lines.join("\n")).unwrap();
    let paths = [
        "process",
        "--quiet",
        "-i",
        input.to_str().unwrap(),
        "-o",
        output.to_str().unwrap(),
    ];
    expect_status(&run(&[&paths[..], arguments].concat()), 0);
    read_jsonl(&output)
}

/// The slice of a text by code points, as Python has it.
pub fn slice(text: &str, start: &Value, end: &Value) -> String {
    let [start, end] =
        [start, end].map(|offset| usize::try_from(offset.as_u64().unwrap()).unwrap());
    text.chars().skip(start).take(end - start).collect()
}
