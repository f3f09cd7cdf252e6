//! What folders have that says where kustomizations and settings are, by what a search has just seen in them.

use std::ffi::OsString;
use std::path::Path;

use super::search::Content;
use crate::kube::hash::FastMap;

/// `RecognizedKustomizationFileNames` in `sigs.k8s.io/kustomize/api/konfig`.
pub(super) const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What is in the root of a repository.
pub(crate) const REPOSITORY: &str = ".git";

/// The settings of a project, and what they are not called.
pub(crate) const SETTINGS: &str = ".patterns.yaml";
pub(crate) const NO_SETTINGS: &str = ".patterns.yml";

/// What is asked for in every folder.
const ASKED: [&str; 6] = [REPOSITORY, KUSTOMIZATIONS[0], KUSTOMIZATIONS[1], KUSTOMIZATIONS[2], SETTINGS, NO_SETTINGS];

/// Which of these names the folders have that were searched.
#[derive(Debug, Default)]
pub struct Listed(FastMap<OsString, [bool; ASKED.len()]>);

impl Listed {
    /// Notes what is in a folder.
    pub(super) fn add(&mut self, content: &Content) {
        // elsewhere a file may have other names than the one in the list
        if cfg!(target_os = "linux") {
            self.0.insert(content.real().as_os_str().to_owned(), ASKED.map(|name| content.has(name)));
        }
    }

    /// Whether a folder may have what is called so; it may where nothing is known.
    #[must_use]
    pub fn may_have(&self, folder: &Path, name: &str) -> bool {
        let known = self.0.get(folder.as_os_str());
        known.is_none_or(|known| ASKED.iter().zip(known).any(|(asked, has)| *asked == name && *has))
    }
}
