//! The texts that an editor has open, as it edits them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::positions::{Encoding, Near};
use super::uris;
use crate::files;
use crate::kube::{File, Workspace};
use crate::limits;
use crate::yaml::Source;

/// A text that is open.
#[derive(Debug)]
pub struct Buffer {
    /// What the client calls it.
    pub uri: Uri,
    /// Its number, which the client counts up.
    pub version: i32,
    /// The text, as the client has it.
    pub text: String,
    /// The file that it is of, without links and dots; none for a text that was never saved.
    pub path: Option<PathBuf>,
    /// The text by itself, where it belongs to no open folder.
    pub apart: Option<Workspace>,
}

/// All open texts, by URI.
#[derive(Debug, Default)]
pub struct Buffers(BTreeMap<String, Buffer>);

impl Buffers {
    /// Takes a text that was opened.
    pub fn open(&mut self, document: TextDocumentItem) -> &mut Buffer {
        let path = uris::path(&document.uri).map(|path| files::identity(&path));
        let TextDocumentItem { uri, version, text, .. } = document;
        let key = uri.as_str().to_owned();
        let buffer = Buffer { uri, version, text, path, apart: None };
        buffer.hold();
        match self.0.entry(key) {
            Entry::Vacant(place) => place.insert(buffer),
            Entry::Occupied(mut place) => {
                place.insert(buffer);
                place.into_mut()
            }
        }
    }

    /// Drops a text that was closed: its file counts again.
    pub fn close(&mut self, uri: &Uri) -> Option<Buffer> {
        let buffer = self.0.remove(uri.as_str())?;
        if let Some(path) = &buffer.path {
            files::release(path);
        }
        Some(buffer)
    }

    /// A text that is open.
    #[must_use]
    pub fn get(&self, uri: &Uri) -> Option<&Buffer> {
        self.0.get(uri.as_str())
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, uri: &Uri) -> Option<&mut Buffer> {
        self.0.get_mut(uri.as_str())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Buffer> {
        self.0.values()
    }

    /// The text of a file, if it is open.
    #[must_use]
    pub fn of_file(&self, path: &Path) -> Option<&Buffer> {
        self.iter().find(|buffer| buffer.path.as_deref() == Some(path))
    }
}

impl Buffer {
    /// Edits the text: each change is of the text that those before it have left. What lies outside of the text is
    /// taken to its end, as the protocol says of lines.
    pub fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        self.version = version;
        let mut near = Near::default();
        for change in changes {
            match change.range {
                Some(range) => {
                    let bytes = encoding.bytes(&self.text, range, &mut near);
                    if self.text.len() - bytes.len() + change.text.len() <= limits::INPUT.count() {
                        self.text.replace_range(bytes, &change.text);
                        near.edited(&self.text);
                    }
                }
                None => {
                    self.text = change.text;
                    near = Near::default();
                }
            }
        }
        self.hold();
    }

    /// Reads the text by itself.
    pub fn read_apart(&mut self) {
        if self.text.len() > limits::INPUT.count() {
            self.apart = Some(Workspace::default());
            return;
        }
        let name = self.path.as_ref().map_or_else(|| "<stdin>".to_owned(), |path| path.display().to_string());
        let file = Source::decode(name, self.text.clone().into_bytes()).map(|source| {
            let file = File::apart(&Arc::new(source), self.path.clone());
            Workspace::of(if file.is_template() { Vec::new() } else { vec![file] })
        });
        self.apart = file.ok();
    }

    fn hold(&self) {
        if let Some(path) = &self.path {
            files::hold(path.clone(), self.text.clone().into_bytes());
        }
    }
}
