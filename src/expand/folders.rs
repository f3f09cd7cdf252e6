//! Folders that programs may have to write to.

use std::io;

use super::verify::read_back;
use crate::describe::Description;
use crate::diagnostic::{Finding, Level, Subject};
use crate::kube::versions::Targets;
use crate::lint::{self, Selection};
use crate::pattern::Made;

/// The rule that knows them.
const RULE: &str = "read-only-root-needs-volume";

/// What may not start for want of a folder that it can write to, also where a configuration may name another.
///
/// # Errors
/// An object that cannot be written, which [`super::verify::verify`] has refused.
pub fn lacking(made: &[Made], descriptions: &[Description]) -> io::Result<Vec<Finding>> {
    let Ok(selection) = Selection::new(&[RULE.to_owned()], &[], Level::Advice) else { return Ok(Vec::new()) };
    let (objects, _) = read_back(made, descriptions)?;
    let mut found = lint::objects_at(&objects, &selection, &|_| Targets::default());
    found.retain(|finding| matches!(finding.subject, Some(Subject::Folders { .. })));
    Ok(found)
}
