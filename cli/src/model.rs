//! The pipeline that the settings ask for, with its model.

use anyhow::{Context, Result};
use pipeline::Pipeline;
use pipeline::model::{Device, Files, Model};

use crate::settings::{self, Settings};

/// The pipeline with the model that the settings name.
///
/// # Errors
/// When the device cannot be had or the model cannot be loaded.
pub(crate) fn pipeline(settings: Settings) -> Result<Pipeline> {
    let Some((files, source)) = files(&settings.model) else {
        return Ok(Pipeline::new(settings.cleaning));
    };
    let device = Device::open(settings.model.device, settings.model.precision)
        .context("cannot use the device (model.device, model.precision)")?;
    let model = files
        .and_then(|files| Ok(Model::start(&files, &settings.model.labels, &device)?))
        .with_context(|| format!("cannot use the model {source}"))?;
    Ok(Pipeline::with_model(settings.cleaning, model))
}

/// The files of the model, and for a person where they come from.
fn files(model: &settings::Model) -> Option<(Result<Files>, String)> {
    if let Some(folder) = &model.folder {
        let source = format!("in {} (model.folder)", folder.display());
        return Some((Files::read(folder).map_err(Into::into), source));
    }
    let repository = model.repository.as_ref()?;
    let source = format!("of {repository} (model.repository)");
    Some((fetched(repository, model.revision.as_deref()), source))
}

#[cfg(feature = "hub")]
fn fetched(repository: &str, revision: Option<&str>) -> Result<Files> {
    crate::hub::Hub::new(|name| std::env::var(name).ok())?.files(repository, revision)
}

/// Not reached: the settings refuse a repository, with the line that asks for it.
#[cfg(not(feature = "hub"))]
fn fetched(_: &str, _: Option<&str>) -> Result<Files> {
    anyhow::bail!("built without the feature hub")
}
