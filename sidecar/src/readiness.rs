//! Whether the sidecar can do its work now, and what is in the way if not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Shared by all parts. A part that has not spoken yet is not ready.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    parts: Arc<Mutex<BTreeMap<String, Option<String>>>>,
}

/// One part's voice.
#[derive(Debug, Clone)]
pub struct Part {
    name: String,
    readiness: Readiness,
}

impl Readiness {
    /// Adds a part, not ready until it says so.
    pub fn part(&self, name: impl Into<String>) -> Part {
        let part = Part { name: name.into(), readiness: self.clone() };
        part.hindered("starting");
        part
    }

    /// What is in the way: nothing when the sidecar is ready.
    pub fn hindrances(&self) -> Vec<String> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts
            .iter()
            .filter_map(|(part, hindrance)| Some(format!("{part}: {}", hindrance.as_ref()?)))
            .collect()
    }
}

impl Part {
    /// This part can work.
    pub fn ready(&self) {
        self.set(None);
    }

    /// This part cannot work, and why.
    pub fn hindered(&self, why: impl Into<String>) {
        self.set(Some(why.into()));
    }

    fn set(&self, hindrance: Option<String>) {
        let mut parts = self.readiness.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(self.name.clone(), hindrance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_ready_when_every_part_is() {
        let readiness = Readiness::default();
        let (server, queue) = (readiness.part("server"), readiness.part("queue"));
        assert_eq!(readiness.hindrances(), ["queue: starting", "server: starting"]);

        server.ready();
        queue.hindered("access denied");
        assert_eq!(readiness.hindrances(), ["queue: access denied"]);

        queue.ready();
        assert!(readiness.hindrances().is_empty());
    }
}
