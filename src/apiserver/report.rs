//! What validation says about a field: one method for each family of mistakes, as `field.Error` has them.
//!
//! Messages are sentences of ours that begin with the field's name; the path says where it is.

use super::field::Field;
use super::near::nearest;
use super::{Cause, Reason};
use crate::words::did_you_mean;
use crate::yaml::{NodeId, Value};

impl Field<'_> {
    /// The last name of the path, for messages.
    fn name(self) -> String {
        self.last_step()
    }

    fn underline(self) -> NodeId {
        let (node, mark) = self.nodes();
        match (node, self.value()) {
            (Some(node), Value::Str(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) | Value::Bool(_)) => node,
            _ => mark,
        }
    }

    fn report(self, reason: Reason, message: String) {
        let cause = Cause { reason, path: self.path(), node: self.underline(), message, help: None, fix: None };
        self.push(cause);
    }

    /// A value must be there. `why` may be empty.
    pub fn required(self, why: &str) {
        let name = self.name();
        let state = match self.value() {
            Value::Null if !self.is_written_empty() => "is missing".to_owned(),
            Value::Null | Value::Str("") | Value::List([]) | Value::Map([]) => "is empty".to_owned(),
            Value::Str(text) => format!("cannot be `{text}`"),
            Value::Int(number) => format!("is {number}"),
            _ => "is incomplete".to_owned(),
        };
        let comma = if why.is_empty() { "" } else { ": " };
        self.report(Reason::Required, format!("`{name}` {state}{comma}{why}"));
    }

    /// The value breaks a rule; `rule` completes the sentence "`name` …".
    pub fn invalid(self, rule: impl AsRef<str>) {
        self.report(Reason::Invalid, format!("`{}` {}", self.name(), rule.as_ref()));
    }

    /// The same; `help` is something to type.
    pub fn invalid_but(self, rule: &str, help: String) {
        let (path, node, message) = (self.path(), self.underline(), format!("`{}` {rule}", self.name()));
        self.push(Cause { reason: Reason::Invalid, path, node, message, help: Some(help), fix: None });
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

    /// The text must be there, and have a format.
    pub fn check_required(self, format: fn(&str) -> Option<&'static str>) {
        if self.is_empty() {
            self.required("");
        } else {
            self.check(format);
        }
    }

    /// The value is none of those that exist.
    pub fn not_supported(self, value: &str, supported: &[&str]) {
        let list = supported.iter().filter(|one| !one.is_empty()).map(|one| format!("`{one}`"));
        let list = list.collect::<Vec<_>>().join(", ");
        let none = if supported.len() == 1 { "not" } else { "none of" };
        let name = self.name();
        let message = match value {
            "" if !self.is_set() && !self.is_written_empty() => format!("`{name}` is missing, one of {list}"),
            "" => format!("`{name}` is empty, {none} {list}"),
            _ if list.is_empty() => format!("`{name}` is `{value}` but must be empty"),
            _ => format!("`{name}` is `{value}`, {none} {list}"),
        };
        let help = nearest(value, supported).map(did_you_mean);
        self.not_supported_but(message, help);
    }

    /// The value is none of those that are supported, as `message` says; `help` is something to type.
    pub fn not_supported_but(self, message: String, help: Option<String>) {
        let cause =
            Cause { reason: Reason::NotSupported, path: self.path(), node: self.underline(), message, help, fix: None };
        self.push(cause);
    }

    /// The value must be one of those that exist; an empty text is none of them.
    pub fn one_of(self, value: &str, supported: &[&str]) {
        if !supported.contains(&value) {
            self.not_supported(value, supported);
        }
    }

    /// The value is duplicated.
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
        let what = self.name();
        // the object itself has no name to quote
        let what = if what.contains(' ') { what } else { format!("`{what}`") };
        self.report(Reason::TooLong, format!("{what} is longer than {max} bytes"));
    }

    /// More elements than allowed.
    pub fn too_many(self, max: usize) {
        self.report(Reason::TooMany, format!("`{}` has {} elements, more than {max}", self.name(), self.len()));
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

    /// Something that admission refuses; the message is whole.
    pub fn refuse(self, message: String) {
        self.report(Reason::Forbidden, message);
    }

    /// Something that the server accepts and warns about.
    pub fn warn(self, message: impl Into<String>) {
        self.warn_as(Reason::Warning, message.into());
    }

    /// Something that the server refuses unless its flags say otherwise, which are not known.
    pub fn warn_of_flag(self, message: impl Into<String>) {
        self.warn_as(Reason::Flag, message.into());
    }

    fn warn_as(self, reason: Reason, message: String) {
        self.push(Cause { reason, path: self.path(), node: self.underline(), message, help: None, fix: None });
    }
}
