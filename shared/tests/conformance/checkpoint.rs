//! Checkpoints: both kinds keep the same promises, and a Redis in trouble harms nobody.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::slice;
use std::time::{Duration, Instant};

use bytes::Bytes;
use shared::checkpoint::{Checkpoint, Error, Kept, Settings};
use shared::job::{ChunkId, Epoch, JobId, Lease, WorkerId};
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;

use testbed::{Server, Servers, shared_redis};

const TIMEOUT_MS: u64 = 2_000;
/// No call may take longer, whatever has happened to Redis; with room for a machine that is busy.
const LIMIT: Duration = Duration::from_millis(TIMEOUT_MS + 1_000);

fn open(url: Option<&str>, ttl_s: u64) -> Checkpoint {
    let settings = Settings {
        url: url.map(Into::into),
        ttl_s,
        timeout_ms: TIMEOUT_MS,
    };
    Checkpoint::open(&settings).unwrap()
}

/// One of each kind.
fn each_kind(ttl_s: u64) -> [Checkpoint; 2] {
    [open(None, ttl_s), open(Some(shared_redis()), ttl_s)]
}

fn lease(job: JobId, index: u32, epoch: i64) -> Lease {
    Lease {
        chunk: ChunkId { job, index },
        epoch: Epoch(epoch),
        worker: WorkerId::generate(),
    }
}

fn key(lease: &Lease) -> String {
    format!("scutch:{}:ck:{}", lease.chunk.job, lease.chunk.index)
}

fn result(index: u32, text: &str) -> (u32, Bytes) {
    (index, Bytes::copy_from_slice(text.as_bytes()))
}

/// The first line of what Redis answers to a command of plain words.
fn ask_redis(url: &str, command: &str) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("redis://").unwrap()).unwrap();
    write!(stream, "{command}\r\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer.trim_end().to_owned()
}

/// The text that Redis answers to a command, whatever its words hold.
fn ask_redis_for(url: &str, words: &[&str]) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("redis://").unwrap()).unwrap();
    write!(stream, "*{}\r\n", words.len()).unwrap();
    for word in words {
        write!(stream, "${}\r\n{word}\r\n", word.len()).unwrap();
    }
    let mut lines = BufReader::new(stream).lines();
    let length = lines.next().unwrap().unwrap();
    assert!(length.starts_with('$'), "{length}");
    lines.next().unwrap().unwrap()
}

#[tokio::test]
async fn results_come_back_as_they_were() {
    for checkpoint in each_kind(60) {
        let lease = lease(JobId::generate(), 3, 1);
        assert!(checkpoint.load(&lease).await.unwrap().is_empty());
        // Every byte there is, those of Redis's protocol among them, and more than a socket takes at once.
        let large: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
        let results = [(0, Bytes::new()), (63, Bytes::from(large))];
        let kept = checkpoint.save(&lease, &results).await.unwrap();
        assert_eq!(kept, Kept::Yes);
        let loaded = checkpoint.load(&lease).await.unwrap();
        assert_eq!(loaded, BTreeMap::from(results));
    }
}

#[tokio::test]
async fn results_add_up_and_a_repeated_one_is_kept_once() {
    for checkpoint in each_kind(60) {
        let lease = lease(JobId::generate(), 0, 1);
        let both = [result(1, "one"), result(2, "two")];
        checkpoint.save(&lease, &both[..1]).await.unwrap();
        checkpoint.save(&lease, &both).await.unwrap();
        checkpoint.save(&lease, &[]).await.unwrap();
        let loaded = checkpoint.load(&lease).await.unwrap();
        assert_eq!(loaded, BTreeMap::from(both));
    }
}

#[tokio::test]
async fn a_newer_claim_takes_over_what_the_older_one_kept() {
    for checkpoint in each_kind(60) {
        let job = JobId::generate();
        // The numbers' order is not that of their texts.
        let (old, new) = (lease(job, 0, 9), lease(job, 0, 10));
        let (first, second) = (result(1, "of the old"), result(2, "of the new"));
        checkpoint
            .save(&old, slice::from_ref(&first))
            .await
            .unwrap();
        let taken = checkpoint.load(&new).await.unwrap();
        assert_eq!(taken, BTreeMap::from([first.clone()]));
        let kept = checkpoint
            .save(&new, slice::from_ref(&second))
            .await
            .unwrap();
        assert_eq!(kept, Kept::Yes);
        let loaded = checkpoint.load(&new).await.unwrap();
        assert_eq!(loaded, BTreeMap::from([first, second]));
    }
}

