//! Kubernetes objects: from a document's tree to identity, type and Pod.

mod bytes;
mod decode;
mod object;
mod time;
mod typed;
pub mod validation;
mod versions;

pub use bytes::base64;
pub use decode::{Problem, ProblemKind, decode};
pub use object::{ContainerList, ContainerView, Object, PodView};
pub use typed::{KINDS, Typed, decode_kind, is_known};
