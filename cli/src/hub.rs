//! Models of Hugging Face repositories: fetched once, read from the Hub's cache afterwards.
//!
//! The variables are those of the Hub's own tools
//! (<https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>), so that a cache is shared with them.
//!
//! By its source, hf-hub 0.5 sends the token of a private repository also to the address that the Hub names for a large file.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use pipeline::model::Files;

use crate::terminal::say;

/// What a model is made of; all three must be of one commit.
const FILES: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

/// Where models come from. Holds a secret, so it has no `Debug`.
pub(crate) struct Hub {
    endpoint: Option<String>,
    cache: PathBuf,
    token: Option<String>,
    is_offline: bool,
}

impl Hub {
    /// The hub that the variables describe, where they say at least where the home directory is.
    ///
    /// # Errors
    /// Where no folder can be told for the cache.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = set("HF_HOME").map(PathBuf::from);
        let home = home
            .or_else(|| Some(PathBuf::from(set("XDG_CACHE_HOME")?).join("huggingface")))
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache/huggingface")));
        let own = set("HF_HUB_CACHE").map(PathBuf::from);
        let cache = own.or_else(|| Some(home.as_ref()?.join("hub"))).context(
            "there is no folder for models of repositories: set HF_HOME, HF_HUB_CACHE or HOME",
        )?;
        let written = || Cache::new(home.as_ref()?.join("hub")).token();
        let is_offline = set("HF_HUB_OFFLINE").is_some_and(|value| {
            ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
        });
        Ok(Self {
            endpoint: set("HF_ENDPOINT").map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            cache,
            token: set("HF_TOKEN").or_else(written),
            is_offline,
        })
    }

    /// The files of a repository at a revision (a branch, a tag or a commit), `main` if none.
    ///
    /// What the cache has is taken as it is: a branch that went on is not looked after.
    ///
    /// # Errors
    /// Where a file is neither in the cache nor to be had.
    pub(crate) fn files(&self, repository: &str, revision: Option<&str>) -> Result<Files> {
        let revision = revision.unwrap_or("main");
        let repo = Repo::with_revision(repository.to_owned(), RepoType::Model, revision.to_owned());
        let mut folders = Vec::new();
        for name in FILES {
            let path = match self.cached(&repo, name) {
                Some(path) => path,
                None if self.is_offline => bail!(
                    "{name} of {repository} at {revision} is not in {}, and HF_HUB_OFFLINE forbids to fetch it; \
                     run once without it, or copy the cache of a machine that has it",
                    self.cache.display()
                ),
                None => {
                    say(format_args!("scutch: fetching {name} of {repository}"));
                    self.remote(repo.clone())?.download(name).map_err(|error| {
                        let hint = hint(&error.to_string());
                        anyhow::Error::new(error).context(format!(
                            "cannot fetch {name} of {repository} at {revision}{hint}"
                        ))
                    })?
                }
            };
            folders.extend(path.parent().map(PathBuf::from));
        }
        match folders.as_slice() {
            [folder, others @ ..] if others.iter().all(|other| other == folder) => {
                Ok(Files::read(folder)?)
            }
            _ => bail!("{repository} changed at {revision} while it was fetched; try again"),
        }
    }

    /// A file that an earlier run, or another tool, has fetched.
    fn cached(&self, repo: &Repo, name: &str) -> Option<PathBuf> {
        let cache = Cache::new(self.cache.clone()).repo(repo.clone());
        // Other tools leave no reference where the revision is a commit.
        let of_commit = || {
            let path = cache.pointer_path(repo.revision()).join(name);
            path.is_file().then_some(path)
        };
        cache.get(name).or_else(of_commit)
    }

    fn remote(&self, repo: Repo) -> Result<ApiRepo> {
        let mut builder = ApiBuilder::from_cache(Cache::new(self.cache.clone()))
            .with_progress(false)
            .with_retries(2)
            .with_token(self.token.clone());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.clone());
        }
        Ok(builder
            .build()
            .context("cannot set up the connection to the Hub")?
            .repo(repo))
    }
}

/// What may be done about an answer of the Hub.
fn hint(error: &str) -> &'static str {
    if error.contains("status: 404") {
        "; there is no such repository, revision or file"
    } else if ["status: 401", "status: 403"]
        .iter()
        .any(|status| error.contains(status))
    {
        "; it may not exist, or needs a token that may read it in HF_TOKEN"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests;
