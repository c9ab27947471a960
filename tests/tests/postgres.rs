//! The whole way on PostgreSQL; the other stories run on SQLite, which is quicker to start.

use anyhow::Result;
use e2e::{Database, Setup};
use serde_json::json;

#[tokio::test]
async fn feedbacks_go_out_and_come_back_enriched_once_on_postgresql() -> Result<()> {
    let setup = Setup::default().on(Database::Postgres);
    setup
        .tell(async |stack| {
            let many = (1..=20).map(|n| json!({ "text": format!("Idea {n} is great!") }));
            let feedbacks = stack.directus.create_many("feedback", many.collect()).await?;

            stack.directus.all_enriched(&feedbacks).await?;

            stack.aws.is_done("event-bridge-feedback").await?;
            let write_backs = stack.directus.write_backs()?;
            assert_eq!(write_backs.len(), 20);
            assert!(write_backs.values().all(|&times| times == 1), "{write_backs:?}");
            Ok(())
        })
        .await
}
