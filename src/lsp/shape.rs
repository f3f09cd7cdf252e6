//! What a JSON Schema allows at a place of a document.

use serde_json::Value as Json;

use super::cursor::Segment;

/// How many references and alternatives are followed from one schema to the next at most; our own schemas need four.
const MOST: usize = 24;

/// A schema, with what its references are looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    root: &'a Json,
    schema: &'a Json,
}

impl<'a> Shape<'a> {
    /// A whole schema, of which one definition may be meant.
    #[must_use]
    pub fn new(root: &'a Json, definition: Option<&str>) -> Self {
        let schema = definition.and_then(|name| root.get("definitions")?.get(name));
        Self { root, schema: schema.unwrap_or(root) }
    }

    /// What is allowed at the end of a path, as alternatives without alternatives of their own.
    #[must_use]
    pub fn at(self, path: &[Segment]) -> Vec<Shape<'a>> {
        let mut here = self.alternatives();
        for step in path {
            here = here.iter().flat_map(|shape| shape.down(step)).flat_map(Shape::alternatives).take(MOST).collect();
        }
        here
    }

    /// The schemas of a map's keys.
    pub fn properties(self) -> impl Iterator<Item = (&'a str, Shape<'a>)> {
        let properties = self.schema.get("properties").and_then(Json::as_object);
        properties.into_iter().flatten().map(move |(name, schema)| (name.as_str(), Self { schema, ..self }))
    }

    /// The schema itself.
    #[must_use]
    pub fn schema(self) -> &'a Json {
        self.schema
    }

    /// What it is for, if it or what it refers to says so.
    #[must_use]
    pub fn description(self) -> Option<&'a str> {
        let of = |shape: &Shape<'a>| shape.schema.get("description").and_then(Json::as_str);
        of(&self).or_else(|| self.referred().iter().find_map(of)).or_else(|| self.alternatives().iter().find_map(of))
    }

    fn down(self, step: &Segment) -> Vec<Shape<'a>> {
        let of = |schema: &'a Json| Self { schema, ..self };
        match step {
            Segment::Item => self.schema.get("items").map(of).into_iter().collect(),
            Segment::Key(key) => {
                let own = self.schema.get("properties").and_then(|properties| properties.get(key));
                own.or_else(|| self.schema.get("additionalProperties").filter(|rest| rest.is_object()))
                    .map(of)
                    .into_iter()
                    .collect()
            }
        }
    }

    fn referred(self) -> Option<Shape<'a>> {
        let name = self.schema.get("$ref")?.as_str()?.strip_prefix("#/definitions/")?;
        Some(Self { schema: self.root.get("definitions")?.get(name)?, ..self })
    }

    fn alternatives(self) -> Vec<Shape<'a>> {
        let (mut all, mut work) = (Vec::new(), vec![self]);
        while let Some(shape) = work.pop() {
            if all.len() + work.len() > MOST {
                break;
            }
            let forms = ["anyOf", "oneOf"].into_iter().filter_map(|key| shape.schema.get(key)?.as_array());
            let forms: Vec<&Json> = forms.flatten().collect();
            work.extend(forms.iter().rev().map(|schema| Self { schema, ..shape }));
            work.extend(shape.referred());
            if forms.is_empty() && shape.schema.get("$ref").is_none() {
                all.push(shape);
            }
        }
        all
    }
}
