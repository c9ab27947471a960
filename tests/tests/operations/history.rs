//! What brings back the past or the future of an item: revisions and content versions.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    change::{NOTHING, created, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    let mut page = Value::Null;
    matrix
        .case("two states of a page", async |directus| {
            page = directus.create("pages", json!({ "title": "Old" })).await?["id"].take();
            directus.update("pages", &page, json!({ "title": "New", "body": "News" })).await?;
            Ok([created("pages", &page), updated("pages", &page)])
        })
        .await?;
    matrix
        .case("revert", async |directus| {
            let revisions = "revisions?filter[collection][_eq]=pages&sort=id&fields=id";
            let revisions = directus.ask(Method::GET, revisions, None).await?;
            let path = format!("utils/revert/{}", revisions[0]["id"]);
            directus.ask(Method::POST, &path, None).await?;
            Ok([updated("pages", &page)])
        })
        .await?;

    let mut version = Value::Null;
    matrix
        .case("save of a version", async |directus| {
            let draft = json!({ "key": "draft", "collection": "pages", "item": page.to_string() });
            version = directus.ask(Method::POST, "versions", Some(draft)).await?["id"].take();
            let path = format!("versions/{}/save", version.as_str().unwrap_or_default());
            directus.ask(Method::POST, &path, Some(json!({ "title": "Draft" }))).await?;
            Ok(NOTHING)
        })
        .await?;
    matrix
        .case("promotion of a version", async |directus| {
            let path = format!("versions/{}", version.as_str().unwrap_or_default());
            let compared = directus.ask(Method::GET, &format!("{path}/compare"), None).await?;
            let promotion = json!({ "mainHash": compared["mainHash"] });
            directus.ask(Method::POST, &format!("{path}/promote"), Some(promotion)).await?;
            Ok([updated("pages", &page)])
        })
        .await
}
