//! References in the text of a variable or of an argument, as the kubelet expands them.

/// The names in `$(NAME)`, each with the place of its `$` (kubernetes: `third_party/forked/golang/expansion`): `$$`
/// is a dollar, and what is not closed is text.
#[must_use]
pub fn references(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$') {
        at += dollar + 1;
        let rest = &text[at..];
        if rest.starts_with('$') {
            at += 1;
        } else if let Some(inner) = rest.strip_prefix('(') {
            let Some((name, _)) = inner.split_once(')') else { break };
            found.push((at - 1, name));
            at += name.len() + 2;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn references_are_those_that_the_kubelet_expands() {
        for (text, expected) in [
            ("", vec![]),
            ("a$", vec![]),
            ("$(A)", vec![(0, "A")]),
            ("x$(A)y$(B_C)", vec![(1, "A"), (6, "B_C")]),
            ("$$(A)", vec![]),
            ("$$$(A)", vec![(2, "A")]),
            ("$$$$(A)", vec![]),
            ("$A ${B} $(C", vec![]),
            ("$()é$(D)", vec![(0, ""), (5, "D")]),
            ("$($(A))", vec![(0, "$(A")]),
        ] {
            assert_eq!(references(text), expected, "{text}");
        }
    }
}
