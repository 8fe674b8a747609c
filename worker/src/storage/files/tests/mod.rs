//! The same over a folder and over a store of objects.

mod folder;
mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use shared::job::{Backend, ChunkId, Epoch, JobId, Lease, WorkerId};
use shared::store::Part;
use tempfile::TempDir;

use super::*;

fn lease(job: JobId, index: u32, epoch: i64) -> Lease {
    Lease {
        chunk: ChunkId { job, index },
        epoch: Epoch(epoch),
        worker: WorkerId::generate(),
    }
}

/// A folder, which goes with the first, and files in memory under a prefix.
fn both(compression: Compression) -> (TempDir, [Files; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(folder.path().to_str().unwrap(), compression).unwrap();
    (folder, [files, stored(InMemory::new(), compression)])
}

fn stored(store: impl ObjectStore, compression: Compression) -> Files {
    Files {
        store: Arc::new(store),
        prefix: Path::from("news/clean"),
        shown: "s3://bucket/news/clean".to_owned(),
        folder: None,
        compression,
    }
}

/// Everything that is there, by its name within the output.
async fn all(files: &Files) -> BTreeMap<String, Bytes> {
    let mut all = BTreeMap::new();
    let objects: Vec<_> = files.store.list(None).try_collect().await.unwrap();
    for object in objects {
        let bytes = files
            .store
            .get(&object.location)
            .await
            .unwrap()
            .bytes()
            .await;
        let name = files.name(&object.location);
        let name = name.strip_prefix(&format!("{}/", files.shown)).unwrap();
        all.insert(name.to_owned(), bytes.unwrap());
    }
    all
}

async fn names(files: &Files) -> Vec<String> {
    all(files).await.into_keys().collect()
}

/// A job of two chunks whose parts are written: two articles each.
async fn written(files: &Files, job: JobId) -> Vec<Part> {
    let mut parts = Vec::new();
    for chunk in 0..2 {
        let line = |document| Bytes::from(article(&format!("{chunk}-{document}")));
        let name = files
            .write_part(&lease(job, chunk, 1), &[line(0), line(1)])
            .await;
        let name = name.unwrap();
        parts.push(Part { chunk, name });
    }
    parts
}

/// A cleaned article as a line.
fn article(id: &str) -> String {
    format!(
        r#"{{"document_id":"{id}","version":"1.0","original_text":"Teh Ünion won.","cleaned_text":"The Ünion won.","cleaned_title":null,"cleaned_excerpt":null,"cleaned_author":"A. Writer","cleaned_publication_date":"2026-03-01","cleaned_revision_date":null,"cleaned_source_url":null,"cleaned_categories":["a","b"],"cleaned_tags":[],"cleaned_media_asset_urls":null,"cleaned_geographical_data":{{"z":1,"a":[2.5]}},"cleaned_embargo_date":null,"cleaned_sentiment":null,"cleaned_word_count":3,"cleaned_publisher":null,"temporal_metadata":"1969-12-31","entities":[{{"text":"Ünion","type":"ORG","start_char":4,"end_char":9}}],"cleaned_additional_metadata":{{"cleaned_language":"en"}},"corrections":[{{"kind":"typo","original":"Teh","replacement":"The","start_char":0,"end_char":3,"confidence":0.95}}],"job_id":"j","batch_id":null,"processed_at":"2026-03-02T10:00:00.5Z"}}"#
    )
}

fn lines(ids: &[&str]) -> String {
    ids.iter().map(|id| article(id) + "\n").collect()
}

const ALL: [&str; 4] = ["0-0", "0-1", "1-0", "1-1"];

fn day() -> Timestamp {
    "2026-03-01T23:59:59Z".parse().unwrap()
}

#[tokio::test]
async fn parts_are_joined_in_order_and_only_the_whole_is_seen() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let part = |name: &str| format!(".parts/{job}/{name}");
        assert_eq!(names(&files).await, [part("0.1"), part("1.1")]);
        let joined = files
            .join(&lease(job, 2, 1), &parts, day(), &[Format::Jsonl], || true)
            .await;
        let name = format!("processed_articles_2026-03-01_{job}.jsonl");
        let shown = format!("{}/{name}", files.shown);
        assert_eq!(joined.unwrap(), Joined::Visible(vec![shown]));
        assert_eq!(all(&files).await[&name], lines(&ALL));
        assert_eq!(files.jobs().await.unwrap(), [job]);
        assert!(files.age(job).await.unwrap().is_some());
        files.forget(job).await.unwrap();
        files.forget(job).await.unwrap();
        assert!(files.jobs().await.unwrap().is_empty());
        assert_eq!(names(&files).await, [name]);
    }
}

