//! Every way to write an item, and what is announced of it: on every database, all of what was
//! committed and nothing else, with the values that the API gives.

mod change;
mod flows;
mod graphql;
mod history;
mod imports;
mod items;
mod matrix;
mod nested;
mod refused;
mod unseen;
mod untracked;
mod values;

use anyhow::Result;
use e2e::{Database, Schema, Setup};
use jiff::Timestamp;

use crate::matrix::Matrix;

#[tokio::test]
async fn every_operation_on_sqlite() -> Result<()> {
    every_operation_on(Database::Sqlite).await
}

#[tokio::test]
async fn every_operation_on_postgresql() -> Result<()> {
    every_operation_on(Database::Postgres).await
}

/// One stack for all of them: the cases are many, and a start takes seconds.
async fn every_operation_on(database: Database) -> Result<()> {
    let setup = Setup::default().on(database).schema(Schema::Matrix);
    setup
        .tell(async |stack| {
            stack.expect_log("accountability is off for scribbles");
            for refusal in refused::COMPLAINTS {
                stack.expect_log(refusal);
            }
            let began = Timestamp::now();
            let mut matrix = Matrix::new(&stack.directus).await?;

            items::tell(&mut matrix).await?;
            values::tell(&mut matrix).await?;
            nested::tell(&mut matrix).await?;
            graphql::tell(&mut matrix).await?;
            imports::tell(&mut matrix).await?;
            history::tell(&mut matrix).await?;
            flows::tell(&mut matrix).await?;
            untracked::tell(&mut matrix).await?;
            unseen::tell(&mut matrix).await?;
            refused::tell(&mut matrix).await?;

            matrix.came_over(&mut stack.aws).await?;
            // Whatever was done above: each activity has its row.
            stack.sidecar.command(&["gap-check", "--since", &began.to_string()]).map(drop)
        })
        .await
}
