use super::directive::is_directive;
use crate::kube::{File, RefusedSecrets};
use crate::rules::{Check, Findings, Rule};

/// YAML that kubectl refuses.
pub static RULE: Rule = rule!("unreadable_yaml.md", Error, Check::File(check));

fn check(file: &File, found: &mut Findings<'_>) {
    if file.refusals.is_empty() {
        return;
    }
    let secrets = RefusedSecrets::of(&file.source.text);
    for refusal in file.refusals.iter().filter(|refusal| !is_directive(&file.source, refusal)) {
        let message = secrets.message(refusal);
        let mut saying = found.at_span(refusal.span, message);
        if let Some(why) = refusal.why {
            saying = saying.because(why);
        }
        if let Some(help) = secrets.help(refusal) {
            saying.help(help);
        }
    }
}
