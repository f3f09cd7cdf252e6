use crate::kube::versions::{Target, Targets};
use crate::kube::{Object, Versioned};
use crate::rules::{Check, Findings, Rule};

/// Fields whose feature is off in the version that is asked for.
pub static RULE: Rule = rule!("dropped_field.md", Warning, Check::Elsewhere);

/// Says which fields of an object servers drop; a shared pass asks, which knows the versions.
pub fn check(object: &Object, found: &mut Findings<'_>) {
    let targets = found.targets();
    for field in object.versioned.iter().filter(|_| !object.is_patch && !object.is_encrypted) {
        let is_dropped = |target: &Target| field.history.exists_in(*target) && !field.history.is_read_by(*target);
        let dropped: Vec<Target> = targets.all().filter(is_dropped).collect();
        if dropped.is_empty() || field.history.is_of_status() {
            continue;
        }
        say(object, field, targets, &dropped, found);
    }
}

fn say(object: &Object, field: &Versioned, targets: Targets, dropped: &[Target], found: &mut Findings<'_>) {
    let name = object.document.key_text(field.key);
    let when = match targets.times(dropped) {
        Some(times) => times,
        None if targets.is_range() => "in each of these versions".to_owned(),
        None => format!("in v1.{}", targets.last().minor()),
    };
    let gate = field.history.gate.unwrap_or_default();
    let mut under = found.under(&RULE);
    let saying = under.at(field.key, format!("`{name}` is dropped {when}: the feature gate {gate} is off by default"));
    let saying = saying.because("the API server silently removes fields of disabled features from new objects");
    let help = match field.history.read_since() {
        Some(since) => format!("it takes effect from v1.{since} on, or with --feature-gates={gate}=true"),
        None => format!("it takes effect only with --feature-gates={gate}=true"),
    };
    saying.help(help);
}
