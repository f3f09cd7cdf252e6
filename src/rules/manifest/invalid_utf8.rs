use crate::kube::File;
use crate::rules::{Check, Findings, Rule};

/// Bytes that are not UTF-8.
pub static RULE: Rule = rule!("invalid_utf8.md", Warning, Check::File(check));

fn check(file: &File, found: &mut Findings<'_>) {
    let Some(first) = file.source.replaced().next().filter(|_| !file.is_encrypted()) else { return };
    let message = match file.source.replaced().count() {
        1 => "a byte of this file is not UTF-8".to_owned(),
        count => format!("{count} bytes of this file are not UTF-8"),
    };
    found
        .at_span(first, message)
        .here("kubectl puts U+FFFD here")
        .because(
            "kubectl replaces each such byte with U+FFFD and continues (`k8s.io/cli-runtime/pkg/resource/visitor.go`)",
        )
        .help("save the file as UTF-8");
}
