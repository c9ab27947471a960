//! Hands over to a person what automation must not decide: flags the ticket, or opens one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    delivery::DeliveryError,
    directus::effects::{Effect, Operation},
    event::{Event, EventId, EventType, Subject},
    expression::{Expression, Scope},
    reaction::{Action, Context, Needs, Reacted, Reaction},
    reactions::values::{Announcement, Compiler, Values, WrittenAnnouncement, holds, visible},
};

/// What fields and the announcement see besides the event.
const DECIDED: [&str; 4] = ["rule", "explanation", "ticket", "opened"];

/// `[escalate.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalateSettings {
    /// Where tickets are.
    tickets: String,
    /// When a person is needed: the first that holds decides.
    rules: Vec<WrittenRule>,
    /// What is written to the ticket that the event is about.
    flag: BTreeMap<String, String>,
    /// What a ticket is opened with when the event is about something else.
    open: BTreeMap<String, String>,
    /// The event that tells it.
    announce: WrittenAnnouncement,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    when: String,
    explanation: String,
}

/// The compiled reaction.
#[derive(Debug)]
pub struct Escalate {
    tickets: String,
    rules: Vec<Rule>,
    flag: Values,
    open: Values,
    announce: Announcement,
}

#[derive(Debug)]
struct Rule {
    name: String,
    when: Expression,
    explanation: String,
}

/// Why a person is needed, and which ticket is theirs.
#[derive(Serialize)]
struct Decided<'event> {
    #[serde(flatten)]
    event: &'event Event,
    rule: &'event str,
    explanation: &'event str,
    ticket: &'event Subject,
    opened: bool,
}

impl Escalate {
    /// Compiles the settings, or lists every mistake in them.
    pub fn compile(settings: EscalateSettings) -> Result<Self, Vec<String>> {
        let mut compiler = Compiler::default();
        let rules = settings.rules.into_iter().map(|WrittenRule { name, when, explanation }| {
            let place = format!("rules: {name}");
            let when = compiler.expression(&place, &when, &visible(&[]));
            Rule { name, when, explanation }
        });
        let rules: Vec<_> = rules.collect();
        if rules.is_empty() {
            compiler.problem("rules", "without one nothing is ever escalated");
        }
        let flag = compiler.values("flag", &settings.flag, &visible(&DECIDED));
        let open = compiler.values("open", &settings.open, &visible(&DECIDED));
        let announce = compiler.announcement("announce", &settings.announce, &visible(&DECIDED));
        compiler.finish(Self { tickets: settings.tickets, rules, flag, open, announce })
    }

