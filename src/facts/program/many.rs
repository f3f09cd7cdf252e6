//! One text or several, as descriptions of programs have them.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer};

/// One text or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Many(pub Vec<String>);

impl<'de> Deserialize<'de> for Many {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> de::Visitor<'de> for Texts {
            type Value = Many;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Many, E> {
                Ok(Many(vec![text.to_owned()]))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Many, E> {
                Ok(Many(vec![value.to_string()]))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Many, E> {
                Ok(Many(vec![number.to_string()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Many, A::Error> {
                let mut all = Vec::new();
                while let Some(Many(item)) = items.next_element()? {
                    all.extend(item);
                }
                Ok(Many(all))
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

impl Many {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
