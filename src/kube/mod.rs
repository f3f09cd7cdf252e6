//! Kubernetes objects: from a document's tree to identity, type and Pod.

mod decode;
mod object;
mod time;
mod typed;
pub mod validation;

pub use decode::{Problem, ProblemKind, base64, decode};
pub use object::{ContainerList, ContainerView, Object, PodView};
pub use typed::{KINDS, Typed, decode_kind, is_known};
