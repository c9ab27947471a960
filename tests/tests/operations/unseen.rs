//! Writes that Directus tells nobody about, not even inside their transaction. They are told here, so
//! that the manual tells the truth, and so that we learn when a new version of Directus tells more.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    change::{NOTHING, created, deleted},
    flows::done_by_the_schedule,
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    schedule(matrix).await?;
    database(matrix).await?;
    sort(matrix).await
}

async fn schedule(matrix: &mut Matrix<'_>) -> Result<()> {
    let sku = json!("stool-1");
    matrix
        .case("something for the schedule to find", async |directus| {
            directus.create("products", json!({ "sku": sku })).await?;
            Ok([created("products", &sku)])
        })
        .await?;
    matrix
        .case("a schedule as nobody and without events", async |directus| {
            let patch = json!({ "name": "waits for no event" });
            directus.service_account.update("products", &sku, patch).await?;
            done_by_the_schedule(directus, &sku, "no event").await?;
            Ok(NOTHING)
        })
        .await
}

async fn database(matrix: &mut Matrix<'_>) -> Result<()> {
    let mut hal = Value::Null;
    matrix
        .case("a parent with a child", async |directus| {
            let item = json!({ "name": "Hal", "awards": [{ "name": "Bronze" }] });
            hal = directus.ask(Method::POST, "items/authors?fields=id,awards", Some(item)).await?;
            Ok([created("authors", &hal["id"]), created("awards", &hal["awards"][0])])
        })
        .await?;
    matrix
        .case("what the database does to the children of a deleted parent", async |directus| {
            directus.delete("authors", &hal["id"]).await?;
            let orphan = directus.item("awards", &hal["awards"][0]).await?;
            assert!(orphan["author"].is_null(), "{orphan}");
            Ok([deleted("authors", &hal["id"])])
        })
        .await
}

async fn sort(matrix: &mut Matrix<'_>) -> Result<()> {
    let mut visits = Vec::new();
    matrix
        .case("two items in order", async |directus| {
            let both = [1, 2].map(|place| json!({ "path": "/sorted", "place": place }));
            visits = directus.create_many("visits", both.into()).await?;
            Ok([0, 1].map(|n| created("visits", &visits[n]["id"])))
        })
        .await?;
    matrix
        .case("sorting by hand", async |directus| {
            let [first, second] = [0, 1].map(|n| &visits[n]["id"]);
            let order = json!({ "item": first, "to": second });
            directus.ask(Method::POST, "utils/sort/visits", Some(order)).await?;
            assert_eq!(directus.item("visits", second).await?["place"], 1, "it moved");
            Ok(NOTHING)
        })
        .await
}
