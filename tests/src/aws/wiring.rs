//! What there is in AWS, whoever made it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::{Aws, BUS};

/// The bus as it is wired to queues.
#[derive(Debug, Clone, PartialEq)]
pub struct Wiring {
    /// By name.
    pub rules: BTreeMap<String, Rule>,
    /// By name.
    pub queues: BTreeMap<String, Queue>,
    /// How many days the bus' archive keeps events.
    pub archived_days: Option<i32>,
}

/// One rule and its targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What the queues' policies call it.
    pub arn: String,
    /// What it takes.
    pub pattern: Value,
    /// Where it sends that.
    pub targets: Vec<Target>,
}

/// One queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Its ARN.
    pub arn: String,
    /// Who may do what.
    pub policy: Value,
    /// Where messages go after how many deliveries.
    pub redrive: Value,
    /// For how many seconds a message is kept, and hidden.
    pub times: [String; 2],
}

impl Aws {
    /// Everything that is there.
    pub async fn wiring(&self) -> Result<Wiring> {
        let mut rules = BTreeMap::new();
        for rule in
            self.bus.list_rules().event_bus_name(BUS).send().await?.rules.unwrap_or_default()
        {
            let (Some(name), Some(arn)) = (rule.name, rule.arn) else { continue };
            let asked =
                self.bus.list_targets_by_rule().event_bus_name(BUS).rule(&name).send().await?;
            let pattern =
                serde_json::from_str(&rule.event_pattern.context("a rule has a pattern")?)?;
            rules.insert(name, Rule { arn, pattern, targets: asked.targets.unwrap_or_default() });
        }
        let mut queues = BTreeMap::new();
        for url in self.queues.list_queues().send().await?.queue_urls.unwrap_or_default() {
            let name = url.rsplit('/').next().context("a URL has an end")?;
            queues.insert(name.to_owned(), self.queue(&url).await?);
        }
        let archive = self.bus.describe_archive().archive_name(BUS).send().await?;
        Ok(Wiring { rules, queues, archived_days: archive.retention_days() })
    }

    /// The names of all queues and of all buses but the one that every account has.
    pub async fn leftovers(&self) -> Result<Vec<String>> {
        let buses = self.bus.list_event_buses().send().await?.event_buses.unwrap_or_default();
        let buses = buses.into_iter().filter_map(|bus| bus.name).filter(|name| name != "default");
        let queues = self.queues.list_queues().send().await?.queue_urls.unwrap_or_default();
        Ok(buses.chain(queues).collect())
    }

    async fn queue(&self, url: &str) -> Result<Queue> {
        use QueueAttributeName::{
            MessageRetentionPeriod, Policy, QueueArn, RedrivePolicy, VisibilityTimeout,
        };
        let asked = self.queues.get_queue_attributes().queue_url(url);
        let answer = asked.attribute_names(QueueAttributeName::All).send().await?;
        let attributes = answer.attributes.context("a queue has attributes")?;
        let text = |name| attributes.get(&name).cloned().unwrap_or_default();
        let json = |name| serde_json::from_str(&text(name)).unwrap_or_default();
        Ok(Queue {
            arn: text(QueueArn),
            policy: json(Policy),
            redrive: json(RedrivePolicy),
            times: [text(MessageRetentionPeriod), text(VisibilityTimeout)],
        })
    }
}
