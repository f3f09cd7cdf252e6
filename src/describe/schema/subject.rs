//! What a schema is about.

use super::super::spanned::Place;

/// What a schema is about, for messages.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// As it reads in a sentence: "`https`", "a description".
    pub name: &'a str,
    /// What its members are called: "parameter", "key".
    pub member: &'a str,
    /// Where to read more: "patterns explain https".
    pub help: Option<&'a str>,
    /// Where to point when something is missing.
    pub place: &'a Place,
}
