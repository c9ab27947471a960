//! Who writes, and the journal of what was acknowledged: the only record that the run is judged by.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, ensure};
use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::Account;

const PAUSE_MS: std::ops::Range<u64> = 20..160;
/// Directus is away, and nobody hammers at its door.
const AWAY: Duration = Duration::from_millis(250);
/// The longest that a writer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// One save in so many makes a new item; the others change one that is there.
const CREATES_ONE_IN: usize = 3;
const ITEMS_AT_HAND_MAX: usize = 20;

/// A text whose judgement nobody doubts, so that the writer knows what must come back.
const MOODS: [(&str, &str); 3] = [
    ("positive", "I love this shop, it is wonderful and the people are great!"),
    ("negative", "This is a terrible experience, I hate it and I am very angry."),
    ("neutral", "The parcel was on the table when I came home on Tuesday."),
];

/// One save, named so that it can be recognised wherever its text turns up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Save {
    pub(super) writer: usize,
    pub(super) item: usize,
    pub(super) version: usize,
}

/// Whether the writer was told that its save is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Acknowledged,
    /// It may be done or not.
    Lost,
}

/// What was written, by those who wrote it.
#[derive(Debug, Default)]
pub(super) struct Journal(BTreeMap<Save, Answer>);

impl Save {
    fn text(self) -> String {
        let Self { writer, item, version } = self;
        format!("{} [{writer}-{item}-{version}]", MOODS[self.mood()].1)
    }

    /// The save behind a text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (_, name) = text.strip_suffix(']')?.rsplit_once('[')?;
        let mut numbers = name.split('-').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self { writer: next()?, item: next()?, version: next()? })
    }

    /// What the system must think of it. Each version thinks otherwise than the one before.
    pub(super) fn sentiment(self) -> &'static str {
        MOODS[self.mood()].0
    }

    fn mood(self) -> usize {
        (self.writer + self.item + self.version) % MOODS.len()
    }
}

impl Journal {
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn answer(&self, save: Save) -> Option<Answer> {
        self.0.get(&save).copied()
    }

    pub(super) fn saves(&self) -> impl Iterator<Item = (Save, Answer)> {
        self.0.iter().map(|(&save, &answer)| (save, answer))
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.saves().filter(|(_, answer)| *answer == Answer::Acknowledged).count()
    }

    pub(super) fn unanswered(&self) -> usize {
        self.0.len() - self.acknowledged()
    }
}

/// Creates and changes a customer's feedback until told to stop, each item one save after the other, and writes
/// down what it was told.
pub(super) async fn write(
    writer: usize,
    seed: u64,
    directus: Account,
    customer: Value,
    stopped: watch::Receiver<bool>,
) -> Result<Journal> {
    let mut random = Rng::with_seed(seed ^ (writer as u64 + 1).wrapping_mul(0x9e37_79b9));
    let mut journal = Journal::default();
    let mut at_hand: Vec<(Save, Value)> = Vec::new();
    let mut items = 0;
    while !*stopped.borrow() {
        let is_new = at_hand.is_empty() || random.usize(0..CREATES_ONE_IN) == 0;
        let (save, method, path) = if is_new {
            items += 1;
            (Save { writer, item: items, version: 1 }, Method::POST, "items/feedback".to_owned())
        } else {
            let one = random.usize(0..at_hand.len());
            let (save, key) = &mut at_hand[one];
            save.version += 1;
            (*save, Method::PATCH, format!("items/feedback/{key}"))
        };
        let body = json!({ "text": save.text(), "customer": customer });
        let asked = directus.try_ask(method, &path, Some(body));
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok((status, answer))) if status < 500 => {
                ensure!(status < 400, "Directus refuses a sound save with {status}: {answer}");
                if is_new {
                    if at_hand.len() == ITEMS_AT_HAND_MAX {
                        at_hand.swap_remove(random.usize(0..ITEMS_AT_HAND_MAX));
                    }
                    at_hand.push((save, answer["data"]["id"].clone()));
                }
                Answer::Acknowledged
            }
            // Nobody was there to be asked.
            Ok(Err(error)) if error.downcast_ref().is_some_and(reqwest::Error::is_connect) => {
                sleep(AWAY).await;
                continue;
            }
            _ => Answer::Lost,
        };
        journal.0.insert(save, answer);
        sleep(Duration::from_millis(random.u64(PAUSE_MS))).await;
    }
    Ok(journal)
}

#[cfg(test)]
impl FromIterator<(Save, Answer)> for Journal {
    fn from_iter<Saves: IntoIterator<Item = (Save, Answer)>>(saves: Saves) -> Self {
        Self(saves.into_iter().collect())
    }
}

#[cfg(test)]
impl Journal {
    pub(super) fn forget(&mut self, save: Save) {
        self.0.remove(&save);
    }

    pub(super) fn lose(&mut self, save: Save) {
        self.0.insert(save, Answer::Lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_is_recognised_by_its_text() {
        let save = Save { writer: 2, item: 17, version: 3 };

        assert_eq!(Save::read(&save.text()), Some(save));
        assert_eq!(Save::read("what nobody here wrote"), None);
    }
}
