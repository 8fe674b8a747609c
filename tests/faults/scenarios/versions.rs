//! Old and new programs on one queue: messages as others would write them, and, where `OLD_SCUTCH` names one, another program.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use lapin::types::{AMQPValue, FieldTable, LongString};

use super::deliveries::{Channel, Letter, expect_dead_letters};
use crate::scenario::Profile::Long;
use crate::scenario::Scenario;
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("messages of other versions", Long, other_versions),
        Scenario::new("a worker of another version", Long, another_program).within(120),
    ]
}

// ---- messages

/// Each chunk's message is written anew, as another version would: what is of our major version is worked on, what is not is kept with
/// a reason, and its chunk is brought again.
fn other_versions(world: &mut World) {
    // Nobody takes them first.
    world.workers.clear();
    let documents = world.slow(64 * 12, 2);
    let id = world.submit(&documents);
    let sent =
        "SELECT count(*) FROM chunks WHERE state = 'ready' AND publish_at IS NULL AND job_id = ";
    let sent = format!("{sent}'{id}'");
    world.wait("all chunks are with the broker", |world| {
        world.number(&sent) == 12
    });
    let url = world.servers.amqp_url().to_owned();
    let rewritten = world.runtime.block_on(async {
        let channel = Channel::open(&url).await?;
        let mut count = 0;
        while let Some(taken) = channel.take("scutch.work.normal").await? {
            channel.send(&as_another(count, &taken.letter)).await?;
            taken.acknowledge().await?;
            count += 1;
            if count == 12 {
                break;
            }
        }
        Ok::<usize, lapin::Error>(count)
    });
    assert_eq!(rewritten.unwrap(), 12);
    world.restock();
    world.mended = Some(SystemTime::now());
    let parked = (0..12)
        .filter(|number| is_of_a_newer_major(*number))
        .count();
    expect_dead_letters(world, i64::try_from(parked).unwrap());
    let reasons =
        "SELECT count(*) FROM dead_letters WHERE reason LIKE '%this program reads scutch.work.v1%'";
    assert_eq!(world.number(reasons), world.dead_letters, "each says why");
    // Nobody has claimed the chunks of those that were parked: the reconciler has them published again.
    let done = format!(
        "SELECT count(*) FROM chunks WHERE job_id = '{id}' AND kind = 'documents' AND state = 'done'"
    );
    world.wait("all chunks are done", |world| world.number(&done) == 12);
    // What was read was worked on as it was; only what came in vain has failed before.
    let failed = format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND attempts > 0");
    println!("    {} chunks had to be tried again", world.number(&failed));
}

/// Whether this message is made one of a version that we do not read.
fn is_of_a_newer_major(number: usize) -> bool {
    matches!(number, 3 | 9)
}

/// The message as another version would write it.
fn as_another(number: usize, letter: &Letter) -> Letter {
    let mut other = letter.clone();
    let properties = other.properties.clone();
    let mut headers = properties.headers().clone().unwrap_or_default();
    let mut add = |name: &str, value: AMQPValue| {
        headers.insert(name.into(), value);
    };
    match number {
        // A later minor version, with members of all kinds.
        0 => {
            add("x-priority", AMQPValue::LongInt(7));
            add("x-model", AMQPValue::LongString("ner-typo-en".into()));
            add("x-table", AMQPValue::FieldTable(FieldTable::default()));
            add(
                "x-bytes",
                AMQPValue::LongString(LongString::from(vec![0xff, 0xfe])),
            );
            let properties = properties.with_type("scutch.work.v1.4".into());
            other.properties = properties
                .with_headers(headers)
                .with_app_id("scutch 2".into());
        }
        // An earlier one, that had less: no attempt, no trace.
        1 => other.properties = properties.with_headers(FieldTable::default()),
        // No headers at all.
        2 => {
            let id = properties.message_id().clone().unwrap();
            other.properties = lapin::BasicProperties::default()
                .with_type("scutch.work.v1".into())
                .with_message_id(id);
        }
        // Versions that we do not read.
        3 => other.properties = properties.with_type("scutch.work.v2".into()),
        9 => other.properties = properties.with_type("scutch.work.v10".into()),
        // By reference, where ours has the documents inside.
        4 => other.body.clear(),
        // The attempt as a number.
        5 => {
            add("x-attempt", AMQPValue::LongLongInt(3));
            other.properties = properties.with_headers(headers);
        }
        // A reference with more behind it.
        6 => {
            let id = properties.message_id().clone().unwrap();
            other.properties = properties.with_message_id(format!("{id}:lane-2").into());
        }
        // Documents that are packed in another way: they cannot be read, and the ones in the store are taken the next time.
        7 => other.body = b"\x01packed otherwise".to_vec(),
        // A trace that is none.
        8 => {
            add("traceparent", AMQPValue::LongString("99-nonsense".into()));
            other.properties = properties.with_headers(headers);
        }
        // Not kept on disk, and gone by itself after an hour.
        10 => {
            let properties = properties.with_delivery_mode(1);
            other.properties = properties.with_expiration("3600000".into());
        }
        _ => {}
    }
    other
}

// ---- programs

/// A worker of another version beside one of ours: it works with it, or it says that it cannot and harms nothing.
fn another_program(world: &mut World) {
    let Some(binary) = std::env::var_os("OLD_SCUTCH").map(PathBuf::from) else {
        println!("    nothing to try: OLD_SCUTCH names no other program");
        return;
    };
    if let Some(refusal) = refusal(world, &binary) {
        println!("    it refuses: {refusal}");
        assert!(refusal.contains("newer"), "it does not say why: {refusal}");
        let documents = world.slow(640, 5);
        world.submit(&documents);
        world.mended = Some(SystemTime::now());
        return;
    }
    world.workers.truncate(1);
    world.add_worker(&Launch {
        binary: Some(binary),
        ..Launch::default()
    });
    let old = world.workers[1].pid();
    for _ in 0..4 {
        // Another version need not know what documents of tests ask for, so that these ask for nothing.
        let documents: Vec<_> = world.documents(640, "");
        world.submit(&documents);
    }
    let by_it = format!(
        "SELECT count(*) FROM history h JOIN workers w ON w.worker_id = h.worker WHERE w.pid = {old} AND h.is_now = 'done'"
    );
    world.wait("the other program does a chunk", |world| {
        world.number(&by_it) > 0
    });
    // What one has in hand the other takes over, whichever is lost.
    let id = world.work_begins();
    world.workers.swap_remove(1).kill();
    world.mended = Some(SystemTime::now());
    let rescued =
        format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NOT NULL");
    world.wait("ours goes on", |world| world.number(&rescued) == 1);
    println!("    it did {} chunks", world.number(&by_it));
}

/// Why the program does not work here, where it ends by itself; none where it is still there after a while.
fn refusal(world: &World, binary: &PathBuf) -> Option<String> {
    let log = world.folder.path().join("other.txt");
    let mut child = Command::new(binary)
        .arg("worker")
        .env("SCUTCH__BROKER__URL", world.servers.amqp_url())
        .env("SCUTCH__DATABASE__URL", world.servers.postgres_url())
        .env("SCUTCH__OUTPUT__FOLDER", world.output())
        .env("SCUTCH__MODEL__ENABLED", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(!status.success(), "it ended as if all were well");
            return Some(std::fs::read_to_string(&log).unwrap());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    // In order: what it holds it gives back.
    let told = Command::new("kill").arg(child.id().to_string()).status();
    assert!(told.unwrap().success());
    child.wait().unwrap();
    None
}
