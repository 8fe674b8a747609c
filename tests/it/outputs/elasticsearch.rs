//! A server that does what Elasticsearch is documented to do, in Python, which can be killed and started again.

use std::cell::RefCell;

use serde_json::Value;
use tempfile::TempDir;

use crate::python::Program;
use crate::service::client::Client;

/// One that keeps what it has in a file.
#[derive(Debug)]
pub(crate) struct Elasticsearch {
    folder: TempDir,
    program: RefCell<Option<Program>>,
    pub(crate) url: String,
}

impl Elasticsearch {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = run(&folder, "0");
        Self {
            url: format!("http://127.0.0.1:{}", program.address),
            program: RefCell::new(Some(program)),
            folder,
        }
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&self) {
        self.program.borrow_mut().take().unwrap().kill();
    }

    /// Starts it again, on its port and with what it had.
    pub(crate) fn start_again(&self) {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        *self.program.borrow_mut() = Some(run(&self.folder, port));
    }
}

fn run(folder: &TempDir, port: &str) -> Program {
    let file = folder.path().join("documents");
    Program::start("fake_elasticsearch.py", &[file.to_str().unwrap(), port])
}

/// The documents of a job in an index.
#[track_caller]
pub(super) fn search(url: &str, index: &str, job: &str) -> Vec<Value> {
    let client = Client::new(url.to_owned(), url.to_owned());
    // All that it has: it knows no queries.
    let answer = client.get(&format!("/{index}/_search?size=10000"));
    if answer.status == 404 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    let hits = answer.body["hits"]["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["_source"].clone())
        .filter(|document| document["job_id"] == job)
        .collect()
}
