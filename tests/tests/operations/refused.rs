//! Operations on several items of which a later one fails: Directus rolls back, and nothing is announced.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    change::{NOTHING, created},
    matrix::Matrix,
};

/// What Directus writes to its log about some of them.
pub(crate) const COMPLAINTS: [&str; 3] =
    ["has to be unique", "FOREIGN KEY constraint failed", "violates foreign key constraint"];

pub(crate) async fn tell(matrix: &mut Matrix<'_>) -> Result<()> {
    matrix
        .case("a book whose number is taken", async |directus| {
            let taken = json!([{ "title": "First", "isbn": "taken" }, { "title": "Second" }]);
            let Value::Array(taken) = taken else { unreachable!("it is an array") };
            let books = directus.create_many("books", taken).await?;
            Ok([0, 1].map(|n| created("books", &books[n]["id"])))
        })
        .await?;
    requests(matrix).await?;
    mutations(matrix).await?;
    imports(matrix).await
}

async fn requests(matrix: &mut Matrix<'_>) -> Result<()> {
    let books = "items/books";
    let free_then_taken = json!([{ "isbn": "free" }, { "isbn": "taken" }]);
    let untitled = json!({ "filter": { "isbn": { "_null": true } } });
    for (name, method, path, body) in [
        ("POST of an array", Method::POST, books, free_then_taken.clone()),
        (
            "PATCH of several keys",
            Method::PATCH,
            books,
            json!({ "keys": [1, 2, 3], "data": { "isbn": "same" } }),
        ),
        (
            "PATCH of a query",
            Method::PATCH,
            books,
            json!({ "query": untitled, "data": { "isbn": "same" } }),
        ),
        (
            "PATCH of an array",
            Method::PATCH,
            books,
            json!([{ "id": 1, "isbn": "free" }, { "id": 2, "isbn": "taken" }]),
        ),
        (
            "POST of a parent",
            Method::POST,
            "items/authors",
            json!({ "name": "Dan", "books": free_then_taken }),
        ),
        (
            "PATCH of a parent",
            Method::PATCH,
            "items/authors/3",
            json!({ "name": "Eve", "books": free_then_taken }),
        ),
        (
            "POST of a child",
            Method::POST,
            books,
            json!({ "isbn": "taken", "author": { "name": "Finn" } }),
        ),
    ] {
        matrix
            .case(&format!("{name} that fails"), async |directus| {
                let (status, answer) = directus.try_ask(method, path, Some(body)).await?;
                ensure!(status == 400, "answered {status}: {answer}");
                Ok(NOTHING)
            })
            .await?;
    }
    matrix
        .case("DELETE of several that fails", async |directus| {
            // The second one still has books.
            let lonely = directus.create("authors", json!({ "name": "Gus" })).await?["id"].take();
            let (status, answer) = {
                let owner = "items/books?filter[author][_nnull]=true&limit=1";
                let book = directus.ask(Method::GET, owner, None).await?;
                let both = json!([lonely, book[0]["author"]]);
                directus.try_ask(Method::DELETE, "items/authors", Some(both)).await?
            };
            ensure!(status >= 400, "answered {status}: {answer}");
            Ok([created("authors", &lonely)])
        })
        .await
}

async fn mutations(matrix: &mut Matrix<'_>) -> Result<()> {
    for (name, mutation) in [
        (
            "create of several",
            r#"create_books_items(data: [{ isbn: "free" }, { isbn: "taken" }]) { id }"#,
        ),
        ("update of several", r#"update_books_items(ids: [1, 2], data: { isbn: "same" }) { id }"#),
        (
            "update of a batch",
            r#"update_books_batch(data: [{ id: 1, isbn: "free" }, { id: 2, isbn: "taken" }]) { id }"#,
        ),
    ] {
        matrix
            .case(&format!("GraphQL {name} that fails"), async |directus| {
                let (_, answer) = directus.try_graphql(mutation).await?;
                ensure!(answer["errors"].is_array(), "answered {answer}");
                Ok(NOTHING)
            })
            .await?;
    }
    Ok(())
}

async fn imports(matrix: &mut Matrix<'_>) -> Result<()> {
    for (content_type, content) in [
        ("application/json", r#"[{ "isbn": "free" }, { "isbn": "taken" }]"#),
        ("text/csv", "isbn,title\nfree,A\ntaken,B\n"),
    ] {
        matrix
            .case(&format!("import of {content_type} that fails"), async |directus| {
                let path = "utils/import/books";
                let (status, answer) = directus.try_upload(path, content_type, content).await?;
                ensure!(status == 400, "answered {status}: {answer}");
                Ok(NOTHING)
            })
            .await?;
    }
    matrix
        .case("import of several collections that fails", async |directus| {
            let batch = json!([
                { "collection": "products", "items": [{ "sku": "never-1" }] },
                { "collection": "books", "items": [{ "isbn": "taken" }] },
            ]);
            let (status, answer) =
                directus.try_ask(Method::POST, "utils/import?mode=merge", Some(batch)).await?;
            ensure!(status == 400, "answered {status}: {answer}");
            Ok(NOTHING)
        })
        .await
}
