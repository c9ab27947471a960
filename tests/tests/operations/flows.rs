//! What Flows write. They come with the schema.

use anyhow::{Result, ensure};
use e2e::{directus::Directus, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    change::{created, deleted, updated},
    matrix::Matrix,
};

const COME_AND_GO: &str = "f1000000-0000-4000-8000-000000000001";
const WRITE_AS_THE_CALLER: &str = "f1000000-0000-4000-8000-000000000002";

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("operations without events and with full permissions", async |directus| {
            trigger(directus, COME_AND_GO, json!({ "sku": "vase-1", "price": 12.5 })).await?;
            let sku = json!("vase-1");
            Ok([created("products", &sku), updated("products", &sku), deleted("products", &sku)])
        })
        .await?;
    matrix
        .case("an operation with events, as the caller", async |directus| {
            trigger(directus, WRITE_AS_THE_CALLER, json!({ "sku": "vase-2" })).await?;
            Ok([created("products", &json!("vase-2"))])
        })
        .await?;
    matrix
        .case("a schedule as nobody", async |directus| {
            let sku = wait_for_the_schedule(directus, "nobody").await?;
            Ok([created("products", &sku), updated("products", &sku).best_effort()])
        })
        .await?;
    matrix
        .case("a schedule with full permissions and without events", async |directus| {
            let sku = wait_for_the_schedule(directus, "the system").await?;
            Ok([created("products", &sku), updated("products", &sku)])
        })
        .await
}

async fn trigger(directus: &Directus, flow: &str, body: Value) -> Result<()> {
    let path = format!("flows/trigger/{flow}");
    let (status, answer) = directus.try_ask(Method::POST, &path, Some(body)).await?;
    ensure!(status == 200, "the Flow answered {status}: {answer}");
    Ok(())
}

/// Creates a product that the schedule's Flow is looking for, and returns when it was found.
async fn wait_for_the_schedule(directus: &Directus, whom: &str) -> Result<Value> {
    let sku = json!(format!("for {whom}"));
    let product = json!({ "sku": sku, "name": format!("waits for {whom}") });
    directus.create("products", product).await?;
    done_by_the_schedule(directus, &sku, whom).await?;
    Ok(sku)
}

pub(crate) async fn done_by_the_schedule(
    directus: &Directus,
    sku: &Value,
    whom: &str,
) -> Result<()> {
    eventually(format!("the schedule that writes as {whom}"), async || {
        let product = directus.item("products", sku).await?;
        Ok((product["name"] == format!("done by {whom}")).then_some(()))
    })
    .await
}
