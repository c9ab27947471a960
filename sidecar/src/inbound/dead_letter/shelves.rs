//! All dead letters: what the commands and the admin API do about them.

use std::{num::NonZeroU32, time::Duration};

use aws_config::SdkConfig;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    letter::DeadLetter,
    selection::{Filter, Selection},
    shelf::{LookLimits, Shelf, Taken},
};
use crate::{
    delivery::{DeliveryError, chain},
    inbound::queue::Queue,
    route::Route,
};

/// The dead letters of all routes.
#[derive(Debug)]
pub struct Shelves {
    shelves: Vec<Shelf>,
    limits: LookLimits,
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It is sent to its queue again.
    Redrive,
    /// It is deleted for good.
    Discard,
}

/// What is to be done.
#[derive(Debug)]
pub struct Order<'selection> {
    /// With which letters.
    pub selection: &'selection Selection,
    /// What.
    pub verb: Verb,
    /// Letters in a second, at most.
    pub rate: NonZeroU32,
    /// Letters in all, at most.
    pub letters_max: usize,
    /// Only tell what would be done.
    pub dry_run: bool,
}

/// What was done.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Performed {
    /// Letters that it was done with, or would be.
    pub done: usize,
    /// Whether it was only told.
    pub dry_run: bool,
    /// Letters that stay where they are, because it failed.
    pub failed: Vec<Failed>,
    /// Letters that are meant, too, and were one too many.
    pub left: usize,
}

/// A letter that stays where it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Which.
    pub id: String,
    /// Why.
    pub error: String,
}

/// Why nobody could look.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The filter names a route that is not there.
    #[error("there is no route {route}; there are: {routes}")]
    NoSuchRoute {
        /// The name.
        route: String,
        /// Those that are there.
        routes: String,
    },
    /// SQS does not let us.
    #[error("cannot look into {queue}")]
    Unreadable {
        /// Its name.
        queue: String,
        /// Why.
        source: DeliveryError,
    },
}

impl Shelves {
    /// A shelf for each route. The limits are those of one shelf.
    pub fn connect(aws: &SdkConfig, routes: &[Route], bus: &str, limits: LookLimits) -> Self {
        let shelf = |route: &Route| Shelf {
            route: route.name.clone(),
            queue: Queue::connect(aws, route.queue(bus)),
            dead_letters: Queue::connect(aws, route.dead_letter_queue(bus)),
        };
        Self { shelves: routes.iter().map(shelf).collect(), limits }
    }

    /// The letters that the filter admits. They are out of sight for as long as this takes.
    pub async fn look(&self, filter: &Filter) -> Result<Taken, LookError> {
        let now = Timestamp::now();
        let mut seen = Taken::default();
        for (shelf, taken) in self.take(filter.route.as_deref()).await? {
            shelf.put_back(&taken.letters).await;
            seen.letters.extend(taken.letters.into_iter().filter(|it| filter.admits(it, now)));
            seen.more |= taken.more;
        }
        Ok(seen)
    }

    /// Does what is ordered, and tells after each letter how many of how many are through.
    pub async fn perform(
        &self,
        order: Order<'_>,
        mut reached: impl FnMut(usize, usize),
    ) -> Result<Performed, LookError> {
        let Order { selection, verb, rate, letters_max, dry_run } = order;
        let now = Timestamp::now();
        let mut performed = Performed { done: 0, dry_run, failed: Vec::new(), left: 0 };
        let (mut meant, mut total) = (Vec::new(), 0);
        for (shelf, taken) in self.take(selection.filter.route.as_deref()).await? {
            let (mut chosen, mut others): (Vec<_>, Vec<_>) =
                taken.letters.into_iter().partition(|letter| selection.admits(letter, now));
            let too_many = chosen.split_off(chosen.len().min(letters_max - total));
            total += chosen.len();
            performed.left += too_many.len();
            others.extend(too_many);
            if dry_run {
                performed.done += chosen.len();
                others.append(&mut chosen);
            }
            shelf.put_back(&others).await;
            meant.extend(chosen.into_iter().map(|letter| (shelf, letter)));
        }
        let mut pace = interval(Duration::from_secs(1) / rate.get());
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for (through, (shelf, letter)) in (1..).zip(meant) {
            pace.tick().await;
            match verb.apply(&letter, shelf).await {
                Ok(()) => performed.done += 1,
                Err(error) => {
                    shelf.put_back(std::slice::from_ref(&letter)).await;
                    performed.failed.push(Failed { id: letter.id, error: chain(&error) });
                }
            }
            reached(through, total);
        }
        Ok(performed)
    }

    /// Takes down what lies on the shelf of one route, or on all, side by side.
    async fn take(&self, route: Option<&str>) -> Result<Vec<(&Shelf, Taken)>, LookError> {
        let is_wanted = |shelf: &&Shelf| route.is_none_or(|route| shelf.route == route);
        let wanted: Vec<&Shelf> = self.shelves.iter().filter(is_wanted).collect();
        if let (Some(route), []) = (route, wanted.as_slice()) {
            let names = self.shelves.iter().map(|shelf| shelf.route.as_str());
            let routes = names.collect::<Vec<_>>().join(", ");
            return Err(LookError::NoSuchRoute { route: route.to_owned(), routes });
        }
        let look = async |shelf: &'_ Shelf| shelf.take(self.limits).await;
        let looks = join_all(wanted.iter().map(|shelf| look(shelf))).await;
        let (mut taken, mut unreadable) = (Vec::new(), None);
        for (shelf, look) in wanted.into_iter().zip(looks) {
            match look {
                Ok(letters) => taken.push((shelf, letters)),
                Err(source) => {
                    let queue = shelf.dead_letters.name().to_owned();
                    unreadable = Some(LookError::Unreadable { queue, source });
                }
            }
        }
        let Some(error) = unreadable else { return Ok(taken) };
        for (shelf, taken) in taken {
            shelf.put_back(&taken.letters).await;
        }
        Err(error)
    }
}

impl Verb {
    async fn apply(self, letter: &DeadLetter, of: &Shelf) -> Result<(), DeliveryError> {
        match self {
            Self::Redrive => of.redrive(letter).await,
            Self::Discard => of.discard(letter).await,
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Shelves that a test made up.
    pub(crate) fn shelves(shelves: Vec<Shelf>) -> Shelves {
        Shelves { shelves, limits: LookLimits { letters_max: 100, bytes_max: 1_000_000 } }
    }
}

#[cfg(test)]
mod tests;
