//! What all objects have in common.

use super::{List, Map, types};
use crate::text::Text;

types! {
    ObjectMeta {
        annotations: Option<Map<Text>> = "annotations",
        labels: Option<Map<Text>> = "labels",
        name: Option<Text> = "name",
        namespace: Option<Text> = "namespace",
    }
    ObjectReference {
        kind: Option<Text> = "kind",
        name: Option<Text> = "name",
        namespace: Option<Text> = "namespace",
    }
    LabelSelector {
        match_expressions: Option<List<LabelSelectorRequirement>> = "matchExpressions",
        match_labels: Option<Map<Text>> = "matchLabels",
    }
    LabelSelectorRequirement {
        key: Text = "key",
        operator: Text = "operator",
        values: Option<List<Text>> = "values",
    }
}
