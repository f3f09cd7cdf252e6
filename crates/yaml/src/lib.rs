#![doc = include_str!("../README.md")]

mod build;
mod characters;
mod conflict;
pub mod edit;
pub mod emit;
mod json;
mod key;
mod late;
pub mod limits;
mod octal;
mod old_booleans;
mod parse;
mod position;
mod read;
mod refusal;
mod scalar;
mod scan;
mod seldom;
mod source;
mod split;
mod stored;
mod tree;
#[doc(hidden)]
pub mod work;

pub use key::{Key, Keys, PLACES};
pub use old_booleans::old_booleans_to_texts;
pub use position::Position;
pub use read::{as_kubectl, read, read_exactly};
pub use refusal::{Part, Refusal};
pub use scalar::{Resolved, resolve_plain};
pub use seldom::Seldom;
pub use source::{Source, Span, TooLarge};
pub use tree::{Comment, Document, Duplicate, Entry, NodeId, Style, Value};
