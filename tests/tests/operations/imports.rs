//! Files, and several collections in one request.

use anyhow::{Result, ensure};
use e2e::directus::Directus;
use reqwest::Method;
use serde_json::json;

use crate::{
    change::{NOTHING, created, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    files(matrix).await?;
    collections(matrix).await
}

async fn files(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("a JSON file with new items", async |directus| {
            let rows = r#"[{ "sku": "rug-1", "price": 80 }, { "sku": "rug-2", "price": "81.25" }]"#;
            upload(directus, "application/json", rows).await?;
            Ok(["rug-1", "rug-2"].map(|sku| created("products", &json!(sku))))
        })
        .await?;
    matrix
        .case("a CSV file with an old and a new item", async |directus| {
            upload(directus, "text/csv", "sku,name,price\nrug-1,Round,79.9\nrug-3,Square,99\n")
                .await?;
            Ok([updated("products", &json!("rug-1")), created("products", &json!("rug-3"))])
        })
        .await
}

async fn collections(matrix: &mut Matrix<'_>) -> Result<()> {
    let batch = json!([
        { "collection": "products", "items": [{ "sku": "bed-1", "name": "Bed" }] },
        { "collection": "devices", "items": [{ "name": "Thermometer" }] },
    ]);
    matrix
        .case("a dry run over several collections", async |directus| {
            let path = "utils/import?mode=merge&dryRun=true";
            directus.ask(Method::POST, path, Some(batch.clone())).await?;
            Ok(NOTHING)
        })
        .await?;
    matrix
        .case("several collections, merged", async |directus| {
            directus.ask(Method::POST, "utils/import?mode=merge", Some(batch.clone())).await?;
            let newest = "items/devices?filter[name][_eq]=Thermometer";
            let devices = directus.ask(Method::GET, newest, None).await?;
            Ok([created("products", &json!("bed-1")), created("devices", &devices[0]["id"])])
        })
        .await?;
    matrix
        .case("several collections, merged into what is there", async |directus| {
            let batch = json!([
                { "collection": "products", "items": [{ "sku": "bed-1", "name": "Bunk" }, { "sku": "bed-2" }] },
            ]);
            directus.ask(Method::POST, "utils/import?mode=merge", Some(batch)).await?;
            Ok([updated("products", &json!("bed-1")), created("products", &json!("bed-2"))])
        })
        .await
}

async fn upload(directus: &Directus, content_type: &str, content: &str) -> Result<()> {
    let (status, answer) =
        directus.try_upload("utils/import/products", content_type, content).await?;
    ensure!(status == 200, "the import was answered {status}: {answer}");
    Ok(())
}
