//! The other commands, as a user sees them.

use serde_json::Value;

use tests::scutch::{command, expect_status, run, run_with_input};

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_teaches_by_examples() {
    for arguments in [&["--help"][..], &["process", "--help"]] {
        let help = run(arguments);
        expect_status(&help, 0);
        assert!(stdout(&help).contains("scutch process -i"), "{arguments:?}");
    }
    assert!(stdout(&run(&["process", "--help"])).contains("Exit status"));
}

#[test]
fn info_names_the_origin_of_every_value() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("scutch.yaml"),
        "cleaning:\n  fix_encoding: false\n",
    )
    .unwrap();
    let info = command(&["info", "--set", "process.threads=3"])
        .current_dir(folder.path())
        .env("SCUTCH__CLEANING__DETECT_LANGUAGE", "false")
        .output()
        .unwrap();
    expect_status(&info, 0);
    let text = stdout(&info);
    let origin = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(origin("cleaning.fix_encoding"), "false scutch.yaml:2");
    assert_eq!(
        origin("cleaning.detect_language"),
        "false environment SCUTCH__CLEANING__DETECT_LANGUAGE"
    );
    assert_eq!(origin("process.threads"), "3 --set");
    assert_eq!(origin("cleaning.typo.min_word_length"), "2 default");
    let json = command(&["info", "--json"]).output().unwrap();
    let report: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(
        report["configuration"]["process.max_line_bytes"]["value"],
        16_777_216
    );
    assert_eq!(report["device"], "cpu");
    // What this processor has.
    let precision = report["precision"].as_str().unwrap();
    assert!(["int8", "f32"].contains(&precision), "{precision}");
    let reason = report["device_reason"].as_str().unwrap();
    assert!(
        text.contains(&format!("device   cpu ({precision}): {reason}")),
        "{text}"
    );
}

#[test]
fn a_bad_configuration_is_refused_with_all_its_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.yaml");
    std::fs::write(
        &path,
        "cleaning:\n  fix_encodng: true\n  typo:\n    confidence_threshold: 7\nprocess: []\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    for arguments in [&["config", "check", path][..], &["info", "--config", path]] {
        let refused = run(arguments);
        expect_status(&refused, 2);
        let said = stderr(&refused);
        assert!(
            said.contains(":2:3: cleaning.fix_encodng: unknown key; did you mean `fix_encoding`?"),
            "{said}"
        );
        assert!(said.contains("bad.yaml:5"), "{said}");
    }
    std::fs::write(path, "cleaning:\n  typo:\n    confidence_threshold: 7\n").unwrap();
    let said = stderr(&run(&["config", "check", path]));
    assert!(
        said.contains(":3:27: cleaning.typo.confidence_threshold"),
        "{said}"
    );
    assert!(said.contains("between 0 and 1"), "{said}");
    let good = run(&["config", "check"]);
    expect_status(&good, 0);
}

#[test]
fn the_default_configuration_is_its_own_reference() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("default.yaml");
    std::fs::write(&path, run(&["config", "default"]).stdout).unwrap();
    expect_status(&run(&["config", "check", path.to_str().unwrap()]), 0);
}

#[test]
fn validate_reports_by_line_and_finds_what_process_would_refuse() {
    let lines = "{\"document_id\":\"a\",\"text\":\"x\"}\n{\"document_id\":\"a\",\"text\":\"y\"}\n\n{\"text\":5}\n";
    let done = run_with_input(&["validate", "-"], lines.as_bytes());
    expect_status(&done, 1);
    let expected = "line 2: document_id: line 1 has the same document_id
line 4: document_id: required, and not there
line 4: text: expected a string, found a number
1 valid article, 2 invalid (missing field 1, duplicate id 1)\n";
    assert_eq!(stdout(&done), expected);
    let json = stdout(&run_with_input(
        &["validate", "-", "--json"],
        lines.as_bytes(),
    ));
    let rows: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2]["valid"], 1);
    expect_status(
        &run_with_input(
            &["validate", "-"],
            b"{\"document_id\":\"a\",\"text\":\"x\"}",
        ),
        0,
    );
    expect_status(&run_with_input(&["validate", "-"], b""), 2);
}

#[test]
fn a_text_is_shown_with_what_was_found_in_it() {
    let text = "The goverment spent $2.5bn on Friday.";
    let shown = stdout(&run(&[
        "test-model",
        "--text",
        text,
        "--published",
        "2024-05-15",
    ]));
    assert!(shown.contains("{goverment->government}"), "{shown}");
    assert!(
        shown.contains("[$2.5bn]MONEY") && shown.contains("[Friday]DATE"),
        "{shown}"
    );
    assert!(shown.contains("first date   2024-05-10"), "{shown}");
    let piped = run_with_input(&["test-model", "--json"], text.as_bytes());
    let document: Value = serde_json::from_str(&stdout(&piped)).unwrap();
    assert_eq!(document["corrections"][0]["original"], "goverment");
}

