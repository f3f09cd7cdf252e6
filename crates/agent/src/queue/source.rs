//! The source container: `GET /items` and `GET /items/<name>`, the work-queue interface of "Designing Distributed
//! Systems" (`{"kind": "ItemList", "items": [...]}`, `{"kind": "Item", "data": {...}}`).

use std::time::Duration;

use hyper::{StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::super::Failure;
use super::super::http::{Answer, Http, NoAnswer, address};

const TIME: Duration = Duration::from_secs(30);

/// Names of a hundred thousand items.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// A ConfigMap holds 1 MiB, its metadata included.
const MAX_ITEM: usize = 900 * 1024;

/// A name has to fit into an annotation many times over.
const MAX_NAME: usize = 1024;

/// The source of items.
pub struct Source {
    http: Http,
    base: String,
}

/// The source's list.
#[derive(Debug, Default)]
pub struct Listing {
    /// Names, in the source's order, each once.
    pub names: Vec<String>,
    /// What is not a name.
    pub malformed: Vec<String>,
}

/// Why there is no item.
#[derive(Debug)]
pub enum NoItem {
    /// The source does not have it (any more).
    Gone,
    /// It can never become a work item file as it is.
    Malformed(String),
    /// The source does not answer as it should.
    Lost(String),
}

impl Source {
    /// A source at `url`, with its paths under `path`.
    ///
    /// # Errors
    /// No URL.
    pub fn new(url: &str, path: &str) -> Result<Self, Failure> {
        let base = format!("{}/{}", url.trim_end_matches('/'), path.trim_matches('/'));
        let base = base.trim_end_matches('/').to_owned();
        address("--source", &base)?;
        Ok(Self { http: Http::new(Duration::from_secs(5), MAX_LIST), base })
    }

    /// All items that there are.
    ///
    /// # Errors
    /// Why the source is lost.
    pub async fn list(&self) -> Result<Listing, String> {
        let answer = self.get("/items", MAX_LIST).await.map_err(|error| format!("{}/items: {error}", self.base))?;
        if answer.status != StatusCode::OK {
            return Err(format!("{}/items answers {}", self.base, answer.status));
        }
        listing(&answer.body).map_err(|error| format!("{}/items {error}", self.base))
    }

    /// The content of an item's file: its `data`, as JSON.
    ///
    /// # Errors
    /// See [`NoItem`].
    pub async fn item(&self, name: &str) -> Result<String, NoItem> {
        let path = format!("/items/{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        let answer = self.get(&path, MAX_ITEM).await.map_err(|error| {
            let reason = format!("{}{path}: {error}", self.base);
            // It will be as large the next time.
            if matches!(error, NoAnswer::TooLarge(_)) { NoItem::Malformed(reason) } else { NoItem::Lost(reason) }
        })?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Err(NoItem::Gone),
            status => return Err(NoItem::Lost(format!("{}{path} answers {status}", self.base))),
        }
        let item: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| NoItem::Malformed(format!("{}{path} is not JSON: {error}", self.base)))?;
        match item.get("data") {
            // Written again, a number such as 1e15 is longer.
            Some(data) => Some(data.to_string()).filter(|data| data.len() <= MAX_ITEM).ok_or_else(|| {
                NoItem::Malformed(format!("{}{path}: \"data\" is larger than {MAX_ITEM} bytes", self.base))
            }),
            None => Err(NoItem::Malformed(format!("{}{path} has no \"data\"", self.base))),
        }
    }

    async fn get(&self, path: &str, limit: usize) -> Result<Answer, NoAnswer> {
        let uri: Uri =
            format!("{}{path}", self.base).parse().map_err(|error| NoAnswer::Broken(format!("no URL: {error}")))?;
        self.http.get(uri, limit, TIME).await
    }
}

/// Reads a source's list.
///
/// # Errors
/// What it is instead of one.
pub fn listing(body: &[u8]) -> Result<Listing, String> {
    let list: Value = serde_json::from_slice(body).map_err(|error| format!("is not JSON: {error}"))?;
    let items = list["items"].as_array().ok_or("has no list \"items\"")?;
    let mut listing = Listing::default();
    let mut seen = std::collections::HashSet::new();
    for item in items {
        match item.as_str() {
            Some(name) if !name.is_empty() && name.len() <= MAX_NAME => {
                if seen.insert(name) {
                    listing.names.push(name.to_owned());
                }
            }
            _ => listing.malformed.push(item.to_string().chars().take(100).collect()),
        }
    }
    Ok(listing)
}
