//! What validation says about a field: one method for each family of mistakes, as `field.Error` has them.
//!
//! Messages are sentences of ours that begin with the field's name; the path says where it stands.

use super::field::Field;
use super::{Cause, Reason};
use crate::yaml::{NodeId, Value};

impl Field<'_> {
    /// The last name of the path, for messages.
    fn name(self) -> String {
        let path = self.path();
        let start = path.rfind('.').map_or(0, |dot| dot + 1);
        path.get(start..).unwrap_or_default().to_owned()
    }

    fn underline(self) -> NodeId {
        let (node, mark) = self.nodes();
        match (node, self.value()) {
            (Some(node), Value::Str(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) | Value::Bool(_)) => node,
            _ => mark,
        }
    }

    fn report(self, reason: Reason, message: String) {
        let cause = Cause { reason, path: self.path(), node: self.underline(), message, help: None };
        self.push(cause);
    }

    /// A value must be there. `why` may be empty.
    pub fn required(self, why: &str) {
        let name = self.name();
        let empty = self.value() == Value::Str("") || matches!(self.value(), Value::List([]) | Value::Map([]));
        let state = if empty { "is empty" } else { "is missing" };
        let comma = if why.is_empty() { "" } else { ": " };
        self.report(Reason::Required, format!("`{name}` {state}{comma}{why}"));
    }

    /// The value breaks a rule; `rule` completes the sentence "`name` …".
    pub fn invalid(self, rule: impl AsRef<str>) {
        self.report(Reason::Invalid, format!("`{}` {}", self.name(), rule.as_ref()));
    }

    /// Judges the text with a format; an empty text is judged too.
    pub fn check(self, format: fn(&str) -> Option<&'static str>) {
        if let Some(rule) = format(self.str()) {
            self.invalid(rule);
        }
    }

    /// Judges the text with a format unless it is empty.
    pub fn check_unless_empty(self, format: fn(&str) -> Option<&'static str>) {
        if !self.is_empty() {
            self.check(format);
        }
    }

    /// The value is none of those that exist.
    pub fn not_supported(self, value: &str, supported: &[&str]) {
        let list = supported.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let one_of = if supported.len() == 1 { "only" } else { "one of" };
        let message = format!("`{}` cannot be `{value}`, {one_of} {list}", self.name());
        let nearest = supported
            .iter()
            .map(|one| (strsim::damerau_levenshtein(&one.to_lowercase(), &value.to_lowercase()), one))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        let help = nearest.map(|(_, one)| format!("did you mean `{one}`?"));
        let cause = Cause { reason: Reason::NotSupported, path: self.path(), node: self.underline(), message, help };
        self.push(cause);
    }

    /// The value must be one of those that exist; an empty text is none of them.
    pub fn one_of(self, value: &str, supported: &[&str]) {
        if !supported.contains(&value) {
            self.not_supported(value, supported);
        }
    }

    /// The value stands twice.
    pub fn duplicate(self, value: &str) {
        let message = format!("`{}` has `{value}` a second time", self.name());
        self.report(Reason::Duplicate, message);
    }

    /// The field may not be set here; `rule` completes the sentence "`name` …".
    pub fn forbidden(self, rule: impl AsRef<str>) {
        self.report(Reason::Forbidden, format!("`{}` {}", self.name(), rule.as_ref()));
    }

    /// More bytes than allowed.
    pub fn too_long(self, max: usize) {
        self.report(Reason::TooLong, format!("`{}` is longer than {max} bytes", self.name()));
    }

    /// More elements than allowed.
    pub fn too_many(self, max: usize) {
        self.report(Reason::TooMany, format!("`{}` has {} elements, {max} at most", self.name(), self.len()));
    }

    /// Nothing goes by this name; `what` completes the sentence "there is no `value` …".
    pub fn not_found(self, value: &str, what: &str) {
        self.report(Reason::NotFound, format!("there is no `{value}` {what}"));
    }

    /// A number that may not be negative.
    pub fn non_negative(self) {
        if self.int() < 0 {
            self.invalid("cannot be negative");
        }
    }

    /// A number between two bounds.
    pub fn in_range(self, low: i64, high: i64) {
        if !(low..=high).contains(&self.int()) {
            self.invalid(format!("is {}, outside {low} to {high}", self.int()));
        }
    }

    /// Something that the server accepts and warns about.
    pub fn warn(self, message: impl Into<String>) {
        let message = message.into();
        let cause = Cause { reason: Reason::Warning, path: self.path(), node: self.underline(), message, help: None };
        self.push(cause);
    }
}
