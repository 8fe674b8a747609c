//! Breaks the service on purpose and looks whether anything was lost, doubled, or told wrongly.
//!
//! Real roles on real, private servers, with a link in front of each server that can be cut. Each scenario gives the service work, breaks
//! something, mends it, waits until all is done, and then asks `verdict` for the invariants. Without arguments the scenarios of the short
//! profile are played; `--help` tells the rest. Everything random comes from a seed, which is printed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test: what goes wrong ends its scenario, and it says why"
)]

mod history;
mod link;
mod receiver;
mod scenario;
mod scenarios;
mod stream;
mod table;
mod verdict;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use serde_json::json;

use crate::scenario::{Profile, Scenario};
use crate::world::World;

/// Breaks the service on purpose and looks whether it keeps its promises.
#[derive(Debug, Parser)]
#[command(name = "faults")]
struct Arguments {
    /// Only scenarios whose name contains one of these; of both profiles.
    names: Vec<String>,
    /// Plays all scenarios and not only the short ones.
    #[arg(long)]
    long: bool,
    /// Lists the scenarios and plays none.
    #[arg(long)]
    list: bool,
    /// Makes everything random as it was in the run that printed this.
    #[arg(long)]
    seed: Option<u64>,
    /// Plays each so often, under seeds that follow one another.
    #[arg(long, default_value_t = 1)]
    times: u64,
    /// How long random mixes last (scenario `mix`).
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Ends with the first that fails.
    #[arg(long)]
    fail_fast: bool,
    /// Adds a line of JSON for each that was played.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Prints the table of what was recorded in these files, and plays nothing.
    #[arg(long, num_args = 1..)]
    table: Vec<PathBuf>,
    /// What `cargo test` gives to tests; without meaning here.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    assert!(
        fail::has_failpoints(),
        "the command of tests has failpoints"
    );
    if !arguments.table.is_empty() {
        print!("{}", table::table(&arguments.table));
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<Scenario> = scenarios::all(arguments.minutes)
        .into_iter()
        .filter(|scenario| is_chosen(&arguments, scenario))
        .collect();
    if arguments.list {
        for scenario in &chosen {
            println!("{:?}  {}", scenario.profile, scenario.name);
        }
        return ExitCode::SUCCESS;
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("faults: {} scenarios, --seed {seed}", chosen.len());
    let mut failed = Vec::new();
    let mut world = None;
    let seeds = seed..seed.saturating_add(arguments.times);
    for (seed, scenario) in seeds.flat_map(|seed| chosen.iter().map(move |one| (seed, one))) {
        if !play(scenario, seed, &mut world, arguments.record.as_deref()) {
            failed.push(format!("{} --seed {seed}", scenario.name));
            if arguments.fail_fast {
                break;
            }
        }
    }
    drop(world);
    if failed.is_empty() {
        println!("faults: every promise was kept");
        return ExitCode::SUCCESS;
    }
    println!("faults: broken promises in {}:", failed.len());
    for name in failed {
        println!("  cargo test --workspace --test faults -- {name}");
    }
    ExitCode::FAILURE
}

fn is_chosen(arguments: &Arguments, scenario: &Scenario) -> bool {
    if arguments.names.is_empty() {
        return arguments.long || scenario.profile == Profile::Short;
    }
    let mut names = arguments.names.iter();
    names.any(|name| scenario.name.contains(name.as_str()))
}

/// Plays one scenario, in the world as the one before left it, unless that one failed; whether all promises were kept.
fn play(
    scenario: &Scenario,
    seed: u64,
    kept: &mut Option<World>,
    record: Option<&std::path::Path>,
) -> bool {
    let begun = Instant::now();
    if scenario.needs_own_world {
        *kept = None;
    }
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = kept.take().unwrap_or_else(World::start);
        world.begin(&scenario.name, seed);
        // The logs of a world that failed are shown.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            (scenario.run)(&mut world);
            world.settle(scenario.bound)
        }));
        match outcome {
            Ok(findings) => (Ok(findings), Some(world)),
            Err(panic) => {
                world.show_logs();
                (Err(panic), None)
            }
        }
    }));
    let took = begun.elapsed().as_secs_f64();
    let outcome = match played {
        Ok((Ok(findings), world)) => {
            *kept = world.filter(|_| !scenario.needs_own_world);
            Ok(findings)
        }
        Ok((Err(panic), _)) | Err(panic) => Err(said(panic.as_ref())),
    };
    let recovered = outcome.as_ref().ok().and_then(|found| found.recovered);
    let recovery = recovered.map_or(String::new(), |time| {
        format!(", recovered after {:.1} s", time.as_secs_f64())
    });
    match &outcome {
        Ok(_) => println!("  ok      {} ({took:.1} s{recovery})", scenario.name),
        Err(why) => println!("  BROKEN  {} ({took:.1} s): {why}", scenario.name),
    }
    if let Some(path) = record {
        let line = json!({
            "scenario": scenario.name,
            "seed": seed,
            "kept": outcome.is_ok(),
            "seconds": (took * 10.0).round() / 10.0,
            "recovered_s": recovered.map(|time| (time.as_secs_f64() * 10.0).round() / 10.0),
            "bound_s": scenario.bound.as_secs(),
            "documents": outcome.as_ref().map_or(0, |found| found.documents),
            "why": outcome.as_ref().err(),
        });
        append(path, &line.to_string());
    }
    outcome.is_ok()
}

fn append(path: &std::path::Path, line: &str) {
    use std::io::Write;
    let file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(path);
    writeln!(file.unwrap(), "{line}").unwrap();
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "it panicked".to_owned())
}
