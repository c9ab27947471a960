//! What an administrator gets from `sidecar setup`, and may do with it afterwards.

use anyhow::Result;
use e2e::{
    Stack,
    directus::{ADMIN_TOKEN, SERVICE_ACCOUNT},
    story,
};
use reqwest::Method;
use serde_json::{Value, json};

/// As many as a Directus without a licence key may have.
const COLLECTIONS_MAX: usize = 25;

#[tokio::test]
async fn what_is_set_up_twice_is_set_up_once_and_what_an_admin_changed_stays() -> Result<()> {
    story(async |stack| {
        stack.sidecar.reconfigure("SIDECAR__SETUP__ADMIN_TOKEN", ADMIN_TOKEN);

        let told = set_up(stack, &["--starter"])?;
        assert!(told.contains("nothing to do: 0 made"), "the stack was set up already: {told}");
        assert!(told.contains("0 that differ, 0 left out"), "{told}");
        assert!(told.contains("directus.token is the account's"), "{told}");

        let wider = json!({ "meta": { "width": "full" } });
        stack.directus.ask(Method::PATCH, "fields/tickets/priority", Some(wider)).await?;
        let permission = json!({
            "policy": "e7b00000-0000-4000-8000-000000000002", "collection": "products",
            "action": "delete", "fields": ["*"],
        });
        stack.directus.ask(Method::POST, "permissions", Some(permission)).await?;
        let told = set_up(stack, &["--starter"])?;
        assert!(told.contains("field tickets.priority: kept, differs in meta.width"), "{told}");
        assert!(told.contains("permission to delete products: all fields: kept"), "{told}");

        let told = set_up(stack, &["--starter", "--dry-run", "--restore"])?;
        assert!(told.contains("2 would be put back"), "{told}");
        let told = set_up(stack, &["--starter", "--restore"])?;
        assert!(told.contains("2 put back"), "a dry run changes nothing: {told}");
        assert!(set_up(stack, &["--starter"])?.contains("0 that differ"));

        the_account_may_do_what_it_needs_and_no_more(stack).await?;
        a_new_token_is_written_once(stack).await
    })
    .await
}

async fn the_account_may_do_what_it_needs_and_no_more(stack: &mut Stack) -> Result<()> {
    let words = json!({ "text": "Thank you, this is great!", "rating": 5, "customer": 1 });
    let feedback = stack.directus.create("feedback", words).await?;
    assert_eq!(stack.directus.enriched(&feedback["id"]).await?["sentiment"], "positive");

    let key = &feedback["id"];
    for (method, path, body) in [
        (Method::GET, "users".to_owned(), None),
        (Method::GET, "items/payments".to_owned(), None),
        (Method::POST, "items/customers".to_owned(), Some(json!({ "name": "Eve" }))),
        (Method::DELETE, format!("items/feedback/{key}"), None),
        (Method::PATCH, format!("users/{SERVICE_ACCOUNT}"), Some(json!({ "role": null }))),
    ] {
        let (status, _) = stack.directus.service_account.try_ask(method, &path, body).await?;
        assert_eq!(status, 403, "{path}");
    }
    Ok(())
}

async fn a_new_token_is_written_once(stack: &mut Stack) -> Result<()> {
    stack.sidecar.reconfigure("SIDECAR__DIRECTUS__TOKEN", "");
    let told = set_up(stack, &[])?;
    assert!(told.contains("`--new-token` makes another"), "{told}");

    let file = stack.dir().join("token").display().to_string();
    let told = set_up(stack, &["--new-token", "--token-file", &file])?;
    let token = std::fs::read_to_string(&file)?;

    assert!(told.contains(&file) && !told.contains(&token), "{told}");
    stack.sidecar.reconfigure("SIDECAR__DIRECTUS__TOKEN", token);
    assert!(set_up(stack, &[])?.contains("directus.token is the account's"));
    let (status, _) = stack.directus.service_account.try_ask(Method::GET, "users/me", None).await?;
    assert_eq!(status, 401, "the former token is worth nothing");
    Ok(())
}

#[tokio::test]
async fn what_the_licence_has_no_room_for_is_left_out_and_named() -> Result<()> {
    story(async |stack| {
        stack.sidecar.reconfigure("SIDECAR__SETUP__ADMIN_TOKEN", ADMIN_TOKEN);
        for collection in ["leaderboard", "wishlists", "products", "payments"] {
            stack.directus.ask(Method::DELETE, &format!("collections/{collection}"), None).await?;
        }
        let licence = stack.directus.ask(Method::GET, "license", None).await?;
        let there = licence["usage"]["collections"].as_u64().unwrap_or_default();
        for number in usize::try_from(there)?..COLLECTIONS_MAX - 1 {
            let collection =
                json!({ "collection": format!("own_{number}"), "schema": {}, "meta": {} });
            stack.directus.ask(Method::POST, "collections", Some(collection)).await?;
        }

        let planned = set_up(stack, &["--starter", "--dry-run"])?;
        let told = set_up(stack, &["--starter", "--profile", "licensed"])?;

        assert!(told.contains("+ collection payments: made"), "there is room for one: {told}");
        let why = "left out, the licence “Core” has room for 25 collections, and 25 are there";
        for collection in ["products", "wishlists", "leaderboard"] {
            let left_out = format!("! collection {collection}: {why}");
            assert!(told.contains(&left_out) && planned.contains(&left_out), "{told}\n{planned}");
        }
        assert!(told.contains("! layout of products: left out, there is no collection products"));
        assert!(
            told.contains("kept, differs in fields"),
            "there are no permissions for fields: {told}"
        );
        let licence = stack.directus.ask(Method::GET, "license", None).await?;
        assert_eq!(licence["usage"]["collections"], COLLECTIONS_MAX);
        assert_eq!(licence["usage"]["seats"], 1, "the account takes none");
        assert_eq!(licence["usage"]["flows"], Value::from(0), "templates are inactive");
        Ok(())
    })
    .await
}

fn set_up(stack: &Stack, arguments: &[&str]) -> Result<String> {
    let arguments: Vec<_> = ["setup"].iter().chain(arguments).copied().collect();
    stack.sidecar.command(&arguments)
}
