//! Folders of generated files: their current contents, the changes of a run, and writing them.
//!
//! A run first determines what each folder should contain ([`Folder`]), then compares that with its current contents
//! ([`Changes`]), and only then writes, all or nothing. It never changes a file that it did not write.

mod changes;
mod kustomization;
mod owner;
mod resolve;
mod write;

pub use changes::{Changes, changes};
pub use kustomization::kustomization;
pub use owner::Owner;
pub use resolve::{left_by, resolve};
pub use write::{left_out, moved, write};

use std::path::PathBuf;

/// One folder, and the files that a run puts there.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Names and texts.
    pub files: Vec<(String, String)>,
}
