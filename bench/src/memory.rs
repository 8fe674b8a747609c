//! Peak resident memory of `scutch process` on a large synthetic file.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::root;

/// Writes a file of so many GiB (the samples again and again under new ids), cleans it, and reports memory and speed.
pub(crate) fn run(gib: f64, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let scutch = build()?;
    let input = folder.join("large.jsonl");
    let output = folder.join("large.cleaned.jsonl");
    println!("writing {gib} GiB to {}…", input.display());
    let documents = write_input(&input, (gib * f64::from(1 << 30)) as u64)?;
    let bytes = fs::metadata(&input)?.len();
    println!("cleaning {documents} documents…");
    let started = Instant::now();
    let child = Command::new(scutch)
        .arg("process")
        .arg("-i")
        .arg(&input)
        .arg("-o")
        .arg(&output)
        // Reading, cleaning and writing are measured; with the model 5 GiB would take hours.
        .args(["--set", "model.enabled=false"])
        .spawn()
        .context("cannot start scutch")?;
    let peak_kib = watch(child)?;
    let seconds = started.elapsed().as_secs_f64();
    let lines = BufReader::new(File::open(&output)?).lines().count();
    if lines as u64 != documents {
        bail!("{documents} documents went in and {lines} came out");
    }
    println!(
        "{documents} documents, {:.2} GiB in {seconds:.0} s: {:.0} documents/s, {:.1} MB/s; peak resident memory {:.0} MiB",
        bytes as f64 / f64::from(1 << 30),
        documents as f64 / seconds,
        bytes as f64 / seconds / 1e6,
        peak_kib as f64 / 1024.0
    );
    fs::remove_file(&input)?;
    fs::remove_file(&output)?;
    Ok(())
}

fn build() -> Result<std::path::PathBuf> {
    let status = Command::new("cargo")
        .current_dir(root())
        .args(["build", "--release", "--package", "cli"])
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("scutch does not build");
    }
    Ok(root().join("target/release/scutch"))
}

fn write_input(path: &Path, bytes: u64) -> Result<u64> {
    let samples = fs::read_to_string(root().join("samples/wikinews.jsonl"))?;
    let mut samples: Vec<Value> = samples
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let mut file = BufWriter::new(
        File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
    );
    let (mut written, mut documents) = (0, 0);
    while written < bytes {
        for sample in &mut samples {
            sample["document_id"] = Value::from(format!("synthetic-{documents}"));
            let line = serde_json::to_vec(sample)?;
            file.write_all(&line)?;
            file.write_all(b"\n")?;
            written += line.len() as u64 + 1;
            documents += 1;
        }
    }
    file.flush()?;
    Ok(documents)
}

/// Waits for the end of the process; its peak resident memory in KiB.
fn watch(mut child: Child) -> Result<u64> {
    let process = child.id().to_string();
    let mut peak = 0;
    loop {
        // Near its end it has no memory any more to tell of.
        peak = peak_kib(&process).unwrap_or(peak);
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("scutch ended with {status}");
            }
            return Ok(peak);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// The peak resident memory of a process so far, in KiB (`VmHWM` of proc(5)).
pub(crate) fn peak_kib(process: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
