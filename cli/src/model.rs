//! The pipeline that the settings ask for, with its model.

use anyhow::{Context, Result};
use pipeline::Pipeline;
use pipeline::model::{Device, Files, Model};

use crate::settings::Settings;

/// The pipeline with the model that the settings name.
///
/// # Errors
/// When the device cannot be had or the model cannot be loaded.
pub(crate) fn pipeline(settings: Settings) -> Result<Pipeline> {
    let Some(folder) = &settings.model.folder else {
        return Ok(Pipeline::new(settings.cleaning));
    };
    let device = Device::open(settings.model.device, settings.model.precision)
        .context("cannot use the device (model.device, model.precision)")?;
    let model = Files::read(folder)
        .and_then(|files| Model::start(&files, &settings.model.labels, &device))
        .with_context(|| {
            format!(
                "cannot use the model in {} (model.folder)",
                folder.display()
            )
        })?;
    Ok(Pipeline::with_model(settings.cleaning, model))
}
