//! The pipeline that the settings ask for, with its model.

use anyhow::{Context, Result};
use pipeline::Pipeline;
use pipeline::model::{Device, Error, Files, Model, Precision};

use crate::settings::{self, Settings};

/// The pipeline with the model that the settings name.
///
/// # Errors
/// When the device cannot be had or the model cannot be loaded.
pub(crate) fn pipeline(settings: Settings) -> Result<Pipeline> {
    let set = &settings.model;
    if !set.enabled {
        return Ok(Pipeline::new(settings.cleaning));
    }
    let device = device(set).context("cannot use the device (model.device, model.precision)")?;
    let model =
        start(set, &device).with_context(|| format!("cannot use the model {}", name(set)))?;
    Ok(Pipeline::with_model(settings.cleaning, model))
}

/// The device that the settings ask for, with what the model bears.
pub(crate) fn device(set: &settings::Model) -> Result<Device, Error> {
    let is_built_in = set.folder.is_none() && set.repository.is_none();
    let coarsest = if is_built_in {
        Files::COARSEST
    } else {
        Precision::F32
    };
    Device::open(set.device, set.precision, coarsest)
}

fn start(set: &settings::Model, device: &Device) -> Result<Model> {
    let labels = &set.labels;
    let files = match (&set.folder, &set.repository) {
        (Some(folder), _) => Files::read(folder)?,
        (None, Some(repository)) => fetched(repository, set.revision.as_deref())?,
        (None, None) => return Ok(Model::start(&Files::built_in(), labels, device)?),
    };
    Ok(Model::start(&files, labels, device)?)
}

/// For a person: which model reads the texts, and which key says so.
pub(crate) fn name(set: &settings::Model) -> String {
    match (&set.folder, &set.repository) {
        _ if !set.enabled => {
            "none (model.enabled); dates, times, amounts and percentages are found by grammar, typos by word lists".to_owned()
        }
        (Some(folder), _) => format!("in {} (model.folder)", folder.display()),
        (None, Some(repository)) => format!("of {repository} (model.repository)"),
        (None, None) => "ner-typo-en, built in".to_owned(),
    }
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
