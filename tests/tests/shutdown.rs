//! Told to stop: what was begun is finished, and what was not is left for the next one.

use anyhow::Result;
use e2e::story;
use serde_json::json;

#[tokio::test]
async fn a_sidecar_told_to_stop_in_mid_stream_drains_and_exits_with_status_0() -> Result<()> {
    story(async |stack| {
        stack.expect_log("changes wait in the outbox");
        let many = (1..=100).map(|n| json!({ "text": format!("Take {n}, still good.") }));
        let feedbacks = stack.directus.create_many("feedback", many.collect()).await?;
        stack.aws.next_event("feedback.submitted").await?;

        stack.sidecar.stop().await?;

        stack.sidecar.start().await?;
        stack.directus.all_enriched(&feedbacks).await?;
        let write_backs = stack.directus.write_backs()?;
        assert!(
            write_backs.values().all(|&times| times == 1),
            "nothing is doubled: {write_backs:?}"
        );
        Ok(())
    })
    .await
}
