//! What a replay will do, before it does it. Pure.

use std::time::Duration;

use anyhow::{bail, ensure};
use humantime_serde::re::humantime;
use jiff::Timestamp;

use super::ReplayArgs;
use crate::{config::Config, event::EventType, inbound::NOTIFYING_REPLAY, route::Route};

/// A replay that makes sense.
#[derive(Debug)]
pub(super) struct Plan<'config> {
    /// What EventBridge calls it.
    pub(super) name: String,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Where the events go, and where they do not.
    pub(super) routes: Vec<&'config Route>,
    left_out: Vec<&'config Route>,
    pub(super) notify: bool,
}

impl<'config> Plan<'config> {
    /// The plan, or why it is nonsense.
    pub(super) fn new(
        config: &'config Config,
        args: &ReplayArgs,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let (from, to) = (args.from.before(now), args.to.map_or(now, |to| to.before(now)));
        ensure!(to <= now, "--to {to} is yet to come");
        ensure!(
            from.as_second() < to.as_second(),
            "the period ends at {to}, before it begins at {from}"
        );
        let kept = config.settings.outbound.archive_retention;
        let oldest = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
        ensure!(
            kept.is_zero() || from >= oldest,
            "--from {from} is older than {}, and that is how long the archive keeps events",
            humantime::format_duration(kept)
        );

        let (routes, left_out) = routes(config, args)?;
        let suffix = if args.notify { NOTIFYING_REPLAY } else { "" };
        let name = format!(
            "{}-{}{suffix}",
            // A replay's name has at most 64 characters; the bus' has at most 40.
            config.settings.outbound.bus,
            now.strftime("%y%m%dT%H%M%S%3f")
        );
        Ok(Self { name, from, to, routes, left_out, notify: args.notify })
    }

    /// For whoever is about to do it.
    pub(super) fn told(&self, are: &str) -> String {
        let Self { name, from, to, notify, .. } = self;
        let names = |routes: &[&Route]| {
            routes.iter().map(|route| route.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let left_out = match self.left_out.as_slice() {
            [] => String::new(),
            routes => format!("left out, because they notify: {}\n", names(routes)),
        };
        let what = if *notify {
            "everything is done again as if it were new: Flows run, people are called"
        } else {
            "what is missing in Directus is written; nobody is notified, no event is published"
        };
        let to_routes = names(&self.routes);
        format!(
            "replay {name}: the events from {from} to {to} {are} sent again to {to_routes}\n\
             {left_out}{what}"
        )
    }
}

/// The routes that the events go to, and those that are left out because they notify.
fn routes<'config>(
    config: &'config Config,
    args: &ReplayArgs,
) -> anyhow::Result<(Vec<&'config Route>, Vec<&'config Route>)> {
    let all = &config.routes;
    if let Some(unknown) = args.route.iter().find(|name| all.iter().all(|it| it.name != **name)) {
        let names: Vec<_> = all.iter().map(|route| route.name.as_str()).collect();
        bail!("there is no route {unknown}; there are: {}", names.join(", "));
    }
    let source = &config.settings.outbound.source;
    let takes = |route: &&Route| {
        let share = |wanted: &EventType| route.share(wanted.as_str(), source);
        args.event_type.is_empty() || args.event_type.iter().any(|it| share(it).is_some())
    };
    let named = |route: &&Route| args.route.is_empty() || args.route.contains(&route.name);
    let (routes, left_out): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(named)
        .filter(takes)
        .partition(|route| args.notify || config.reactions.of(&route.name).rebuilds());
    if let Some(route) = left_out.first().filter(|_| !args.route.is_empty()) {
        bail!("route {} notifies; only with --notify it takes part in a replay", route.name);
    }
    ensure!(!routes.is_empty(), "no route is left to replay to: none takes that type and rebuilds");
    Ok((routes, left_out))
}

/// What the archive keeps events for, in days; for ever is 0.
pub(in crate::command) fn archive_days(retention: Duration) -> i32 {
    const DAY_SECS: u64 = 24 * 60 * 60;
    i32::try_from(retention.as_secs() / DAY_SECS).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
