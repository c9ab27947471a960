//! A Directus database with a schema and the service account, made once and then copied: a stack
//! starts in seconds.

use std::{
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    database::{Database, Storage},
    directus::{Directus, SERVICE_ACCOUNT},
    sidecar::{self, DIRECTUS_TOKEN},
    stack::root,
};

/// Which collections a story finds in Directus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Schema {
    /// What `sidecar setup --starter` makes, with three customers.
    #[default]
    Starter,
    /// A collection for every kind of key, field and relation that capture has to get right, and Flows
    /// that write.
    Matrix,
}

const CUSTOMERS: &str = include_str!("../customers.json");
const MATRIX: &str = include_str!("../matrix.json");
/// What `sidecar setup` makes is made of this.
const MADE_OF: [&str; 5] =
    ["sidecar/setup", "sidecar/config", "sidecar/src/setup", "sidecar/src/reactions", "flows"];

/// Where the database with this schema is, made if this is the first time.
pub(crate) async fn of(schema: Schema, database: Database) -> Result<PathBuf> {
    let database = database.template();
    let mut inputs = DefaultHasher::new();
    (schema, database, CUSTOMERS, MATRIX).hash(&mut inputs);
    (include_str!("template.rs"), include_str!("postgres.rs")).hash(&mut inputs);
    include_str!("../directus/package-lock.json").hash(&mut inputs);
    if schema == Schema::Starter {
        for folder in MADE_OF {
            hash_files(&root().join(folder), &mut inputs)?;
        }
    }
    let dir = root().join(".cache/template").join(format!("{:016x}", inputs.finish()));
    std::fs::create_dir_all(&dir)?;

    // Stories start side by side; the first makes it, the others wait.
    let lock = File::create(dir.join("lock"))?;
    lock.lock()?;
    let template = dir.join("database");
    if !template.exists() {
        make(schema, database, &dir, &template).await.context("cannot make the template")?;
    }
    Ok(template)
}

fn hash_files(folder: &Path, inputs: &mut DefaultHasher) -> Result<()> {
    let entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut paths: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_files(&path, inputs)?;
        } else {
            (path.strip_prefix(root())?, std::fs::read(&path)?).hash(inputs);
        }
    }
    Ok(())
}

/// Without the extension: its tables are made by each stack, as on a user's first start.
async fn make(schema: Schema, database: Database, dir: &Path, template: &Path) -> Result<()> {
    let storage = Storage::empty(database, dir).await?;
    let mut directus = Directus::new("directus", dir, &storage.connection());
    directus.create_project()?;
    directus.bootstrap(dir).await?;
    directus.start().await?;
    fill(&directus, schema).await?;
    directus.stop().await?;
    storage.keep(template).await
}

async fn fill(directus: &Directus, schema: Schema) -> Result<()> {
    match schema {
        Schema::Starter => {
            sidecar::set_up(directus, &["--starter"])?;
            let customers = serde_json::from_str(CUSTOMERS)?;
            post(directus, "items/customers", &customers).await.map(drop)
        }
        Schema::Matrix => {
            let source: Value = serde_json::from_str(MATRIX)?;
            post(directus, "collections", &source["collections"]).await?;
            for relation in source["relations"].as_array().into_iter().flatten() {
                post(directus, "relations", relation).await?;
            }
            post(directus, "utils/import?mode=merge", &source["imports"]).await?;
            create_service_account(directus, &source["collections"]).await
        }
    }
}

/// An account that may do everything to items and nothing else. It takes no seat of the licence,
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
        .flat_map(|collection| {
            ["create", "read", "update", "delete"].map(|action| (collection, action))
        })
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