#[tokio::test]
async fn a_part_is_read_as_it_was_written() {
    let (_folder, places) = both(Compression::Zstd);
    for files in places {
        let job = JobId::generate();
        let name = written(&files, job).await.remove(1).name;
        let read = files.read_part(job, &name).await.unwrap();
        assert_eq!(read, [article("1-0"), article("1-1")]);
        let none = files.write_part(&lease(job, 7, 2), &[]).await.unwrap();
        assert_eq!(none, "7.2");
        assert!(files.read_part(job, &none).await.unwrap().is_empty());
        files.remove_part(job, &name).await.unwrap();
        files.remove_part(job, &name).await.unwrap();
        let gone = files.read_part(job, &name).await.unwrap_err();
        assert!(matches!(&gone, Error::Missing { part } if *part == name));
        assert!(!gone.is_transient());
    }
}

#[tokio::test]
async fn joining_again_changes_nothing() {
    let (_folder, places) = both(Compression::Zstd);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let formats = [Format::Parquet, Format::Jsonl];
        let join = async |epoch| {
            let joined = files
                .join(&lease(job, 2, epoch), &parts, day(), &formats, || true)
                .await;
            joined.unwrap()
        };
        let first = join(1).await;
        files.forget(job).await.unwrap();
        let before = all(&files).await;
        assert_eq!(before.len(), 2);
        assert_eq!(join(2).await, first);
        assert_eq!(all(&files).await, before);
    }
}

#[tokio::test]
async fn what_is_there_is_not_made_again() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let name = format!("processed_articles_2026-03-01_{job}.jsonl");
        let there = files.path(&name);
        files.store.put(&there, "there".into()).await.unwrap();
        let formats = [Format::Jsonl, Format::Parquet];
        let joined = files
            .join(&lease(job, 2, 1), &parts, day(), &formats, || true)
            .await;
        assert!(matches!(joined.unwrap(), Joined::Visible(names) if names.len() == 2));
        assert_eq!(all(&files).await[&name], "there");
    }
}

#[tokio::test]
async fn a_job_that_is_not_to_go_on_shows_no_file() {
    for wanted in 0..4 {
        let (folder, places) = both(Compression::None);
        for files in places {
            let job = JobId::generate();
            let parts = written(&files, job).await;
            let asked = AtomicUsize::new(0);
            let is_wanted = || asked.fetch_add(1, Ordering::SeqCst) < wanted;
            let formats = [Format::Parquet, Format::Jsonl];
            let joined = files
                .join(&lease(job, 2, 1), &parts, day(), &formats, is_wanted)
                .await;
            assert_eq!(joined.unwrap(), Joined::HeldBack);
            let jsonl = format!("processed_articles_2026-03-01_{job}.jsonl");
            assert!(!names(&files).await.contains(&jsonl));
            // Asked before each of the two parts, and before each of the two files.
            assert_eq!(asked.into_inner(), wanted + 1);
            let joined = files
                .join(&lease(job, 2, 2), &parts, day(), &formats, || true)
                .await;
            assert!(matches!(joined.unwrap(), Joined::Visible(_)));
            assert_eq!(all(&files).await[&jsonl], lines(&ALL));
            // Whatever was cancelled, and however it was kept.
            files.forget_all(job, day()).await.unwrap();
            files.forget_all(job, day()).await.unwrap();
            assert_eq!(names(&files).await, [""; 0]);
        }
        drop(folder);
    }
}

#[tokio::test]
async fn a_missing_part_is_told() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        files.remove_part(job, "1.1").await.unwrap();
        let joined = files
            .join(&lease(job, 2, 1), &parts, day(), &[Format::Jsonl], || true)
            .await;
        assert!(matches!(joined, Err(Error::Missing { part }) if part == "1.1"));
        assert_eq!(names(&files).await, [format!(".parts/{job}/0.1")]);
    }
}

