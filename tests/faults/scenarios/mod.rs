//! Everything that is broken, by what it is that breaks.

mod broker;
mod cache;
mod clocks;
mod control;
mod database;
mod deliveries;
mod disks;
mod documents;
mod links;
mod mix;
mod poison;
mod producers;
mod schedulers;
mod sinks;
mod versions;
mod workers;

use crate::scenario::{Disturbance, Scenario};

/// All scenarios; random mixes last so many minutes.
pub(crate) fn all(minutes: u64) -> Vec<Scenario> {
    let families = [
        workers::scenarios(),
        producers::scenarios(),
        schedulers::scenarios(),
        clocks::scenarios(),
        broker::scenarios(),
        database::scenarios(),
        cache::scenarios(),
        links::scenarios(),
        disks::scenarios(),
        documents::scenarios(),
        poison::scenarios(),
        sinks::scenarios(),
        control::scenarios(),
        deliveries::scenarios(),
        versions::scenarios(),
        mix::scenarios(minutes),
    ];
    families.into_iter().flatten().collect()
}

/// All that a random mix is mixed of.
fn disturbances() -> Vec<Disturbance> {
    let families = [
        workers::disturbances(),
        producers::disturbances(),
        schedulers::disturbances(),
        broker::disturbances(),
        database::disturbances(),
        cache::disturbances(),
        links::disturbances(),
        disks::disturbances(),
        sinks::disturbances(),
        control::disturbances(),
        deliveries::disturbances(),
    ];
    families.into_iter().flatten().collect()
}
