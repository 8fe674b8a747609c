//! The rivals' Python.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::root;

/// A Python that has what a file of `bench/rivals` asks for, in a virtual environment of its own, `target/NAME`.
pub(crate) fn python(name: &str, requirements: &str, what: &str) -> Result<PathBuf> {
    let venv = root().join("target").join(name);
    let python = venv.join("bin/python");
    if !venv.join("ready").exists() {
        println!("installing {what} into target/{name} (a minute)…");
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        succeed(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "-r"])
                .arg(root().join("bench/rivals").join(requirements)),
        )?;
        fs::write(venv.join("ready"), "")?;
    }
    Ok(python)
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
