//! `scutch process` on good input: order, formats, streams, what it says.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use tests::scutch::{clean, expect_status, read_jsonl, run, run_with_input, text};

fn article(number: usize) -> Value {
    json!({"document_id": format!("d{number}"), "text": format!("Article {number}.  It has two  sentences.")})
}

/// `count` small articles as JSONL.
pub(crate) fn jsonl(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|number| format!("{}\n", article(number)).into_bytes())
        .collect()
}

/// The ids of an output, in order.
pub(crate) fn ids(path: &Path) -> Vec<String> {
    read_jsonl(path)
        .iter()
        .map(|document| text(document, "document_id").to_owned())
        .collect()
}

/// The ids of `count` small articles.
pub(crate) fn expected_ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("d{number}")).collect()
}

#[test]
fn the_order_of_the_input_is_kept_on_many_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.jsonl"),
        folder.path().join("out.jsonl"),
    );
    std::fs::write(&input, jsonl(5000)).unwrap();
    let [input, out] = [&input, &output].map(|path| path.to_str().unwrap());
    let done = run(&["process", "-i", input, "-o", out, "--threads", "7"]);
    expect_status(&done, 0);
    assert_eq!(ids(&output), expected_ids(5000));
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "only input and output are left: {names:?}");
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        said.contains("documents") && said.contains("5,000"),
        "{said}"
    );
}

#[test]
fn compressed_input_is_told_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&jsonl(300)).unwrap();
    let packed = [
        ("a.gz", gzip.finish().unwrap()),
        ("b.zst", zstd::encode_all(&jsonl(300)[..], 1).unwrap()),
        ("c", jsonl(300)),
    ];
    for (name, bytes) in packed {
        let (input, output) = (folder.path().join(name), folder.path().join("out.jsonl"));
        std::fs::write(&input, bytes).unwrap();
        expect_status(
            &run(&[
                "process",
                "-i",
                input.to_str().unwrap(),
                "-o",
                output.to_str().unwrap(),
            ]),
            0,
        );
        assert_eq!(ids(&output), expected_ids(300), "{name}");
    }
}

#[test]
fn a_pipe_in_and_a_pipe_out_carry_data_alone() {
    let done = run_with_input(&["process", "-i", "-", "-o", "-"], &jsonl(200));
    expect_status(&done, 0);
    let lines: Vec<Value> = String::from_utf8(done.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 200);
    assert_eq!(lines[7]["cleaned_text"], "Article 7. It has two sentences.");
}

#[test]
fn the_output_has_every_field_of_the_contract() {
    let article = json!({
        "document_id": "a", "text": "It rained on Friday.", "title": "Rain ", "publication_date": "2024-05-15T08:00:00Z",
        "additional_metadata": {"desk": "weather", "guid": 1}, "guid": 2, "priority": "low",
    });
    let cleaned = clean(&[article], &[]).remove(0);
    let names: Vec<_> = cleaned
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "document_id",
            "version",
            "original_text",
            "cleaned_text",
            "cleaned_title",
            "cleaned_excerpt",
            "cleaned_author",
            "cleaned_publication_date",
            "cleaned_revision_date",
            "cleaned_source_url",
            "cleaned_categories",
            "cleaned_tags",
            "cleaned_media_asset_urls",
            "cleaned_geographical_data",
            "cleaned_embargo_date",
            "cleaned_sentiment",
            "cleaned_word_count",
            "cleaned_publisher",
            "temporal_metadata",
            "entities",
            "cleaned_additional_metadata",
            "corrections",
            "job_id",
            "batch_id",
            "processed_at",
        ]
    );
    assert_eq!(cleaned["version"], "1.0");
    assert_eq!(cleaned["cleaned_title"], "Rain");
    assert_eq!(cleaned["cleaned_publication_date"], "2024-05-15");
    assert_eq!(cleaned["temporal_metadata"], "2024-05-10");
    assert_eq!(cleaned["cleaned_word_count"], 4);
    assert_eq!(
        cleaned["entities"],
        json!([{"text": "Friday", "type": "DATE", "start_char": 13, "end_char": 19}])
    );
    let metadata = &cleaned["cleaned_additional_metadata"];
    assert_eq!(metadata["cleaned_reading_time"], 1);
    // Two fields of one name: neither is lost.
    assert_eq!(
        (&metadata["guid"], &metadata["input_guid"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(metadata["priority"], "low");
    let stamp = text(&cleaned, "processed_at");
    assert!(stamp.ends_with('Z') && stamp.contains('T'), "{stamp}");
}

#[test]
fn each_step_can_be_switched_off() {
    let raw = "<b>It</b> rained all day.The  goverment said: \"itâ€™s wet\" , really!!!!";
    let article = [json!({"document_id": "a", "text": raw})];
    for (step, kept) in [
        ("remove_html_tags", "<b>It</b>"),
        ("fix_encoding", "itâ€™s"),
        ("normalize_whitespace", "The  "),
        ("normalize_punctuation", "wet\" ,"),
        ("remove_excessive_punctuation", "!!!!"),
        ("add_space_after_punctuation", "day.The"),
        ("enable_typo_correction", "goverment"),
    ] {
        let with = clean(&article, &[]).remove(0);
        let without = clean(&article, &["--disable", step]).remove(0);
        assert!(
            !text(&with, "cleaned_text").contains(kept),
            "{step}: {}",
            with["cleaned_text"]
        );
        assert!(
            text(&without, "cleaned_text").contains(kept),
            "{step}: {}",
            without["cleaned_text"]
        );
    }
    let without = clean(&article, &["--disable-typo-correction"]).remove(0);
    assert!(text(&without, "cleaned_text").contains("goverment"));
    let with = clean(&article, &["--set", "cleaning.entity_types=[]"]).remove(0);
    assert_eq!(with["entities"], json!([]));
}

#[test]
fn memory_is_bounded_whatever_comes_in() {
    // 160 MB of the largest documents that are taken: the worst case, since a document is held several times on its way.
    let sentence = "The quick brown fox jumped over the lazy dog at noon. ";
    let body = sentence.repeat(8_000_000 / sentence.len());
    let mut child = tests::scutch::spawn(&[
        "process",
        "--quiet",
        "-i",
        "-",
        "-o",
        "-",
        "--disable-typo-correction",
    ]);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..20 {
            writeln!(
                stdin,
                "{{\"document_id\":\"{number}\",\"text\":\"{body}\"}}"
            )
            .unwrap();
        }
    });
    let mut stdout = child.stdout.take().unwrap();
    let sink =
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    while let Ok(status) = std::fs::read_to_string(&status) {
        let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else {
            break;
        };
        peak_kib = peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(sink.join().unwrap() > 300_000_000);
    assert!((10_000..1_000_000).contains(&peak_kib), "{peak_kib} KiB");
}
