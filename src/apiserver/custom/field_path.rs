//! Paths into a schema: `fieldPath` of rules and `jsonPath` of selectable fields (`ValidFieldPath` in
//! `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`).

use super::super::field::Field;
use super::schema::is_for_a_program;

/// Where a path leads.
pub enum Leads<'a> {
    /// To this schema.
    To(Field<'a>),
    /// Into values that the schema does not describe.
    Beyond,
    /// Nowhere: the server refuses it.
    Nowhere,
}

/// Follows `.spec.name`, and `.spec['name']` where brackets are allowed.
pub fn follow<'a>(schema: Field<'a>, path: &str, brackets: bool) -> Leads<'a> {
    let (mut schema, mut rest) = (schema, path);
    while !rest.is_empty() {
        let Some((name, after)) = step(rest, brackets) else { return Leads::Nowhere };
        rest = after;
        // an escape that only Go's own reader of texts knows
        if name.contains(['\\', '"']) || is_for_a_program(schema) {
            return Leads::Beyond;
        }
        let (properties, others) = (schema.child("properties"), schema.child("additionalProperties"));
        if !properties.is_empty() {
            match properties.lookup(&name) {
                Some(property) => schema = property,
                None => return Leads::Nowhere,
            }
        } else if others.is_map() {
            schema = others;
        } else if others.is_true() {
            return Leads::Beyond;
        } else {
            return Leads::Nowhere;
        }
    }
    if is_for_a_program(schema) { Leads::Beyond } else { Leads::To(schema) }
}

/// The name in the first step, and what follows it.
fn step(path: &str, brackets: bool) -> Option<(String, &str)> {
    if let Some(inner) = path.strip_prefix('.') {
        let end = inner.find(['.', '[', ']']).unwrap_or(inner.len()).max(usize::from(!inner.is_empty()));
        let name = inner.get(..end).filter(|name| !name.is_empty() && !name.starts_with('\''))?;
        return Some((name.to_owned(), &inner[end..]));
    }
    let inner = path.strip_prefix("['").filter(|_| brackets)?;
    let quote = inner.match_indices('\'').map(|(at, _)| at).find(|at| !inner[..*at].ends_with('\\'))?;
    let rest = inner[quote + 1..].strip_prefix(']')?;
    Some((inner[..quote].replace("\\'", "'"), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        let read = |path| step(path, true).map(|(name, rest)| (name, rest.to_owned()));
        let some = |name: &str, rest: &str| Some((name.to_owned(), rest.to_owned()));
        assert_eq!(read(".a.b"), some("a", ".b"));
        assert_eq!(read(".a['b']"), some("a", "['b']"));
        assert_eq!(read("['a.b'].c"), some("a.b", ".c"));
        assert_eq!(read(r"['it\'s']"), some("it's", ""));
        assert_eq!(read(".."), some(".", ""));
        for wrong in ["a", ".", "[0]", "['a'", "['a", "[a]", "['a'x]"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert!(step("['a']", false).is_none());
    }
}
