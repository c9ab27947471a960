use super::*;
use crate::{config::Reactions, reaction::testing::context};

fn feedback(text: &str, language: Option<&str>) -> Event {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: Event = serde_json::from_str(golden).unwrap();
    event.data.insert("text".to_owned(), json!(text));
    event.data.insert("language".to_owned(), json!(language));
    event
}

async fn react(event: &Event) -> Reacted {
    let shipped = include_str!("../../../config/reactions.toml");
    let reactions = Reactions::compile(shipped).unwrap();
    reactions.of("feedback").react(event, &context()).await.unwrap()
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mistakes = r#"
        [enrich.feedback]
        text = "data."
        language = "=="
        thresholds = { positive = -0.5, negative = 0.0 }
        fields = { sentiment = "mood" }
        announce = { event = "feedback.judged", data = { label = "sentiment." } }
        rules = [{ name = "a", when = "b", explanation = "c", team = "d" }]
    "#;

    let problems = Reactions::compile(mistakes).unwrap_err();

    let places: Vec<_> =
        problems.iter().map(|problem| problem.split(": ").nth(1).unwrap()).collect();
    let expected =
        ["text", "language", "thresholds", "rules", "fields.sentiment", "announce.data.label"];
    assert_eq!(places, expected, "{problems:?}");
}

#[tokio::test]
async fn a_happy_feedback_is_marked_positive() {
    let event = feedback("I love it, the best support I ever had!", None);

    let reacted = react(&event).await;

    let [effect] = reacted.effects.as_slice() else { panic!("one effect: {reacted:?}") };
    assert_eq!(effect.subject(), &event.subject);
    assert_eq!(effect.data()["sentiment"], "positive");
    assert_eq!(effect.data()["detected_language"], "en");
    let [announced] = reacted.events.as_slice() else { panic!("one event: {reacted:?}") };
    assert_eq!(announced.event_type.as_str(), "feedback.sentiment.calculated");
    assert_eq!(announced.causation_id, Some(event.event_id));
    assert_eq!(announced.data["label"], "positive");
}

#[tokio::test]
async fn another_language_is_marked_and_not_scored() {
    let event = feedback("Die App stürzt ständig ab, das ist sehr ärgerlich.", None);

    let reacted = react(&event).await;

    let data = reacted.effects[0].data();
    assert_eq!(data["sentiment"], "unscored");
    assert_eq!(data["sentiment_score"], Value::Null);
    assert_eq!(data["detected_language"], "de");
}

#[tokio::test]
async fn reacting_twice_names_everything_alike() {
    let event = feedback("It broke.", None);

    let (first, second) = (react(&event).await, react(&event).await);

    assert_eq!(first.effects, second.effects);
    assert_eq!(first.events, second.events);
}

mod tickets {
    use rstest::rstest;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

    use super::*;
    use crate::{contract::testing::contracts, reaction::testing::context_of};

    async fn enriched(tier: &str, text: &str) -> Reacted {
        let server = MockServer::start().await;
        for (collection, data) in
            [("customers", json!([{ "tier": tier }])), ("tickets", json!([{ "count": "3" }]))]
        {
            Mock::given(path(format!("/items/{collection}")))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
                .mount(&server)
                .await;
        }
        let golden = include_str!("../../../../schemas/examples/valid/ticket.created-1.json");
        let mut event: Event = serde_json::from_str(golden).unwrap();
        event.data.insert("title".to_owned(), Value::Null);
        event.data.insert("text".to_owned(), json!(text));
        let reactions = Reactions::compile(include_str!("../../../config/reactions.toml")).unwrap();
        reactions.of("tickets").react(&event, &context_of(&server.uri())).await.unwrap()
    }

    #[tokio::test]
    async fn an_angry_ticket_of_a_valued_customer_says_what_and_why() {
        let reacted = enriched("gold", "You charged me twice. This is the worst, I hate it!").await;

        let data = reacted.effects[0].data();
        assert_eq!(data["sentiment"], "negative");
        assert_eq!(data["suggested_category"], "billing");
        assert_eq!(data["suggested_priority"], "urgent");
        assert_eq!(data["suggested_team"], "billing");
        assert_eq!(data["customer_context"], json!({ "tier": "gold", "openTickets": 3 }));
        let explanation = &data["explanation"];
        assert_eq!(explanation["engine"], "vader-3.3.2");
        assert_eq!(explanation["eventId"], "01a1cf18-c269-7259-8784-948c74f549a6");
        let rules: Vec<_> = explanation["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|reason| reason["rule"].as_str().unwrap())
            .collect();
        assert_eq!(rules, ["speaks_of_money", "speaks_of_money", "very_angry"]);
    }

    #[tokio::test]
    async fn what_is_announced_keeps_its_contract() {
        let [announced] = enriched("gold", "It broke.").await.events.try_into().unwrap();

        contracts().parse(json!(announced)).unwrap();
    }

    #[rstest]
    #[case::fault("free", "The app crashes at every start.", "bug", "normal")]
    #[case::access("free", "I am locked out.", "access", "normal")]
    #[case::tier("business", "Where do I find my messages?", "general", "high")]
    #[case::mood("free", "I am sad about the new colours.", "general", "high")]
    #[tokio::test]
    async fn the_shipped_rules_suggest(
        #[case] tier: &str,
        #[case] text: &str,
        #[case] category: &str,
        #[case] priority: &str,
    ) {
        let reacted = enriched(tier, text).await;

        let data = reacted.effects[0].data();
        assert_eq!(
            (&data["suggested_category"], &data["suggested_priority"]),
            (&json!(category), &json!(priority))
        );
    }
}
