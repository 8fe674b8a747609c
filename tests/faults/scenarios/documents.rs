//! Documents that are odd, very long, very many, or there twice.

use std::time::SystemTime;

use reqwest::Method;
use serde_json::{Value, json};
use tests::client::Answer;
use tests::elasticsearch::search;

use super::poison::{failures, plain, set_mark, until_ended};
use crate::scenario::Profile::{Long, Short};
use crate::scenario::Scenario;
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("several odd documents in one job", Short, odd),
        Scenario::new("ten thousand tiny documents in one request", Long, tiny),
        Scenario::new(
            "documents that are too long, and one that is not",
            Long,
            long,
        ),
        Scenario::new("an id twice in one submission", Long, an_id_twice),
        Scenario::new(
            "the same submission again and again, under one key",
            Long,
            one_key,
        ),
        Scenario::new("the same submission twice, without a key", Long, no_key),
    ]
}

/// Texts that a sender may have and nobody expects.
fn odd_texts() -> Vec<String> {
    let controls: String = (0..0x20_u32)
        .chain(0x7f..0xa0)
        .filter_map(char::from_u32)
        .collect();
    let mut texts: Vec<String> = [
        "",
        " \u{a0}\t\r\n",
        "\0",
        "before\0after \0\0 on 3 May 2024",
        "\u{feff}\u{fffd}\u{ffff}\u{10ffff}\u{202e}\u{2028}\u{200d}",
        "&#0; &#xD800; &#x110000; &amp;amp; &lt;script&gt;",
        "<![CDATA[<p>]]><!--<!DOCTYPE><p",
        "'; DROP TABLE jobs; -- \\u0000 \\ \" $1 {} %s \\x00",
        "{\"document_id\":\"another\",\"text\":\"line\"}\n{\"document_id\":\"and another\"}\n",
        "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} e\u{301}\u{301}\u{301}",
    ]
    .map(str::to_owned)
    .into();
    texts.push(controls);
    texts.push("x".repeat(100_000));
    texts.push("<b>".repeat(10_000));
    texts.push("e\u{301}".repeat(10_000));
    texts
}

/// Each comes through, in every place; beside them one panics, one is refused by a backend, and one is not taken.
fn odd(world: &mut World) {
    let texts = odd_texts();
    let mut documents = plain(world, texts.len() + 50);
    for (document, text) in documents.iter_mut().zip(&texts) {
        document["text"] = json!(text);
    }
    let last = documents.len() - 1;
    set_mark(&mut documents[last], "panic");
    // More than a column of the database holds.
    documents[last - 1]["word_count"] = json!(u64::MAX);
    documents[last - 2]["title"] = json!("\0a\u{1}b");
    documents[last - 2]["additional_metadata"] = json!({ "\0": "\0", "deep": nested(60) });
    let id = world.submit(&documents);
    until_ended(world, &id, &Launch::default());
    world.mended = Some(SystemTime::now());
    let failed: Vec<String> = failures(world, &id).into_iter().map(|(id, _)| id).collect();
    let expected = [last - 1, last].map(|place| documents[place]["document_id"].clone());
    assert_eq!(json!(failed), json!(expected));

    // No text has a lone surrogate: JSON can spell one, and it is refused, by its place, alone.
    let good = plain(world, 2);
    let body = format!(
        r#"{{"documents": [{}, {{"document_id": "surrogate", "text": "\ud800"}}, {}], "persist_to_backends": {}}}"#,
        good[0],
        good[1],
        json!(world.backends)
    );
    let answer = post(world, "/v1/documents/batch", body.clone());
    assert_eq!(answer.status, 422, "{answer:?}");
    let entry = &answer.body["errors"][0];
    assert_eq!(
        (&entry["index"], &entry["kind"]),
        (&json!(1), &json!("invalid_json")),
        "{answer:?}"
    );
    let answer = post(world, "/v1/documents/batch?partial=true", body);
    assert_taken(world, &answer, &good);
    assert_eq!(answer.body["rejected_documents"], 1, "{answer:?}");
}

/// Arrays in arrays.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!("\u{0}"), |inner, _| json!([inner]))
}

/// They are 157 chunks, while other work goes on.
fn tiny(world: &mut World) {
    world.work_begins();
    let mut documents = plain(world, 10_000);
    for document in &mut documents {
        document["text"] = json!("x");
    }
    let id = world.submit(&documents);
    let chunks =
        format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND kind = 'documents'");
    assert_eq!(world.number(&chunks), 157);
    world.mended = Some(SystemTime::now());
    world.wait("its end", |world| {
        let open =
            format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NULL");
        world.number(&open) == 0
    });
    assert_eq!(failures(world, &id), []);
}

/// Longest document, as `docs/` and the producer have it.
const LONGEST: usize = 16 << 20;

/// A document of 50 MB is refused, by JSON as by file, with what is wrong with it; those beside it in a file are taken. One as long
/// as may be is cleaned, and nothing else suffers.
fn long(world: &mut World) {
    let at_work = world.work_begins();
    let text = |bytes: usize| "The minister said so on 3 May 2024. ".repeat(bytes / 36);
    let large = json!({ "document_id": "large", "text": text(50_000_000) });

    let body = json!({ "documents": [large], "persist_to_backends": world.backends });
    let answer = post(world, "/v1/documents/batch", body.to_string());
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(
        answer.body["errors"][0]["kind"], "too_large",
        "{}",
        answer.body
    );

    let good = plain(world, 3);
    let file = [&good[0], &large, &good[1], &good[2]]
        .map(Value::to_string)
        .join("\n");
    let answer = upload(world, file);
    assert_taken(world, &answer, &good);
    let rejected = &answer.body["rejected"][0];
    assert_eq!(
        (&rejected["line"], &rejected["kind"]),
        (&json!(2), &json!("too_large")),
        "{answer:?}"
    );

    // Longer than a body or a file may be at all.
    let body = json!({ "documents": [{ "document_id": "larger", "text": text(70_000_000) }] });
    let answer = post(world, "/v1/documents/batch", body.to_string());
    assert_eq!(answer.status, 413, "{}", answer.body);
    let answer = upload(world, text(60_000_000));
    assert_eq!(answer.status, 413, "{}", answer.body);

    let mut longest = plain(world, 3);
    longest[1]["text"] = json!(text(LONGEST - 200));
    world.submit(&longest);
    world.mended = Some(SystemTime::now());
    until_ended(world, &at_work, &Launch::default());
}