#[tokio::test]
async fn an_older_claim_neither_writes_nor_reads_once_a_newer_one_has_written() {
    for checkpoint in each_kind(60) {
        let job = JobId::generate();
        let (old, new) = (lease(job, 0, 9), lease(job, 0, 10));
        checkpoint.save(&old, &[result(1, "old")]).await.unwrap();
        // Without a result, too: to have claimed is enough.
        checkpoint.save(&new, &[]).await.unwrap();
        let late = [result(1, "late"), result(2, "late")];
        assert_eq!(checkpoint.save(&old, &late).await.unwrap(), Kept::Stale);
        assert!(checkpoint.load(&old).await.unwrap().is_empty());
        let loaded = checkpoint.load(&new).await.unwrap();
        assert_eq!(loaded, BTreeMap::from([result(1, "old")]));
    }
}

#[tokio::test]
async fn of_claims_that_write_at_once_the_newest_wins() {
    const CLAIMS: u32 = 32;
    for checkpoint in each_kind(60) {
        let job = JobId::generate();
        let claim = |number: u32| lease(job, 0, i64::from(number));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 1..=CLAIMS {
            let (checkpoint, lease) = (checkpoint.clone(), claim(number));
            tasks.spawn(async move { checkpoint.save(&lease, &[result(number, "it")]).await });
        }
        for saved in tasks.join_all().await {
            saved.unwrap();
        }
        let loaded = checkpoint.load(&claim(CLAIMS)).await.unwrap();
        assert!(loaded.contains_key(&CLAIMS), "{loaded:?}");
        let loaded = checkpoint.load(&claim(CLAIMS - 1)).await.unwrap();
        assert!(loaded.is_empty(), "{loaded:?}");
    }
}

#[tokio::test]
async fn what_is_discarded_is_gone_and_nothing_else() {
    // More than one command takes.
    const CHUNKS: u32 = 1_201;
    for checkpoint in each_kind(60) {
        let (job, other) = (JobId::generate(), JobId::generate());
        let ends = [0, 1, 500, CHUNKS - 1].map(|index| lease(job, index, 1));
        let bystander = lease(other, 0, 1);
        for lease in ends.iter().chain([&bystander]) {
            checkpoint.save(lease, &[result(0, "it")]).await.unwrap();
        }
        checkpoint.discard(ends[0].chunk).await.unwrap();
        assert!(checkpoint.load(&ends[0]).await.unwrap().is_empty());
        assert_eq!(checkpoint.load(&ends[1]).await.unwrap().len(), 1);

        checkpoint.discard_job(job, CHUNKS).await.unwrap();
        for lease in &ends {
            assert!(checkpoint.load(lease).await.unwrap().is_empty());
        }
        assert_eq!(checkpoint.load(&bystander).await.unwrap().len(), 1);
        // Twice, and what never was: nothing to complain about.
        checkpoint.discard(ends[0].chunk).await.unwrap();
        checkpoint.discard_job(job, 0).await.unwrap();
    }
}

