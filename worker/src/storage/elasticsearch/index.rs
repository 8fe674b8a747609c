//! The index is there before anything is written: a cluster that makes it by itself guesses its mapping from the first document.

use std::sync::atomic::Ordering::Relaxed;

use reqwest::{Method, StatusCode};

use super::Elasticsearch;
use super::bulk::may_pass;
use super::tries::{Tried, Tries};
use super::trouble::Trouble;
use super::wire::{Body, Reply};

/// What the index is made with.
///
/// - `dynamic: false`: a field that is not named is kept and not searchable, and so never refused for its type.
/// - Words that are counted, filtered, compared as a whole are `keyword`s. `ignore_above` is 8191 characters, which are at most
///   32,764 bytes: a longer term would be refused. Texts that are read are `text`; the original only as the source has it.
/// - Days are `strict_date`. A date or a number that cannot be read costs its own searchability, not the document.
/// - `entities` are `nested`, so that a search for the person Paris does not find the city beside another person. Where they stand
///   in the text is not searchable, as are corrections.
/// - Metadata and geographical data are whatever the sender liked, so `enabled: false`. `flattened` would be searchable, but
///   OpenSearch has another name for it.
pub(super) const MAPPING: &str = include_str!("mapping.json");

impl Elasticsearch {
    /// The index is there, or we can neither see nor make it: then what is written will tell.
    ///
    /// Asked before every batch, because an index may be deleted at any time.
    pub(super) async fn ensure_index(&self) -> Result<(), Trouble> {
        if self.blind.load(Relaxed) {
            return Ok(());
        }
        let seen = self.insist(Method::HEAD).await?;
        match seen.status {
            StatusCode::OK => return Ok(()),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => {}
            _ => return Err(self.refusal(&seen)),
        }
        let made = self.insist(Method::PUT).await?;
        let is_there = matches!(
            made.cause().kind.as_str(),
            // The second was its name in old versions.
            "resource_already_exists_exception" | "index_already_exists_exception"
        );
        match made.status {
            StatusCode::OK => {
                tracing::info!(index = %self.wire.index, "made index {}", self.wire.index);
                Ok(())
            }
            StatusCode::BAD_REQUEST if is_there => Ok(()),
            // It may well be there.
            StatusCode::FORBIDDEN if seen.status == StatusCode::FORBIDDEN => {
                self.blind.store(true, Relaxed);
                Ok(())
            }
            _ => Err(self.refusal(&made)),
        }
    }

    /// The answer to a request about the index, unless that is one to be waited out.
    async fn insist(&self, method: Method) -> Result<Reply, Trouble> {
        let mut tries = Tries::default();
        loop {
            match self.about_index(method.clone()).await {
                Tried::Done(reply) => return Ok(reply),
                Tried::Again(trouble) => tries.after(trouble).await?,
            }
        }
    }

    async fn about_index(&self, method: Method) -> Tried<Reply> {
        let body = if method == Method::PUT {
            Body::Json(MAPPING)
        } else {
            Body::None
        };
        let url = self.wire.index_url.clone();
        match self.wire.ask(method, url, body).await {
            Ok(reply) if may_pass(reply.status) => {
                let what = format!("a question about index `{}`", self.wire.index);
                Tried::Again(self.busy(what, reply.told()))
            }
            Ok(reply) => Tried::Done(reply),
            Err(error) => Tried::Again(self.away(error)),
        }
    }
}
