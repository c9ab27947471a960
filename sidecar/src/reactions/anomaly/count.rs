//! Counts in Directus what came in a window of time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    delivery::DeliveryError,
    directus::reader::{self, Query, Reader},
    event::EventType,
    insight::anomaly::Count,
    reaction::{Action, Needs},
};

/// The field of the timeline by which events are told apart.
const EVENT_TYPE: &str = "event_type";

/// What is counted, and where.
#[derive(Debug)]
pub(super) struct Counted {
    /// The collection.
    pub(super) collection: String,
    /// Its field that says when.
    pub(super) time: String,
    /// Which of its items count, in Directus' own words.
    pub(super) filter: Value,
    /// Which of them are looked at as one.
    pub(super) series: Series,
}

/// Which items are looked at as one.
#[derive(Debug)]
pub(super) enum Series {
    /// All of them.
    Number,
    /// All of them, as a share of those that this filter takes.
    Share(Value),
    /// Those of each of these types.
    Types(Vec<EventType>),
}

impl Counted {
    /// The types of events that are watched each by itself; one nameless where it is not by types.
    pub(super) fn types(&self) -> Vec<Option<&EventType>> {
        match &self.series {
            Series::Number | Series::Share(_) => vec![None],
            Series::Types(types) => types.iter().map(Some).collect(),
        }
    }

    /// What has to be read to count.
    pub(super) fn add_needs(&self, needs: &mut Needs) {
        needs.add(&self.collection, Action::Read, [&self.time]);
        needs.add_filter(&self.collection, &self.filter);
        match &self.series {
            Series::Number => (),
            Series::Share(of) => needs.add_filter(&self.collection, of),
            Series::Types(_) => needs.add(&self.collection, Action::Read, [EVENT_TYPE]),
        }
    }

    /// How many there are from `start` until before `end`, in the order of [`Self::types`].
    pub(super) async fn count(
        &self,
        directus: &Reader,
        (start, end): (Timestamp, Timestamp),
    ) -> Result<Vec<Count>, DeliveryError> {
        let when =
            json!({ self.time.as_str(): { "_gte": start.to_string(), "_lt": end.to_string() } });
        let number =
            async |parts: Value| directus.count(&self.collection, &json!({ "_and": parts })).await;
        match &self.series {
            Series::Number => {
                let hits = number(json!([when, self.filter])).await?;
                Ok(vec![Count { hits, of: None }])
            }
            Series::Share(of) => {
                let all = number(json!([when, of])).await?;
                // Where there is none, there are no hits among them.
                let hits =
                    if all == 0 { 0 } else { number(json!([when, of, self.filter])).await? };
                Ok(vec![Count { hits, of: Some(all) }])
            }
            Series::Types(types) => {
                let filter =
                    json!({ "_and": [when, { EVENT_TYPE: { "_in": types } }, self.filter] });
                let counts = directus.counts(&self.collection, EVENT_TYPE, &filter).await?;
                Ok(types.iter().map(|it| number_of(it, &counts)).collect())
            }
        }
    }

    /// When the first item of the collection came, whether it counts or not: from then on, nothing
    /// means nothing.
    pub(super) async fn since(
        &self,
        directus: &Reader,
    ) -> Result<Option<Timestamp>, DeliveryError> {
        let any = json!({ self.time.as_str(): { "_nnull": true } });
        let first = Query::of([&self.time], any).sorted([&self.time]).limited(1);
        let items = directus.items(&self.collection, &first).await?;
        let time = items.first().and_then(|item| item.get(&self.time)?.as_str());
        Ok(time.and_then(reader::moment))
    }
}

fn number_of(event_type: &EventType, counts: &BTreeMap<String, u64>) -> Count {
    Count { hits: counts.get(event_type.as_str()).copied().unwrap_or(0), of: None }
}