#[tokio::test]
async fn parts_that_go_while_another_shows_the_file_are_not_missed() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let name = files.path(&format!("processed_articles_2026-03-01_{job}.jsonl"));
        let other = files.clone();
        let runtime = tokio::runtime::Handle::current();
        // Before the first part is read the other one is through.
        let is_wanted = || {
            let (other, name, runtime) = (other.clone(), name.clone(), runtime.clone());
            let finish = move || {
                runtime.block_on(async {
                    other.store.put(&name, "whole".into()).await.unwrap();
                    other.forget(job).await.unwrap();
                });
            };
            std::thread::spawn(finish).join().unwrap();
            true
        };
        let joined = files
            .join(
                &lease(job, 2, 1),
                &parts,
                day(),
                &[Format::Jsonl],
                is_wanted,
            )
            .await;
        assert!(matches!(joined, Ok(Joined::Visible(_))));
        assert_eq!(
            files.store.get(&name).await.unwrap().bytes().await.unwrap(),
            "whole"
        );
    }
}

#[tokio::test]
async fn a_job_without_parts_has_empty_files() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let formats = [Format::Jsonl, Format::Parquet];
        let joined = files
            .join(&lease(job, 0, 1), &[], day(), &formats, || true)
            .await;
        assert!(matches!(joined, Ok(Joined::Visible(_))));
        let all = all(&files).await;
        assert_eq!(
            all[&format!("processed_articles_2026-03-01_{job}.jsonl")],
            ""
        );
        let rows = &all[&format!("processed_articles_2026-03-01_{job}.parquet")];
        assert!(rows.starts_with(b"PAR1") && rows.ends_with(b"PAR1"));
    }
}

#[tokio::test]
async fn zstd_makes_one_frame_of_the_same_lines() {
    let (_folder, places) = both(Compression::Zstd);
    for files in places {
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let joined = files
            .join(&lease(job, 2, 1), &parts, day(), &[Format::Jsonl], || true)
            .await;
        let Ok(Joined::Visible(shown)) = joined else {
            panic!("not shown")
        };
        assert!(shown[0].ends_with(&format!("_{job}.jsonl.zst")));
        let name = format!("processed_articles_2026-03-01_{job}.jsonl.zst");
        let packed = &all(&files).await[&name];
        let mut first = zstd::Decoder::new(packed.as_ref()).unwrap().single_frame();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut first, &mut text).unwrap();
        assert_eq!(text, lines(&ALL));
    }
}

#[tokio::test]
async fn a_file_of_many_pieces_is_whole() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let (mut parts, mut whole) = (Vec::new(), Vec::new());
        // Pieces end within parts, at their ends, and more than once in one.
        for (chunk, mebibytes) in (0..).zip([5, 3, 1, 20, 4]) {
            let line = Bytes::from(vec![b'a' + chunk; mebibytes * 1024 * 1024 - 1]);
            whole.extend_from_slice(&line);
            whole.push(b'\n');
            let name = files
                .write_part(&lease(job, chunk.into(), 1), &[line])
                .await;
            let (chunk, name) = (chunk.into(), name.unwrap());
            parts.push(Part { chunk, name });
        }
        let joined = files
            .join(&lease(job, 9, 1), &parts, day(), &[Format::Jsonl], || true)
            .await;
        assert!(matches!(joined, Ok(Joined::Visible(_))));
        let name = format!("processed_articles_2026-03-01_{job}.jsonl");
        assert!(all(&files).await[&name] == whole);
    }
}

#[tokio::test]
async fn a_line_that_is_no_article_is_told_by_its_number_alone() {
    let (_folder, places) = both(Compression::None);
    for files in places {
        let job = JobId::generate();
        let lines = [article("a"), r#"{"secret":"word"}"#.to_owned()].map(Bytes::from);
        let name = files.write_part(&lease(job, 0, 1), &lines).await.unwrap();
        let parts = [Part { chunk: 0, name }];
        let joined = files
            .join(&lease(job, 1, 1), &parts, day(), &[Format::Parquet], || {
                true
            })
            .await;
        let error = joined.unwrap_err();
        let told = "line 2 of the part 0.1 of the job's output is not a cleaned article";
        assert_eq!(shared::chain::chain(&error), told);
        assert!(!error.is_transient());
        assert_eq!(names(&files).await, [format!(".parts/{job}/0.1")]);
    }
}

#[test]
fn formats_are_those_among_the_backends_in_their_order() {
    use Backend::{Elasticsearch, Jsonl, Parquet, Postgresql};
    let formats = Format::of(&[Parquet, Postgresql, Jsonl, Elasticsearch]);
    assert_eq!(formats, [Format::Parquet, Format::Jsonl]);
    assert!(Format::of(&[Postgresql]).is_empty());
}
