//! The real Studio in a real browser: what an admin and an agent see there, and what they can do.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use e2e::{
    Setup, Stack,
    directus::{ADMIN_EMAIL, ADMIN_PASSWORD, SERVICE_ACCOUNT},
};
use reqwest::Method;
use serde_json::{Value, json};

const AGENT_EMAIL: &str = "agent@example.com";
const TICKETS: &str = "event-bridge-tickets";

/// What is told in the browser is in `studio/story.cjs`: this prepares the ground, and looks into the
/// books afterwards.
#[tokio::test]
async fn an_admin_watches_and_mends_the_pipeline_and_an_agent_sees_why() -> Result<()> {
    Setup::default()
        .directus("WEBSOCKETS_ENABLED", "true")
        // The Studio would ask who owns the project, in front of everything else.
        .directus("PROJECT_OWNER_ENABLED", "false")
        .tell(async |stack| {
            stack.expect_log("message dead-lettered");
            stack.expect_log("rejected");
            furnish(stack).await?;
            let agent = hire_agent(stack).await?;
            let lost = take_permission(stack).await?;
            let ticket = give_up_on_a_ticket(stack).await?;

            browse(stack, &json!({ "ticket": ticket, "agent": agent, "permission": lost })).await?;

            let redriven = stack.directus.item("tickets", &ticket).await?;
            assert_eq!(redriven["sentiment"], "negative", "the redriven letter had its effect");
            let dead = stack.sidecar.command(&["dead-letters", "list"])?;
            assert_eq!(dead, "no dead letters\n");
            Ok(())
        })
        .await
}

/// Puts the panel on a dashboard, and the module into the bar. The card is in the starter's forms.
async fn furnish(stack: &Stack) -> Result<()> {
    let dashboard = json!({ "name": "Operations", "icon": "monitoring" });
    let dashboard = stack.directus.ask(Method::POST, "dashboards", Some(dashboard)).await?;
    let panel = json!({
        "dashboard": dashboard["id"], "type": "pipeline-health", "name": "Pipeline health", "icon": "conversion_path",
        "show_header": true, "position_x": 1, "position_y": 1, "width": 28, "height": 10,
    });
    stack.directus.ask(Method::POST, "panels", Some(panel)).await?;
    let modules: Vec<Value> = ["content", "users", "files", "insights", "event-bridge"]
        .map(|id| json!({ "type": "module", "id": id, "enabled": true }))
        .into();
    let settings = json!({ "module_bar": modules, "project_usage": "personal" });
    stack.directus.ask(Method::PATCH, "settings", Some(settings)).await.map(drop)
}

/// Somebody who works on tickets and is no admin; returns the login.
async fn hire_agent(stack: &Stack) -> Result<Value> {
    let ask =
        async |path: &str, body: Value| stack.directus.ask(Method::POST, path, Some(body)).await;
    let role = ask("roles", json!({ "name": "Agents" })).await?;
    let policy = ask("policies", json!({ "name": "Agents", "app_access": true })).await?;
    for (collection, action) in [
        ("tickets", "read"),
        ("tickets", "update"),
        ("feedback", "read"),
        ("customers", "read"),
        ("customer_events", "read"),
    ] {
        let permission = json!({
            "policy": policy["id"], "collection": collection, "action": action,
            "fields": ["*"], "permissions": {}, "validation": {},
        });
        ask("permissions", permission).await?;
    }
    ask("access", json!({ "role": role["id"], "policy": policy["id"] })).await?;
    let login = json!({ "email": AGENT_EMAIL, "password": ADMIN_PASSWORD });
    let mut agent = login.clone();
    agent["role"] = role["id"].clone();
    ask("users", agent).await?;
    Ok(login)
}

/// Somebody takes from the service account what it needs to write to tickets; returns what was taken.
async fn take_permission(stack: &Stack) -> Result<Value> {
    let path = "permissions?filter[collection]=tickets&filter[action]=update&sort=id&limit=1";
    let permission = stack.directus.ask(Method::GET, path, None).await?[0].take();
    let id = permission["id"].as_u64().context("the service account has a permission")?;
    stack.directus.ask(Method::DELETE, &format!("permissions/{id}"), None).await?;
    let mut taken = permission;
    taken.as_object_mut().context("an object")?.remove("id");
    Ok(taken)
}

/// Opens a ticket whose findings cannot be written; returns its key once it was given up.
async fn give_up_on_a_ticket(stack: &Stack) -> Result<Value> {
    let words = json!({
        "subject": "Charged twice", "customer": 1,
        "body": "You charged me twice. This is the worst service, I hate it!",
    });
    let key = stack.directus.create("tickets", words).await?["id"].take();
    stack.aws.is_done(TICKETS).await?;
    let user = stack.directus.ask(Method::GET, &format!("users/{SERVICE_ACCOUNT}"), None).await?;
    ensure!(user["status"] == "active", "the account itself is as it was");
    Ok(key)
}

/// Tells the browser's part. `STUDIO_SCREENSHOTS` names a folder that its pictures go to.
async fn browse(stack: &Stack, ground: &Value) -> Result<()> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let cache = here.join("../.cache");
    let pictures = std::env::var_os("STUDIO_SCREENSHOTS")
        .map_or_else(|| stack.dir().join("screenshots"), |folder| here.join("..").join(folder));
    let mut story = Command::new(cache.join("node/node_modules/.bin/node"));
    story
        .arg(here.join("studio/story.cjs"))
        .env("NODE_PATH", cache.join("studio/node_modules"))
        .env("STUDIO_URL", stack.directus.url())
        .env(
            "STUDIO_ADMIN",
            json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD }).to_string(),
        )
        .env("STUDIO_GROUND", ground.to_string())
        .env("STUDIO_SCREENSHOTS", pictures);
    let status = tokio::task::spawn_blocking(move || story.status()).await??;
    ensure!(status.success(), "the story in the browser failed");
    Ok(())
}
