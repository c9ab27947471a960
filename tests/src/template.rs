//! A Directus database with the starter schema and the service account, made once and then copied:
//! a stack starts in seconds.

use std::{
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    directus::{Directus, SERVICE_ACCOUNT},
    sidecar::DIRECTUS_TOKEN,
    stack::{free_address, root},
};

const STARTER: &str = include_str!("../starter.json");

/// Where the database is, made if this is the first time.
pub(crate) async fn database() -> Result<PathBuf> {
    let mut inputs = DefaultHasher::new();
    (STARTER, include_str!("template.rs"), include_str!("../directus/package-lock.json"))
        .hash(&mut inputs);
    let dir = root().join(".cache/template").join(format!("{:016x}", inputs.finish()));
    std::fs::create_dir_all(&dir)?;

    // Stories start side by side; the first makes it, the others wait.
    let lock = File::create(dir.join("lock"))?;
    lock.lock()?;
    let database = dir.join("data.db");
    if !database.exists() {
        // Without the extension: its tables are made by each stack, as on a user's first start.
        let mut directus = Directus::new(&dir, free_address(), free_address());
        drop(std::fs::remove_file(directus.database()));
        directus.create_project()?;
        directus.bootstrap(&dir).await?;
        directus.start().await?;
        fill(&directus).await.context("cannot create the starter schema")?;
        directus.stop().await?;
        std::fs::rename(directus.database(), &database)?;
    }
    Ok(database)
}

async fn fill(directus: &Directus) -> Result<()> {
    let starter: Value = serde_json::from_str(STARTER)?;
    post(directus, "collections", &starter["collections"]).await?;
    for relation in starter["relations"].as_array().into_iter().flatten() {
        post(directus, "relations", relation).await?;
    }
    post(directus, "presets", &starter["presets"]).await?;
    for (collection, items) in starter["items"].as_object().into_iter().flatten() {
        post(directus, &format!("items/{collection}"), items).await?;
    }
    create_service_account(directus, &starter["collections"]).await
}

/// An account that may read and change items and do nothing else. It takes no seat of the licence,
/// and without a licence key `fields` may only be all of them.
async fn create_service_account(directus: &Directus, collections: &Value) -> Result<()> {
    let role = json!({ "name": "Event bridge" });
    let role = post(directus, "roles", &role).await?;
    let policy = json!({ "name": "Event bridge", "admin_access": false, "app_access": false });
    let policy = post(directus, "policies", &policy).await?;
    let permissions: Vec<Value> = collections
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|collection| ["read", "update"].map(|action| (collection, action)))
        .map(|(collection, action)| {
            json!({
                "policy": policy["id"], "collection": collection["collection"], "action": action,
                "fields": ["*"], "permissions": {}, "validation": {},
            })
        })
        .collect();
    post(directus, "permissions", &permissions.into()).await?;
    post(directus, "access", &json!({ "role": role["id"], "policy": policy["id"] })).await?;
    let user = json!({
        "id": SERVICE_ACCOUNT, "email": "event-bridge@example.com", "role": role["id"],
        "token": DIRECTUS_TOKEN,
    });
    post(directus, "users", &user).await.map(drop)
}

async fn post(directus: &Directus, path: &str, body: &Value) -> Result<Value> {
    directus.ask(Method::POST, path, Some(body.clone())).await
}
