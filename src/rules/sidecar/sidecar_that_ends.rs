use crate::facts::{Lifetime, PodFacts};
use crate::rules::{Check, Findings, Rule};

/// A native sidecar whose program ends.
pub static RULE: Rule = rule!("sidecar_that_ends.md", Warning, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for one in &facts.members {
        let view = one.container;
        let Some(policy) = view.at(&["restartPolicy"]).filter(|_| view.is_native_sidecar()) else { continue };
        if one.lifetime != Lifetime::Ends {
            continue;
        }
        let name = one.name();
        let saying = found
            .at(policy, format!("`{name}` does its work, exits, and is restarted forever"))
            .here("restarts it whenever it exits")
            .because("with `restartPolicy: Always` an init container is a sidecar: the kubelet restarts it, with growing delays, for as long as the Pod lives (KEP-753)")
            .help(format!("remove `restartPolicy` if the app needs the work of `{name}` done first, or keep `{name}` running"));
        saying.and(one.line_place().node, "exits when it is done");
    }
}
