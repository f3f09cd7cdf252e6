use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};
use crate::words::clip;

/// A script names Jobs after items as they come.
pub static RULE: Rule = rule!("job_name_from_raw_item.md", Warning, Check::Container(check));

/// Signs that a script makes names of what it reads.
const MAKES_NAMES: [&str; 14] = [
    "sha1sum",
    "sha256sum",
    "md5sum",
    "cksum",
    "openssl dgst",
    "base32",
    "uuidgen",
    "tr ",
    "sed ",
    "RANDOM",
    "date ",
    "//",
    ",,",
    "seq ",
];

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let Some(script) = parts::script(&view) else { return };
    if MAKES_NAMES.iter().any(|sign| script.text.contains(sign)) {
        return;
    }
    let Some((_, after)) = script.text.split_once("create job ") else { return };
    let Some(name) = after.split_whitespace().find(|word| !word.starts_with('-')) else { return };
    if !name.contains('$') || name.contains("$(") {
        return;
    }
    found
        .at(script.node, format!("{} is not a valid Job name for every item", clip(name)))
        .because(
            "a Job's name has at most 63 lower-case letters, digits and dashes; `Photo 1.jpg` is refused, \
             and different items may end up as one Job (kubernetes/website: concepts/overview/working-with-objects/names)",
        )
        .help("name the Job after a hash of the item: printf %s \"$item\" | sha256sum | cut -c1-32");
}
