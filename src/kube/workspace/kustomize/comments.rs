//! Patches that a kustomization names in comments: they are switched off, or for users who want them.

/// The files that the comments of a kustomization name as patches: as `path`, which resources do not have, or in a list
/// of strategic merge patches.
pub(super) fn patches(text: &str) -> impl Iterator<Item = &str> {
    let mut is_of_patches = false;
    text.lines().filter_map(move |line| {
        let indent = line.len() - line.trim_start().len();
        let (is_comment, line) = match line.trim_start().strip_prefix('#') {
            Some(rest) => (true, rest.trim_start_matches('#')),
            None => (false, line),
        };
        if let Some(key) = line.trim().strip_suffix(':').filter(|key| is_comment || indent == 0 && !key.contains(' ')) {
            is_of_patches = key == "patchesStrategicMerge";
            return None;
        }
        let item = line.trim_start().trim_start_matches(['-', ' ']);
        let item = item.split(" #").next().unwrap_or(item);
        let file =
            item.strip_prefix("path:").or_else(|| is_of_patches.then_some(item))?.trim().trim_matches(['"', '\'']);
        let is_file = [".yaml", ".yml", ".json"].iter().any(|end| file.ends_with(end)) && !file.contains(' ');
        (is_comment && is_file).then_some(file)
    })
}

#[cfg(test)]
mod tests {
    use super::patches;

    #[test]
    fn patches_are_told_from_resources() {
        let found = |text| patches(text).collect::<Vec<_>>();
        let text =
            "resources:\n- a.yaml\n# enable this patch\n# patches:\n# - path: ./b.yaml\n#   target: {kind: Pod}\n";
        assert_eq!(found(text), ["./b.yaml"]);
        assert_eq!(found("patches:\n#- path: patches/c.yaml\n  # - path: 'd.yml'\n"), ["patches/c.yaml", "d.yml"]);
        let commented =
            "patchesStrategicMerge:\n# - e.yaml\n#- f.yaml # off\n  # - 'm.yaml'  # so does this\n- g.yaml\n";
        assert_eq!(found(commented), ["e.yaml", "f.yaml", "m.yaml"]);
        assert_eq!(found("patches:\n# - path: n.yaml # off\n"), ["n.yaml"]);
        assert_eq!(found("#patchesStrategicMerge:\n#- e.yaml\n#resources:\n#- h.yaml\n"), ["e.yaml"]);
        assert_eq!(found("resources:\n# - i.yaml\n# see j.yaml\n# path: k\n"), Vec::<&str>::new());
        assert_eq!(found("patches:\n- path: l.yaml\n"), Vec::<&str>::new());
    }
}
