//! `patterns explain <rule>`: the rule's page.

use crate::rules::Rule;

/// The page as it is beside the rule.
pub fn page(rule: &'static Rule) -> &'static str {
    rule.page()
}
