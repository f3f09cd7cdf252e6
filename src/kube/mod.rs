//! Kubernetes objects: from a document's tree to identity, type and Pod.

mod decode;
mod object;
mod path;
mod typed;
mod workspace;

pub use decode::{Problem, ProblemKind, decode};
pub use object::{ContainerList, ContainerView, Object, PodView};
pub use path::{Path, Step};
pub use typed::{KINDS, Typed, decode_kind, is_known};
pub use workspace::{Failure, File, Workspace, names_a_secret, on_deep_stacks, refused_secret};
