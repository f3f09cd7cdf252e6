//! What the queue asks of its source and of the API server: the program's own, and in `simulation` others.

use std::collections::BTreeMap;

use serde_json::Value;

use super::jobs::{Jobs, Known};
use super::source::{Listing, NoItem, Source};

/// What the queue asks of its source; the simulation has another than the program.
pub(super) trait Items {
    /// See [`Source::list`].
    async fn list(&self) -> Result<Listing, String>;
    /// See [`Source::item`].
    async fn item(&self, name: &str) -> Result<String, NoItem>;
}

/// What it asks of the API server.
pub(super) trait Cluster {
    /// See [`Jobs::list`].
    async fn list(&self) -> Result<BTreeMap<String, Known>, String>;
    /// See [`Jobs::create`].
    async fn create(&self, name: &str, job: Value) -> Result<String, Refusal>;
    /// See [`Jobs::keep`].
    async fn keep(&self, name: &str, config_map: Value, dry_run: bool) -> Result<bool, Refusal>;
    /// See [`Jobs::delete`].
    async fn delete(&self, name: &str, uid: &str) -> Result<(), String>;
}

/// Why the API server did not make an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It refuses this one: it is too large, or a policy or a quota is against it. Others are asked all the same.
    Object(String),
    /// It was not reached, or knows no answer now.
    Call(String),
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Object(reason) | Refusal::Call(reason) => reason,
        }
    }
}

impl Items for Source {
    async fn list(&self) -> Result<Listing, String> {
        Self::list(self).await
    }

    async fn item(&self, name: &str) -> Result<String, NoItem> {
        Self::item(self, name).await
    }
}

impl Cluster for Jobs {
    async fn list(&self) -> Result<BTreeMap<String, Known>, String> {
        Self::list(self).await
    }

    async fn create(&self, name: &str, job: Value) -> Result<String, Refusal> {
        Self::create(self, name, job).await
    }

    async fn keep(&self, name: &str, config_map: Value, dry_run: bool) -> Result<bool, Refusal> {
        Self::keep(self, name, config_map, dry_run).await
    }

    async fn delete(&self, name: &str, uid: &str) -> Result<(), String> {
        Self::delete(self, name, uid).await
    }
}
