//! REST, one item or many, with keys of every kind.

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use crate::{
    change::{NOTHING, created, deleted, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    create(matrix).await?;
    update(matrix).await?;
    change_nothing(matrix).await?;
    delete(matrix).await?;
    singleton(matrix).await?;
    service_account(matrix).await
}

async fn create(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("POST of one with a key of the client's", async |directus| {
            let product = json!({ "sku": "chair-1", "name": "Chair", "price": 49.5 });
            let product = directus.create("products", product).await?;
            Ok([created("products", &product["sku"])])
        })
        .await?;
    matrix
        .case("POST of one with a key of Directus'", async |directus| {
            let device = directus.create("devices", json!({ "name": "Scale" })).await?;
            Ok([created("devices", &device["id"])])
        })
        .await?;
    matrix
        .case("POST of an array", async |directus| {
            let names = ["Ada", "Ben", "Cleo"].map(|name| json!({ "name": name }));
            let authors = directus.create_many("authors", names.into()).await?;
            Ok([0, 1, 2].map(|n| created("authors", &authors[n]["id"])))
        })
        .await?;
    matrix
        .case("POST of an array with keys of the client's", async |directus| {
            let products = ["desk-1", "desk-2", "desk-3"].map(|sku| json!({ "sku": sku }));
            directus.create_many("products", products.into()).await?;
            Ok(["desk-1", "desk-2", "desk-3"].map(|sku| created("products", &json!(sku))))
        })
        .await
}

async fn update(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("PATCH of one", async |directus| {
            let sku = json!("chair-1");
            directus.update("products", &sku, json!({ "price": 39.99 })).await?;
            Ok([updated("products", &sku)])
        })
        .await?;
    matrix
        .case("PATCH of several keys", async |directus| {
            let keys = [1, 2];
            let patch = json!({ "keys": keys, "data": { "name": "Anonymous" } });
            directus.ask(Method::PATCH, "items/authors", Some(patch)).await?;
            Ok(keys.map(|key| updated("authors", &json!(key))))
        })
        .await?;
    matrix
        .case("PATCH of an array", async |directus| {
            let patch =
                json!([{ "sku": "desk-1", "name": "Low" }, { "sku": "desk-2", "name": "High" }]);
            directus.ask(Method::PATCH, "items/products", Some(patch)).await?;
            Ok(["desk-1", "desk-2"].map(|sku| updated("products", &json!(sku))))
        })
        .await?;
    matrix
        .case("PATCH of all that a query finds", async |directus| {
            let query = json!({ "filter": { "sku": { "_starts_with": "desk" } } });
            let patch = json!({ "query": query, "data": { "price": 120 } });
            directus.ask(Method::PATCH, "items/products", Some(patch)).await?;
            Ok(["desk-1", "desk-2", "desk-3"].map(|sku| updated("products", &json!(sku))))
        })
        .await
}

async fn change_nothing(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("PATCH with the values that are there", async |directus| {
            let sku = json!("desk-1");
            directus.update("products", &sku, json!({ "name": "Low" })).await?;
            Ok([updated("products", &sku)])
        })
        .await?;
    matrix
        .case("PATCH with an empty object", async |directus| {
            let sku = json!("desk-1");
            directus.update("products", &sku, json!({})).await?;
            Ok([updated("products", &sku)])
        })
        .await?;
    matrix
        .case("PATCH of an item that is not there", async |directus| {
            let patch = json!({ "name": "Nobody" });
            directus.try_ask(Method::PATCH, "items/authors/4711", Some(patch)).await?;
            Ok([updated("authors", &json!(4711)).of_no_item()])
        })
        .await?;
    matrix
        .case("PATCH of all that a query does not find", async |directus| {
            let query = json!({ "filter": { "sku": { "_eq": "sofa-1" } } });
            let patch = json!({ "query": query, "data": { "price": 1 } });
            directus.ask(Method::PATCH, "items/products", Some(patch)).await?;
            Ok(NOTHING)
        })
        .await
}

async fn delete(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("DELETE of one", async |directus| {
            let sku = json!("chair-1");
            directus.delete("products", &sku).await?;
            Ok([deleted("products", &sku)])
        })
        .await?;
    matrix
        .case("DELETE of several keys", async |directus| {
            directus.ask(Method::DELETE, "items/authors", Some(json!([1, 2]))).await?;
            Ok([1, 2].map(|key| deleted("authors", &json!(key))))
        })
        .await?;
    matrix
        .case("DELETE of all that a query finds", async |directus| {
            let query = json!({ "filter": { "sku": { "_in": ["desk-2", "desk-3"] } } });
            let body = json!({ "query": query });
            directus.ask(Method::DELETE, "items/products", Some(body)).await?;
            Ok(["desk-2", "desk-3"].map(|sku| deleted("products", &json!(sku))))
        })
        .await
}

async fn singleton(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("first PATCH of a singleton", async |directus| {
            let site = json!({ "title": "Home" });
            let site = directus.ask(Method::PATCH, "items/site", Some(site)).await?;
            Ok([created("site", &site["id"])])
        })
        .await?;
    matrix
        .case("second PATCH of a singleton", async |directus| {
            let site = json!({ "motto": "Sweet home" });
            let site = directus.ask(Method::PATCH, "items/site", Some(site)).await?;
            Ok([updated("site", &site["id"])])
        })
        .await
}

async fn service_account(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("PATCH by the account that the sidecar writes back with", async |directus| {
            let patch = json!({ "name": "written back" });
            directus.service_account.update("products", &json!("desk-1"), patch).await?;
            Ok(NOTHING)
        })
        .await
}
