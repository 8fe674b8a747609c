//! A server that does what Elasticsearch is documented to do, in Python, which can be killed and started again.

use std::cell::RefCell;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::python::Program;

/// What it does with what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Takes,
    /// 503.
    Fails,
    /// 429.
    Busy,
    /// After so many milliseconds.
    Slow(u64),
    /// Answers when the mode is another one.
    Hangs,
    /// Takes, and answers with a broken connection.
    Forgets,
    /// Takes some documents of each request.
    Partly,
    /// The same, and refuses one in ten for ever.
    Refuses,
}

/// One that keeps what it has in a file.
#[derive(Debug)]
pub struct Elasticsearch {
    folder: TempDir,
    program: RefCell<Option<Program>>,
    pub url: String,
}

impl Elasticsearch {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = run(&folder, "0");
        Self {
            url: format!("http://127.0.0.1:{}", program.address),
            program: RefCell::new(Some(program)),
            folder,
        }
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&self) {
        if let Some(program) = self.program.borrow_mut().take() {
            program.kill();
        }
    }

    /// Starts it again where it was killed, on its port and with what it had.
    pub fn start_again(&self) {
        let mut program = self.program.borrow_mut();
        if program.is_none() {
            let (_, port) = self.url.rsplit_once(':').unwrap();
            *program = Some(run(&self.folder, port));
        }
    }

    /// From now on it does so with what it is asked, but for searches.
    pub fn set(&self, mode: Mode) {
        let text = match mode {
            Mode::Takes => "take".to_owned(),
            Mode::Fails => "fail".to_owned(),
            Mode::Busy => "busy".to_owned(),
            Mode::Slow(milliseconds) => format!("slow {milliseconds}"),
            Mode::Hangs => "hang".to_owned(),
            Mode::Forgets => "forget".to_owned(),
            Mode::Partly => "partly".to_owned(),
            Mode::Refuses => "refuse".to_owned(),
        };
        // Renamed, so that nobody reads it half written.
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.folder.path().join("documents.mode")).unwrap();
    }
}

fn run(folder: &TempDir, port: &str) -> Program {
    let file = folder.path().join("documents");
    Program::start("fake_elasticsearch.py", &[file.to_str().unwrap(), port])
}

/// The documents of a job in an index; of all where it is empty.
#[track_caller]
pub fn search(url: &str, index: &str, job: &str) -> Vec<Value> {
    let client = Client::new(url.to_owned(), url.to_owned());
    // All that it has: it knows no queries.
    let answer = client.get(&format!("/{index}/_search?size=10000000"));
    if answer.status == 404 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{answer:?}");
    let hits = answer.body["hits"]["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["_source"].clone())
        .filter(|document| job.is_empty() || document["job_id"] == job)
        .collect()
}
