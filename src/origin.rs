//! What every generated object says of its origin: the annotations with its description and with the part of it.

use std::fmt;

use serde_json::Value as Json;

/// The annotation that names file and document: `apps/shop.yaml#shop`.
pub const SOURCE: &str = "patterns/source";

/// The annotation that names the part of the document: a [`Maker`].
pub const FROM: &str = "patterns/from";

/// The part of a description that makes an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Maker {
    /// `app`
    App,
    /// The shape, by the name of its pattern: `shape.sharded`.
    Shape(String),
    /// An entry of `use`: `use[1].cache`.
    Use {
        /// Its index.
        index: usize,
        /// Its name.
        name: String,
    },
    /// `budget`
    Budget,
    /// `configmaps`
    ConfigMaps,
    /// `extra`
    Extra,
    /// `mesh`
    Mesh,
    /// `services`
    Services,
}

/// The parts that are one key.
const KEYS: [(&str, Maker); 6] = [
    ("app", Maker::App),
    ("budget", Maker::Budget),
    ("configmaps", Maker::ConfigMaps),
    ("extra", Maker::Extra),
    ("mesh", Maker::Mesh),
    ("services", Maker::Services),
];

impl Maker {
    /// What an annotation says. A patch may have changed it, so it may say anything.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(pattern) = text.strip_prefix("shape.") {
            return Some(Self::Shape(pattern.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("use[") {
            let (index, name) = rest.split_once("].")?;
            return Some(Self::Use { index: index.parse().ok()?, name: name.to_owned() });
        }
        KEYS.into_iter().find(|(key, _)| *key == text).map(|(_, maker)| maker)
    }

    /// The part that an object says it is from.
    #[must_use]
    pub fn of(object: &Json) -> Option<Self> {
        Self::parse(annotation(object, FROM)?)
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(pattern) => write!(f, "shape.{pattern}"),
            Self::Use { index, name } => write!(f, "use[{index}].{name}"),
            other => f.write_str(KEYS.iter().find(|(_, maker)| maker == other).map_or("", |(key, _)| key)),
        }
    }
}

/// An annotation of an object.
#[must_use]
pub fn annotation<'a>(object: &'a Json, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let shape = Maker::Shape("sharded".to_owned());
        let entry = Maker::Use { index: 12, name: "cache".to_owned() };
        for (maker, text) in KEYS.into_iter().map(|(key, maker)| (maker, key)) {
            assert_eq!(maker.to_string(), text);
            assert_eq!(Maker::parse(text), Some(maker));
        }
        for (maker, text) in [(shape, "shape.sharded"), (entry, "use[12].cache")] {
            assert_eq!(maker.to_string(), text);
            assert_eq!(Maker::parse(text), Some(maker));
        }
    }

    #[test]
    fn what_a_patch_wrote_may_be_no_part() {
        for text in ["", "use[", "use[x].cache", "use[1]", "use[-1].cache", "shapes", "App"] {
            assert_eq!(Maker::parse(text), None, "{text}");
        }
    }
}
