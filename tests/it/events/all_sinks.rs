//! All sinks at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Sink, Sinks};
use crate::service::scenarios::{in_seconds, packed, small};
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes, samples};

/// A stack on servers that tells all these sinks.
pub(crate) fn stack(sinks: &Sinks, more: &[(&str, &str)]) -> Stack {
    let settings = sinks.settings();
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain(more.iter().copied())
        .collect();
    let wishes = Wishes {
        settings: &settings,
        ..Wishes::default()
    };
    Stack::start(Kind::Servers, &wishes)
}

#[test]
fn every_sink_holds_every_event_of_every_kind() {
    let sinks = Sinks::start();
    let stack = stack(&sinks, &[("events.documents", "true")]);
    let client = stack.client();

    let documents = &samples()[..40];
    let request = json!({ "batch_id": "b1", "run_at": in_seconds(2) });
    let completed = client.submit_with(documents, request);
    client.command(&completed, "pause");
    client.command(&completed, "resume");

    let cancelled = client.submit_with(&small(3), json!({ "run_at": in_seconds(3600) }));
    client.command(&cancelled, "cancel");

    let failed = client.submit_with(&small(3), json!({ "run_at": in_seconds(2) }));
    // No text any more, behind the producer's back.
    let damaged: Vec<Value> = (0..3)
        .map(|n| json!({ "document_id": format!("d{n}"), "text": n }))
        .collect();
    stack.replace_payload(&failed, &packed(&damaged));

    client.wait_for_status(&completed, "completed");
    client.wait_for_status(&cancelled, "cancelled");
    client.wait_for_status(&failed, "failed");
    let submitted: BTreeSet<String> = documents
        .iter()
        .map(|document| text(document, "document_id").to_owned())
        .collect();
    for sink in Sink::ALL {
        let captured = sinks.captured_with_ends(sink, &[&completed, &cancelled, &failed]);
        for job in [&completed, &cancelled, &failed] {
            captured.check(&client, job);
        }
        assert_eq!(captured.cleaned_documents(&completed), submitted);
    }
    let listed = client.get("/v1/sinks").body.to_string();
    for sink in Sink::ALL {
        assert!(listed.contains(sink.name()), "{listed}");
    }
    assert!(!listed.contains(super::sinks::SECRET), "{listed}");
}

#[test]
fn a_sink_that_was_away_gets_what_it_missed_and_no_job_waits_for_it() {
    let sinks = Sinks::start();
    let stack = stack(&sinks, &[]);
    let client = stack.client();
    for away in Sink::ALL {
        sinks.take_away(away);
        let job = client.submit(&small(100));
        client.wait_for_status(&job, "completed");
        for other in Sink::ALL.into_iter().filter(|other| *other != away) {
            sinks
                .captured_with_ends(other, &[&job])
                .check(&client, &job);
        }
        sinks.bring_back(away);
        let captured = sinks.captured_with_ends(away, &[&job]);
        captured.check(&client, &job);
        assert!(
            captured.cleaned_documents(&job).is_empty(),
            "off by default"
        );
    }
}
