//! `scutch dead-letters`: what was given up, and what to do about it.

use anyhow::Result;
use reqwest::Method;
use uuid::Uuid;

use super::answer::{DeadLetter, DeadLetters, Replayed};
use super::lists::{column, paging, part};
use super::moment::moment;
use super::outcome::Outcome;
use super::service::Service;
use super::table::{Column, Side, pairs, width};
use crate::args::Page;
use crate::process::grouped;
use crate::terminal::say;

const LETTERS: &[Column] = &[
    column("DEAD LETTER", Side::Left, 0),
    column("KIND", Side::Left, 1),
    column("DOCUMENTS", Side::Right, 3),
    column("BYTES", Side::Right, 6),
    column("GIVEN UP (UTC)", Side::Left, 5),
    column("REPLAYED", Side::Left, 4),
    column("REASON", Side::Wrapped, 2),
];

/// Shows what was given up, the newest first.
pub(super) async fn list(service: &Service, page: Page) -> Result<Outcome> {
    let query = paging(page.limit, page.offset);
    let answer = service.get(&["v1", "dead-letters"], &query).await?;
    service.show(&answer, |answer: &DeadLetters| {
        let rows = answer.dead_letters.iter().map(|letter| {
            let is_replayed = letter.replayed_at.is_some();
            vec![
                letter.id.clone(),
                letter.kind.clone(),
                grouped(letter.documents),
                grouped(letter.bytes),
                moment(&letter.created_at),
                if is_replayed { "yes" } else { "no" }.to_owned(),
                letter.reason.clone(),
            ]
        });
        let rows = rows.collect();
        part(
            "dead letters",
            LETTERS,
            rows,
            page.offset,
            answer.total_count,
        )
    })?;
    Ok(Outcome::Done)
}

/// Shows one with all that is known of it.
pub(super) async fn show(service: &Service, id: Uuid) -> Result<Outcome> {
    let path = ["v1", "dead-letters", &id.to_string()];
    let answer = service.get(&path, &[]).await?;
    service.show(&answer, block)?;
    Ok(Outcome::Done)
}

/// Has it done again.
pub(super) async fn replay(service: &Service, id: Uuid) -> Result<Outcome> {
    let path = ["v1", "dead-letters", &id.to_string(), "replay"];
    let answer = service.ask(Method::POST, &path, &[]).await?;
    service.show(&answer, |replayed: &Replayed| {
        say(format_args!("scutch: {}", replayed.message));
        match &replayed.job_id {
            Some(job) => format!("{job}\n"),
            None => String::new(),
        }
    })?;
    Ok(Outcome::Done)
}

/// Throws it away.
pub(super) async fn discard(service: &Service, id: Uuid) -> Result<Outcome> {
    let path = ["v1", "dead-letters", &id.to_string()];
    service.ask(Method::DELETE, &path, &[]).await?;
    say(format_args!("scutch: the dead letter {id} is gone"));
    Ok(Outcome::Done)
}

fn block(letter: &DeadLetter) -> String {
    let time = |time: &str| moment(time) + " UTC";
    let headers = letter.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs(
        &[
            ("dead letter", Some(letter.id.clone())),
            ("kind", Some(letter.kind.clone())),
            ("reason", Some(letter.reason.clone())),
            ("job", letter.job_id.clone()),
            ("chunk", letter.chunk.map(grouped)),
            ("queue", letter.queue.clone()),
            ("message", letter.message_kind.clone()),
            ("message id", letter.message_id.clone()),
            ("headers", (!headers.is_empty()).then(|| headers.join(" "))),
            (
                "documents",
                (letter.documents > 0).then(|| grouped(letter.documents)),
            ),
            ("bytes", Some(grouped(letter.bytes))),
            ("given up", Some(time(&letter.created_at))),
            ("replayed", letter.replayed_at.as_deref().map(time)),
            ("replayed as", letter.replayed_as.clone()),
        ],
        width(),
    )
}
