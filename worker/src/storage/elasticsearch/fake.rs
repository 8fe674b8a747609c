//! A server in this process that does what the bulk API of Elasticsearch and OpenSearch is documented to do, and fails on demand.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{head, post};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A server on a port of its own, until it is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

/// What one request of the bulk API is to meet; requests beyond those told of go well.
#[derive(Debug)]
pub(crate) enum Fault {
    /// None.
    None,
    /// These documents are not taken: id, status, kind of exception.
    Items(Vec<(&'static str, u16, &'static str)>),
    /// The request as such is not taken: status, kind of exception.
    Whole(u16, &'static str),
    /// All is taken, and the answer comes too late.
    Slow(Duration),
    /// All is taken, and the connection breaks in the middle of the answer.
    Torn,
    /// All is taken, and the connection breaks before the answer.
    Lost,
    /// All is taken, and the answer tells of that many only.
    Few(usize),
    /// The answer is of something else.
    Garbage(&'static str),
}

/// What holds for all requests.
pub(crate) struct Rules {
    /// The only `Authorization` that is let in.
    pub(crate) authorization: Option<&'static str>,
    /// Largest request.
    pub(crate) max_bytes: usize,
    /// Whether it tells if an index is there.
    pub(crate) may_look: bool,
    /// Whether an index may be made.
    pub(crate) may_make: bool,
    /// Documents that are never taken: status, kind of exception.
    pub(crate) refused: HashMap<&'static str, (u16, &'static str)>,
}

/// A document in an index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) version: i64,
    pub(crate) source: Value,
}

/// A request of the bulk API that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
    pub(crate) content_type: String,
}

pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) seen: Vec<Seen>,
    /// Questions about an index, and its making.
    pub(crate) asked: Vec<&'static str>,
    pub(crate) indices: BTreeMap<String, BTreeMap<String, Kept>>,
    pub(crate) mappings: BTreeMap<String, Value>,
}

type Shared = State<Arc<Mutex<World>>>;

impl Fake {
    pub(crate) async fn start() -> Self {
        let world = Arc::new(Mutex::new(World {
            rules: Rules {
                authorization: None,
                max_bytes: usize::MAX,
                may_look: true,
                may_make: true,
                refused: HashMap::new(),
            },
            faults: VecDeque::new(),
            seen: Vec::new(),
            asked: Vec::new(),
            indices: BTreeMap::new(),
            mappings: BTreeMap::new(),
        }));
        let app = Router::new()
            .route("/{index}", head(look).put(make))
            .route("/{index}/_bulk", post(bulk))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self { url, world, task }
    }

