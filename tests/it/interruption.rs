//! Runs that are ended before their time: nothing is lost, nothing is doubled, nothing is redone that was saved.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{expected_ids, ids, jsonl};
use tests::scutch::{expect_status, run, spawn};

const COUNT: usize = 3000;

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("in.jsonl"), jsonl(COUNT)).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn output(&self) -> String {
        self.path("out.jsonl").to_str().unwrap().to_owned()
    }

    /// Starts a run on a pipe that has given `count` articles and stays open.
    fn start(&self, count: usize, arguments: &[&str]) -> (Child, std::process::ChildStdin) {
        let output = self.output();
        let fixed = [
            "process",
            "-i",
            "-",
            "-o",
            &output,
            "--set",
            "process.checkpoint_interval=100",
        ];
        let mut child = spawn(&[&fixed[..], arguments].concat());
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&jsonl(count)).unwrap();
        stdin.flush().unwrap();
        (child, stdin)
    }

    /// Kills a run that was given `count` articles as soon as `enough` are saved; returns how many were.
    fn kill_after(&self, enough: u64, count: usize, arguments: &[&str]) -> u64 {
        let (mut child, stdin) = self.start(count, arguments);
        let saved = self.wait_for_documents(enough);
        child.kill().unwrap();
        child.wait().unwrap();
        drop(stdin);
        saved
    }

    /// Waits until the checkpoint vouches for at least this many documents.
    fn wait_for_documents(&self, count: u64) -> u64 {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let done = self.saved_documents();
            if done >= count {
                return done;
            }
            assert!(
                Instant::now() < deadline,
                "only {done} of {count} documents were saved"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn saved_documents(&self) -> u64 {
        let text = std::fs::read_to_string(self.path("out.jsonl.checkpoint")).unwrap_or_default();
        let checkpoint: Value = serde_json::from_str(&text).unwrap_or_default();
        checkpoint["counts"]["cleaned"].as_u64().unwrap_or_default()
    }

    fn resume(&self) -> std::process::Output {
        let input = self.path("in.jsonl");
        let interval = ["--set", "process.checkpoint_interval=100"];
        run(&[
            &[
                "process",
                "-i",
                input.to_str().unwrap(),
                "-o",
                &self.output(),
                "--resume",
            ][..],
            &interval,
        ]
        .concat())
    }

    /// The whole lines of the unfinished output.
    fn partial(&self) -> String {
        let partial = std::fs::read_to_string(self.path("out.jsonl.partial")).unwrap();
        let end = partial.rfind('\n').map_or(0, |at| at + 1);
        partial[..end].to_owned()
    }

    fn expect_whole(&self) {
        assert_eq!(ids(&self.path("out.jsonl")), expected_ids(COUNT));
        for leftover in [
            "out.jsonl.partial",
            "out.jsonl.checkpoint",
            "out.jsonl.errors.partial",
            "out.jsonl.errors.jsonl",
        ] {
            assert!(!self.path(leftover).exists(), "{leftover} is left");
        }
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", child.id())])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_killed_run_goes_on_from_its_checkpoint() {
    let scene = Scene::new();
    let saved = scene.kill_after(500, 1500, &[]);
    assert!(!scene.path("out.jsonl").exists());
    let kept: Vec<String> = scene
        .partial()
        .lines()
        .take(usize::try_from(saved).unwrap())
        .map(str::to_owned)
        .collect();
    expect_status(&scene.resume(), 0);
    scene.expect_whole();
    // Not redone: the lines that were saved are there to the byte, with the time of their making.
    let whole = std::fs::read_to_string(scene.path("out.jsonl")).unwrap();
    assert!(whole.lines().zip(&kept).all(|(line, kept)| line == kept));
}

#[test]
fn many_kills_in_a_row_lose_and_double_nothing() {
    let scene = Scene::new();
    let mut saved = 0;
    for round in 1..=5_usize {
        let arguments: &[&str] = if round > 1 { &["--resume"] } else { &[] };
        saved = scene.kill_after(saved + 200, round * 500, arguments);
    }
    expect_status(&scene.resume(), 0);
    scene.expect_whole();
}

#[test]
fn a_signal_keeps_all_that_is_done() {
    for name in ["INT", "TERM"] {
        let scene = Scene::new();
        let (child, stdin) = scene.start(1500, &[]);
        scene.wait_for_documents(1000);
        signal(&child, name);
        let stopped = child.wait_with_output().unwrap();
        drop(stdin);
        expect_status(&stopped, 130);
        assert!(String::from_utf8_lossy(&stopped.stderr).contains("--resume"));
        let kept = scene.partial();
        assert_eq!(
            kept.lines().count() as u64,
            scene.saved_documents(),
            "all that was written is vouched for"
        );
        expect_status(&scene.resume(), 0);
        scene.expect_whole();
        assert!(
            std::fs::read_to_string(scene.path("out.jsonl"))
                .unwrap()
                .starts_with(&kept)
        );
    }
}

#[test]
fn a_duplicate_is_found_across_a_resumption() {
    let scene = Scene::new();
    scene.kill_after(600, 1000, &[]);
    let mut again = jsonl(COUNT);
    again.extend_from_slice(b"{\"document_id\":\"d3\",\"text\":\"again\"}\n");
    std::fs::write(scene.path("in.jsonl"), again).unwrap();
    expect_status(&scene.resume(), 1);
    let rows = tests::scutch::read_jsonl(&scene.path("out.jsonl.errors.jsonl"));
    assert_eq!(
        (rows.len(), rows[0]["line"].as_u64()),
        (1, Some(COUNT as u64 + 1))
    );
    assert_eq!(ids(&scene.path("out.jsonl")), expected_ids(COUNT));
}

#[test]
fn another_input_or_other_options_are_not_taken_for_the_same_run() {
    let scene = Scene::new();
    scene.kill_after(600, 1000, &[]);
    let other = scene.path("other.jsonl");
    let changed = String::from_utf8(jsonl(COUNT))
        .unwrap()
        .replacen("two", "2", 1);
    std::fs::write(&other, changed).unwrap();
    let refused = run(&[
        "process",
        "-i",
        other.to_str().unwrap(),
        "-o",
        &scene.output(),
        "--resume",
    ]);
    expect_status(&refused, 2);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not begin with"));
    let input = scene.path("in.jsonl");
    let changed = run(&[
        "process",
        "-i",
        input.to_str().unwrap(),
        "-o",
        &scene.output(),
        "--resume",
        "--disable",
        "fix_encoding",
    ]);
    expect_status(&changed, 2);
    assert!(String::from_utf8_lossy(&changed.stderr).contains("cleaning.fix_encoding"));
    let model = tests::scutch::root().join("pipeline/testdata/models/bert");
    let setting = format!("model.folder={}", model.display());
    let other_model = run(&[
        "process",
        "-i",
        input.to_str().unwrap(),
        "-o",
        &scene.output(),
        "--resume",
        "--set",
        "model.enabled=false",
        "--set",
        &setting,
    ]);
    expect_status(&other_model, 2);
    assert!(String::from_utf8_lossy(&other_model.stderr).contains("(model.folder)"));
    expect_status(&scene.resume(), 0);
    scene.expect_whole();
}

#[test]
fn two_runs_cannot_write_the_same_output() {
    let scene = Scene::new();
    let (mut child, stdin) = scene.start(1000, &[]);
    scene.wait_for_documents(500);
    let second = scene.resume();
    expect_status(&second, 2);
    assert!(String::from_utf8_lossy(&second.stderr).contains("another scutch process"));
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stdin);
    expect_status(&scene.resume(), 0);
    scene.expect_whole();
}

#[test]
fn a_run_that_ended_between_its_last_two_steps_is_finished() {
    let scene = Scene::new();
    scene.kill_after(COUNT as u64, COUNT, &[]);
    // As if the kill had come between the rename of the output and the removal of the checkpoint.
    std::fs::rename(scene.path("out.jsonl.partial"), scene.path("out.jsonl")).unwrap();
    expect_status(&scene.resume(), 0);
    scene.expect_whole();
}

#[test]
fn a_full_disk_is_said_and_nothing_half_written_appears() {
    // /dev/full answers every write with "no space left on device".
    if !Path::new("/dev/full").exists() {
        return;
    }
    let scene = Scene::new();
    let input = scene.path("in.jsonl");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let done = tests::scutch::command(&["process", "-i", input.to_str().unwrap(), "-o", "-"])
        .stdout(full)
        .output()
        .unwrap();
    expect_status(&done, 2);
    assert!(String::from_utf8_lossy(&done.stderr).contains("cannot write to standard output"));
}
