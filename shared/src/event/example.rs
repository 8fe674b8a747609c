//! One event of each type, for documentation and tests.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Cancelled, Cleaned, CleanedDocument, CloudEvent, Completed, Failed, Numbers, Paused, Progress,
    Resumed, Started,
};
use crate::job::{Event, JobId};

const JOB: JobId = JobId(Uuid::from_u128(0x0199_c6a8_6f3e_7c43_9f0e_3f1c_2a7b_e001));
/// 2025-10-09 08:15:30.201337 UTC.
const BEGAN_US: i64 = 1_759_997_730_201_337;
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Of each type of event its name, as `job.started`, and an event in structured mode.
pub fn examples() -> Vec<(String, Json)> {
    let named = |event: &Event| (event.name(), example(*event).structured());
    Event::ALL.iter().map(named).collect()
}

/// An event of this type.
pub(super) fn example(event: Event) -> CloudEvent {
    let (id, after_s, data) = match event {
        Event::Started => ("started", 0, started()),
        Event::Progress => ("progress:4", 2, progress()),
        Event::Paused => (
            "paused:6",
            3,
            to_json(&Paused {
                numbers: numbers(60, 1),
            }),
        ),
        Event::Resumed => (
            "resumed:7",
            60,
            to_json(&Resumed {
                numbers: numbers(60, 1),
            }),
        ),
        Event::Completed => ("completed", 64, completed()),
        Event::Failed => ("failed", 64, failed()),
        Event::Cancelled => (
            "cancelled",
            64,
            to_json(&Cancelled {
                numbers: numbers(60, 1),
            }),
        ),
        Event::Cleaned => ("cleaned:0", 2, cleaned()),
    };
    CloudEvent {
        id: format!("{JOB}:{id}"),
        kind: event.cloud_type(),
        subject: format!("job/{JOB}"),
        time: Timestamp::from_microsecond(BEGAN_US + after_s * 1_000_000).unwrap_or_default(),
        traceparent: Some(TRACE.to_owned()),
        data,
    }
}

fn numbers(processed: u64, failed: u64) -> Numbers {
    Numbers {
        job_id: JOB,
        batch_id: Some("monday".to_owned()),
        documents_processed: processed,
        documents_failed: failed,
        documents_total: 122,
    }
}

fn started() -> Json {
    to_json(&Started {
        numbers: numbers(0, 0),
        checkpoint_interval: 10,
    })
}

fn progress() -> Json {
    to_json(&Progress {
        numbers: numbers(60, 1),
        progress_percent: 50.0,
    })
}

fn completed() -> Json {
    to_json(&Completed {
        numbers: numbers(121, 1),
        processing_time_ms: 64_210,
        output_files: vec![format!(
            "/data/output/processed_articles_2025-10-09_{JOB}.jsonl"
        )],
    })
}

fn failed() -> Json {
    to_json(&Failed {
        numbers: numbers(0, 122),
        error_message: Some("all 122 documents failed".to_owned()),
    })
}

fn cleaned() -> Json {
    to_json(&Cleaned {
        numbers: numbers(60, 1),
        documents: vec![CleanedDocument {
            document_id: "news-1".to_owned(),
            language: Some("en".to_owned()),
            word_count: 412,
            entities: 23,
            corrections: 2,
        }],
    })
}

/// What events say has only string keys, so it cannot fail.
fn to_json<T: Serialize>(data: &T) -> Json {
    serde_json::to_value(data).unwrap_or_default()
}
