//! What only a folder can show.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> = entries.map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_folder_is_made_and_its_files_are_named_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a/b");
    let place = place.to_str().unwrap();
    let files = Files::open(&format!("{place}/"), Compression::None).unwrap();
    let job = JobId::generate();
    let parts = written(&files, job).await;
    let joined = files
        .join(&lease(job, 2, 1), &parts, day(), &[Format::Jsonl], || true)
        .await;
    let Ok(Joined::Visible(shown)) = joined else {
        panic!("not shown")
    };
    assert!(shown[0].starts_with(&format!("{place}/processed_articles_")));
    assert_eq!(fs::read_to_string(&shown[0]).unwrap(), lines(&ALL));
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let opened = Files::open(file.to_str().unwrap(), Compression::None);
    let told = opened.unwrap_err().to_string();
    assert!(
        told.starts_with("output.folder: cannot use the folder /"),
        "{told}"
    );
    assert!(Files::open("", Compression::None).is_err());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_trouble_outside() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("output");
    let files = Files::open(place.to_str().unwrap(), Compression::None).unwrap();
    fs::remove_dir(&place).unwrap();
    fs::write(&place, "").unwrap();
    let error = files
        .write_part(&lease(JobId::generate(), 0, 1), &[])
        .await
        .unwrap_err();
    assert!(error.is_transient());
    let told = shared::chain::chain(&error);
    let part = format!("cannot write the part {}/.parts/", place.display());
    assert!(
        told.starts_with(&part) && told.ends_with("Not a directory (os error 20)"),
        "{told}"
    );
}

#[tokio::test]
async fn a_folder_that_was_removed_is_made_again() {
    let (folder, [files, _]) = both(Compression::None);
    let job = JobId::generate();
    written(&files, job).await;
    fs::remove_dir_all(folder.path()).unwrap();
    assert!(files.jobs().await.unwrap().is_empty());
    assert_eq!(written(&files, job).await.len(), 2);
}

#[tokio::test]
async fn what_a_killed_process_left_goes_with_the_job() {
    let (folder, [files, _]) = both(Compression::None);
    let job = JobId::generate();
    let parts = folder.path().join(".parts").join(job.to_string());
    fs::create_dir_all(&parts).unwrap();
    for name in ["0.1#1", "0.1#2", "joined.jsonl.1", "joined.parquet.1#1"] {
        fs::write(parts.join(name), "half").unwrap();
    }
    assert_eq!(files.jobs().await.unwrap(), [job]);
    let written = written(&files, job).await;
    let formats = [Format::Jsonl, Format::Parquet];
    let joined = files
        .join(&lease(job, 2, 1), &written, day(), &formats, || true)
        .await;
    let Ok(Joined::Visible(shown)) = joined else {
        panic!("not shown")
    };
    assert_eq!(fs::read_to_string(&shown[0]).unwrap(), lines(&ALL));
    files.forget(job).await.unwrap();
    assert!(entries(&folder.path().join(".parts")).is_empty());
    assert_eq!(entries(folder.path()).len(), 3);
}

/// Nothing but whole files under the names that readers look for, whenever they look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_moment_shows_half_a_file() {
    for compression in [Compression::None, Compression::Zstd] {
        let (folder, [files, _]) = both(compression);
        let job = JobId::generate();
        let parts = written(&files, job).await;
        let root = folder.path().to_owned();
        let sees_none = || {
            assert_eq!(entries(&root), [".parts"]);
            let among = entries(&root.join(".parts").join(job.to_string()));
            let ends = [".jsonl", ".zst", ".parquet"];
            let is_seen = |name: &String| ends.iter().any(|end| name.ends_with(end));
            assert!(!among.iter().any(is_seen), "{among:?}");
        };
        let is_wanted = || {
            sees_none();
            std::thread::sleep(std::time::Duration::from_millis(5));
            true
        };
        let over = Arc::new(AtomicBool::new(false));
        let (seen, is_over) = (root.clone(), Arc::clone(&over));
        let reader = std::thread::spawn(move || {
            let mut sizes = BTreeMap::new();
            while !is_over.load(Ordering::SeqCst) {
                for name in entries(&seen).into_iter().filter(|name| name != ".parts") {
                    let bytes = fs::read(seen.join(&name)).unwrap();
                    // What is seen once is whole: it never changes.
                    assert_eq!(*sizes.entry(name).or_insert_with(|| bytes.clone()), bytes);
                }
            }
            sizes
        });
        let formats = [Format::Jsonl];
        let joined = files
            .join(&lease(job, 2, 1), &parts, day(), &formats, is_wanted)
            .await;
        over.store(true, Ordering::SeqCst);
        let Ok(Joined::Visible(shown)) = joined else {
            panic!("not shown")
        };
        for bytes in reader.join().unwrap().into_values() {
            assert_eq!(bytes, fs::read(&shown[0]).unwrap());
        }
    }
}