/// The second is refused, and with it the submission, unless the rest is asked for; a file's is left out and told.
fn an_id_twice(world: &mut World) {
    let good = plain(world, 70);
    let mut twice = good.clone();
    twice.push(json!({ "document_id": good[3]["document_id"], "text": "Another text." }));
    let request = json!({ "documents": twice, "persist_to_backends": world.backends });
    let answer = post(world, "/v1/documents/batch", request.to_string());
    assert_eq!(answer.status, 422, "{answer:?}");
    let entry = &answer.body["errors"][0];
    assert_eq!(
        (&entry["index"], &entry["kind"]),
        (&json!(70), &json!("duplicate_id")),
        "{answer:?}"
    );
    let answer = post(
        world,
        "/v1/documents/batch?partial=true",
        request.to_string(),
    );
    assert_taken(world, &answer, &good);

    let good = plain(world, 70);
    let lines: Vec<String> = good
        .iter()
        .chain(&good[..2])
        .map(Value::to_string)
        .collect();
    let answer = upload(world, lines.join("\n"));
    assert_taken(world, &answer, &good);
    assert_eq!(answer.body["rejected_documents"], 2, "{answer:?}");
}

/// One job, however many ask for it at a time, and later; another body under the key is refused.
fn one_key(world: &mut World) {
    let documents = plain(world, 200);
    let key = format!("k{}", world.random.u64(..));
    let request = json!({ "documents": documents, "persist_to_backends": world.backends });
    let ask = |world: &World, request: &Value| {
        let client = world.client();
        let post = client.request(Method::POST, "/v1/documents/batch");
        client.send(post.header("idempotency-key", &key).json(request))
    };
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6).map(|_| world.client()).collect();
        let asked: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let (key, request) = (&key, &request);
                scope.spawn(move || {
                    let post = client.request(Method::POST, "/v1/documents/batch");
                    client.send(post.header("idempotency-key", key).json(request))
                })
            })
            .collect();
        asked
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let id = answers[0].body["job_id"].as_str().unwrap().to_owned();
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.body["job_id"]),
            (202, &json!(id)),
            "{answer:?}"
        );
    }
    world.remember(&id, &documents);
    until_ended(world, &id, &Launch::default());
    world.mended = Some(SystemTime::now());
    let answer = ask(world, &request);
    assert_eq!(
        (answer.status, &answer.body["job_id"]),
        (202, &json!(id)),
        "after its end"
    );
    let mut other = request.clone();
    other["documents"][0]["text"] = json!("Another text.");
    let answer = ask(world, &other);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(
        world.number("SELECT count(*) FROM jobs WHERE completed_at IS NULL"),
        0
    );
}

/// Two jobs, each whole. An index has one document of an id, that of the later job, so it is looked at here and not by the verdict.
fn no_key(world: &mut World) {
    let documents = plain(world, 200);
    let request = json!({ "documents": documents, "persist_to_backends": ["elasticsearch"] });
    let submit = |world: &World| {
        let answer = post(world, "/v1/documents/batch", request.to_string());
        answer.body["job_id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (submit(world), submit(world));
    assert_ne!(first, second);
    for id in [&first, &second] {
        until_ended(world, id, &Launch::default());
        let all = format!(
            "SELECT processed_documents FROM jobs WHERE job_id = '{id}' AND status = 'completed'"
        );
        assert_eq!(world.number(&all), 200);
    }
    let found = |job: &str| search(&world.elasticsearch.url, "news_articles", job).len();
    assert_eq!((found(&first), found(&second)), (0, 200));

    world.backends = vec!["jsonl", "postgresql"];
    world.submit(&documents);
    world.submit(&documents);
    world.mended = Some(SystemTime::now());
}

fn post(world: &World, path: &str, body: String) -> Answer {
    let client = world.client();
    let request = client.request(Method::POST, path);
    client.send(
        request
            .header("content-type", "application/json")
            .body(body),
    )
}

/// As a file of a form, to all backends.
fn upload(world: &World, file: String) -> Answer {
    let client = world.client();
    let border = "a-border-that-no-text-has";
    let part = |name: &str, value: &str| {
        format!("--{border}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let options = part("persist_to_backends", &world.backends.join(","));
    let head = "content-disposition: form-data; name=\"file\"; filename=\"articles.jsonl\"";
    let body = format!("{options}--{border}\r\n{head}\r\n\r\n{file}\r\n--{border}--\r\n");
    let request = client.request(Method::POST, "/v1/preprocess/batch-file");
    let kind = format!("multipart/form-data; boundary={border}");
    client.send(request.header("content-type", kind).body(body))
}

/// A job was made of these.
#[track_caller]
fn assert_taken(world: &mut World, answer: &Answer, documents: &[Value]) {
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(
        answer.body["total_documents"],
        documents.len(),
        "{answer:?}"
    );
    world.remember(answer.body["job_id"].as_str().unwrap(), documents);
}
