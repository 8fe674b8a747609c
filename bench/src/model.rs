//! Speed of the model beside ONNX Runtime (the forward pass) and spaCy md (text to names), its start-up and its memory.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use pipeline::model::{Device, DeviceChoice, Files, Forward, LabelMap, Model, Precision};
use serde_json::{Value, json};

use crate::{memory, rivals, root};

/// How long one thing is measured: long enough for the fastest of many passes, or for a mean.
const FASTEST: Duration = Duration::from_millis(1200);
const MEAN: Duration = Duration::from_secs(4);

/// The exact one first.
const PRECISIONS: [(&str, Precision); 3] = [
    ("f32", Precision::F32),
    ("bf16", Precision::Bf16),
    ("int8", Precision::Int8),
];

/// From where on a word counts as likely misspelt, as the training's evaluation has it.
const LIKELY: f32 = 0.9;

/// Documents that are read together, as `scutch process` does.
const TOGETHER: usize = 8;

/// Pieces of a window, and their token types.
type Windows = Vec<(Vec<u32>, Vec<u32>)>;

/// Measures the model of a folder and its rivals, in one run.
pub(crate) fn run(input: &Path, folder: &Path) -> Result<()> {
    let python = rivals::python(
        "rivals-model",
        "requirements-model.txt",
        "ONNX Runtime and spaCy",
    )?;
    let work = root().join("target/bench");
    fs::create_dir_all(&work)?;
    names(folder, input)?;
    forward(&python, folder, &work)?;
    words(&python, folder, input, &work)
}

fn forward(python: &Path, folder: &Path, work: &Path) -> Result<()> {
    let files = Files::read(folder)?;
    let mut models = Vec::new();
    for (name, precision) in PRECISIONS {
        models.push((name, Forward::new(&files, precision)?));
    }
    println!(
        "forward pass, one thread, pieces/s of the fastest pass; in brackets the ratio to ONNX Runtime f32"
    );
    let shapes = [
        ("16 windows of 128", vec![128; 16]),
        (
            "16 windows of 24 to 189",
            (0..16).map(|at| 24 + 11 * at).collect(),
        ),
        ("1 window of 128", vec![128]),
    ];
    for (name, lengths) in shapes {
        let windows = windows(&lengths);
        let (list, scores) = (work.join("windows.json"), work.join("scores.bin"));
        fs::write(&list, serde_json::to_vec(&windows)?)?;
        let theirs = rival(python, "forward", &[folder, &list, &scores])?;
        let rate = number(&theirs, "pieces_per_second")?;
        let way = theirs["way"].as_str().unwrap_or_default();
        println!("{name}: ONNX Runtime f32 {rate:.0} ({way})");
        let wanted = fs::read(&scores)?;
        let wanted: Vec<f32> = wanted
            .as_chunks()
            .0
            .iter()
            .map(|four| f32::from_le_bytes(*four))
            .collect();
        for (name, model) in &models {
            let found = model.scores(&windows)?;
            if found.len() != wanted.len() {
                bail!(
                    "{} scores where ONNX Runtime has {}",
                    found.len(),
                    wanted.len()
                );
            }
            let apart = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
            let apart = apart.fold(0.0, f32::max);
            let ours = fastest(model, &windows)?;
            println!(
                "    scutch {name:<4} {ours:>7.0} ({:.2}); scores at most {apart:.1e} from its",
                ours / rate
            );
        }
    }
    Ok(())
}

fn windows(lengths: &[usize]) -> Windows {
    let window = |(at, &length): (usize, &usize)| {
        let pieces = 0..u32::try_from(length).unwrap_or_default();
        let start = u32::try_from(at).unwrap_or_default() * 131;
        let ids = pieces.clone().map(|piece| (piece * 977 + start) % 30_000);
        (ids.collect(), pieces.map(|piece| piece % 5).collect())
    };
    lengths.iter().enumerate().map(window).collect()
}

fn fastest(model: &Forward, windows: &Windows) -> Result<f64> {
    let pieces: usize = windows.iter().map(|(ids, _)| ids.len()).sum();
    let until = Instant::now() + FASTEST;
    let mut fastest = Duration::MAX;
    while Instant::now() < until {
        let start = Instant::now();
        std::hint::black_box(model.scores(windows)?);
        fastest = fastest.min(start.elapsed());
    }
    Ok(pieces as f64 / fastest.as_secs_f64())
}

fn words(python: &Path, folder: &Path, input: &Path, work: &Path) -> Result<()> {
    let texts = work.join("texts.json");
    fs::write(&texts, serde_json::to_vec(&read_texts(input)?)?)?;
    println!(
        "text to names and suspicions, {TOGETHER} documents together, words/s (words cut at white space); in brackets the ratio to spaCy md"
    );
    for cores in [1, 2] {
        let theirs = rival(python, "words", &[&texts, Path::new(&cores.to_string())])?;
        let rate = number(&theirs, "words_per_second")?;
        println!("{cores} core(s): spaCy en_core_web_md, NER alone {rate:.0}");
        for (precision, _) in PRECISIONS {
            let ours = output(&mut reader(folder, input, precision, cores)?)?;
            let words = number(&ours, "words_per_second")?;
            println!(
                "    scutch {precision:<4} {words:>7.0} ({:.2}); start-up to first result {:.2} s, peak memory {:.0} MiB",
                words / rate,
                number(&ours, "start_seconds")?,
                number(&ours, "peak_mib")?
            );
        }
    }
    // Virtual machines often have less than two whole cores: so much is what two threads can reach at best.
    let mut other = reader(folder, input, "int8", 1)?
        .stdout(Stdio::null())
        .spawn()?;
    let one = output(&mut reader(folder, input, "int8", 1)?);
    other.wait()?;
    println!(
        "two processes of one thread each, int8: {:.0}",
        2.0 * number(&one?, "words_per_second")?
    );
    Ok(())
}

