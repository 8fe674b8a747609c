//! One request of the bulk API, made until each of its documents is dealt with.

use bytes::Bytes;
use reqwest::{Method, StatusCode};

use super::answer::{Verdict, verdicts};
use super::document::Document;
use super::tries::{TRIES, Tries};
use super::trouble::Trouble;
use super::wire::{Body, NoAnswer, Reply};
use super::{Elasticsearch, RefusedDocument};

/// What a try has left over.
enum Left<'a> {
    /// Nothing.
    Nothing,
    /// These, to be sent in smaller requests.
    TooLarge(Vec<Document<'a>>),
    /// These, to be sent again as they are; should this have been the last try, that is the trouble.
    Again(Vec<Document<'a>>, Trouble),
    /// These, once the index is made.
    NoIndex(Vec<Document<'a>>, Trouble),
}

impl Elasticsearch {
    /// Nothing when each document is in the index or among `refused`; the documents, when they are too large for one request.
    pub(super) async fn bring<'a>(
        &self,
        mut documents: Vec<Document<'a>>,
        refused: &mut Vec<RefusedDocument>,
    ) -> Result<Option<Vec<Document<'a>>>, Trouble> {
        let mut tries = Tries::default();
        loop {
            match self.send(documents, refused).await? {
                Left::Nothing => return Ok(None),
                Left::TooLarge(all) => return Ok(Some(all)),
                Left::Again(rest, trouble) => {
                    tries.after(trouble).await?;
                    documents = rest;
                }
                Left::NoIndex(rest, trouble) => {
                    tries.after(trouble).await?;
                    self.ensure_index().await?;
                    documents = rest;
                }
            }
        }
    }

    /// One request with all of them.
    async fn send<'a>(
        &self,
        documents: Vec<Document<'a>>,
        refused: &mut Vec<RefusedDocument>,
    ) -> Result<Left<'a>, Trouble> {
        let mut body = Vec::with_capacity(documents.iter().map(Document::size).sum());
        for document in &documents {
            document.append_to(&mut body);
        }
        let url = self.wire.bulk_url.clone();
        let answered = self
            .wire
            .ask(Method::POST, url, Body::Lines(Bytes::from(body)))
            .await;
        let reply = match answered {
            Ok(reply) => reply,
            Err(error) => return Ok(Left::Again(documents, self.away(error))),
        };
        match reply.status {
            StatusCode::OK => self.settle(&reply, documents, refused),
            StatusCode::PAYLOAD_TOO_LARGE => Ok(Left::TooLarge(documents)),
            StatusCode::NOT_FOUND if reply.cause().kind == "index_not_found_exception" => {
                let trouble = self.unfit(reply.told());
                Ok(Left::NoIndex(documents, trouble))
            }
            status if may_pass(status) => {
                let what = self.overloaded(&documents, reply.told());
                Ok(Left::Again(documents, what))
            }
            _ => Err(self.refusal(&reply)),
        }
    }

    /// Goes through the verdicts; a single one against the whole index fails the call.
    fn settle<'a>(
        &self,
        reply: &Reply,
        documents: Vec<Document<'a>>,
        refused: &mut Vec<RefusedDocument>,
    ) -> Result<Left<'a>, Trouble> {
        let answer = match serde_json::from_slice(&reply.body) {
            Ok(answer) => answer,
            Err(error) if error.is_data() => {
                return Err(self.odd("its answer has another form".to_owned()));
            }
            Err(_) => return Ok(Left::Again(documents, self.away(NoAnswer::CutOff))),
        };
        let verdicts = verdicts(answer, &documents).map_err(|reason| self.odd(reason))?;
        let (mut again, mut why, mut no_index) = (Vec::new(), String::new(), false);
        for (document, verdict) in documents.into_iter().zip(verdicts) {
            let index = document.index;
            match verdict {
                Verdict::Settled => {}
                Verdict::Refused(reason) => refused.push(RefusedDocument { index, reason }),
                Verdict::Again(reason) => {
                    again.push(document);
                    why = reason;
                }
                Verdict::NoIndex(reason) => {
                    again.push(document);
                    why = reason;
                    no_index = true;
                }
                Verdict::Forbidden(reason) => return Err(self.unauthorised(reason)),
                Verdict::Blocked(reason) => return Err(self.blocked(reason)),
                Verdict::Unfit(reason) => return Err(self.unfit(reason)),
            }
        }
        Ok(match (again.is_empty(), no_index) {
            (true, _) => Left::Nothing,
            (false, true) => Left::NoIndex(again, self.unfit(why)),
            (false, false) => {
                let trouble = self.overloaded(&again, why);
                Left::Again(again, trouble)
            }
        })
    }
}

/// Whether an answer says no more than that it does not go now.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}

/// Troubles of this index.
impl Elasticsearch {
    /// What an answer means that is neither good nor may be another the next time.
    pub(super) fn refusal(&self, reply: &Reply) -> Trouble {
        let cause = reply.cause();
        match reply.status {
            _ if cause.kind == "cluster_block_exception" => self.blocked(reply.told()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.unauthorised(reply.told()),
            // The cluster's own words: it is one, and does not like the index.
            StatusCode::BAD_REQUEST if !cause.kind.is_empty() => self.unfit(reply.told()),
            _ => self.odd(reply.told()),
        }
    }

    pub(super) fn away(&self, source: NoAnswer) -> Trouble {
        Trouble::Away {
            url: self.wire.shown.clone(),
            tries: TRIES,
            source,
        }
    }

    fn overloaded(&self, documents: &[Document<'_>], reason: String) -> Trouble {
        self.busy(format!("{} documents", documents.len()), reason)
    }

    pub(super) fn busy(&self, what: String, reason: String) -> Trouble {
        Trouble::Overloaded {
            url: self.wire.shown.clone(),
            what,
            tries: TRIES,
            reason,
        }
    }

    fn unauthorised(&self, reason: String) -> Trouble {
        let (url, index) = (self.wire.shown.clone(), self.wire.index.clone());
        Trouble::Unauthorised { url, index, reason }
    }

    fn blocked(&self, reason: String) -> Trouble {
        let (url, index) = (self.wire.shown.clone(), self.wire.index.clone());
        Trouble::Blocked { url, index, reason }
    }

    pub(super) fn unfit(&self, reason: String) -> Trouble {
        let (url, index) = (self.wire.shown.clone(), self.wire.index.clone());
        Trouble::Index { url, index, reason }
    }

    fn odd(&self, reason: String) -> Trouble {
        let url = self.wire.shown.clone();
        Trouble::Odd { url, reason }
    }
}
