//! Numbers of a job.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::job::ChunkState;
use shared::store::JobRecord;
use utoipa::ToSchema;

/// Numbers of a job: sums over its chunks by their names, as workers report them (entities, corrections, …), and these.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Statistics {
    /// How many of its chunks are in which state; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Chunks>,
    /// Documents dealt with per second between its start and its last change; a rest counts as time. Absent where it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    documents_per_second: Option<f64>,
    #[serde(flatten)]
    sums: Map<String, Value>,
}

/// How many chunks are in which state.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct Chunks {
    /// With the broker, or waiting to be.
    ready: u64,
    /// Worked on.
    leased: u64,
    /// Each document came through or has its failure.
    done: u64,
    /// Given up.
    dead: u64,
    /// Their job was cancelled.
    cancelled: u64,
}

impl Statistics {
    /// Those of a job, but for its chunks.
    pub(super) fn of(record: &JobRecord) -> Self {
        Self {
            chunks: None,
            documents_per_second: documents_per_second(record),
            sums: record.statistics.clone(),
        }
    }

    /// With how many chunks are in which state.
    pub(super) fn with_chunks(self, states: Vec<(ChunkState, u64)>) -> Self {
        Self {
            chunks: Some(states.into_iter().collect()),
            ..self
        }
    }
}

impl FromIterator<(ChunkState, u64)> for Chunks {
    fn from_iter<I: IntoIterator<Item = (ChunkState, u64)>>(states: I) -> Self {
        let mut chunks = Self::default();
        for (state, count) in states {
            *match state {
                ChunkState::Ready => &mut chunks.ready,
                ChunkState::Leased => &mut chunks.leased,
                ChunkState::Done => &mut chunks.done,
                ChunkState::Dead => &mut chunks.dead,
                ChunkState::Cancelled => &mut chunks.cancelled,
            } += count;
        }
        chunks
    }
}

/// Rounded to hundredths.
fn documents_per_second(record: &JobRecord) -> Option<f64> {
    let dealt_with = record.job.processed + record.job.failed;
    let seconds = record
        .updated_at
        .duration_since(record.job.started_at?)
        .as_secs_f64();
    (dealt_with > 0 && seconds > 0.0).then(|| (dealt_with as f64 / seconds * 100.0).round() / 100.0)
}
