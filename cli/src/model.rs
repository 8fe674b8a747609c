//! The pipeline that the settings ask for, with its model.

use anyhow::{Context, Result};
use pipeline::Pipeline;
use pipeline::model::{Files, Model};

use crate::settings::Settings;

/// The pipeline with the model that the settings name.
///
/// # Errors
/// When the model cannot be loaded.
pub(crate) fn pipeline(settings: Settings) -> Result<Pipeline> {
    let Some(folder) = &settings.model.folder else {
        return Ok(Pipeline::new(settings.cleaning));
    };
    let model = Files::read(folder)
        .and_then(|files| Model::start(&files, &settings.model.labels))
        .with_context(|| {
            format!(
                "cannot use the model in {} (model.folder)",
                folder.display()
            )
        })?;
    Ok(Pipeline::with_model(settings.cleaning, model))
}
