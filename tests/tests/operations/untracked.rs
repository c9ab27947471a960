//! Collections that Directus tracks less than others.

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use crate::{
    change::{created, deleted, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("a create without revisions", async |directus| {
            let visit = directus.create("visits", json!({ "path": "/", "seconds": 3 })).await?;
            Ok([created("visits", &visit["id"])])
        })
        .await?;
    matrix
        .case("an update without revisions", async |directus| {
            directus.update("visits", &json!(1), json!({ "seconds": 4 })).await?;
            Ok([updated("visits", &json!(1))])
        })
        .await?;
    matrix
        .case("a delete without revisions", async |directus| {
            directus.delete("visits", &json!(1)).await?;
            Ok([deleted("visits", &json!(1))])
        })
        .await?;
    matrix
        .case("creates with accountability off", async |directus| {
            let texts = ["one", "two"].map(|text| json!({ "text": text }));
            let scribbles = directus.create_many("scribbles", texts.into()).await?;
            Ok([0, 1].map(|n| created("scribbles", &scribbles[n]["id"]).best_effort()))
        })
        .await?;
    matrix
        .case("updates of several with accountability off", async |directus| {
            let patch = json!({ "keys": [1, 2], "data": { "pinned": true } });
            directus.ask(Method::PATCH, "items/scribbles", Some(patch)).await?;
            Ok([1, 2].map(|key| updated("scribbles", &json!(key)).best_effort()))
        })
        .await?;
    matrix
        .case("deletes with accountability off", async |directus| {
            directus.ask(Method::DELETE, "items/scribbles", Some(json!([1, 2]))).await?;
            Ok([1, 2].map(|key| deleted("scribbles", &json!(key)).best_effort()))
        })
        .await
}
