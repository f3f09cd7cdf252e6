//! What a schema says of one value: its bounds, its format, the values that are allowed, and elements that are there once.

use std::collections::HashMap;

use super::{Judge, as_number, counted, last};
use crate::apiserver::custom::formats;
use crate::apiserver::{Cause, Reason};
use crate::kube::versions::Change;
use crate::words::clip;
use crate::yaml::{NodeId, Value};

/// How many values of an `enum` a message lists.
const LISTED: usize = 20;

impl Judge<'_> {
    /// `validateListSetsAndMapsArray`: elements of a set, and keys of a map, are there once.
    pub(super) fn list_type(&mut self, schema: NodeId, items: &[NodeId], path: &str) {
        let definition = self.schema;
        let list_type = self.keyword(schema, "x-kubernetes-list-type").and_then(|node| definition.str(node));
        let keys: Vec<&str> = match list_type {
            Some("set") => Vec::new(),
            Some("map") => {
                let keys = self.keyword(schema, "x-kubernetes-list-map-keys");
                keys.map_or(&[][..], |node| definition.items(node))
                    .iter()
                    .filter_map(|key| definition.str(*key))
                    .collect()
            }
            _ => return,
        };
        let of_items = self.keyword(schema, "items");
        let default =
            |key: &str| self.keyword(self.property(of_items?, key)?, "default").map(|node| definition.to_json(node));
        let identity = |item: NodeId| match list_type {
            Some("set") => self.document.to_json(item),
            _ => {
                let of_key = |key: &&str| {
                    let own = self.document.get(item, key).filter(|value| self.document.value(*value) != Value::Null);
                    own.map(|value| self.document.to_json(value)).or_else(|| default(key)).unwrap_or_default()
                };
                keys.iter().map(of_key).collect::<Vec<_>>().join(",")
            }
        };
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if list_type == Some("map") && !matches!(self.document.value(*item), Value::Map(_)) {
                continue;
            }
            let count = counts.entry(identity(*item)).or_default();
            *count += 1;
            if *count == 2 {
                found.push((index, *item));
            }
        }
        for (index, item) in found {
            let mark = self.document.entries(item).first().map_or(item, |entry| entry.key);
            let what =
                if keys.is_empty() { "element".to_owned() } else { format!("element of this {}", keys.join(" and ")) };
            let message = format!("`{}` has an {what} before", last(path));
            self.say(Reason::Duplicate, &format!("{path}[{index}]"), mark, message);
        }
    }

    pub(super) fn text(&mut self, schema: NodeId, text: &str, node: NodeId, path: &str) {
        let length = text.chars().count();
        let characters = || counted(length, "character", "characters");
        if let Some(most) = self.count(schema, "maxLength").filter(|most| length > *most) {
            let message = format!("`{}` has {}, but its schema allows {most}", last(path), characters());
            self.say(Reason::TooLong, path, node, message);
        }
        if let Some(least) = self.count(schema, "minLength").filter(|least| length < *least) {
            let message = format!("`{}` has {}, but its schema requires {least}", last(path), characters());
            self.say(Reason::Invalid, path, node, message);
        }
        let format = self.keyword(schema, "format").and_then(|format| self.schema.str(format));
        if let Some(format) = format.filter(|format| formats::breaks(format, text, self.target.0)) {
            self.say(Reason::Invalid, path, node, format!("`{}` is not of the format {format}", last(path)));
        }
        let regex = self.keyword(schema, "pattern").and_then(|pattern| self.prepared.pattern(self.schema, pattern));
        if let Some(regex) = regex.filter(|regex| !regex.is_match(text)) {
            let message = format!("`{}` does not match {}", last(path), regex.as_str());
            self.say(Reason::Invalid, path, node, message);
        }
    }

    pub(super) fn bounds(&mut self, schema: NodeId, node_value: Value, node: NodeId, path: &str) {
        let Some(value) = as_number(node_value) else { return };
        let format = self.keyword(schema, "format").and_then(|format| self.schema.str(format));
        let format = format.filter(|_| self.target.has(Change::NumberFormats));
        // a bound that its own format cannot hold is an error of every value
        let is_wide = |name: &str| self.number(schema, name).is_some_and(|bound| bound.abs() > f64::from(i32::MAX));
        if format == Some("int32") && (is_wide("minimum") || is_wide("maximum")) {
            let message = format!(
                "the schema of `{}` contradicts itself: it has the format int32, and a bound that does not fit into 32 bits",
                last(path)
            );
            let help = Some("in the definition, write `format: int64`, or update it; no value is accepted".to_owned());
            self.errors.push(Cause { reason: Reason::Invalid, path: path.to_owned(), node, message, help, fix: None });
        }
        if format == Some("int32") && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
            self.say(Reason::Invalid, path, node, format!("`{}` does not fit into 32 bits", last(path)));
        }
        let below = self
            .number(schema, "minimum")
            .is_some_and(|least| value < least || self.is_true(schema, "exclusiveMinimum") && value <= least);
        let above = self
            .number(schema, "maximum")
            .is_some_and(|most| value > most || self.is_true(schema, "exclusiveMaximum") && value >= most);
        if below || above {
            let what = if below { "below what its schema requires" } else { "above what its schema allows" };
            self.say(Reason::Invalid, path, node, format!("`{}` is {what}", last(path)));
        }
        // The server cuts a step to a whole number where the value is one, and takes none below 1 then.
        let is_multiple = |step: f64| match node_value {
            Value::Int(_) => step >= 1.0 && value % step.trunc() == 0.0,
            _ => (value / step).fract() == 0.0,
        };
        if let Some(step) = self.number(schema, "multipleOf").filter(|step| *step > 0.0 && !is_multiple(*step)) {
            self.say(Reason::Invalid, path, node, format!("`{}` is not a multiple of {step}", last(path)));
        }
    }

    /// The values that are allowed. Of many some are listed: each finding repeats them.
    pub(super) fn enumeration(&mut self, schema: NodeId, node: NodeId, path: &str) {
        let definition = self.schema;
        let values = self.keyword(schema, "enum").filter(|values| !definition.items(*values).is_empty());
        let Some(values) = values else { return };
        let written = self.document.to_json(node);
        let is_null = self.document.value(node) == Value::Null;
        if !is_null && !self.prepared.enumerates(definition, values, &written) {
            let allowed = definition.items(values);
            let more = allowed.len().saturating_sub(LISTED);
            let listed: Vec<String> = allowed.iter().take(LISTED).map(|value| definition.to_json(*value)).collect();
            let listed = listed.join(", ");
            let listed = if more == 0 { listed } else { format!("{listed} or {more} others") };
            let message = format!("`{}` cannot be {}, one of {listed}", last(path), clip(&written));
            self.say(Reason::NotSupported, path, node, message);
        }
    }
}
