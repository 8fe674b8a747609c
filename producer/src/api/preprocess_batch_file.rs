//! POST /v1/preprocess/batch-file.

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use shared::http::{ErrorEntry, Problem};

use super::header;
use super::schema::{FileForm, SubmissionAnswers};
use crate::Producer;
use crate::accept::Accepted;
use crate::form::{Form, Partial};
use crate::gate::Admission;
use crate::incoming::{Bound, Head, Incoming, of_form};
use crate::judge::Received;
use crate::options::{NAMES, Requested, unknown};
use crate::refusal::{Refusal, Unfit, about};
use crate::upload::Upload;

/// The part that holds the documents.
const FILE: &str = "file";
/// How long a part that is an option may be.
const TEXT: Bound = Bound {
    what: "a part of the form",
    limit: 128 * 1024,
    setting: "fixed",
};
/// How much longer than its file a form may be, in bytes: its options, and the heads of its parts.
const BESIDE_FILE: usize = 2 * 1024 * 1024;

/// Make a job of a JSON Lines file
///
/// A form (`multipart/form-data`) with the part `file`, a document a line, and options as text parts. Bad lines are reported by
/// number and left out; blank lines do not count.
#[utoipa::path(
    post,
    path = "/v1/preprocess/batch-file",
    tag = "documents",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters. The same submission under the \
          same key makes one job, however often it is sent."),
        ("traceparent" = Option<String>, Header, description = "W3C trace context; the job goes on with its trace.")
    ),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(SubmissionAnswers)
)]
pub(super) async fn preprocess_batch_file(
    State(producer): State<Producer>,
    request: Request,
) -> Result<Accepted, Problem> {
    Ok(take(&producer, request).await?)
}

async fn take(producer: &Producer, request: Request) -> Result<Accepted, Refusal> {
    let (request, body) = request.into_parts();
    let identity = header::identity(&request.headers);
    let incoming = Incoming::new(body, form_bound(producer));
    let head = incoming.head();
    let form = Request::from_parts(request, Body::from_stream(incoming));
    let mut form = Multipart::from_request(form, &()).await.map_err(|_| {
        let reason =
            "the body is not a form: expected Content-Type multipart/form-data with its boundary";
        Refusal::MediaType(reason.to_owned())
    })?;
    let identity = identity?;
    let admission = producer.admit().await?;
    let mut parts = Parts::default();
    while let Some(field) = next(&mut form, &head).await? {
        parts.read(producer, field, &admission).await?;
    }
    let Some(received) = parts.file else {
        parts.problems.push(*about(
            FILE,
            "missing_field",
            "there is no such part in the form",
        ));
        return Err(Refusal::Unfit(Box::new(Unfit {
            detail: "the form holds no file of documents; nothing was taken in".to_owned(),
            count: parts.problems.len() as u64,
            entries: parts.problems,
        })));
    };
    let mut judged = received.judge(parts.requested, parts.problems)?;
    producer.accept(&mut judged, &identity).await
}

/// How long all of a form may be.
fn form_bound(producer: &Producer) -> Bound {
    Bound {
        what: "the form",
        limit: producer.settings.max_file_bytes.saturating_add(BESIDE_FILE),
        setting: "producer.max_file_bytes and 2 MiB for what is beside the file",
    }
}

/// The next part, once its head is read.
async fn next<'a>(form: &'a mut Multipart, head: &Head) -> Result<Option<Field<'a>>, Refusal> {
    head.begin();
    let field = form.next_field().await.map_err(|error| of_form(&error))?;
    head.end();
    Ok(field)
}

/// The parts of a form so far.
#[derive(Default)]
struct Parts {
    file: Option<Received>,
    seen: Vec<&'static str>,
    requested: Requested,
    problems: Vec<ErrorEntry>,
}

impl Parts {
    /// Reads one part. One that is not known ends it all: what follows may be long, and is not wanted.
    async fn read(
        &mut self,
        producer: &Producer,
        field: Field<'_>,
        admission: &Admission,
    ) -> Result<(), Refusal> {
        let name = field.name().unwrap_or_default();
        let known = [FILE].into_iter().chain(NAMES);
        let Some(name) = known.clone().find(|known| *known == name) else {
            return Err(Refusal::unfit(unknown(name, &known.collect::<Vec<_>>())));
        };
        if self.seen.contains(&name) {
            let reason = "given twice; which one counts?";
            return Err(Refusal::unfit(about(name, "repeated_field", reason)));
        }
        self.seen.push(name);
        if name == FILE {
            let bound = Bound {
                what: "the file",
                limit: producer.settings.max_file_bytes,
                setting: "producer.max_file_bytes",
            };
            let file = Upload::part(field, bound);
            let received = file.judge_lines(Form::File, Partial::Taken, admission.clone());
            self.file = Some(received.await?);
            return Ok(());
        }
        let text = Upload::part(field, TEXT).collect().await?;
        let set = match str::from_utf8(&text) {
            Ok(text) => self.requested.set_text(name, text),
            Err(_) => Err(about(name, "invalid_utf8", "not UTF-8")),
        };
        self.problems.extend(set.err().map(|problem| *problem));
        Ok(())
    }
}