#[test]
fn completions_and_manual_pages_are_made() {
    assert!(stdout(&run(&["completions", "bash"])).contains("_scutch"));
    assert!(stdout(&run(&["man"])).contains(".TH scutch"));
    assert!(stdout(&run(&["man", "process"])).contains("resume"));
    expect_status(&run(&["man", "nothing"]), 2);
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let done = std::process::Command::new("sh")
        .args([
            "-c",
            &format!(
                "{} config default | head -1",
                tests::scutch::binary().display()
            ),
        ])
        .output()
        .unwrap();
    assert_eq!(stdout(&done).lines().count(), 1);
    assert_eq!(stderr(&done), "");
}

#[test]
fn entities_are_measured_against_gold_data() {
    let folder = tempfile::tempdir().unwrap();
    let [gold, map] = ["gold.conll", "map.yaml"].map(|name| folder.path().join(name));
    std::fs::write(
        &gold,
        "It O\nrained O\nlast B-when\nFriday I-when\nin O\nRome B-where\n\nHe O\nleft O\nin O\nMay B-when\n2019 I-when\n",
    )
    .unwrap();
    std::fs::write(&map, "when: [DATE, TIME]\nwhere: null\n").unwrap();
    let [gold, map] = [&gold, &map].map(|path| path.to_str().unwrap());
    let refused = run(&["eval", "ner", gold]);
    expect_status(&refused, 2);
    assert!(
        stderr(&refused).contains("(when, where): give --map"),
        "{}",
        stderr(&refused)
    );
    let table = stdout(&run(&["eval", "ner", gold, "--map", map]));
    assert!(
        table.starts_with("2 sentences") && table.contains("all (micro)"),
        "{table}"
    );
    let report: Value = serde_json::from_str(&stdout(&run(&[
        "eval", "ner", gold, "--map", map, "--json",
    ])))
    .unwrap();
    assert_eq!(report["micro"]["exact"]["f1"], 1.0);
    assert_eq!(report["labels"][0]["exact"]["gold"], 2);
}