    fn decide(&self, event: &Event) -> Result<Option<&Rule>, DeliveryError> {
        let scope = Scope::new(event);
        for rule in &self.rules {
            if holds(&rule.when, &scope)? {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    /// The ticket that the event is about, or the one that is opened for it: named after what the
    /// event is about, so that there is never a second one.
    fn ticket(&self, event: &Event) -> (Subject, Operation) {
        if event.subject.collection == self.tickets {
            return (event.subject.clone(), Operation::Update);
        }
        let key = event.subject.derived(Self::NAME).to_string();
        (Subject { collection: self.tickets.clone(), key }, Operation::Create)
    }
}

impl Reaction for Escalate {
    const NAME: &str = "escalate";

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.announce.event_type]
    }

    fn add_needs(&self, _subjects: &[&str], needs: &mut Needs) {
        needs.add(&self.tickets, Action::Update, self.flag.names());
        needs.add(&self.tickets, Action::Create, self.open.names().chain(["id"]));
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let Some(rule) = self.decide(event)? else { return Ok(Reacted::default()) };
        let (ticket, operation) = self.ticket(event);
        let opened = operation == Operation::Create;
        let decided = Scope::new(&Decided {
            event,
            rule: &rule.name,
            explanation: &rule.explanation,
            ticket: &ticket,
            opened,
        });
        let fields = if opened { &self.open } else { &self.flag };
        let effect = Effect::on(event, Self::NAME, ticket.clone(), operation, fields.of(&decided)?);

        let told = self.announce.data(&decided)?;
        let event_type = self.announce.event_type.clone();
        let mut announced = event.derive(Self::NAME, event_type, told, context.now);
        if opened {
            // Several events lead to this one ticket, which is opened once and told of once.
            announced.event_id = EventId(ticket.derived(Self::NAME));
        }
        announced.subject = ticket;
        Ok(Reacted { effects: vec![effect], events: vec![announced] })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{config::Reactions, contract::testing::contracts, reaction::testing::context};

    fn event(golden: &str, data: Value) -> Event {
        let mut event: Event = serde_json::from_str(golden).unwrap();
        event.data.extend(serde_json::from_value::<Map<_, _>>(data).unwrap());
        event
    }

    fn feedback(rating: u8) -> Event {
        let golden = include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");
        event(golden, json!({ "rating": rating }))
    }

    fn judged(score: f64) -> Event {
        let golden =
            include_str!("../../../schemas/examples/valid/feedback.sentiment.calculated-1.json");
        event(golden, json!({ "score": score }))
    }

    fn ticket(score: f64) -> Event {
        let golden = include_str!("../../../schemas/examples/valid/ticket.enriched-1.json");
        event(golden, json!({ "sentiment": { "label": "negative", "score": score } }))
    }

    fn updated(status: &str, replies: u8) -> Event {
        let golden = include_str!("../../../schemas/examples/valid/ticket.updated-1.json");
        event(golden, json!({ "status": status, "automatedReplies": replies }))
    }

    async fn react(event: &Event, context: &Context) -> Reacted {
        let reactions = Reactions::compile(include_str!("../../config/reactions.toml")).unwrap();
        reactions.of("escalations").react(event, context).await.unwrap()
    }

    #[rstest]
    #[case::worst_rating(feedback(1), Some("rating_of_one"))]
    #[case::bad_rating(feedback(2), None)]
    #[case::furious_feedback(judged(-0.8), Some("strongly_negative"))]
    #[case::sad_feedback(judged(-0.2), None)]
    #[case::furious_ticket(ticket(-0.8), Some("strongly_negative"))]
    #[case::sad_ticket(ticket(-0.2), None)]
    #[case::automation_did_not_help(updated("open", 2), Some("two_automated_replies"))]
    #[case::automation_may_try_again(updated("open", 1), None)]
    #[case::automation_helped(updated("resolved", 2), None)]
    #[tokio::test]
    async fn the_shipped_rules_call_a_person(#[case] event: Event, #[case] rule: Option<&str>) {
        let reacted = react(&event, &context()).await;

        let told = reacted.events.first().map(|announced| announced.data["rule"].as_str().unwrap());
        assert_eq!(told, rule);
        assert_eq!(reacted.effects.len(), usize::from(rule.is_some()));
    }

    #[tokio::test]
    async fn a_ticket_is_flagged_with_the_reason() {
        let event = ticket(-0.8);

        let Reacted { effects, events } = react(&event, &context()).await;

        assert_eq!(
            (effects[0].subject(), effects[0].operation()),
            (&event.subject, Operation::Update)
        );
        assert_eq!(effects[0].data()["needs_human"], true);
        assert_eq!(effects[0].data()["escalation_reason"], events[0].data["explanation"]);
        assert_eq!(events[0].data["opened"], false);
        assert_eq!(
            events[0].data["evidence"],
            json!([event.event_id, event.causation_id]),
            "the event and what it was derived from"
        );
    }

    #[tokio::test]
    async fn two_reasons_in_one_feedback_open_one_ticket_and_tell_it_once() {
        let (rated, judged) = (feedback(1), judged(-0.8));
        assert_eq!(rated.subject, judged.subject, "the examples belong together");

        let (first, second) = (react(&rated, &context()).await, react(&judged, &context()).await);

        assert_eq!(first.effects[0].operation(), Operation::Create);
        assert_eq!(first.effects[0].subject(), second.effects[0].subject());
        assert_eq!(first.events[0].event_id, second.events[0].event_id);
        assert_eq!(&first.events[0].subject, first.effects[0].subject());
    }

    #[tokio::test]
    async fn what_is_announced_keeps_its_contract() {
        let contracts = contracts();

        for event in [feedback(1), judged(-0.8), ticket(-0.8), updated("open", 2)] {
            let reacted = react(&event, &context()).await;
            contracts.parse(json!(reacted.events[0])).unwrap();
        }
    }
}
