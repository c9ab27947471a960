//! How many receives are worth having under way at once.

use std::num::NonZeroUsize;

use crate::inbound::queue::BATCH_MAX;

/// Grows while receives come back full; one is enough for a queue that has no more to give.
#[derive(Debug)]
pub(super) struct Demand {
    receives: usize,
    receives_max: usize,
}

impl Demand {
    /// Never more than can fill all slots.
    pub(super) fn new(slots: NonZeroUsize) -> Self {
        Self { receives: 1, receives_max: slots.get().div_ceil(BATCH_MAX) }
    }

    pub(super) fn receives(&self) -> usize {
        self.receives
    }

    /// A receive came back.
    pub(super) fn learn(&mut self, was_full: bool) {
        self.receives = if was_full { self.receives_max.min(self.receives * 2) } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receives_go_side_by_side_only_while_they_come_back_full() {
        let mut demand = Demand::new(NonZeroUsize::new(64).unwrap());

        let seen: Vec<_> = [true, true, true, true, false, true]
            .map(|was_full| {
                let before = demand.receives();
                demand.learn(was_full);
                before
            })
            .into();

        assert_eq!(seen, [1, 2, 4, 7, 7, 1]);
    }
}
