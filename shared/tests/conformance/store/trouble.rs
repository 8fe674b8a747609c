//! What goes wrong with a database is told for what it is.

use std::collections::BTreeSet;
use std::time::Duration;

use shared::job::{Command, Epoch, JobId};
use shared::store::{Articles, CommandError, Error, Report, Settings, Store};
use tokio_postgres::error::SqlState;

use super::{
    all_good, article, claim, complete, fresh_database, new_job, postgres, submit, worker,
};

fn settings(timeout_ms: u64) -> Settings {
    Settings {
        url: None,
        pool: 1,
        timeout_ms,
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.unwrap();
    tokio::spawn(connection);
    client
}

#[test]
fn what_may_pass_is_told_from_what_will_not() {
    let sqlite = |code| Error::Sqlite {
        doing: String::new(),
        source: rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None),
    };
    let timed_out = Error::TimedOut {
        doing: String::new(),
        limit: Duration::from_secs(1),
    };
    for (error, is_transient) in [
        (Error::Connect("away".into()), true),
        (timed_out, true),
        (sqlite(rusqlite::ffi::SQLITE_BUSY), true),
        (sqlite(rusqlite::ffi::SQLITE_FULL), true),
        (sqlite(rusqlite::ffi::SQLITE_CONSTRAINT), false),
        (Error::Url("odd".into()), false),
        (Error::Spool(std::io::Error::other("torn")), false),
    ] {
        assert_eq!(error.is_transient(), is_transient, "{error:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_found_when_it_is_asked() {
    // Port 1 has no PostgreSQL.
    let store = Store::postgres("postgres://127.0.0.1:1/none", &settings(1_000)).unwrap();
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, Error::Connect(_)), "{error:?}");
    assert!(Store::postgres("http://127.0.0.1", &settings(1_000)).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_gives_up_first_and_says_what_it_waited_for() {
    let url = fresh_database();
    let usual = postgres(&url).await;
    usual.check().await.unwrap();
    let job = submit(&usual, &new_job(), 1).await;
    let client = connect(&url).await;
    client
        .batch_execute("BEGIN; SELECT 1 FROM jobs FOR UPDATE")
        .await
        .unwrap();
    let hasty = Store::postgres(&url, &settings(2_000)).unwrap();
    let error = hasty.command(job, Command::Pause).await.unwrap_err();
    let CommandError::Store(error) = error else {
        panic!("{error:?}");
    };
    let Error::Postgres { source, .. } = &error else {
        panic!("{error:?}");
    };
    // Which of its two limits strikes first is the server's affair.
    let code = source.code().unwrap();
    let limits = [&SqlState::LOCK_NOT_AVAILABLE, &SqlState::QUERY_CANCELED];
    assert!(limits.contains(&code), "{error:?}");
    assert!(error.is_transient());
    assert!(error.to_string().contains("while SELECT job_id"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_whose_session_was_ended_leads_no_more() {
    let url = fresh_database();
    let store = postgres(&url).await;
    let leading = store.lead().await.unwrap().unwrap();
    assert!(leading.is_held().await);
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks JOIN pg_database d ON d.oid = database \
               WHERE locktype = 'advisory' AND datname = current_database()";
    let ended = connect(&url).await.query(end, &[]).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert!(!leading.is_held().await);
    assert!(store.lead().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_leaves_the_pool_its_connections() {
    let url = fresh_database();
    let store = Store::postgres(&url, &settings(10_000)).unwrap();
    store.migrate().await.unwrap();
    let leading = store.lead().await.unwrap().unwrap();
    // The pool has one.
    store.check().await.unwrap();
    assert!(leading.is_held().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_comes_too_late_costs_no_connection() {
    let url = fresh_database();
    let store = Store::postgres(&url, &settings(10_000)).unwrap();
    store.migrate().await.unwrap();
    let worker = worker(&store).await;
    let job = submit(&store, &new_job(), 1).await;
    let granted = claim(&store, job, 0, worker).await.unwrap();
    assert!(complete(&store, &granted.lease, &all_good()).await);
    let watcher = connect(&url).await;
    let sessions = async || {
        let asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                     AND backend_type = 'client backend'";
        let rows = watcher.query(asked, &[]).await.unwrap();
        rows.iter()
            .map(|row| row.get::<_, i32>(0))
            .collect::<BTreeSet<_>>()
    };
    let before = sessions().await;
    assert_eq!(before.len(), 1, "the pool's only one");
    for _ in 0..3 {
        assert!(!complete(&store, &granted.lease, &Report::default()).await);
    }
    assert_eq!(sessions().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_article_that_no_column_can_hold_is_refused_alone_and_said_why() {
    let url = fresh_database();
    let articles = Articles::open(&url, &settings(10_000)).unwrap();
    let job = JobId::generate();
    let good = article(job, "a", "it", "1");
    let error = articles
        .write(std::slice::from_ref(&good), Epoch(1))
        .await
        .unwrap_err();
    assert!(!error.is_transient(), "there is no table: {error:?}");
    assert!(
        error.to_string().contains("INSERT INTO processed_articles"),
        "{error}"
    );

    articles.migrate().await.unwrap();
    assert_eq!(articles.write(&[], Epoch(1)).await.unwrap(), []);
    let mut lines = vec![
        good,
        article(job, "b", "it", "99999999999999999999"),
        article(job, "c", "it", "\"many\""),
        article(job, "d", "it", "1"),
        article(job, "e", "it", "null"),
    ];
    let json = std::str::from_utf8(&lines[3].json).unwrap();
    let dated = json.replace(
        r#""cleaned_publication_date":"2026-03-01""#,
        r#""cleaned_publication_date":"2026-13-45""#,
    );
    assert_ne!(dated, json);
    lines[3].json = dated.into();
    for (document, line) in (0..).zip(&mut lines) {
        line.document = document;
    }
    let refused = articles.write(&lines, Epoch(1)).await.unwrap();
    let told: Vec<_> = refused
        .iter()
        .map(|refused| {
            let id = refused.document_id.as_deref().unwrap();
            (refused.document, id, refused.reason.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "b", "a number is out of range (SQLSTATE 22003)"),
            (
                2,
                "c",
                "the database does not take its values (SQLSTATE 22P02)"
            ),
            (3, "d", "a date is out of range (SQLSTATE 22008)"),
            (
                4,
                "e",
                "the database does not take its values (SQLSTATE 23502)"
            ),
        ]
    );
    let failure = refused[0].clone().into_failure(7);
    assert_eq!((failure.chunk, failure.document), (Some(7), 1));
    let rows = connect(&url)
        .await
        .query("SELECT document_id FROM processed_articles", &[])
        .await
        .unwrap();
    assert_eq!(rows.len(), 1, "the good one is there");
}
