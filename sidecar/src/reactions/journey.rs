//! Keeps what happened with each customer in one timeline, finds patterns in it, and tells.

mod announcement;
mod circle;
mod profile;
mod retention;
mod sought;
mod timeline;

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::sought::Finding;
use self::{
    announcement::WrittenAnnouncement, circle::circle, profile::Profile, retention::Retention,
    sought::Sought, timeline::Rows,
};
use crate::{
    delivery::DeliveryError,
    directus::{effects::Written, reader::Reader},
    event::{Event, EventType},
    insight::pattern::{Pattern, Timeline, WrittenPattern},
    reaction::{Context, Needs, Page, Reacted, Reaction, Round},
};

/// `[journey.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneySettings {
    /// The collection of the timeline.
    timeline: String,
    /// How late an event may come and still be taken into account.
    #[serde(with = "humantime_serde")]
    late: Duration,
    /// How often it is looked for what is found when time passes.
    #[serde(with = "humantime_serde")]
    look_round: Duration,
    /// How long an event stays in it; for ever when left out.
    #[serde(default, with = "humantime_serde")]
    keep: Option<Duration>,
    /// What of it stands on the customer's own item.
    profile: Option<Profile>,
    #[serde(default)]
    patterns: Vec<WrittenPattern<WrittenAnnouncement>>,
}

/// The compiled reaction.
#[derive(Debug)]
pub struct Journey {
    rows: Rows,
    look_round: Duration,
    retention: Option<Retention>,
    profile: Option<Profile>,
    sought: Vec<Sought>,
}

impl Journey {
    /// Compiles the settings, or lists every mistake in them.
    pub fn compile(settings: JourneySettings) -> Result<Self, Vec<String>> {
        let (mut sought, mut problems, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
        if settings.look_round < Duration::from_secs(1) {
            problems.push("look_round: a second is the least".to_owned());
        }
        for written in settings.patterns {
            let name = written.name.clone();
            if !names.insert(name.clone()) {
                problems.push(format!("patterns: {name}: there is another of this name"));
            }
            let compiled = written.compile(settings.late).and_then(|(pattern, announcement)| {
                Ok(Sought { pattern, announcement: announcement.compile()? })
            });
            match compiled {
                Ok(one) => sought.push(one),
                Err(mistakes) => {
                    problems.extend(mistakes.iter().map(|it| format!("patterns: {name}: {it}")));
                }
            }
        }
        problems.extend(circle(&sought).map(|name| {
            format!("patterns: {name}: it leads back to what it was found by, without end")
        }));
        let JourneySettings { timeline, look_round, keep, profile, .. } = settings;
        let keep = keep.map(|keep| SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX));
        let retention = keep.map(Retention);
        if let Some(retention) = retention {
            problems.extend(retention.problems(&sought, profile.as_ref()));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { rows: Rows::of(timeline), look_round, retention, profile, sought })
    }

    /// The names of the patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.sought.iter().map(|it| it.pattern.name.as_str())
    }

    /// What the patterns find in what is stored, `since` then: one page of customers. The second value
    /// says whether there is another page.
    pub async fn rehearse(
        &self,
        since: Timestamp,
        only: Option<&str>,
        page: u32,
        directus: &Reader,
        now: Timestamp,
    ) -> Result<(Vec<Finding>, bool), DeliveryError> {
        let sought =
            self.sought.iter().filter(|it| only.is_none_or(|it_is| it.pattern.name == it_is));
        let sought: Vec<_> = sought.collect();
        let reach = longest(sought.iter().map(|it| it.pattern.reach() + it.pattern.late));
        let begins = json!({ "occurred_at": { "_gte": earlier(since, reach).to_string() } });
        let (customers, more) = self.rows.customers(directus, &begins, page).await?;
        let mut findings = Vec::new();
        for customer in customers {
            let range = |pattern: &Pattern| since..=earlier(now, pattern.late);
            findings.extend(self.findings(&customer, &sought, range, None, (directus, now)).await?);
        }
        Ok((findings, more))
    }

    /// What these patterns find about a customer, each in a range of time of its own.
    async fn findings(
        &self,
        customer: &str,
        sought: &[&Sought],
        range: impl Fn(&Pattern) -> RangeInclusive<Timestamp>,
        cause: Option<&Event>,
        (directus, now): (&Reader, Timestamp),
    ) -> Result<Vec<Finding>, DeliveryError> {
        let begins =
            sought.iter().map(|it| earlier(*range(&it.pattern).start(), it.pattern.reach()));
        let ends = sought.iter().map(|it| *range(&it.pattern).end());
        let (Some(begins), Some(ends)) = (begins.min(), ends.max()) else { return Ok(Vec::new()) };
        let types: BTreeSet<_> = sought.iter().flat_map(|it| it.pattern.event_types()).collect();
        let looks_for_silence = sought.iter().any(|it| it.pattern.absences().next().is_some());
        let moments = self.rows.read(directus, customer, &types, begins..=ends).await?;
        let known_since =
            if looks_for_silence { self.rows.known_since(directus, customer).await? } else { None };
        let timeline = Timeline::new(moments, known_since);
        let mut findings = Vec::new();
        let customers = self.profile.as_ref().map(|profile| profile.collection.as_str());
        for sought in sought {
            for found in sought.pattern.find(&timeline, &range(&sought.pattern)) {
                findings.push(sought.finding(&found, cause, customers, now)?);
            }
        }
        Ok(findings)
    }

    /// What has not been told before.
    async fn news(
        &self,
        findings: Vec<Finding>,
        context: &Context,
    ) -> Result<Vec<Event>, DeliveryError> {
        let ids: Vec<_> = findings.iter().map(|it| it.event.event_id).collect();
        let told = self.rows.there(&context.directus, &ids).await?;
        let events = findings.into_iter().map(|it| it.event);
        Ok(events.filter(|event| !told.contains(&event.event_id)).collect())
    }

    fn on_arrival(&self, event: &Event) -> Vec<&Sought> {
        let concerns = |it: &&Sought| {
            it.pattern.is_found_at_once() && it.pattern.is_proved_by(&event.event_type)
        };
        self.sought.iter().filter(concerns).collect()
    }

    fn on_time(&self) -> Vec<&Sought> {
        self.sought.iter().filter(|it| !it.pattern.is_found_at_once()).collect()
    }

    /// Whose patterns may have become complete since then: a superset that the database can tell.
    fn candidates(&self, since: Timestamp, now: Timestamp) -> Option<Value> {
        let window = |pattern: &Pattern, ago: SignedDuration| {
            let (begins, ends) =
                (earlier(since, pattern.late + ago), earlier(now, pattern.late + ago));
            json!({ "occurred_at": { "_gte": begins.to_string(), "_lte": ends.to_string() } })
        };
        let windows = self.on_time().into_iter().flat_map(|Sought { pattern, .. }| {
            let by_events = window(pattern, SignedDuration::ZERO);
            let by_silence = pattern.absences().map(move |lasts| window(pattern, lasts));
            std::iter::once(by_events).chain(by_silence)
        });
        let windows: Vec<_> = windows.collect();
        (!windows.is_empty()).then(|| json!({ "_or": windows }))
    }
}

