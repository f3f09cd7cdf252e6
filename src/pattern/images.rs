//! `patterns/images.yaml`: which image fills a role.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::describe::Spanned;
use crate::yaml::{self, Source};

/// An image and what running it takes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The full reference.
    pub image: String,
    /// The numeric user to run it as: the kubelet cannot check a user that is a name.
    pub user: i64,
}

pub(super) fn parse_images(text: &str) -> BTreeMap<String, Image> {
    let source = Arc::new(Source::from_text("images.yaml", text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    let json = documents.first().map(|document| Spanned::from_node(document, document.root()).to_json());
    json.and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default()
}
