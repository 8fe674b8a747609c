//! What is played: something that breaks, and for how long.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::world::World;

/// When a scenario is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// With every run of the tests.
    Short,
    /// By command.
    Long,
}

/// Something that happens to a service at work, and what must be true afterwards.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) profile: Profile,
    /// Within so much time of the mending work must go on and what was interrupted be done. Generous where machines are busy.
    pub(crate) bound: Duration,
    /// Whether it leaves servers that are not as others need them.
    pub(crate) needs_own_world: bool,
    pub(crate) run: Box<dyn Fn(&mut World)>,
}

impl Scenario {
    pub(crate) fn new(
        name: impl Into<String>,
        profile: Profile,
        run: impl Fn(&mut World) + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            profile,
            bound: BOUND,
            needs_own_world: false,
            run: Box::new(run),
        }
    }

    pub(crate) fn within(mut self, seconds: u64) -> Self {
        self.bound = Duration::from_secs(seconds);
        self
    }

    pub(crate) fn in_its_own_world(mut self) -> Self {
        self.needs_own_world = true;
        self
    }
}

/// A worker that is lost is noticed after 6 s here, and its chunk needs up to 7 s.
const BOUND: Duration = Duration::from_secs(60);

/// Something that breaks and is mended again; what random mixes are mixed of.
pub(crate) struct Disturbance {
    pub(crate) name: String,
    /// What it is done to, as `broker`: two of the same are not under way at a time.
    pub(crate) on: &'static str,
    pub(crate) begin: Box<dyn Fn(&mut World)>,
    pub(crate) end: Box<dyn Fn(&mut World)>,
    /// How long it lasts, in tenths of a second.
    pub(crate) lasts: RangeInclusive<u64>,
}

impl Disturbance {
    /// One that lasts some tenths of a second.
    pub(crate) fn new(
        on: &'static str,
        name: impl Into<String>,
        lasts: RangeInclusive<u64>,
        begin: impl Fn(&mut World) + 'static,
        end: impl Fn(&mut World) + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            on,
            begin: Box::new(begin),
            end: Box::new(end),
            lasts,
        }
    }

    /// It alone, in the midst of work.
    pub(crate) fn alone(self, profile: Profile) -> Scenario {
        Scenario::new(self.name.clone(), profile, move |world| {
            world.work_begins();
            (self.begin)(world);
            world.pause(self.lasts.clone());
            (self.end)(world);
            world.mended = Some(std::time::SystemTime::now());
        })
    }
}
