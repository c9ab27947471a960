//! One request that writes several items along their relations.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    change::{created, deleted, updated},
    matrix::Matrix,
};

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    let mut author = Value::Null;
    let mut books = Value::Null;
    matrix
        .case("a parent with its children", async |directus| {
            let ada = json!({ "name": "Ada", "books": [{ "title": "One" }, { "title": "Two" }], "awards": [{ "name": "Gold" }] });
            let path = "items/authors?fields=id,books,awards";
            let ada = directus.ask(Method::POST, path, Some(ada)).await?;
            (author, books) = (ada["id"].clone(), ada["books"].clone());
            let [one, two] = [0, 1].map(|n| created("books", &books[n]));
            Ok([created("authors", &author), one, two, created("awards", &ada["awards"][0])])
        })
        .await?;
    matrix
        .case("children created, updated and taken off the list", async |directus| {
            let list = json!({
                "create": [{ "title": "Three" }],
                "update": [{ "id": books[0], "title": "One, revised" }],
                "delete": [books[1]],
            });
            let path = format!("items/authors/{author}?fields=books");
            let ada = directus.ask(Method::PATCH, &path, Some(json!({ "books": list }))).await?;
            let third = &ada["books"][1];
            Ok([
                updated("authors", &author),
                created("books", third),
                updated("books", &books[0]),
                updated("books", &books[1]),
            ])
        })
        .await?;
    matrix
        .case("a list with old and new children, some of them left out", async |directus| {
            let path = format!("items/authors/{author}?fields=books,awards");
            let ada = directus.ask(Method::GET, &path, None).await?;
            let (third, gold) = (&ada["books"][1], &ada["awards"][0]);
            let lists = json!({
                "books": [{ "id": books[0], "title": "One" }, { "title": "Four" }],
                "awards": [{ "name": "Silver" }],
            });
            let now = directus.ask(Method::PATCH, &path, Some(lists)).await?;
            let (fourth, silver) = (&now["books"][1], &now["awards"][0]);
            Ok([
                updated("authors", &author),
                updated("books", &books[0]),
                created("books", fourth),
                updated("books", third),
                created("awards", silver),
                deleted("awards", gold),
            ])
        })
        .await?;
    tell_of_children(matrix, &author, &books[0]).await
}

/// What is done to a child, and by it to its parent.
async fn tell_of_children(matrix: &mut Matrix<'_>, author: &Value, book: &Value) -> Result<()> {
    matrix
        .case("a child with a new parent", async |directus| {
            let five = json!({ "title": "Five", "author": { "name": "Ben" } });
            let five = directus.create("books", five).await?;
            Ok([created("authors", &five["author"]), created("books", &five["id"])])
        })
        .await?;
    matrix
        .case("a child that changes its parent", async |directus| {
            let patch =
                json!({ "title": "One, again", "author": { "id": author, "name": "Ada L." } });
            directus.update("books", book, patch).await?;
            Ok([updated("authors", author), updated("books", book)])
        })
        .await?;
    matrix
        .case("a child that moves to another parent", async |directus| {
            let other = directus.create("authors", json!({ "name": "Cleo" })).await?["id"].take();
            directus.update("books", book, json!({ "author": other })).await?;
            Ok([created("authors", &other), updated("books", book)])
        })
        .await
}
