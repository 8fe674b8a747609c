use std::time::Duration;

use serde_json::Value;
use shared::job::{Command, JobId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Bed;

/// An event as it came: its id, its name and its data.
type Event = (i64, String, Value);

impl Bed {
    /// Events until the stream ends.
    async fn events(&self, job: JobId, query: &str, headers: &str) -> Vec<Event> {
        let path = format!("/v1/jobs/{job}/events{query}");
        let answer = self.http.ask("GET", &path, headers).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: text/event-stream"));
        let events = answer
            .body
            .split("\n\n")
            .filter(|event| !event.trim().is_empty());
        events
            .filter(|event| !event.starts_with(':'))
            .map(event)
            .collect()
    }
}

fn event(text: &str) -> Event {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap()
            .trim_start_matches(':')
            .trim_start()
            .to_owned()
    };
    let data = serde_json::from_str(&field("data")).unwrap();
    (field("id").parse().unwrap(), field("event"), data)
}

fn names(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .map(|(_, name, _)| name.rsplit('.').next().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_follows_a_job_and_ends_after_its_last_event() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1, 1]).await;
    let (events, ()) = tokio::join!(bed.events(job, "", ""), async {
        bed.finish(job, 2).await;
    });
    assert_eq!(
        names(&events),
        ["started", "progress", "progress", "completed"]
    );
    let (_, name, data) = events.last().unwrap();
    assert_eq!(name, "com.storytelling.cleaning.job.completed");
    assert_eq!(data["type"], "com.storytelling.cleaning.job.completed");
    assert_eq!(data["id"], format!("{job}:completed"));
    assert_eq!(data["data"]["documents_processed"], 2);
    assert!(data["time"].as_str().unwrap().ends_with('Z'));
    assert!(events.is_sorted_by_key(|(seq, _, _)| *seq));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    let all = bed.events(job, "", "").await;
    assert_eq!(names(&all), ["started", "progress", "completed"]);
    let header = format!("Last-Event-ID: {}\r\n", all[0].0);
    assert_eq!(bed.events(job, "", &header).await, all[1..]);
    let query = format!("?after={}", all[1].0);
    assert_eq!(bed.events(job, &query, "").await, all[2..]);
    // The header, which a browser sends by itself, is newer than the address.
    let both = format!("Last-Event-ID: {}\r\n", all[1].0);
    assert_eq!(bed.events(job, "?after=0", &both).await, all[2..]);
    let last = format!("?after={}", all[2].0);
    assert_eq!(bed.events(job, &last, "").await, []);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_id_is_refused() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    let path = format!("/v1/jobs/{job}/events");
    let answer = bed.http.get(&format!("{path}?after=x")).await;
    assert_eq!(answer.problem(400), "after must be the id of an event");
    let answer = bed.http.ask("GET", &path, "Last-Event-ID: -1\r\n").await;
    assert_eq!(
        answer.problem(400),
        "Last-Event-ID must be the id of an event"
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_cancelled_while_queued_has_one_event() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    assert_eq!(names(&bed.events(job, "", "").await), ["cancelled"]);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_scheduler_stops() {
    let mut bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.run();
    let _granted = bed.claim(job, 0).await;
    let mut stream = TcpStream::connect(bed.http.address).await.unwrap();
    let request = format!("GET /v1/jobs/{job}/events HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    let mut buffer = [0; 1024];
    while !read.contains("job.started") {
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "{read}");
        read.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
    }
    bed.stop.cancel();
    // Well before the server would cut what is still under way.
    let ended = timeout(Duration::from_secs(5), stream.read_to_string(&mut read));
    ended.await.unwrap().unwrap();
    bed.end().await;
}