impl Reaction for Journey {
    const NAME: &str = "journey";
    const REBUILDS: bool = true;

    fn announces(&self) -> Vec<&EventType> {
        self.sought.iter().map(|it| &it.announcement.event_type).collect()
    }

    fn add_needs(&self, _subjects: &[&str], needs: &mut Needs) {
        self.rows.add_needs(self.retention.is_some(), needs);
        if let Some(profile) = &self.profile {
            profile.add_needs(needs);
        }
    }

    /// The timeline has the event before it is read: of two events that come at once, at least the
    /// one that reads later sees both.
    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let Some(customer) = &event.customer_id else { return Ok(Reacted::default()) };
        if self.retention.is_some_and(|it| it.is_over(event.occurred_at, context.now)) {
            return Ok(Reacted::default());
        }
        let appended = self.rows.append(event, customer);
        let appended = appended.for_customer(context.erasures.hash(customer));
        if context.effects.write(vec![appended]).await? == Written::Declined {
            return Ok(Reacted::default());
        }
        let mut reacted = Reacted::default();
        if let Some(profile) = &self.profile {
            reacted.effects.extend(profile.renew(&self.rows, event, customer, context).await?);
        }
        // What comes out of the archive was told when it happened.
        let sought = if context.replayed { Vec::new() } else { self.on_arrival(event) };
        if !sought.is_empty() {
            // A database may keep less of a time than the event has: SQLite milliseconds, MySQL seconds.
            let at =
                Timestamp::from_second(event.occurred_at.as_second()).unwrap_or(event.occurred_at);
            let range = |pattern: &Pattern| at..=later(at, pattern.within());
            let read = (&context.directus, context.now);
            let found = self.findings(customer, &sought, range, Some(event), read).await?;
            reacted.events = self.news(found, context).await?;
        }
        Ok(reacted)
    }

    fn looks_round_every(&self) -> Option<Duration> {
        let has_something_to_do = !self.on_time().is_empty() || self.retention.is_some();
        has_something_to_do.then_some(self.look_round)
    }

    async fn look_round(&self, round: &Round, context: &Context) -> Result<Page, DeliveryError> {
        let (since, now, sought) = (round.since, context.now, self.on_time());
        let (customers, more) = match self.candidates(since, now) {
            Some(those) => self.rows.customers(&context.directus, &those, round.page).await?,
            None => (Vec::new(), false),
        };
        let mut events = Vec::new();
        for customer in customers {
            let range = |it: &Pattern| earlier(since, it.late)..=earlier(now, it.late);
            let read = (&context.directus, now);
            let found = self.findings(&customer, &sought, range, None, read).await?;
            events.extend(self.news(found, context).await?);
        }
        // After the patterns: what is let go of they do not reach, and it must not hold them up.
        if let (false, Some(retention)) = (more, self.retention) {
            retention.enforce(&self.rows, context).await?;
        }
        Ok(Page { events, more })
    }
}

fn longest(durations: impl Iterator<Item = SignedDuration>) -> SignedDuration {
    durations.fold(SignedDuration::ZERO, SignedDuration::max)
}

fn earlier(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

fn later(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
