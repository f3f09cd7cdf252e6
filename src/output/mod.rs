//! Folders of generated files: what is in them already, what a run changes, and changing it.
//!
//! A run first says what each folder is to hold ([`Folder`]), then compares that with what is there ([`Changes`]), and
//! only then writes, all or nothing. It changes no file that it did not write.

mod changes;
mod kustomization;
mod owner;
mod resolve;
mod write;

pub use changes::{Changes, changes};
pub use kustomization::kustomization;
pub use owner::Owner;
pub use resolve::{left_by, resolve};
pub use write::write;

use std::path::PathBuf;

/// One folder, and the files that a run puts there.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Names and texts.
    pub files: Vec<(String, String)>,
}
