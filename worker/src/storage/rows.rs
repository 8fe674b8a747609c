//! Cleaned documents as rows of PostgreSQL.

use shared::chain::chain;
use shared::store::{self, Articles, Line};
use tokio::sync::OnceCell;

use super::{Batch, RefusedDocument};

/// Where the rows go.
pub(super) enum Rows {
    /// Into the service's own database, in the transaction that completes their chunk.
    Own,
    /// Into another one.
    Apart {
        articles: Articles,
        /// Set once its table is that of this version.
        migrated: OnceCell<()>,
    },
    /// Nowhere: there is no database to take them.
    Missing,
}

impl Rows {
    pub(super) fn open(
        settings: &store::Settings,
        has_database: bool,
    ) -> Result<Self, store::Error> {
        Ok(match &settings.url {
            Some(url) => Self::Apart {
                articles: Articles::open(url.expose(), settings)?,
                migrated: OnceCell::new(),
            },
            None if has_database => Self::Own,
            None => Self::Missing,
        })
    }

    /// Writes the documents into another database; why not, for a person.
    pub(super) async fn write(&self, batch: &Batch<'_>) -> Result<Vec<RefusedDocument>, String> {
        let (articles, migrated) = match self {
            Self::Apart { articles, migrated } => (articles, migrated),
            Self::Own => return Err("the rows belong into the service's own database".to_owned()),
            Self::Missing => {
                return Err("output.postgresql.url is not set at this worker".to_owned());
            }
        };
        let written = async {
            migrated.get_or_try_init(|| articles.migrate()).await?;
            let lines: Vec<Line> = (0..)
                .zip(batch.lines)
                .map(|(document, json)| Line {
                    document,
                    json: json.clone(),
                })
                .collect();
            articles.write(&lines, batch.epoch).await
        };
        let refused = written.await.map_err(|error| chain(&error))?;
        let refused = refused.into_iter().map(|article| RefusedDocument {
            index: usize::try_from(article.document).unwrap_or(usize::MAX),
            reason: article.reason,
        });
        Ok(refused.collect())
    }
}
