//! Talks to a service over HTTP as its users do.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::stack::LONG;

/// A client of one service.
pub struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    producer: String,
    scheduler: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Client {
    pub fn new(producer: String, scheduler: String) -> Self {
        // Another test may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self {
            runtime: Runtime::new().unwrap(),
            http: reqwest::Client::builder().timeout(LONG).build().unwrap(),
            producer,
            scheduler,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let is_submission = method == Method::POST
            && (path.starts_with("/v1/documents") || path.starts_with("/v1/preprocess"));
        let base = if is_submission {
            &self.producer
        } else {
            &self.scheduler
        };
        self.http.request(method, format!("{base}{path}"))
    }

    pub fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).unwrap()
    }

    pub fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        self.runtime.block_on(async {
            let response: Response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await?;
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
            Ok(Answer {
                status,
                headers,
                body,
            })
        })
    }

    /// The body of an answer as it is.
    #[track_caller]
    pub fn bytes(&self, request: RequestBuilder) -> Vec<u8> {
        let answer = self.runtime.block_on(async {
            let response = request.send().await?.error_for_status()?;
            response.bytes().await
        });
        answer.unwrap().to_vec()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body))
    }

    /// Submits documents as one job; its id.
    #[track_caller]
    pub fn submit(&self, documents: &[Value]) -> String {
        self.submit_with(documents, json!({}))
    }

    /// Submits documents as one job with further members of the request.
    #[track_caller]
    pub fn submit_with(&self, documents: &[Value], mut request: Value) -> String {
        request["documents"] = json!(documents);
        let answer = self.post("/v1/documents/batch", &request);
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["job_id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn job(&self, id: &str) -> Value {
        let answer = self.get(&format!("/v1/jobs/{id}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Gives a command, which must be taken.
    #[track_caller]
    pub fn command(&self, id: &str, command: &str) -> Value {
        let answer = self.try_command(id, command);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub fn try_command(&self, id: &str, command: &str) -> Answer {
        let request = match command {
            "cancel" => self.request(Method::DELETE, &format!("/v1/jobs/{id}")),
            command => self.request(Method::PATCH, &format!("/v1/jobs/{id}/{command}")),
        };
        self.send(request)
    }

    /// Waits until the job is as wished; the job then.
    #[track_caller]
    pub fn wait(&self, id: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LONG;
        loop {
            // A service that is being restarted, or whose database is, may not answer.
            let asked = self.try_send(self.request(Method::GET, &format!("/v1/jobs/{id}")));
            let last = asked.map_or(Value::Null, |answer| answer.body);
            if is_so(&last) {
                return last;
            }
            assert!(Instant::now() < deadline, "never {what}: {last:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub fn wait_for_status(&self, id: &str, status: &str) -> Value {
        self.wait(id, status, |job| job["status"] == status)
    }

    /// Waits until a chunk of the job is worked on.
    #[track_caller]
    pub fn wait_until_begun(&self, id: &str) {
        let is_leased = |job: &Value| {
            job["statistics"]["chunks"]["leased"]
                .as_u64()
                .is_some_and(|leased| leased > 0)
        };
        self.wait(id, "begun", is_leased);
    }

    /// All events of an ended job, from its stream.
    #[track_caller]
    pub fn events(&self, id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/jobs/{id}/events"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = answer.body.as_str().unwrap_or_default().to_owned();
        text.lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|data| serde_json::from_str(data.trim()).unwrap())
            .collect()
    }
}
