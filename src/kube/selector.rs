//! Selectors of labels, in the two forms in which objects write them.

use crate::kube::types::{LabelSelector, LabelSelectorRequirement, Labels};
use crate::text::Text;

/// What an object selects others by.
#[derive(Clone, Copy, Debug)]
pub struct Selector<'object> {
    equal: Option<&'object Labels>,
    expressions: &'object [LabelSelectorRequirement],
}

impl<'object> Selector<'object> {
    /// A map of labels, as a Service has it.
    #[must_use]
    pub fn map(labels: &'object Labels) -> Self {
        Self { equal: Some(labels), expressions: &[] }
    }

    /// `matchLabels` and `matchExpressions`.
    #[must_use]
    pub fn of(selector: &'object LabelSelector) -> Self {
        Self {
            equal: selector.match_labels.as_ref(),
            expressions: selector.match_expressions.as_deref().unwrap_or_default(),
        }
    }

    /// Adds bytes that are the same for selectors that are written alike, and for no others.
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        let text = |text: &str, out: &mut Vec<u8>| {
            out.extend_from_slice(&text.len().to_ne_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        out.extend_from_slice(&self.equal.map_or(0, Labels::len).to_ne_bytes());
        for (key, value) in self.equal() {
            text(key, out);
            text(value, out);
        }
        for expression in self.expressions {
            text(&expression.key, out);
            text(&expression.operator, out);
            out.extend_from_slice(&expression.values.as_ref().map_or(0, |values| values.len()).to_ne_bytes());
            expression.values.iter().flatten().for_each(|value| text(value, out));
        }
    }

    /// Bytes that are the same for selectors that are written alike, and for no others.
    #[must_use]
    pub fn printed(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.print(&mut bytes);
        bytes
    }

    /// Whether it asks for nothing. Some objects then select everything, others nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.equal.is_none_or(Labels::is_empty) && self.expressions.is_empty()
    }

    /// The labels that must be there with these values.
    pub fn equal(&self) -> impl Iterator<Item = (&'object str, &'object str)> + use<'object> {
        self.equal.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The labels that must be there with one of some values; without values with any.
    pub fn wanted(&self) -> impl Iterator<Item = (&'object str, &'object [Text])> + use<'object> {
        self.expressions.iter().filter_map(|expression| match expression.operator.as_str() {
            "In" => Some((expression.key.as_str(), expression.values.as_deref().filter(|values| !values.is_empty())?)),
            "Exists" => Some((expression.key.as_str(), &[][..])),
            _ => None,
        })
    }

    /// The keys that it looks at.
    pub fn keys(&self) -> impl Iterator<Item = &'object str> + use<'object> {
        self.equal().map(|(key, _)| key).chain(self.expressions.iter().map(|expression| expression.key.as_str()))
    }

    /// The only value that an expression lets a key have: `key In [value]`.
    #[must_use]
    pub fn only_value(&self, key: &str) -> Option<&'object str> {
        let mut all = self.expressions.iter().filter(|expression| expression.key == key && expression.operator == "In");
        match all.next()?.values.as_deref()? {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The requirements that these labels do not meet: the key, and the values of which one is wanted (none where any
    /// value will do, or where the label must not be there).
    pub fn unmet<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = (&'object str, Vec<&'object str>)> + 'a {
        let equal = self.equal().filter(|(key, value)| labels.get(key).map(Text::as_str) != Some(*value));
        let expressions = self.expressions.iter().filter(|expression| !meets(expression, labels.get(&expression.key)));
        let wanted = |expression: &'object LabelSelectorRequirement| {
            let values = expression.values.iter().flatten().filter(|_| expression.operator == "In");
            (expression.key.as_str(), values.map(Text::as_str).collect())
        };
        equal.map(|(key, value)| (key, vec![value])).chain(expressions.map(wanted))
    }

    /// Whether these labels are selected (`LabelSelectorAsSelector` in `k8s.io/apimachinery`).
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let is_equal = self.equal().all(|(key, value)| labels.get(key).is_some_and(|label| label == value));
        is_equal && self.expressions.iter().all(|expression| meets(expression, labels.get(&expression.key)))
    }
}

fn meets(expression: &LabelSelectorRequirement, label: Option<&Text>) -> bool {
    let among = || label.is_some_and(|label| expression.values.iter().flatten().any(|value| value == label));
    match expression.operator.as_str() {
        "In" => among(),
        "NotIn" => !among(),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(key: &str, operator: &str, values: &[&str]) -> LabelSelectorRequirement {
        let values = Some(values.iter().map(|value| Text::from(*value)).collect());
        LabelSelectorRequirement { key: key.into(), operator: operator.into(), values }
    }

    #[test]
    fn only_selectors_that_are_written_alike_have_one_print() {
        let map =
            |labels: &[(&str, &str)]| labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let print = |selector: Selector<'_>| selector.printed();
        let all: [Labels; 4] = [map(&[("a", "bc")]), map(&[("ab", "c")]), map(&[("a", "b"), ("c", "")]), map(&[])];
        for (at, one) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                assert_eq!(print(Selector::map(one)) == print(Selector::map(other)), at == other_at);
            }
        }
        let of = |requirement| LabelSelector { match_expressions: Some(Box::new([requirement])), match_labels: None };
        let [exists, absent] = ["Exists", "DoesNotExist"].map(|operator| of(requirement("app", operator, &[])));
        assert_ne!(print(Selector::of(&exists)), print(Selector::of(&absent)));
    }

    #[test]
    fn expressions() {
        let labels = Labels::from([("app".into(), "shop".into())]);
        let matches = |expression: LabelSelectorRequirement| {
            let selector = LabelSelector { match_expressions: Some(Box::new([expression])), match_labels: None };
            Selector::of(&selector).matches(&labels)
        };
        assert!(matches(requirement("app", "In", &["shop", "cache"])));
        assert!(!matches(requirement("app", "NotIn", &["shop"])));
        assert!(matches(requirement("tier", "NotIn", &["shop"])), "an absent label is not in a list");
        assert!(matches(requirement("app", "Exists", &[])));
        assert!(matches(requirement("tier", "DoesNotExist", &[])));
        assert!(!matches(requirement("app", "Near", &["shop"])));
    }
}
