//! What all objects have in common.

use super::{Map, types};

types! {
    ObjectMeta {
        annotations: Option<Map<String>> = "annotations",
        labels: Option<Map<String>> = "labels",
        name: Option<String> = "name",
        namespace: Option<String> = "namespace",
    }
    ObjectReference {
        kind: Option<String> = "kind",
        name: Option<String> = "name",
        namespace: Option<String> = "namespace",
    }
    LabelSelector {
        match_expressions: Option<Vec<LabelSelectorRequirement>> = "matchExpressions",
        match_labels: Option<Map<String>> = "matchLabels",
    }
    LabelSelectorRequirement {
        key: String = "key",
        operator: String = "operator",
        values: Option<Vec<String>> = "values",
    }
}
