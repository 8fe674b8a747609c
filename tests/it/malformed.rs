//! Input that is not as it should be: reported by line, counted, and never in the way of the rest.

use serde_json::json;

use crate::process::jsonl;
use tests::scutch::{expect_status, read_jsonl, run, text};

struct Run {
    folder: tempfile::TempDir,
    output: std::process::Output,
}

impl Run {
    fn new(content: &[u8], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("in.jsonl"), content).unwrap();
        let [input, output] = ["in.jsonl", "out.jsonl"]
            .map(|name| folder.path().join(name).to_str().unwrap().to_owned());
        let output = run(&[&["process", "-i", &input, "-o", &output], arguments].concat());
        Self { folder, output }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn said(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }
}

#[test]
fn every_kind_of_bad_line_is_reported_and_the_rest_goes_on() {
    let lines: Vec<Vec<u8>> = vec![
        br#"{"document_id":"a","text":"good"}"#.to_vec(),
        b"{not json".to_vec(),
        br#"{"text":"no id"}"#.to_vec(),
        br#"{"document_id":"b","text":7}"#.to_vec(),
        br#"{"document_id":"a","text":"again"}"#.to_vec(),
        b"{\"document_id\":\"c\",\"text\":\"\xff\xfe\"}".to_vec(),
        [
            br#"{"document_id":"d","text":""#.to_vec(),
            vec![b'x'; 50_000_000],
            b"\"}".to_vec(),
        ]
        .concat(),
        b"".to_vec(),
        b"   ".to_vec(),
        br#"[1,2]"#.to_vec(),
        br#"{"document_id":"e","text":"t","source_url":"nowhere"}"#.to_vec(),
        br#"{"document_id":"f","text":"\ud800"}"#.to_vec(),
        br#"{"document_id":"g","text":"one","text":"two"}"#.to_vec(),
        br#"{"document_id":"h","text":"good too"}"#.to_vec(),
    ];
    let run = Run::new(&lines.join(&b'\n'), &[]);
    expect_status(&run.output, 1);
    let ids: Vec<_> = read_jsonl(&run.path("out.jsonl"))
        .iter()
        .map(|d| d["document_id"].clone())
        .collect();
    assert_eq!(ids, ["a", "h"]);
    let rows = read_jsonl(&run.path("out.jsonl.errors.jsonl"));
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                text(row, "kind"),
                row["field"].as_str(),
                row["document_id"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (2, "invalid_json", None, None),
            (3, "missing_field", Some("document_id"), None),
            (4, "wrong_type", Some("text"), Some("b")),
            (5, "duplicate_id", Some("document_id"), Some("a")),
            (6, "invalid_utf8", None, None),
            (7, "too_large", None, None),
            (10, "invalid_json", None, None),
            (11, "invalid_value", Some("source_url"), Some("e")),
            (12, "invalid_json", None, None),
            (13, "repeated_field", Some("text"), Some("g")),
        ]
    );
    assert!(rows.iter().all(|row| !text(row, "reason").is_empty()));
    let said = run.said();
    for shown in [
        "failed",
        "duplicate id",
        "too large",
        "out.jsonl.errors.jsonl",
    ] {
        assert!(said.contains(shown), "{shown} in {said}");
    }
}

#[test]
fn an_empty_file_is_nothing_to_do() {
    for content in [&b""[..], b"\n\n", b"\xef\xbb\xbf"] {
        let run = Run::new(content, &[]);
        expect_status(&run.output, 2);
        assert!(!run.path("out.jsonl").exists());
        let rows = read_jsonl(&run.path("out.jsonl.errors.jsonl"));
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (text(&rows[0], "kind"), text(&rows[0], "reason")),
            ("empty", "the input holds no document")
        );
    }
}

#[test]
fn a_file_of_only_bad_lines_gives_no_output() {
    let run = Run::new(b"{\n}\n", &[]);
    expect_status(&run.output, 2);
    assert!(!run.path("out.jsonl").exists());
    assert_eq!(read_jsonl(&run.path("out.jsonl.errors.jsonl")).len(), 2);
}

#[test]
fn a_good_run_takes_the_failures_of_an_earlier_one_away() {
    let run = Run::new(b"{\n", &[]);
    assert!(run.path("out.jsonl.errors.jsonl").exists());
    std::fs::write(run.path("in.jsonl"), jsonl(3)).unwrap();
    let [input, output] =
        ["in.jsonl", "out.jsonl"].map(|name| run.path(name).to_str().unwrap().to_owned());
    expect_status(
        &tests::scutch::run(&["process", "-i", &input, "-o", &output]),
        0,
    );
    assert!(!run.path("out.jsonl.errors.jsonl").exists());
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("in.jsonl"), jsonl(1)).unwrap();
    let (input, missing) = (path("in.jsonl"), path("missing.jsonl"));
    for (arguments, said) in [
        (
            ["-i", &missing, "-o", &path("o.jsonl")],
            "cannot open the input",
        ),
        (["-i", &path(""), "-o", &path("o.jsonl")], "is a folder"),
        (
            ["-i", &input, "-o", &path("none/o.jsonl")],
            "does not exist",
        ),
        (["-i", &input, "-o", &path("")], "is a folder"),
        (["-i", &input, "-o", &input], "the same file"),
        (
            ["-i", &input, "-o", &path("o.jsonl.gz")],
            "compress it afterwards",
        ),
    ] {
        let done = run(&[&["process"][..], &arguments].concat());
        expect_status(&done, 2);
        let message = String::from_utf8(done.stderr).unwrap();
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_torn_gzip_file_keeps_what_was_read_and_can_be_resumed_when_mended() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] =
        ["in.gz", "out.jsonl"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &jsonl(20_000)).unwrap();
    let whole = gzip.finish().unwrap();
    std::fs::write(&input, &whole[..whole.len() / 2]).unwrap();
    let arguments = ["process", "-i", &input, "-o", &output];
    let torn = run(&arguments);
    expect_status(&torn, 2);
    assert!(String::from_utf8_lossy(&torn.stderr).contains("cannot read the input behind line"));
    assert!(!std::path::Path::new(&output).exists());
    std::fs::write(&input, &whole).unwrap();
    expect_status(&run(&[&arguments[..], &["--resume"]].concat()), 0);
    assert_eq!(
        crate::process::ids(output.as_ref()),
        crate::process::expected_ids(20_000)
    );
}

#[test]
fn deep_nesting_and_strange_values_are_no_danger() {
    let deep = format!(
        "{{\"document_id\":\"a\",\"text\":\"t\",\"x\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let odd = json!({"document_id": "b", "text": "a\u{0}b\u{202e}c", "tags": [], "additional_metadata": {"": null}});
    let run = Run::new(format!("{deep}\n{odd}\n").as_bytes(), &[]);
    expect_status(&run.output, 1);
    assert_eq!(read_jsonl(&run.path("out.jsonl"))[0]["cleaned_text"], "abc");
}