#[tokio::test]
async fn results_end_by_themselves() {
    for checkpoint in each_kind(1) {
        let lease = lease(JobId::generate(), 0, 1);
        checkpoint.save(&lease, &[result(0, "it")]).await.unwrap();
        let saved = Instant::now();
        while !checkpoint.load(&lease).await.unwrap().is_empty() {
            assert!(saved.elapsed() < Duration::from_secs(10), "still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn each_save_gives_the_whole_chunk_new_time() {
    let checkpoint = open(Some(shared_redis()), 3_600);
    let lease = lease(JobId::generate(), 0, 1);
    let left = || {
        let answer = ask_redis(shared_redis(), &format!("TTL {}", key(&lease)));
        answer.strip_prefix(':').unwrap().parse::<i64>().unwrap()
    };
    checkpoint.save(&lease, &[result(0, "it")]).await.unwrap();
    assert!((3_500..=3_600).contains(&left()), "{}", left());
    let answer = ask_redis(shared_redis(), &format!("EXPIRE {} 100", key(&lease)));
    assert_eq!(answer, ":1");
    checkpoint.save(&lease, &[]).await.unwrap();
    assert!((3_500..=3_600).contains(&left()), "{}", left());
}

#[tokio::test]
async fn a_wiped_redis_is_an_empty_one() {
    let servers = Servers::start(&[Server::Redis]);
    let checkpoint = open(Some(servers.redis_url()), 60);
    let job = JobId::generate();
    let (old, new) = (lease(job, 0, 1), lease(job, 0, 2));
    checkpoint.save(&new, &[result(0, "it")]).await.unwrap();
    assert_eq!(ask_redis(servers.redis_url(), "FLUSHALL"), "+OK");
    assert!(checkpoint.load(&new).await.unwrap().is_empty());
    // The newer claim is forgotten too; the store still knows it.
    let kept = checkpoint.save(&old, &[result(1, "it")]).await.unwrap();
    assert_eq!(kept, Kept::Yes);
    let loaded = checkpoint.load(&new).await.unwrap();
    assert_eq!(loaded, BTreeMap::from([result(1, "it")]));
}

#[tokio::test]
async fn what_redis_refuses_is_not_asked_twice() {
    let servers = Servers::start(&[Server::Redis]);
    let url = servers.redis_url();
    let checkpoint = open(Some(url), 60);
    let lease = lease(JobId::generate(), 0, 1);
    // No hash: each command for one is refused.
    assert_eq!(ask_redis(url, &format!("SET {} it", key(&lease))), "+OK");
    assert!(checkpoint.load(&lease).await.unwrap().is_empty());
    let error = checkpoint.save(&lease, &[]).await.unwrap_err();
    assert!(matches!(error, Error::Redis(_)), "{error:?}");
    for command in ["eval", "hgetall"] {
        let count = format!(
            "return redis.call('INFO','commandstats'):match('cmdstat_{command}:calls=(%d+)')"
        );
        // EVAL first: the one that asks is counted when it is done.
        let answer = ask_redis_for(url, &["EVAL", &count, "0"]);
        assert_eq!(answer, "1", "{command}");
    }
}

#[tokio::test]
async fn a_redis_that_is_down_is_told_quickly_and_one_that_is_back_is_used_at_once() {
    let servers = Servers::start(&[Server::Redis]);
    let checkpoint = open(Some(servers.redis_url()), 60);
    let lease = lease(JobId::generate(), 0, 1);
    let it = [result(0, "it")];
    checkpoint.save(&lease, &it).await.unwrap();
    for _ in 0..2 {
        servers.kill(Server::Redis);
        for _ in 0..3 {
            let asked = Instant::now();
            let error = checkpoint.save(&lease, &it).await.unwrap_err();
            assert!(error.is_transient(), "{error:?}");
            assert!(checkpoint.check().await.is_err());
            assert!(checkpoint.discard(lease.chunk).await.is_err());
            assert!(checkpoint.load(&lease).await.unwrap().is_empty());
            // Nobody listens, which the kernel says at once: no call waits for its time-out.
            assert!(asked.elapsed() < LIMIT, "{:?}", asked.elapsed());
        }
        servers.start_again(Server::Redis);
        checkpoint.check().await.unwrap();
        assert_eq!(checkpoint.save(&lease, &it).await.unwrap(), Kept::Yes);
        assert_eq!(checkpoint.load(&lease).await.unwrap().len(), 1);
    }
    // Restarted between two calls: the connection is dead, and the next call does not show it.
    servers.stop(Server::Redis);
    servers.start_again(Server::Redis);
    assert_eq!(checkpoint.save(&lease, &it).await.unwrap(), Kept::Yes);
}

#[tokio::test]
async fn a_connection_that_has_gone_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let redis = shared_redis().strip_prefix("redis://").unwrap();
    let proxy = tokio::spawn(async move {
        // Taken, and never answered.
        let _silent = listener.accept().await.unwrap();
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = tokio::net::TcpStream::connect(redis).await.unwrap();
            connections.spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    let checkpoint = open(Some(&url), 60);
    let lease = lease(JobId::generate(), 0, 1);
    let asked = Instant::now();
    let error = checkpoint.save(&lease, &[]).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(_)), "{error:?}");
    assert!(error.is_transient());
    assert!(asked.elapsed() < LIMIT, "{:?}", asked.elapsed());
    assert_eq!(checkpoint.save(&lease, &[]).await.unwrap(), Kept::Yes);
    proxy.abort();
}

#[tokio::test]
async fn what_somebody_else_wrote_is_no_checkpoint() {
    let checkpoint = open(Some(shared_redis()), 60);
    let lease = lease(JobId::generate(), 0, 1);
    for field in ["a b", "epoch x", "7 b"] {
        ask_redis(shared_redis(), &format!("DEL {}", key(&lease)));
        let answer = ask_redis(shared_redis(), &format!("HSET {} {field}", key(&lease)));
        assert_eq!(answer, ":1");
        let error = checkpoint.load(&lease).await.unwrap_err();
        assert!(matches!(error, Error::Foreign(chunk) if chunk == lease.chunk));
        assert!(!error.is_transient());
    }
}

#[test]
fn opening_connects_to_nothing_and_refuses_what_is_no_url() {
    // Outside of any runtime; port 1 has no Redis.
    open(Some("redis://127.0.0.1:1"), 60);
    for url in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://:secret@"] {
        let settings = Settings {
            url: Some(url.into()),
            ttl_s: 60,
            timeout_ms: 100,
        };
        let error = Checkpoint::open(&settings).unwrap_err();
        assert!(matches!(error, Error::Url(_)), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[test]
fn a_password_does_not_print() {
    let settings = Settings {
        url: Some("redis://:secret@127.0.0.1".into()),
        ttl_s: 60,
        timeout_ms: 100,
    };
    let checkpoint = Checkpoint::open(&settings).unwrap();
    assert!(!format!("{settings:?} {checkpoint:?}").contains("secret"));
}
