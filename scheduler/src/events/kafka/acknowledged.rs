//! What is in the topic of events that are sent again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::event::CloudEvent;

/// Ids of events that the topic has, though one before them failed.
#[derive(Default)]
pub(super) struct Acknowledged(Mutex<HashSet<String>>);

impl Acknowledged {
    pub(super) fn add(&self, ids: Vec<String>) {
        self.ids().extend(ids);
    }

    /// Those of `events` that are still to be sent.
    pub(super) fn missing<'e>(&self, events: &'e [CloudEvent]) -> Vec<&'e CloudEvent> {
        let ids = self.ids();
        events.iter().filter(|e| !ids.contains(&e.id)).collect()
    }

    /// How many of the first are there.
    pub(super) fn leading(&self, events: &[CloudEvent]) -> usize {
        let ids = self.ids();
        events.iter().take_while(|e| ids.contains(&e.id)).count()
    }

    /// What is not sent again need not be known.
    pub(super) fn forget_all_but(&self, events: &[CloudEvent]) {
        let sent: HashSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
        self.ids().retain(|id| sent.contains(id.as_str()));
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    #[test]
    fn what_is_there_is_not_sent_again_and_what_leads_is_taken() {
        let events = ["1", "2", "3", "4"].map(|id| event(id, "job/1"));
        let acknowledged = Acknowledged::default();
        let missing = |acknowledged: &Acknowledged, events: &[CloudEvent]| {
            let missing = acknowledged.missing(events).into_iter();
            missing.map(|event| event.id.clone()).collect::<Vec<_>>()
        };
        acknowledged.add(vec!["3".to_owned(), "1".to_owned()]);
        assert_eq!(missing(&acknowledged, &events), ["2", "4"]);
        assert_eq!(acknowledged.leading(&events), 1);
        acknowledged.forget_all_but(&events[1..]);
        assert_eq!(missing(&acknowledged, &events), ["1", "2", "4"]);
        acknowledged.add(vec!["2".to_owned()]);
        assert_eq!(acknowledged.leading(&events[1..]), 2);
    }
}
