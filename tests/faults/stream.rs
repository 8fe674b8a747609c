//! What the stream of events in Redis has.

use std::process::Command;

use serde_json::Value;

use crate::world::World;

/// An event of the stream.
pub(crate) struct InStream {
    pub(crate) id: String,
    /// The last word of its type, as `completed`.
    pub(crate) event: String,
}

/// The events of a job, in order, repetitions included.
pub(crate) fn in_stream(world: &World, job: &str) -> Vec<InStream> {
    let output = Command::new("redis-cli")
        .args(["-u", world.servers.redis_url(), "--json"])
        .args(["XRANGE", "stage1:cleaning:events", "-", "+"])
        .output()
        .unwrap();
    let entries: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let mut found = Vec::new();
    for entry in entries.as_array().into_iter().flatten() {
        let fields: Vec<&str> = entry[1]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let field = |name: &str| {
            let mut pairs = fields.chunks_exact(2);
            let pair = pairs.find(|pair| pair[0] == name);
            pair.map_or("", |pair| pair[1])
        };
        if field("subject").ends_with(job) {
            let event = field("type").rsplit('.').next();
            found.push(InStream {
                id: field("id").to_owned(),
                event: event.unwrap_or_default().to_owned(),
            });
        }
    }
    found
}
