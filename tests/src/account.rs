//! What a story may say to Directus' API, in the name of one account.

use anyhow::{Result, ensure};
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::{Value, json};

/// An account with a static token.
#[derive(Clone)]
pub struct Account {
    url: String,
    token: &'static str,
    http: reqwest::Client,
}

impl Account {
    pub(crate) fn new(url: &str, token: &'static str) -> Self {
        Self { url: url.to_owned(), token, http: reqwest::Client::new() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Saves one item and returns it.
    pub async fn create(&self, collection: &str, item: Value) -> Result<Value> {
        self.ask(Method::POST, &format!("items/{collection}"), Some(item)).await
    }

    /// Saves several items in one request and returns them.
    pub async fn create_many(&self, collection: &str, items: Vec<Value>) -> Result<Vec<Value>> {
        let path = format!("items/{collection}?limit=-1");
        let created = self.ask(Method::POST, &path, Some(items.into())).await?;
        Ok(serde_json::from_value(created)?)
    }

    /// Changes one item and returns it.
    pub async fn update(&self, collection: &str, key: &Value, changes: Value) -> Result<Value> {
        self.ask(Method::PATCH, &item_path(collection, key), Some(changes)).await
    }

    /// Deletes one item.
    pub async fn delete(&self, collection: &str, key: &Value) -> Result<()> {
        self.ask(Method::DELETE, &item_path(collection, key), None).await.map(drop)
    }

    /// Reads one item.
    pub async fn item(&self, collection: &str, key: &Value) -> Result<Value> {
        self.ask(Method::GET, &item_path(collection, key), None).await
    }

    /// Any request that must succeed; returns the answer's `data`.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let (status, mut answer) = self.try_ask(method, path, body).await?;
        ensure!(status < 400, "Directus answered {path} with {status}: {answer}");
        Ok(answer["data"].take())
    }

    /// Any request: its status and its whole answer.
    pub async fn try_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}/{path}", self.url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        self.send(request).await
    }

    /// A GraphQL mutation: its status and its whole answer, which can hold errors despite status 200.
    pub async fn try_graphql(&self, mutation: &str) -> Result<(u16, Value)> {
        let query = format!("mutation {{ {mutation} }}");
        self.try_ask(Method::POST, "graphql", Some(json!({ "query": query }))).await
    }

    /// Uploads a file as a form does: the status and the answer.
    pub async fn try_upload(
        &self,
        path: &str,
        content_type: &str,
        content: &str,
    ) -> Result<(u16, Value)> {
        const BOUNDARY: &str = "end-of-this-part";
        let form = format!(
            "--{BOUNDARY}\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"import\"\r\n\
             content-type: {content_type}\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
        );
        let request = self.http.post(format!("{}/{path}", self.url)).body(form);
        let form_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(request.header(CONTENT_TYPE, form_type)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<(u16, Value)> {
        let answer = request.bearer_auth(self.token).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}

fn item_path(collection: &str, key: &Value) -> String {
    match key {
        Value::String(key) => format!("items/{collection}/{key}"),
        key => format!("items/{collection}/{key}"),
    }
}
