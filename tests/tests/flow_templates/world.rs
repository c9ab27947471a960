//! What the templates need around them: a mail server, Slack and a tracker, and somebody who posts events.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use e2e::{Setup, Stack, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::mailbox::Mailbox;

const TOKEN: &str = "d29ybGQtdG9rZW4tb2YtMzItY2hhcmFjdA";
const ROUTES: &str = include_str!("../../../flows/config/routes.json");
const REACTIONS: &str = include_str!("../../../flows/config/reactions.toml");

pub(super) struct World<'story> {
    pub(super) stack: &'story mut Stack,
    pub(super) mailbox: &'story Mailbox,
    web: &'story MockServer,
}

/// Tells a story on a stack that has the templates as `setup` brings them, with the routes beside them.
pub(super) async fn tell(tell: impl AsyncFnOnce(&mut World<'_>) -> Result<()>) -> Result<()> {
    let mailbox = Mailbox::open().await?;
    let web = MockServer::start().await;
    Mock::given(path("/slack")).respond_with(ResponseTemplate::new(200)).mount(&web).await;
    let fails = ResponseTemplate::new(500);
    Mock::given(path("/issues")).respond_with(fails).up_to_n_times(1).mount(&web).await;
    let issue = json!({ "html_url": "https://tracker.example.com/1" });
    let made = ResponseTemplate::new(201).set_body_json(issue);
    Mock::given(path("/issues")).respond_with(made).mount(&web).await;

    Setup::default()
        .reactions(ROUTES, REACTIONS)
        .directus("EMAIL_TRANSPORT", "smtp")
        .directus("EMAIL_SMTP_HOST", "127.0.0.1")
        .directus("EMAIL_SMTP_PORT", mailbox.port().to_string())
        .directus("EMAIL_SMTP_IGNORE_TLS", "true")
        .directus("EMAIL_VERIFY_SETUP", "false")
        .directus("EMAIL_FROM", "support@example.com")
        // Slack and the tracker are on this machine.
        .directus("IMPORT_IP_DENY_LIST", "")
        .sidecar("SIDECAR__PRODUCERS__WORLD__TOKENS", TOKEN)
        .sidecar("SIDECAR__PRODUCERS__WORLD__EVENTS", "*")
        .sidecar("SIDECAR__INBOUND__REDELIVERY_DELAYS", "1s")
        .tell(async |stack| {
            // The tracker fails once; and a Flow listens a moment after it was activated.
            stack.expect_log("attempt failed, the queue will try again");
            stack.expect_log("Couldn't find webhook");
            stack.expect_log(r#""statusText":"Internal Server Error""#);
            let consent = json!({ "consent": true });
            stack.directus.update("customers", &json!(1), consent).await?;
            tell(&mut World { stack, mailbox: &mailbox, web: &web }).await
        })
        .await
}

/// The golden event of this type, told anew of this customer, with these data.
#[expect(clippy::needless_pass_by_value, reason = "a story writes it down where it posts it")]
pub(super) fn event(event_type: &str, customer: &str, data: Value) -> Value {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/examples/valid");
    let golden = std::fs::read_to_string(examples.join(format!("{event_type}-1.json")));
    let mut event: Value = serde_json::from_str(&golden.expect("a golden file")).expect("JSON");
    for (name, value) in data.as_object().into_iter().flatten() {
        event["data"][name] = value.clone();
    }
    event["eventId"] = json!(Uuid::now_v7());
    event["customerId"] = if customer.is_empty() { Value::Null } else { json!(customer) };
    event["producer"] = json!("world");
    event["sequence"] = Value::Null;
    event
}

impl World<'_> {
    /// Makes the Flow of this number listen: alone, but for the one that feeds it.
    pub(super) async fn activate(&self, number: &str) -> Result<()> {
        self.change(number, json!({ "status": "active" })).await
    }

    pub(super) async fn deactivate(&self, number: &str) -> Result<()> {
        self.change(number, json!({ "status": "inactive" })).await
    }

    /// Makes a Flow that looks round do so every second.
    pub(super) async fn every_second(&self, number: &str) -> Result<()> {
        let options = json!({ "cron": "* * * * * *" });
        self.change(number, json!({ "status": "active", "options": options })).await
    }

    async fn change(&self, number: &str, change: Value) -> Result<()> {
        let path = format!("flows/{}", id(number, 0));
        self.stack.directus.ask(Method::PATCH, &path, Some(change)).await.map(drop)
    }

    /// Changes what stands in the first operation of a Flow.
    pub(super) async fn set(&self, number: &str, settings: Value) -> Result<()> {
        let path = format!("operations/{}", id(number, 1));
        let mut operation = self.stack.directus.ask(Method::GET, &path, None).await?;
        for (name, value) in settings.as_object().into_iter().flatten() {
            operation["options"]["json"][name] = value.clone();
        }
        let options = json!({ "options": operation["options"] });
        self.stack.directus.ask(Method::PATCH, &path, Some(options)).await.map(drop)
    }

    /// Posts an event to the sidecar, as a shop or a monitoring system does.
    pub(super) async fn post(&self, event: Value) -> Result<()> {
        let headers = [("content-type", "application/json")];
        let (status, answer) =
            self.stack.sidecar.post_events(TOKEN, &headers, event.to_string()).await?;
        let verdict = &answer["verdicts"][0]["verdict"];
        ensure!(status == 200 && verdict == "published", "{status}: {answer}");
        Ok(())
    }

    /// Puts into the timeline that something happened so long ago.
    pub(super) async fn happened(&self, customer: &str, event_type: &str, ago: &str) -> Result<()> {
        let ago: jiff::Span = ago.parse()?;
        let row = json!({
            "id": Uuid::now_v7(), "customer": customer, "event_type": event_type,
            "occurred_at": jiff::Timestamp::now().checked_sub(ago)?.to_string(),
            "subject_collection": "customers", "subject_key": customer,
        });
        self.stack.directus.create("customer_events", row).await.map(drop)
    }

    /// Waits for the ticket with this subject.
    pub(super) async fn ticket(&self, subject: &str) -> Result<Value> {
        let filter = json!({ "subject": { "_eq": subject } }).to_string();
        self.first("items/tickets", &filter).await
    }

    /// Waits for the comment on an item.
    pub(super) async fn comment(&self, collection: &str, key: &Value) -> Result<String> {
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let filter = json!({ "collection": { "_eq": collection }, "item": { "_eq": key } });
        let comment = self.first("comments", &filter.to_string()).await?;
        comment["comment"].as_str().map(str::to_owned).context("a comment is a text")
    }

    async fn first(&self, path: &str, filter: &str) -> Result<Value> {
        let filter: String = url_encoded(filter);
        let path = format!("{path}?limit=1&filter={filter}");
        eventually(format!("one of {path}"), async || {
            Ok(self.stack.directus.ask(Method::GET, &path, None).await?.get(0).cloned())
        })
        .await
    }

    /// Where Slack and the tracker are.
    pub(super) fn web(&self, place: &str) -> String {
        format!("{}/{place}", self.web.uri())
    }

    /// The last body that was posted there.
    pub(super) async fn request(&self, place: &str) -> Result<Value> {
        eventually(format!("a request to {place}"), async || {
            let requests = self.web.received_requests().await.unwrap_or_default();
            let request = requests.iter().rev().find(|request| request.url.path() == place);
            Ok(request.and_then(|request| request.body_json().ok()))
        })
        .await
    }
}

fn id(number: &str, part: u8) -> String {
    format!("e7b0f1{number}-0000-4000-8000-0000000000{part:02x}")
}

fn url_encoded(text: &str) -> String {
    let encode = |encoded: String, byte: u8| [encoded, format!("%{byte:02X}")].concat();
    text.bytes().fold(String::new(), encode)
}