/// A process of its own: the threads are set at its start, and its memory is its own.
fn reader(folder: &Path, input: &Path, precision: &str, threads: usize) -> Result<Command> {
    let mut reader = Command::new(std::env::current_exe()?);
    reader.env("RAYON_NUM_THREADS", threads.to_string());
    reader
        .arg("model-words")
        .args([folder, input])
        .arg(precision);
    Ok(reader)
}

/// How many names each precision finds, how many it shares with f32, and how far the probabilities of a misspelling are apart.
fn names(folder: &Path, input: &Path) -> Result<()> {
    let files = Files::read(folder)?;
    let texts = read_texts(input)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let find = |precision| -> Result<(HashSet<_>, Vec<f32>)> {
        let model = Model::start(&files, &LabelMap::new(), &cpu(precision)?)?;
        let (mut names, mut suspicions) = (HashSet::new(), Vec::new());
        for (text, reading) in model.read(&texts)?.into_iter().enumerate() {
            let entities = reading.entities.into_iter();
            names.extend(entities.map(|name| (text, name.range, name.kind)));
            suspicions.extend(reading.suspicions.iter().map(|word| word.probability));
        }
        Ok((names, suspicions))
    };
    let exact = find(Precision::F32)?;
    println!("names in the texts: f32 {}", exact.0.len());
    for (name, precision) in &PRECISIONS[1..] {
        let rounded = find(*precision)?;
        let pairs = || exact.1.iter().zip(&rounded.1);
        let apart = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let across = pairs().filter(|(a, b)| (**a >= LIKELY) != (**b >= LIKELY));
        println!(
            "    {name} {}, the same in both {}; probabilities of a misspelling at most {apart:.1e} apart, of {} words {} on different sides of {LIKELY}",
            rounded.0.len(),
            exact.0.intersection(&rounded.0).count(),
            exact.1.len(),
            across.count()
        );
    }
    Ok(())
}

fn cpu(precision: Precision) -> Result<Device> {
    Ok(Device::open(DeviceChoice::Cpu, precision, Precision::F32)?)
}

/// Prints the speed of one process in one precision, as JSON.
pub(crate) fn read(folder: &Path, input: &Path, precision: &str) -> Result<()> {
    let known = PRECISIONS.iter().find(|(name, _)| *name == precision);
    let Some(&(_, precision)) = known else {
        bail!("{precision} is none of f32, bf16 and int8");
    };
    let texts = read_texts(input)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let words: usize = texts
        .iter()
        .map(|text| text.split_whitespace().count())
        .sum();
    let start = Instant::now();
    let model = Model::start(&Files::read(folder)?, &LabelMap::new(), &cpu(precision)?)?;
    model.read(texts.get(..1).unwrap_or_default())?;
    let start_seconds = start.elapsed().as_secs_f64();
    let pass = || {
        texts
            .chunks(TOGETHER)
            .try_for_each(|some| model.read(some).map(drop))
    };
    pass()?;
    let (start, mut passes) = (Instant::now(), 0);
    while start.elapsed() < MEAN {
        pass()?;
        passes += words;
    }
    let words_per_second = passes as f64 / start.elapsed().as_secs_f64();
    let peak_kib = memory::peak_kib("self").context("no VmHWM in /proc/self/status")?;
    let peak_mib = peak_kib as f64 / 1024.0;
    println!(
        "{}",
        json!({"words_per_second": words_per_second, "start_seconds": start_seconds, "peak_mib": peak_mib})
    );
    Ok(())
}

fn read_texts(input: &Path) -> Result<Vec<String>> {
    let lines =
        fs::read_to_string(input).with_context(|| format!("cannot read {}", input.display()))?;
    lines
        .lines()
        .map(|line| {
            let article: Value = serde_json::from_str(line)?;
            Ok(article["text"]
                .as_str()
                .context("an article without text")?
                .to_owned())
        })
        .collect()
}

fn rival(python: &Path, command: &str, arguments: &[&Path]) -> Result<Value> {
    let mut rival = Command::new(python);
    // BLIS and numpy would wake every core otherwise.
    for threads in [
        "OMP_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
    ] {
        rival.env(threads, "1");
    }
    rival.arg(root().join("bench/rivals/model_rivals.py"));
    output(rival.arg(command).args(arguments))
}

/// What a command prints last, as JSON.
fn output(command: &mut Command) -> Result<Value> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let printed = String::from_utf8(output.stdout)?;
    let last = printed.lines().last().context("nothing was printed")?;
    Ok(serde_json::from_str(last)?)
}

fn number(report: &Value, key: &str) -> Result<f64> {
    report[key]
        .as_f64()
        .with_context(|| format!("no {key} in {report}"))
}