#[test]
fn typo_correction_is_measured_against_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = folder.path().join("pairs.tsv");
    std::fs::write(&pairs, "goverment\tgovernment\nThe Biden visit was recieved well.\tThe Biden visit was received well.\n").unwrap();
    let report = run(&["eval", "typos", pairs.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_str(&stdout(&report)).unwrap();
    assert_eq!(
        [&report["misspelt"], &report["fixed"], &report["damaged"]],
        [2, 2, 0]
    );
    std::fs::write(&pairs, "no tab here\n").unwrap();
    let refused = run(&["eval", "typos", pairs.to_str().unwrap()]);
    expect_status(&refused, 2);
    assert!(stderr(&refused).contains("line 1: expected the text as written"));
}

#[test]
fn the_command_carries_its_model_wherever_it_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("scutch");
    // By another process: what other tests start at this moment would inherit our handle on the copy, which cannot be run then.
    let copied = std::process::Command::new("cp")
        .arg(tests::scutch::binary())
        .arg(&copy)
        .status()
        .unwrap();
    assert!(copied.success());
    let text = "President Volodymyr Zelenskyy flew to San Francisco on Friday. He told Reuters that a ban on vaping, \
                which the goverment announced, would cost $2.5 million. Microsoft shares fell by 3 percent in Berlin.";
    let shown = std::process::Command::new(&copy)
        .args(["test-model", "--json", "--text", text])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .unwrap();
    expect_status(&shown, 0);
    let document: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    let found: Vec<(&str, &str)> = document["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| {
            (
                tests::scutch::text(entity, "type"),
                tests::scutch::text(entity, "text"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("PERSON", "Volodymyr Zelenskyy"),
            ("GPE", "San Francisco"),
            ("DATE", "Friday"),
            ("ORG", "Reuters"),
            ("MONEY", "$2.5 million"),
            ("ORG", "Microsoft"),
            ("PERCENT", "3 percent"),
            ("GPE", "Berlin"),
        ]
    );
    // Names and words that no dictionary has stay, a slip is mended.
    let cleaned = tests::scutch::text(&document, "cleaned_text");
    assert_eq!(cleaned, text.replace("goverment", "government"));
}

#[test]
fn without_the_model_the_grammars_read_alone() {
    let arguments = [
        "test-model",
        "--text",
        "Angela Merkel spoke on Friday.",
        "--set",
    ];
    let with = run(&[&arguments[..], &["model.enabled=true"]].concat());
    let without = run(&[&arguments[..], &["model.enabled=false"]].concat());
    assert!(
        stdout(&with).contains("[Angela Merkel]PERSON"),
        "{}",
        stdout(&with)
    );
    let without = stdout(&without);
    assert!(
        without.contains("[Friday]DATE") && !without.contains("PERSON"),
        "{without}"
    );
}

#[test]
fn a_model_in_a_folder_reads_names_and_a_missing_one_is_said() {
    let folder = tests::scutch::root().join("pipeline/testdata/models/bert");
    let setting = format!("model.folder={}", folder.display());
    let info: Value =
        serde_json::from_str(&stdout(&run(&["info", "--json", "--set", &setting]))).unwrap();
    let wanted = format!("in {} (model.folder)", folder.display());
    assert_eq!(info["model"], wanted);
    // Its weights are random, so what it reads means nothing; that it reads is what counts.
    let shown = run_with_input(
        &["process", "-q", "-i", "-", "-o", "-", "--set", &setting],
        b"{\"document_id\":\"a\",\"text\":\"It rained in Rome on Friday.\"}\n{\"document_id\":\"b\",\"text\":\"\"}\n",
    );
    expect_status(&shown, 0);
    let first: Value = serde_json::from_str(stdout(&shown).lines().next().unwrap()).unwrap();
    let dates = first["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entity| entity["type"] == "DATE");
    assert!(
        dates.clone().any(|entity| entity["text"] == "Friday"),
        "the grammar stands: {first}"
    );
    let missing = run(&[
        "test-model",
        "--text",
        "x",
        "--set",
        "model.folder=/nowhere",
    ]);
    expect_status(&missing, 2);
    assert!(
        stderr(&missing).contains("cannot use the model in /nowhere (model.folder): cannot read"),
        "{}",
        stderr(&missing)
    );
}

#[test]
fn a_device_that_is_none_or_cannot_be_had_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scutch.yaml");
    std::fs::write(&path, "model:\n  device: gpu\n  precision: f64\n").unwrap();
    let refused = run(&["config", "check", path.to_str().unwrap()]);
    expect_status(&refused, 2);
    let said = stderr(&refused);
    assert!(said.contains(":2:11: model.device: is no device"), "{said}");
    assert!(said.contains(":3:14: model.precision: "), "{said}");

    let model = tests::scutch::root().join("pipeline/testdata/models/bert");
    let folder = format!("model.folder={}", model.display());
    let test = |setting: &str| {
        let arguments = ["test-model", "--text", "x", "--set", &folder, "--set"];
        let done = run(&[&arguments[..], &[setting]].concat());
        (done.status.code(), stderr(&done))
    };
    assert_eq!(test("model.device=cpu").0, Some(0));
    // No machine has so many.
    let (code, said) = test("model.device=cuda:99");
    assert_eq!(code, Some(2));
    assert!(said.contains("cuda:99 cannot be had: "), "{said}");
    let info = run(&["info", "--set", "model.device=cuda:99"]);
    expect_status(&info, 0);
    assert!(
        stdout(&info).contains("device   none: cuda:99 cannot be had"),
        "{}",
        stdout(&info)
    );
    let cpu = ["test-model", "--text", "x", "--set", "model.device=cpu"];
    let half = ["--set", &folder, "--set", "model.precision=f16"];
    let refused = run(&[&cpu[..], &half].concat());
    expect_status(&refused, 2);
    assert!(stderr(&refused).contains("does not compute in f16"));
}

#[test]
fn a_repository_that_cannot_be_meant_is_refused_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scutch.yaml");
    std::fs::write(
        &path,
        "model:\n  folder: /models\n  repository: owner\n  revision: ../main\n",
    )
    .unwrap();
    let refused = run(&["config", "check", path.to_str().unwrap()]);
    expect_status(&refused, 2);
    let said = stderr(&refused);
    for mistake in [
        ":3:15: model.repository: is set together with model.folder",
        ":3:15: model.repository: is no name of a repository",
        ":4:13: model.revision: is no branch, tag or commit",
    ] {
        assert!(said.contains(mistake), "{mistake}\n{said}");
    }
    let alone = run(&["info", "--set", "model.revision=v1"]);
    expect_status(&alone, 2);
    assert!(stderr(&alone).contains("without model.repository"));
}
