//! A job while servers come and go. On real servers only: the embedded ones end with the process.

use serde_json::json;

use super::scenarios::{SLOW, slow, small};
use testbed::Server;
use tests::oracle::check;
use tests::redis::flush_redis;
use tests::stack::{Kind, Stack, Wishes};

/// A stack with servers of its own, and a slow job that has begun.
fn begun() -> (Stack, tests::client::Client, String, Vec<serde_json::Value>) {
    // As long as in the defaults: on a busy machine a server is away for longer than the short ones of other tests, and a worker that
    // got no answer for so long would end, as it should.
    let patient = [
        ("worker.fence_s", "20"),
        ("scheduler.worker_timeout_s", "30"),
    ];
    let settings = [SLOW, &patient].concat();
    let stack = Stack::start(
        Kind::Servers,
        &Wishes {
            settings: &settings,
            owns_servers: true,
            ..Wishes::default()
        },
    );
    let client = stack.client();
    let documents = slow(200);
    let id = client.submit(&documents);
    client.wait_until_begun(&id);
    (stack, client, id, documents)
}

fn servers(stack: &Stack) -> &testbed::Servers {
    stack.servers.as_ref().unwrap()
}

#[test]
fn a_job_goes_on_when_the_broker_is_restarted_and_when_it_is_killed() {
    let (stack, client, id, documents) = begun();
    servers(&stack).stop(Server::Rabbit);
    // Taken in while the broker is away.
    let other = client.submit(&small(100));
    servers(&stack).start_again(Server::Rabbit);
    client.wait_for_status(&other, "completed");
    servers(&stack).kill(Server::Rabbit);
    servers(&stack).start_again(Server::Rabbit);
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
    check(&stack, &client, &other, &small(100));
}

#[test]
fn a_job_goes_on_when_the_database_is_restarted_and_when_it_is_killed() {
    let (stack, client, id, documents) = begun();
    servers(&stack).stop(Server::Postgres);
    let refused = client.post("/v1/documents/batch", &json!({ "documents": small(1) }));
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.headers.contains_key("retry-after"));
    servers(&stack).start_again(Server::Postgres);
    std::thread::sleep(std::time::Duration::from_secs(2));
    servers(&stack).kill(Server::Postgres);
    servers(&stack).start_again(Server::Postgres);
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}

#[test]
fn a_job_goes_on_when_redis_is_emptied_and_when_it_is_killed() {
    let (stack, client, id, documents) = begun();
    let (_, redis) = stack.addresses().unwrap();
    flush_redis(&redis.unwrap());
    std::thread::sleep(std::time::Duration::from_secs(1));
    servers(&stack).kill(Server::Redis);
    std::thread::sleep(std::time::Duration::from_secs(1));
    servers(&stack).start_again(Server::Redis);
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}

#[test]
fn a_job_needs_no_redis() {
    let mut stack = Stack::start(
        Kind::Servers,
        &Wishes {
            settings: SLOW,
            without_redis: true,
            ..Wishes::default()
        },
    );
    let client = stack.client();
    let documents = slow(100);
    let id = client.submit(&documents);
    client.wait_until_begun(&id);
    stack.kill_worker();
    stack.start_worker();
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}
