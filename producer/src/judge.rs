//! From the bytes of a submission to a job that may be made, or to all that is wrong with it. Runs on blocking threads.

use bytes::Bytes;
use serde_json::value::RawValue;
use shared::http::ErrorEntry;
use tokio::sync::mpsc;

use crate::digest::Digest;
use crate::envelope::{self, Envelope, Items};
use crate::form::{Form, Partial};
use crate::intake::{Intake, Taken, too_many};
use crate::lines::{Line, Lines};
use crate::options::{ARTICLE_NAMES, NAMES, Requested, unknown};
use crate::refusal::{Refusal, Unfit, about};
use crate::rejections::MAX_LISTED;

/// A submission that may become a job.
pub(crate) struct Judged {
    /// What it asks for.
    pub(crate) requested: Requested,
    /// Its documents.
    pub(crate) taken: Taken,
    /// Tells it from others under the same key.
    pub(crate) digest: String,
}

/// Lines that were all read; what is asked for may still have to come.
pub(crate) struct Received {
    form: Form,
    partial: Partial,
    taken: Taken,
    digest: Digest,
}

/// A JSON body: an object with a list of documents and the options.
pub(crate) fn json(body: &[u8], form: Form, partial: Partial) -> Result<Judged, Refusal> {
    let mut digest = Digest::new();
    digest.update(body);
    let list = form.member();
    let options: &[&str] = match form {
        Form::Articles => &ARTICLE_NAMES,
        Form::Documents | Form::Lines | Form::File => &NAMES,
    };
    let mut requested = Requested::default();
    let mut problems = Vec::new();
    let mut documents = None;
    let members = Members::read(body, list, options, &mut problems)?;
    for (name, value) in members.options {
        if let Err(problem) = set(&mut requested, &name, value) {
            problems.push(*problem);
        }
    }
    match members.list {
        None => problems.push(*about(list, "missing_field", "required, and not there")),
        Some(value) => match Items::read(value) {
            None => problems.push(*about(list, "wrong_type", "expected a list of documents")),
            Some(items) => documents = Some(items),
        },
    }
    let mut intake = Intake::new(form, partial);
    if let Some(items) = documents {
        if let Some(max) = form.max_documents()
            && items.count > max
        {
            return Err(too_many(form, max, Some(items.count)));
        }
        for document in items.first {
            intake.take(0, Line::Whole(document.get().as_bytes()))?;
        }
    }
    let received = Received {
        form,
        partial,
        taken: intake.finish().map_err(Refusal::Spool)?,
        digest,
    };
    received.judge(requested, problems)
}

/// The members of a request, told apart.
pub(crate) struct Members<'a> {
    /// The member that holds what it is about.
    pub(crate) list: Option<&'a RawValue>,
    /// The others.
    pub(crate) options: Vec<(String, &'a RawValue)>,
}

impl<'a> Members<'a> {
    /// The members of a body; those that are not known or come twice are added to `problems`.
    pub(crate) fn read(
        body: &'a [u8],
        list: &str,
        known: &[&str],
        problems: &mut Vec<ErrorEntry>,
    ) -> Result<Self, Refusal> {
        let mut members = Self {
            list: None,
            options: Vec::new(),
        };
        for (name, value) in Envelope::read(body)?.members {
            let is_repeated = if name == list {
                members.list.replace(value).is_some()
            } else if known.contains(&name.as_str()) {
                let is_repeated = members.options.iter().any(|(earlier, _)| *earlier == name);
                members.options.push((name.clone(), value));
                is_repeated
            } else {
                let all: Vec<&str> = [list].into_iter().chain(known.iter().copied()).collect();
                problems.push(*unknown(&name, &all));
                false
            };
            if is_repeated {
                problems.push(*about(
                    &name,
                    "repeated_field",
                    "given twice; which one counts?",
                ));
            }
        }
        Ok(members)
    }
}

/// Sets an option from a member whose value is only known to be JSON.
pub(crate) fn set(
    requested: &mut Requested,
    name: &str,
    value: &RawValue,
) -> Result<(), Box<ErrorEntry>> {
    let value = serde_json::from_str(value.get()).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = envelope::syntax(&error);
        let reason = format!("its JSON cannot be read at its line {line} column {column}: {what}");
        about(name, "invalid_json", reason)
    })?;
    requested.set(name, value)
}

/// Lines as they come, until the sender is gone.
pub(crate) fn lines(
    mut pieces: mpsc::Receiver<Bytes>,
    form: Form,
    partial: Partial,
) -> Result<Received, Refusal> {
    let mut digest = Digest::new();
    let mut intake = Intake::new(form, partial);
    let mut lines = Lines::new();
    let mut take = |number: u64, line: Line<'_>| intake.take(number, line);
    while let Some(piece) = pieces.blocking_recv() {
        digest.update(&piece);
        lines.push(&piece, &mut take)?;
    }
    lines.finish(&mut take)?;
    Ok(Received {
        form,
        partial,
        taken: intake.finish().map_err(Refusal::Spool)?,
        digest,
    })
}

impl Received {
    /// The job that may be made of it, or everything that is wrong: `problems` with what is asked for, and the bad documents
    /// where they count.
    pub(crate) fn judge(
        self,
        requested: Requested,
        mut problems: Vec<ErrorEntry>,
    ) -> Result<Judged, Refusal> {
        let Taken {
            offered,
            accepted,
            rejections,
            ..
        } = &self.taken;
        let is_fit = match self.partial {
            Partial::Taken => *accepted > 0,
            Partial::Refused => *accepted > 0 && rejections.documents() == 0,
        };
        if problems.is_empty() && is_fit {
            return Ok(Judged {
                digest: self.digest.finish(self.form, self.partial, &requested),
                requested,
                taken: self.taken,
            });
        }
        if problems.is_empty() && *offered == 0 {
            problems.push(*about(
                self.form.member(),
                "empty",
                "there is not one document",
            ));
        }
        let mut said = Vec::new();
        if !problems.is_empty() {
            said.push(match problems.len() {
                1 => "a field of the request is wrong".to_owned(),
                fields => format!("{fields} fields of the request are wrong"),
            });
        }
        if rejections.documents() > 0 && !is_fit {
            said.push(match rejections.documents() {
                1 => format!("1 of {offered} documents is bad"),
                bad => format!("{bad} of {offered} documents are bad"),
            });
        }
        let mut detail = format!("{}; nothing was taken in", said.join(", "));
        if problems.is_empty() && *accepted > 0 {
            detail.push_str(". With ?partial=true the good ones are taken");
        }
        let mut count = problems.len() as u64;
        if !is_fit {
            count += rejections.problems();
            problems.extend_from_slice(rejections.listed());
            problems.truncate(MAX_LISTED);
        }
        Err(Refusal::Unfit(Box::new(Unfit {
            detail,
            entries: problems,
            count,
        })))
    }
}

#[cfg(test)]
mod tests;
