//! What is read of a client's `initialize`. The protocol's own type describes everything that a client can do, and reading
//! all of that would be about 3 % of the binary.

use std::path::PathBuf;

use lsp_types::{PositionEncodingKind, Uri, WorkspaceFolder};
use serde::Deserialize;

use crate::lsp::uris;

/// The parameters of `initialize`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Client {
    capabilities: Capabilities,
    workspace_folders: Option<Vec<WorkspaceFolder>>,
    root_uri: Option<Uri>,
    root_path: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities {
    general: Option<General>,
    workspace: Option<Workspace>,
    text_document: Option<TextDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct General {
    position_encodings: Option<Vec<PositionEncodingKind>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workspace {
    did_change_watched_files: Option<WatchedFiles>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WatchedFiles {
    dynamic_registration: Option<bool>,
}

#[derive(Deserialize)]
struct TextDocument {
    completion: Option<Completion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completion {
    completion_item: Option<CompletionItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletionItem {
    snippet_support: Option<bool>,
}

impl Client {
    /// The encodings of positions that it knows.
    pub(super) fn encodings(&self) -> Option<&[PositionEncodingKind]> {
        self.capabilities.general.as_ref()?.position_encodings.as_deref()
    }

    /// Whether it can be asked to say what changes on disk.
    pub(super) fn says_what_changes(&self) -> bool {
        let watched = self.capabilities.workspace.as_ref().and_then(|all| all.did_change_watched_files.as_ref());
        watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false)
    }

    /// Whether it fills in snippets.
    pub(super) fn takes_snippets(&self) -> bool {
        let texts = self.capabilities.text_document.as_ref();
        let items = texts.and_then(|texts| texts.completion.as_ref()?.completion_item.as_ref());
        items.and_then(|items| items.snippet_support).unwrap_or(false)
    }

    /// The folders that are open; clients that know one folder alone say it in older ways.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        let folders = self.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        let mut roots: Vec<PathBuf> = folders.filter_map(uris::path).collect();
        if roots.is_empty() {
            roots.extend(self.root_uri.as_ref().and_then(uris::path));
        }
        if roots.is_empty() {
            roots.extend(self.root_path.as_ref().map(PathBuf::from).filter(|path| path.is_absolute()));
        }
        roots
    }
}
