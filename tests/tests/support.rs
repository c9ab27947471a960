//! What an agent finds in a ticket, and who is called when it matters.

use anyhow::Result;
use e2e::{eventually, story};
use serde_json::{Value, json};

const ESCALATIONS: &str = "event-bridge-escalations";

#[tokio::test]
async fn an_angry_ticket_says_where_it_belongs_how_urgent_it_is_and_why() -> Result<()> {
    story(async |stack| {
        let words = json!({
            "subject": "Charged twice", "customer": 1,
            "body": "You charged me twice. This is the worst service, I hate it!",
        });
        let key = stack.directus.create("tickets", words).await?["id"].take();

        let ticket = eventually("the ticket to be judged and flagged", async || {
            let ticket = stack.directus.item("tickets", &key).await?;
            Ok((ticket["sentiment"] != Value::Null && ticket["needs_human"] == true)
                .then_some(ticket))
        })
        .await?;

        assert_eq!(ticket["sentiment"], "negative");
        assert_eq!(ticket["suggested_category"], "billing");
        assert_eq!(ticket["suggested_priority"], "urgent");
        assert_eq!(ticket["suggested_team"], "billing");
        assert_eq!(ticket["customer_context"], json!({ "tier": "business", "openTickets": 1 }));
        assert_eq!(ticket["escalation_reason"], "The text is strongly negative.");
        let cause = stack.aws.next_event("ticket.created").await?.detail;
        assert_eq!(ticket["explanation"]["eventId"], cause["eventId"]);
        assert_eq!(ticket["explanation"]["reasons"][0]["rule"], "speaks_of_money");
        let told = stack.aws.next_event("ticket.escalated").await?.detail;
        assert_eq!(told["subject"], json!({ "collection": "tickets", "key": key }));
        assert_eq!(told["correlationId"], cause["correlationId"], "one story");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_feedback_with_the_lowest_rating_opens_one_ticket_however_often_it_is_told() -> Result<()>
{
    story(async |stack| {
        let words =
            json!({ "text": "I hate it, it is the worst, awful!", "rating": 1, "customer": 2 });
        let key = stack.directus.create("feedback", words).await?["id"].take();
        let submitted = stack.aws.next_event("feedback.submitted").await?;
        // Its sentiment is a second reason, and the message comes a second time.
        stack.aws.next_event("feedback.sentiment.calculated").await?;
        stack.aws.send(ESCALATIONS, &submitted.forged(|_| ())?).await?;

        let told = stack.aws.next_events("ticket.escalated", 2).await?;
        stack.aws.is_done(ESCALATIONS).await?;

        assert_eq!(told[0].detail["eventId"], told[1].detail["eventId"], "it is one event");
        let tickets =
            stack.directus.rows("select id, customer, feedback, needs_human from tickets")?;
        let [ticket] = tickets.as_slice() else { panic!("one ticket: {tickets:?}") };
        assert_eq!((&ticket["customer"], &ticket["feedback"]), (&json!(2), &key));
        assert_eq!(ticket["id"], told[0].detail["data"]["ticketId"]);
        Ok(())
    })
    .await
}
