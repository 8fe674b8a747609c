//! `scutch info`: what runs, with which settings, and where each came from.

use anyhow::{Context, Result};
use serde_json::json;

use pipeline::model::{Device, Error};

use crate::config::Loaded;
use crate::settings::{Settings, cores};

/// The report, as text or as one JSON object.
pub(crate) fn report(loaded: &Loaded<Settings>, as_json: bool) -> Result<String> {
    let version = env!("CARGO_PKG_VERSION");
    let target = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let (cores, threads) = (cores(), loaded.settings.process.threads());
    let set = &loaded.settings.model;
    let model = crate::model::name(set);
    // A device that cannot be had is what this command is asked about, so it is told and no failure.
    let device = crate::model::device(set);
    if as_json {
        let settings: serde_json::Map<_, _> = loaded
            .values
            .iter()
            .map(|entry| {
                // As shown, so that a secret is masked here too; what is shown is JSON.
                let value =
                    serde_json::from_str(entry.shown()).unwrap_or_else(|_| json!(entry.shown()));
                let origin = entry.origin.to_string();
                (
                    entry.key.clone(),
                    json!({ "value": value, "origin": origin }),
                )
            })
            .collect();
        let report = json!({
            "version": version, "target": target, "model": model,
            "device": device.as_ref().ok().map(Device::name),
            "device_reason": device.as_ref().map_or_else(Error::to_string, |device| device.why().to_owned()),
            "precision": device.as_ref().ok().map(Device::precision),
            "cores": cores, "threads": threads, "configuration": settings,
        });
        return serde_json::to_string_pretty(&report)
            .map(|text| text + "\n")
            .context("cannot write down the report");
    }
    let device = device.map_or_else(
        |error| format!("none: {error}"),
        |device| device.to_string(),
    );
    let mut text = format!(
        "scutch   {version} ({target})\nmodel    {model}\ndevice   {device}\ncores    {cores}, {threads} cleaning thread{}\n\n",
        if threads == 1 { "" } else { "s" }
    );
    let keys = loaded
        .values
        .iter()
        .map(|entry| entry.key.len())
        .max()
        .unwrap_or_default();
    let values = loaded
        .values
        .iter()
        .map(|entry| entry.shown().chars().count())
        .filter(|length| *length <= 20)
        .max();
    let values = values.unwrap_or_default();
    for entry in &loaded.values {
        text += &format!(
            "{:<keys$}  {:<values$}  {}\n",
            entry.key,
            entry.shown(),
            entry.origin
        );
    }
    Ok(text)
}
