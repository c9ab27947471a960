//! EventBridge: buses, their rules, and the way from an entry to the queues.

mod pattern;
mod put_events;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    eventbridge::pattern::Pattern,
    operation::{Answer, AwsError, Operation, json, parse},
    sqs::{ACCOUNT, REGION},
    stub::Cloud,
};

/// The bus that is always there.
const DEFAULT_BUS: &str = "default";
/// AWS takes no more targets for one rule.
const TARGETS_MAX: usize = 5;

#[derive(Debug)]
pub(crate) struct EventBridge {
    put_bytes_max: usize,
    buses: RwLock<HashMap<String, Bus>>,
}

#[derive(Debug, Default)]
struct Bus {
    rules: BTreeMap<String, Rule>,
}

#[derive(Debug, Default)]
struct Rule {
    pattern: Option<Pattern>,
    is_disabled: bool,
    targets: BTreeMap<String, Target>,
}

/// A queue, and the one for what cannot reach it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    id: String,
    arn: String,
    dead_letter_config: Option<DeadLetterConfig>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterConfig {
    arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedBus {
    #[serde(default = "default_bus")]
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateArchive {
    archive_name: String,
    event_source_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRule {
    name: String,
    #[serde(default = "default_bus")]
    event_bus_name: String,
    event_pattern: Option<String>,
    state: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutTargets {
    rule: String,
    #[serde(default = "default_bus")]
    event_bus_name: String,
    targets: Vec<Target>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedBus<'a> {
    name: &'a str,
    arn: String,
}

impl EventBridge {
    pub(crate) fn new(put_bytes_max: usize) -> Self {
        let buses = HashMap::from([(default_bus(), Bus::default())]);
        Self { put_bytes_max, buses: RwLock::new(buses) }
    }

    pub(crate) fn call(&self, operation: Operation, body: &[u8], cloud: &Cloud) -> Answer {
        match operation {
            Operation::PutEvents => self.put_events(body, cloud),
            Operation::CreateEventBus => self.create_event_bus(parse(body)?),
            Operation::DescribeEventBus => self.describe_event_bus(parse(body)?),
            Operation::ListEventBuses => self.list_event_buses(),
            Operation::CreateArchive => self.create_archive(&parse(body)?),
            Operation::PutRule => self.put_rule(parse(body)?),
            Operation::PutTargets => self.put_targets(parse(body)?),
            of_sqs => unreachable!("{of_sqs:?} is not an operation of EventBridge"),
        }
    }

    fn create_event_bus(&self, NamedBus { name }: NamedBus) -> Answer {
        let mut buses = self.write();
        if buses.contains_key(&name) {
            let message = format!("Event bus {name} already exists.");
            return Err(AwsError::new("ResourceAlreadyExistsException", message));
        }
        let answer = json(&json!({ "EventBusArn": bus_arn(&name) }));
        buses.insert(name, Bus::default());
        answer
    }

    fn describe_event_bus(&self, NamedBus { name }: NamedBus) -> Answer {
        let name = bus_name(&name);
        self.read().get(name).ok_or_else(|| no_such_bus(name))?;
        json(&DescribedBus { name, arn: bus_arn(name) })
    }

    fn list_event_buses(&self) -> Answer {
        let buses = self.read();
        let described = buses.keys().map(|name| DescribedBus { name, arn: bus_arn(name) });
        json(&json!({ "EventBuses": described.collect::<Vec<_>>() }))
    }

    /// Says that there is an archive; nothing is kept in it.
    fn create_archive(&self, call: &CreateArchive) -> Answer {
        let name = bus_name(&call.event_source_arn);
        self.read().get(name).ok_or_else(|| no_such_bus(name))?;
        let arn = format!("arn:aws:events:{REGION}:{ACCOUNT}:archive/{}", call.archive_name);
        json(&json!({ "ArchiveArn": arn, "State": "ENABLED" }))
    }

    fn put_rule(&self, call: PutRule) -> Answer {
        let pattern = call.event_pattern.ok_or_else(|| {
            AwsError::new("ValidationException", "aws-stub takes only rules with an EventPattern")
        })?;
        let pattern = Pattern::parse(&pattern)
            .map_err(|reason| AwsError::new("InvalidEventPatternException", reason))?;
        let name = bus_name(&call.event_bus_name);
        let mut buses = self.write();
        let bus = buses.get_mut(name).ok_or_else(|| no_such_bus(name))?;
        let arn = rule_arn(name, &call.name);
        let rule = bus.rules.entry(call.name).or_default();
        rule.pattern = Some(pattern);
        rule.is_disabled = call.state.as_deref() == Some("DISABLED");
        json(&json!({ "RuleArn": arn }))
    }

    fn put_targets(&self, call: PutTargets) -> Answer {
        let name = bus_name(&call.event_bus_name);
        let mut buses = self.write();
        let bus = buses.get_mut(name).ok_or_else(|| no_such_bus(name))?;
        let rule = bus.rules.get_mut(&call.rule).ok_or_else(|| {
            let message = format!("Rule {} does not exist on EventBus {name}.", call.rule);
            AwsError::new("ResourceNotFoundException", message)
        })?;
        let elsewhere = |target: &&Target| !target.arn.starts_with("arn:aws:sqs:");
        if let Some(target) = call.targets.iter().find(elsewhere) {
            let message = format!("aws-stub delivers only to queues, not to {}", target.arn);
            return Err(AwsError::new("ValidationException", message));
        }
        let mut targets = rule.targets.clone();
        targets.extend(call.targets.into_iter().map(|target| (target.id.clone(), target)));
        if targets.len() > TARGETS_MAX {
            let message = format!("The requested resource exceeds the maximum of {TARGETS_MAX}");
            return Err(AwsError::new("LimitExceededException", message));
        }
        rule.targets = targets;
        json(&json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Bus>> {
        self.buses.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Bus>> {
        self.buses.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn default_bus() -> String {
    DEFAULT_BUS.to_owned()
}

/// A bus may be named by its ARN, too.
fn bus_name(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

fn bus_arn(name: &str) -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}")
}

fn rule_arn(bus: &str, rule: &str) -> String {
    let place = if bus == DEFAULT_BUS { String::new() } else { format!("{bus}/") };
    format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{place}{rule}")
}

fn no_such_bus(name: &str) -> AwsError {
    let message = format!("Event bus {name} does not exist.");
    AwsError::new("ResourceNotFoundException", message)
}
