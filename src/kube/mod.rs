//! Kubernetes objects: from a document's tree to identity, type and Pod.

pub mod api_resources;
mod bytes;
mod candidates;
mod changes;
pub(crate) mod decode;
mod definition_fields;
mod definitions;
pub mod documented;
mod expansion;
mod groups;
mod hash;
pub mod image;
mod index;
mod memo;
mod mentions;
mod nearby;
mod object;
mod path;
mod places;
pub mod selection;
mod selector;
mod templates;
mod threads;
mod typed;
pub mod types;
mod unit;
mod unseen;
pub mod versions;
mod workspace;

/// The folder where programs look for the token of their Pod's account (client-go: rest/config.go, `InClusterConfig`).
pub const TOKEN_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

pub use bytes::base64;
pub use changes::Changes;
pub use decode::{Decoded, Home, Problem, ProblemKind, Versioned, former_field, home_of_field, home_of_fields};
pub use definitions::{Definition, Definitions, Served};
pub use expansion::references;
pub use hash::{FastMap, FastSet};
pub use index::{FolderScope, Index};
pub use memo::Memo;
pub use mentions::Mentions;
pub use object::{ContainerList, ContainerView, Object, PodView};
pub use path::{Path, Segment, pointer_keys};
pub use selector::Selector;
pub use templates::Life;
pub(crate) use threads::WORTH_THREADS;
pub use typed::{KINDS, Typed, decode_kind, is_known};
pub use unit::{Neighbours, Reach, Unit, in_one_namespace, same_unit, units};
pub use unseen::UNSEEN;
pub use workspace::{
    BadGlob, Failure, File, Globs, Identity, Incomplete, Input, Inputs, LEFT_OUT, Listed, Origin, OriginFile,
    OriginPlace, RefusedSecrets, Rendered, Workspace, names_a_secret, on_deep_stacks, refused, tracked_files, trimmed,
};
pub(crate) use workspace::{NO_SETTINGS, REPOSITORY, SETTINGS};
