//! Backends that come and go while a job is cleaned: nothing waits for them, nothing is lost to them.

use serde_json::{Value, json};
use shared::job::Backend;

use super::same::ALL;
use crate::service::scenarios::small;
use testbed::{Server, Servers};
use tests::client::Client;
use tests::documents::documents_in;
use tests::elasticsearch::Elasticsearch;
use tests::oracle::check;
use tests::stack::{Kind, Stack, Wishes};

/// A service with a database for rows and an Elasticsearch of its own, which the test may kill.
struct World {
    elasticsearch: Elasticsearch,
    postgres: Servers,
    stack: Stack,
    client: Client,
}

impl World {
    fn start() -> Self {
        let elasticsearch = Elasticsearch::start();
        let postgres = Servers::start(&[Server::Postgres]);
        let wishes = Wishes {
            settings: &[
                ("output.elasticsearch.url", &elasticsearch.url),
                ("output.postgresql.url", postgres.postgres_url()),
            ],
            ..Wishes::default()
        };
        let stack = Stack::start(Kind::Servers, &wishes);
        Self {
            client: stack.client(),
            stack,
            elasticsearch,
            postgres,
        }
    }

    /// Submits documents to all backends.
    fn submit(&self, documents: &[Value]) -> String {
        self.client
            .submit_with(documents, json!({ "persist_to_backends": ALL }))
    }

    /// Waits until a backend of a job has something to be brought.
    #[track_caller]
    fn wait_until_behind(&self, id: &str, backend: &str) -> Value {
        self.client.wait(id, "behind", |job| {
            job["backends"][backend]["state"] == "behind"
        })
    }

    /// Waits until all backends but this one have everything, and looks into those that others can see then.
    #[track_caller]
    fn others_are_complete(&self, id: &str, away: &str, count: usize) {
        let job = self.client.wait(id, "complete but for one", |job| {
            ALL.iter()
                .filter(|name| **name != away)
                .all(|name| job["backends"][*name]["state"] == "complete")
        });
        for name in ALL.into_iter().filter(|name| *name != away) {
            let backend: Backend = name.parse().unwrap();
            let found = documents_in(&self.stack, &job, backend);
            assert_eq!(found.len(), count, "{name} of {job}");
        }
        let job = self.client.job(id);
        assert_eq!(job["status"], "running", "{job}");
        let told = &job["backends"][away];
        assert_eq!(told["state"], "behind", "{told}");
        assert!(told["error"].is_string(), "{told}");
    }

    #[track_caller]
    fn ends_well(&self, id: &str, documents: &[Value]) {
        self.client.wait_for_status(id, "completed");
        check(&self.stack, &self.client, id, documents);
    }
}

/// Documents with ids of their own: an index has each id once.
fn named(prefix: &str, count: usize) -> Vec<Value> {
    let mut documents = small(count);
    for (n, document) in documents.iter_mut().enumerate() {
        document["document_id"] = json!(format!("{prefix}{n}"));
    }
    documents
}

#[test]
fn elasticsearch_that_is_killed_before_and_in_the_middle_of_a_job_gets_everything() {
    let world = World::start();
    // Before.
    let documents = named("before", 200);
    world.elasticsearch.kill();
    let id = world.submit(&documents);
    world.others_are_complete(&id, "elasticsearch", 200);
    world.elasticsearch.start_again();
    world.ends_well(&id, &documents);
    // In the middle, wherever that hits.
    let documents = named("middle", 3000);
    let id = world.submit(&documents);
    world.client.wait(&id, "in Elasticsearch", |job| {
        job["backends"]["elasticsearch"]["accepted"].as_u64() > Some(0)
    });
    world.elasticsearch.kill();
    world.others_are_complete_or_ended(&id);
    world.elasticsearch.start_again();
    world.ends_well(&id, &documents);
}

#[test]
fn a_database_of_rows_that_is_killed_before_and_in_the_middle_of_a_job_gets_everything() {
    let world = World::start();
    let documents = named("before", 200);
    world.postgres.kill(Server::Postgres);
    let id = world.submit(&documents);
    world.others_are_complete(&id, "postgresql", 200);
    world.postgres.start_again(Server::Postgres);
    world.ends_well(&id, &documents);
    let documents = named("middle", 3000);
    let id = world.submit(&documents);
    world.client.wait(&id, "in the database", |job| {
        job["backends"]["postgresql"]["accepted"].as_u64() > Some(0)
    });
    world.postgres.kill(Server::Postgres);
    world.others_are_complete_or_ended(&id);
    world.postgres.start_again(Server::Postgres);
    world.ends_well(&id, &documents);
}

#[test]
fn what_is_kept_for_a_backend_outlives_its_worker_and_a_cancelled_job_brings_no_more() {
    let mut world = World::start();
    world.elasticsearch.kill();
    let kept = named("kept", 150);
    let id = world.submit(&kept);
    world.wait_until_behind(&id, "elasticsearch");
    let cancelled = world.submit(&named("cancelled", 10));
    world.wait_until_behind(&cancelled, "elasticsearch");
    world.stack.kill_worker();
    world.client.command(&cancelled, "cancel");
    world.stack.start_worker();
    world.client.wait_for_status(&cancelled, "cancelled");
    world.elasticsearch.start_again();
    world.ends_well(&id, &kept);
    let job = world.client.job(&cancelled);
    assert_eq!(job["backends"]["elasticsearch"]["state"], "cancelled");
    let found = documents_in(&world.stack, &job, Backend::Elasticsearch);
    assert!(found.is_empty());
}

impl World {
    /// Waits until the documents are dealt with: what was killed may have had them all by then.
    #[track_caller]
    fn others_are_complete_or_ended(&self, id: &str) {
        self.client.wait(id, "written but for one", |job| {
            job["status"] == "completed" || job["backends"]["jsonl"]["state"] == "complete"
        });
    }
}
