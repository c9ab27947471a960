//! `sidecar provision`: the bus, its archive, and for each route a rule, a queue and a dead-letter queue. For
//! development and tests; it changes nothing when everything is there.

use anyhow::Context as _;
use serde_json::json;

use super::{replay::archive_days, say};
use crate::{
    config::{Config, settings::Inbound},
    inbound::queue::{Queue, QueueAttributes},
    outbound::eventbridge::Bus,
    route::Route,
};

/// Creates what is missing and sets everything to what the configuration says.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let aws = super::aws().await;
    let outbound = &config.settings.outbound;
    let (name, source) = (outbound.bus.clone(), outbound.source.clone());
    let bus = Bus::connect(&aws, name, source, outbound.request_timeout);
    bus.provision().await.with_context(|| format!("cannot create bus {}", bus.name()))?;
    let days = archive_days(outbound.archive_retention);
    bus.provision_archive(days)
        .await
        .with_context(|| format!("cannot create the archive of {}", bus.name()))?;
    let kept = if days == 0 { "for ever".to_owned() } else { format!("for {days} days") };
    say(&format!("bus {}, archived {kept}", bus.name()));
    for route in &config.routes {
        let queue = Queue::connect(&aws, route.queue(bus.name()));
        let dead_letters = Queue::connect(&aws, route.dead_letter_queue(bus.name()));
        provision_route(route, &bus, &queue, &dead_letters, &config.settings.inbound)
            .await
            .with_context(|| format!("cannot provision route {}", route.name))?;
        say(&format!(
            "route {}: {} to {}, dead letters to {}",
            route.name,
            route.pattern,
            queue.name(),
            dead_letters.name()
        ));
    }
    Ok(())
}

async fn provision_route(
    route: &Route,
    bus: &Bus,
    queue: &Queue,
    dead_letters: &Queue,
    inbound: &Inbound,
) -> anyhow::Result<()> {
    let rule = route.queue(bus.name());
    let rule_arn = bus.put_rule(&rule, &route.pattern).await?;
    let dead_letter_arn = dead_letters.provision().await?;
    let queue_arn = queue.provision().await?;
    // The policies come before the target: an event that EventBridge may deliver neither to the
    // queue nor to the dead-letter queue would be lost without a trace.
    dead_letters
        .configure(QueueAttributes {
            retention: inbound.dead_letter_retention,
            visibility: inbound.visibility,
            policy: policy(&dead_letter_arn, &rule_arn),
            redrive: None,
        })
        .await?;
    queue
        .configure(QueueAttributes {
            retention: inbound.queue_retention,
            visibility: inbound.visibility,
            policy: policy(&queue_arn, &rule_arn),
            redrive: Some((dead_letter_arn.clone(), inbound.receives_max)),
        })
        .await?;
    bus.put_target(&rule, &queue_arn, &dead_letter_arn).await?;
    Ok(())
}

/// Lets EventBridge, on behalf of this one rule, send to this one queue.
fn policy(queue_arn: &str, rule_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "EventBridge",
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": rule_arn } },
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_and_nobody_else_may_send_to_its_queue() {
        let policy: serde_json::Value =
            serde_json::from_str(&policy("arn:queue", "arn:rule")).unwrap();

        let [only] = policy["Statement"].as_array().unwrap().as_slice() else {
            panic!("one statement: {policy}")
        };
        assert_eq!(only["Principal"], json!({ "Service": "events.amazonaws.com" }));
        assert_eq!(only["Action"], "sqs:SendMessage");
        assert_eq!(only["Resource"], "arn:queue");
        assert_eq!(only["Condition"]["ArnEquals"], json!({ "aws:SourceArn": "arn:rule" }));
    }
}
