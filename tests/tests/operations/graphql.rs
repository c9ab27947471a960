//! Mutations.

use anyhow::{Result, ensure};
use e2e::directus::Directus;
use serde_json::{Value, json};

use crate::{
    change::{created, deleted, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("create of one", async |directus| {
            mutate(
                directus,
                r#"create_products_item(data: { sku: "lamp-1", price: 9.5 }) { sku }"#,
            )
            .await?;
            Ok([created("products", &json!("lamp-1"))])
        })
        .await?;
    matrix
        .case("create of several", async |directus| {
            let both = r#"[{ sku: "lamp-2" }, { sku: "lamp-3" }]"#;
            mutate(directus, &format!("create_products_items(data: {both}) {{ sku }}")).await?;
            Ok(["lamp-2", "lamp-3"].map(|sku| created("products", &json!(sku))))
        })
        .await?;
    matrix
        .case("update of one", async |directus| {
            let update = r#"update_products_item(id: "lamp-1", data: { name: "Lamp" }) { sku }"#;
            mutate(directus, update).await?;
            Ok([updated("products", &json!("lamp-1"))])
        })
        .await?;
    matrix
        .case("update of several", async |directus| {
            let keys = r#"["lamp-2", "lamp-3"]"#;
            let update =
                format!("update_products_items(ids: {keys}, data: {{ price: 8 }}) {{ sku }}");
            mutate(directus, &update).await?;
            Ok(["lamp-2", "lamp-3"].map(|sku| updated("products", &json!(sku))))
        })
        .await?;
    matrix
        .case("update of a batch", async |directus| {
            let batch = r#"[{ sku: "lamp-2", name: "Small" }, { sku: "lamp-3", name: "Big" }]"#;
            mutate(directus, &format!("update_products_batch(data: {batch}) {{ sku }}")).await?;
            Ok(["lamp-2", "lamp-3"].map(|sku| updated("products", &json!(sku))))
        })
        .await?;
    matrix
        .case("delete of one", async |directus| {
            mutate(directus, r#"delete_products_item(id: "lamp-1") { id }"#).await?;
            Ok([deleted("products", &json!("lamp-1"))])
        })
        .await?;
    matrix
        .case("delete of several", async |directus| {
            mutate(directus, r#"delete_products_items(ids: ["lamp-2", "lamp-3"]) { ids }"#).await?;
            Ok(["lamp-2", "lamp-3"].map(|sku| deleted("products", &json!(sku))))
        })
        .await
}

async fn mutate(directus: &Directus, mutation: &str) -> Result<Value> {
    let (status, answer) = directus.try_graphql(mutation).await?;
    ensure!(status == 200 && answer["errors"].is_null(), "{mutation}: {status} {answer}");
    Ok(answer)
}
