//! `sidecar replay`: the archive sends a period again, to rebuild what it led to.

mod plan;

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use self::plan::Plan;
pub(super) use self::plan::archive_days;
use super::{moment::Moment, progress::Progress, say};
use crate::{
    config::Config,
    event::EventType,
    outbound::eventbridge::{
        Bus,
        archive::{Replay, ReplayRequest, ReplayState},
    },
};

/// How often EventBridge is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So often in a row it may fail to answer.
const FAILURES_MAX: u32 = 5;

/// Which period, and what it does.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Replay what happened since then: how long ago, such as `24h`, or a time such as
    /// `2026-11-21T10:30:00Z`.
    #[arg(long, value_name = "TIME")]
    from: Moment,
    /// Replay what happened until then, by default until now. EventBridge takes up to ten minutes to
    /// archive an event.
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,
    /// Only to routes that take events of this type; may be repeated. What else such a route takes
    /// comes along.
    #[arg(long, value_name = "TYPE", value_parser = |text: &str| EventType::try_from(text.to_owned()))]
    event_type: Vec<EventType>,
    /// Only to this route; may be repeated.
    #[arg(long, value_name = "ROUTE")]
    route: Vec<String>,
    /// Let it do everything again, as if the events were new: run Flows, escalate, publish what
    /// follows.
    #[arg(long)]
    notify: bool,
    /// Only tells what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON, and say nothing meanwhile.
    #[arg(long)]
    json: bool,
}

/// Starts the replay and stays until EventBridge has sent everything. Ended before, it leaves the
/// replay going.
pub async fn run(config: &Config, args: ReplayArgs) -> anyhow::Result<()> {
    let plan = Plan::new(config, &args, Timestamp::now())?;
    if args.dry_run {
        say(&if args.json { answer(&plan, None).to_string() } else { plan.told("would be") });
        return Ok(());
    }
    let aws = super::aws().await;
    let outbound = &config.settings.outbound;
    let (name, source) = (outbound.bus.clone(), outbound.source.clone());
    let bus = Bus::connect(&aws, name, source, outbound.request_timeout);
    start(&bus, &plan).await?;
    if !args.json {
        say(&plan.told("are being"));
    }
    let mut progress = if args.json { Progress::Silent } else { Progress::on_terminal("seconds") };
    let state = follow(&bus, &plan, &mut progress).await;
    progress.finish();
    match state? {
        ReplayState::Ended(reason) => bail!("replay {} ended early: {reason}", plan.name),
        state => {
            say(&if args.json {
                answer(&plan, Some(&state)).to_string()
            } else {
                "every event was sent again; the queues are being worked off".to_owned()
            });
            Ok(())
        }
    }
}

async fn start(bus: &Bus, plan: &Plan<'_>) -> anyhow::Result<()> {
    let mut rules = Vec::new();
    for route in &plan.routes {
        let rule = route.queue(bus.name());
        let arn = bus.rule_arn(&rule).await.with_context(|| format!("cannot look for {rule}"))?;
        rules.push(arn.with_context(|| format!("there is no rule {rule}; is it provisioned?"))?);
    }
    let name = plan.name.clone();
    let request = ReplayRequest { name, from: plan.from, to: plan.to, rules };
    let started = bus.start_replay(&request).await.context("cannot start the replay")?;
    ensure!(started, "bus {} has no archive; `sidecar provision` creates it", bus.name());
    Ok(())
}

/// Until the replay has ended.
async fn follow(
    bus: &Bus,
    plan: &Plan<'_>,
    progress: &mut Progress,
) -> anyhow::Result<ReplayState> {
    let secs_since_from = |time: Timestamp| {
        u64::try_from(time.duration_since(plan.from).as_secs()).unwrap_or_default()
    };
    progress.expect(secs_since_from(plan.to));
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failures = 0;
    loop {
        looks.tick().await;
        match bus.replay(&plan.name).await {
            Ok(Replay { state: ReplayState::Running, reached }) => {
                failures = 0;
                progress.reached(reached.map(secs_since_from).unwrap_or_default());
            }
            Ok(Replay { state, .. }) => return Ok(state),
            Err(error) if failures == FAILURES_MAX => {
                let name = &plan.name;
                return Err(error).with_context(|| format!("cannot follow replay {name}"));
            }
            Err(_) => failures += 1,
        }
    }
}

fn answer(plan: &Plan, state: Option<&ReplayState>) -> serde_json::Value {
    let routes: Vec<_> = plan.routes.iter().map(|route| &route.name).collect();
    json!({
        "name": plan.name,
        "from": plan.from,
        "to": plan.to,
        "routes": routes,
        "notify": plan.notify,
        "dryRun": state.is_none(),
        "completed": state == Some(&ReplayState::Completed),
    })
}
