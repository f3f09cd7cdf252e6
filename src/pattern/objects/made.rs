//! An object that a description makes, and what in it answers for the object.

use serde_json::Value as Json;

use crate::describe::Place;

/// The objects of a document while they are made.
pub(crate) type Objects = Vec<Json>;

/// An object on its way out.
#[derive(Clone, Debug)]
pub struct Made {
    /// The object.
    pub object: Json,
    /// The part of the description that answers for it, where that is not a pattern alone.
    pub blame: Option<Place>,
    /// The document's name.
    pub origin: Place,
}
