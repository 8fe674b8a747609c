//! The queues, by what they are for.

use crate::job::{Priority, WorkerId};

/// A queue of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Chunks to work on.
    Work(Priority),
    /// Chunks that may crash workers.
    Quarantine,
    /// Messages that were delivered too often or could not be understood.
    Dead,
    /// Jobs that come by AMQP.
    Submit,
    /// Questions that somebody waits for.
    Preprocess,
    /// Hints to one worker. Exists while that worker consumes it.
    Control(WorkerId),
}

/// How much a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Messages that wait; those delivered and not yet acknowledged are not counted.
    pub messages: u64,
    /// Who takes them.
    pub consumers: u64,
}

impl Queue {
    /// Those that outlive their consumers.
    pub(super) const LASTING: [Self; 7] = [
        Self::Work(Priority::High),
        Self::Work(Priority::Normal),
        Self::Work(Priority::Low),
        Self::Quarantine,
        Self::Dead,
        Self::Submit,
        Self::Preprocess,
    ];

    /// Its name at the broker.
    pub fn name(&self) -> String {
        match self {
            Self::Work(priority) => format!("scutch.work.{priority}"),
            Self::Quarantine => "scutch.work.quarantine".to_owned(),
            Self::Dead => "scutch.dead".to_owned(),
            Self::Submit => "scutch.submit".to_owned(),
            Self::Preprocess => "scutch.preprocess".to_owned(),
            Self::Control(worker) => format!("scutch.control.{worker}"),
        }
    }
}