    /// All that it knows.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// The next requests of the bulk API meet these.
    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world().faults.extend(faults);
    }

    /// What is in an index.
    pub(crate) fn documents(&self, index: &str) -> BTreeMap<String, Kept> {
        self.world().indices.get(index).cloned().unwrap_or_default()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn failed(status: u16, kind: &str) -> Response {
    let body = json!({ "error": { "type": kind, "reason": "as told" }, "status": status });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn stranger(world: &World, headers: &HeaderMap) -> Option<Response> {
    let wanted = world.rules.authorization?;
    let given = headers.get("authorization").map(|value| value.as_bytes());
    (given != Some(wanted.as_bytes())).then(|| failed(401, "security_exception"))
}

async fn look(State(world): Shared, Path(index): Path<String>, headers: HeaderMap) -> Response {
    let mut world = world.lock().unwrap();
    world.asked.push("HEAD");
    if let Some(refused) = stranger(&world, &headers) {
        return refused;
    }
    match (world.rules.may_look, world.indices.contains_key(&index)) {
        (false, _) => failed(403, "security_exception"),
        (true, true) => StatusCode::OK.into_response(),
        (true, false) => failed(404, "index_not_found_exception"),
    }
}

async fn make(
    State(world): Shared,
    Path(index): Path<String>,
    headers: HeaderMap,
    axum::Json(mapping): axum::Json<Value>,
) -> Response {
    let mut world = world.lock().unwrap();
    world.asked.push("PUT");
    if let Some(refused) = stranger(&world, &headers) {
        return refused;
    }
    if !world.rules.may_make {
        return failed(403, "security_exception");
    }
    if world.indices.contains_key(&index) {
        return failed(400, "resource_already_exists_exception");
    }
    world.indices.insert(index.clone(), BTreeMap::new());
    world.mappings.insert(index.clone(), mapping);
    axum::Json(json!({ "acknowledged": true, "index": index })).into_response()
}

async fn bulk(
    State(world): Shared,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (fault, mut answer) = {
        let mut world = world.lock().unwrap();
        if let Some(refused) = stranger(&world, &headers) {
            return refused;
        }
        if body.len() > world.rules.max_bytes {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        let lines: Vec<_> = body.split(|byte| *byte == b'\n').collect();
        assert_eq!(
            lines.last(),
            Some(&&b""[..]),
            "a request ends with a line's end"
        );
        world.seen.push(Seen {
            items: lines.len() / 2,
            bytes: body.len(),
            content_type: headers["content-type"].to_str().unwrap().to_owned(),
        });
        let fault = world.faults.pop_front().unwrap_or(Fault::None);
        if let Fault::Whole(status, kind) = fault {
            return failed(status, kind);
        }
        let items: Vec<_> = lines
            .chunks_exact(2)
            .map(|pair| world.take(&index, pair, &fault))
            .collect();
        (fault, items)
    };
    if let Fault::Few(count) = fault {
        answer.truncate(count);
    }
    let answer = json!({ "took": 1, "errors": false, "items": answer }).to_string();
    match fault {
        Fault::None | Fault::Items(_) | Fault::Whole(..) | Fault::Few(_) => {
            ([("content-type", "application/json")], answer).into_response()
        }
        Fault::Slow(wait) => {
            tokio::time::sleep(wait).await;
            answer.into_response()
        }
        Fault::Torn => torn(answer[..answer.len() / 2].to_owned()),
        Fault::Lost => torn(String::new()),
        Fault::Garbage(text) => text.into_response(),
    }
}

fn torn(begin: String) -> Response {
    let pieces = [Ok(begin), Err(io::Error::other("torn"))];
    Body::from_stream(futures_util::stream::iter(pieces)).into_response()
}

impl World {
    /// One action with its document: keeps it if its version is not older than the one that is there.
    fn take(&mut self, index: &str, pair: &[&[u8]], fault: &Fault) -> Value {
        let action: Value = serde_json::from_slice(pair[0]).unwrap();
        let meta = &action["index"];
        assert_eq!(meta["version_type"], "external_gte");
        let id = meta["_id"].as_str().unwrap();
        let version = meta["version"].as_i64().unwrap();
        let told = if let Fault::Items(items) = fault {
            let told = items.iter().find(|(of, ..)| *of == id);
            told.map(|(_, status, kind)| (*status, *kind))
        } else {
            None
        };
        let not_taken = |status: u16, kind: &str| {
            let error = json!({ "type": kind, "reason": "as told" });
            json!({ "index": { "_index": index, "_id": id, "status": status, "error": error } })
        };
        if let Some((status, kind)) = told.or_else(|| self.rules.refused.get(id).copied()) {
            return not_taken(status, kind);
        }
        let Some(documents) = self.indices.get_mut(index) else {
            return not_taken(404, "index_not_found_exception");
        };
        let known = documents.get(id).map(|kept| kept.version);
        if known.is_some_and(|known| known > version) {
            return not_taken(409, "version_conflict_engine_exception");
        }
        let source = serde_json::from_slice(pair[1]).unwrap();
        documents.insert(id.to_owned(), Kept { version, source });
        let status = if known.is_some() { 200 } else { 201 };
        json!({ "index": { "_index": index, "_id": id, "_version": version, "status": status } })
    }
}
