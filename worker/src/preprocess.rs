//! Answers questions that somebody waits for: one document each, before the work of chunks.

use std::sync::Arc;

use shared::article::{CleanedArticle, Problem, ProblemKind};
use shared::broker::{Delivery, Queue};
use shared::message::{Answer, Request};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::article::Stamp;
use crate::cleaning;
use crate::context::{Context, acknowledge};
use crate::documents::{self, Outcome};
use crate::threads::{Error, Turn};
use shared::chain::chain;

/// Answers questions until the worker drains, `slots` of them at a time.
pub(crate) async fn listen(context: Arc<Context>, slots: usize) {
    let prefetch = u16::try_from(slots).unwrap_or(u16::MAX);
    let stop = context.draining.clone();
    let mut questions = context.broker.consume(Queue::Preprocess, prefetch, stop);
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            question = questions.next() => match question {
                // The prefetch bounds how many there are.
                Some(question) => _ = answers.spawn(answer(Arc::clone(&context), question)),
                None => break,
            },
            Some(answered) = answers.join_next() => tell(answered),
        }
    }
    while let Some(answered) = answers.join_next().await {
        tell(answered);
    }
}

fn tell(answered: Result<(), tokio::task::JoinError>) {
    if answered.is_err_and(|error| error.is_panic()) {
        tracing::error!("answering a question panicked");
    }
}

async fn answer(context: Arc<Context>, question: Delivery) {
    let answer = match Request::from_message(&question.message) {
        Ok(request) => match clean(&context, request).await {
            Some(answer) => answer,
            None => {
                // Dropped, it goes back to its queue: another worker may still be in time.
                tracing::info!("a question is given back, since the worker ends");
                return;
            }
        },
        Err(error) => failed(error.to_string()),
    };
    match &question.reply_to {
        Some(to) => {
            if let Err(error) = context.broker.reply(to, answer.to_message()).await {
                tracing::warn!(error = %chain(&error), "an answer could not be sent");
            }
        }
        None => tracing::debug!("a question that nobody waits for"),
    }
    acknowledge(question).await;
}

/// The answer; none when the worker ends before there is one.
async fn clean(context: &Context, request: Request) -> Option<Answer> {
    let options = cleaning::with(context.pipeline.options(), &request.cleaning);
    let pipeline = context.pipeline.with_options(options);
    let stamp = Stamp {
        job_id: Uuid::now_v7().to_string(),
        batch_id: None,
    };
    let work = move || {
        let line = request.article.get().as_bytes();
        match documents::clean(&pipeline, &stamp, [Ok(line)]).pop() {
            Some(Outcome::Cleaned(document)) => {
                match serde_json::from_slice::<CleanedArticle>(&document.json) {
                    Ok(article) => Answer::Cleaned(Box::new(article)),
                    Err(error) => failed(format!("its output at column {}", error.column())),
                }
            }
            Some(Outcome::Failed(refused)) => Answer::Failed(refused.first),
            None => failed("it was not read".to_owned()),
        }
    };
    match context.threads.run(Turn::Urgent, work).await {
        Ok(answer) => Some(answer),
        Err(Error::Ended) => None,
        Err(error @ Error::Panicked(_)) => Some(failed(error.to_string())),
    }
}

fn failed(what: String) -> Answer {
    Answer::Failed(Problem {
        kind: ProblemKind::Internal,
        field: None,
        reason: format!("scutch failed on this document ({what})"),
    })
}
