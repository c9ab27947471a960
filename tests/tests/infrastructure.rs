//! What Terraform makes is what the sidecar looks for.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};
use e2e::{
    Setup, Stack,
    aws::{Queue, Wiring},
};
use serde_json::{Value, json};

#[tokio::test]
async fn what_terraform_makes_serves_the_sidecar_unchanged() -> Result<()> {
    // What the module gives the queues, so that `provision` has nothing to change.
    let setup = Setup::default().sidecar("SIDECAR__INBOUND__VISIBILITY", "2m");
    setup
        .applied_by_terraform()
        .tell(async |stack| {
            let made = stack.aws.wiring().await?;
            a_feedback_comes_back_enriched(stack).await?;
            routes_that_notify_see_no_replay(stack, &made).await?;
            eventbridge_may_send_where_it_is_to(&made);
            assert_eq!(stack.terraform().plan()?, Vec::<String>::new(), "nothing is left to apply");

            stack.sidecar.provision().await?;
            assert_same(&made, &stack.aws.wiring().await?);

            // The sidecar asks on.
            stack.expect_log("QueueDoesNotExist");
            stack.expect_log("KMS Sign/Verify will return errors");
            stack.terraform().destroy()?;
            assert_eq!(stack.aws.leftovers().await?, Vec::<String>::new());
            Ok(())
        })
        .await
}

async fn a_feedback_comes_back_enriched(stack: &mut Stack) -> Result<()> {
    let praise = json!({ "text": "I love the new dark mode!", "rating": 5, "customer": 1 });
    let feedback = stack.directus.create("feedback", praise).await?;

    let enriched = stack.directus.enriched(&feedback["id"]).await?;

    assert_eq!(enriched["sentiment"], "positive");
    stack.aws.is_done("event-bridge-feedback").await?;
    // The metrics behind the objective are made of these.
    let log = fs::read_to_string(stack.dir().join("sidecar.log"))?;
    let lines = log.lines().map(serde_json::from_str::<Value>).filter_map(Result::ok);
    let done: Vec<_> = lines.filter(|line| !line["commit_to_effect_ms"].is_null()).collect();
    assert!(!done.is_empty(), "a message's end says how long it took:\n{log}");
    for line in done {
        assert!(line["commit_to_effect_ms"].as_f64() >= Some(0.0), "{line}");
        assert_eq!(line["replayed"], json!(false));
    }
    Ok(())
}

/// The module decides by the name of the reaction, the sidecar by its code; they must agree.
async fn routes_that_notify_see_no_replay(stack: &Stack, made: &Wiring) -> Result<()> {
    let plan = stack.sidecar.command(&["replay", "--from", "1h", "--dry-run", "--json"])?;
    let plan: Value = serde_json::from_str(&plan)?;
    let rebuilding: BTreeSet<_> =
        plan["routes"].as_array().context("routes")?.iter().filter_map(Value::as_str).collect();
    let routes = stack.terraform().output("routes")?;

    for (name, route) in routes.as_object().context("routes by name")? {
        assert_eq!(route["live_only"], json!(!rebuilding.contains(&**name)), "{name}");
        let rule = &made.rules[&format!("event-bridge-{name}")];
        let takes = async |replay: Option<&str>| {
            let event = event_for(&rule.pattern, replay);
            let answer = stack.aws.test_event_pattern(&event, &rule.pattern).await?;
            anyhow::Ok(answer.map_err(anyhow::Error::msg)?)
        };
        assert!(takes(None).await?, "{name} takes what is new");
        assert_eq!(takes(Some("november")).await?, rebuilding.contains(&**name), "{name}");
        assert!(takes(Some("november-notify")).await?, "{name} takes what is to notify again");
    }
    Ok(())
}

/// An event of the first type that a pattern names, or of one that no pattern names.
fn event_for(pattern: &Value, replay: Option<&str>) -> Value {
    let detail_type = pattern["detail-type"][0].as_str().unwrap_or("page.visited");
    let mut event = json!({
        "id": "1", "account": "000000000000", "region": "us-east-1", "time": "2026-11-25T10:30:00Z",
        "source": "directus", "resources": [], "detail-type": detail_type,
        "detail": { "customerId": "1" },
    });
    if let Some(name) = replay {
        event["replay-name"] = name.into();
    }
    event
}

/// Each queue lets in the one rule that sends to it, by the ARNs that AWS gave them.
fn eventbridge_may_send_where_it_is_to(made: &Wiring) {
    for (name, rule) in &made.rules {
        let [target] = rule.targets.as_slice() else { panic!("{name} has one target: {rule:?}") };
        let dead_letters = target.dead_letter_config().and_then(|it| it.arn()).unwrap_or_default();
        for arn in [target.arn(), dead_letters] {
            let queue = made.queues.values().find(|queue| queue.arn == arn);
            let queue = queue.unwrap_or_else(|| panic!("{name} sends to {arn}, which is no queue"));
            assert_eq!(allowed(queue), vec![sender(arn, &rule.arn)], "{name} to {arn}");
        }
    }
}

fn sender(queue: &str, rule: &str) -> Value {
    json!({
        "Sid": "EventBridge",
        "Effect": "Allow",
        "Principal": { "Service": "events.amazonaws.com" },
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": { "ArnEquals": { "aws:SourceArn": rule } },
    })
}

/// What a queue's policy allows; what it forbids is the module's own.
fn allowed(queue: &Queue) -> Vec<Value> {
    let statements = queue.policy["Statement"].as_array().cloned().unwrap_or_default();
    statements.into_iter().filter(|statement| statement["Effect"] == "Allow").collect()
}

/// `sidecar provision` would have made the same, but for replays and for what a policy forbids.
fn assert_same(made: &Wiring, provisioned: &Wiring) {
    let names = |wiring: &Wiring| {
        let rules = wiring.rules.keys().cloned().collect::<Vec<_>>();
        (rules, wiring.queues.keys().cloned().collect::<Vec<_>>(), wiring.archived_days)
    };
    assert_eq!(names(made), names(provisioned), "it found what it looks for, and made nothing new");
    for (name, rule) in &made.rules {
        let mut pattern = rule.pattern.clone();
        pattern.as_object_mut().expect("a pattern is an object").remove("replay-name");
        assert_eq!(pattern, provisioned.rules[name].pattern, "{name}");
        assert_eq!(rule.targets, provisioned.rules[name].targets, "{name}");
    }
    for (name, queue) in &made.queues {
        let other = &provisioned.queues[name];
        assert_eq!((&queue.times, &queue.redrive), (&other.times, &other.redrive), "{name}");
        assert_eq!(allowed(queue), allowed(other), "{name}");
    }
}
