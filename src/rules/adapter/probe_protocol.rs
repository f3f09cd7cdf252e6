use crate::diagnostic::Subject;
use crate::facts::PodFacts;
use crate::rules::{Check, Findings, Rule, parts};

/// An HTTP probe of a port that speaks another protocol.
pub static RULE: Rule = rule!("probe_protocol.md", Error, Check::Facts(check));

/// Protocols that never answer an HTTP request with one.
const OTHERS: [&str; 10] =
    ["redis", "postgres", "mysql", "memcache", "memcached", "mongodb", "kafka", "amqp", "smtp", "fastcgi"];

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    if facts.pod.object.is_patch || facts.pod.is_changed(&parts::PROBES) {
        return;
    }
    for member in facts.running() {
        for (field, probe) in parts::probes(member.container.container) {
            if probe.http_get.is_none() {
                continue;
            }
            let Some((port, kind)) = parts::dialled(member.container.container, probe) else { continue };
            let Some(listen) = member.listen_at(port).filter(|listen| listen.certainty.is_certain()) else { continue };
            let Some(speaks) = listen.speaks.as_deref().filter(|speaks| OTHERS.contains(speaks)) else { continue };
            let Some(node) = member.container.at(&[field, kind]) else { continue };
            found
                .at(
                    node,
                    format!(
                        "the {field} of `{}` can never succeed: port {port} speaks {speaks}, not HTTP",
                        member.name()
                    ),
                )
                .subject(Subject::Probe { container: member.name().to_owned(), field })
                .here("an HTTP request")
                .label(listen.proof.label(format!("listens on {port}, {speaks}")))
                .because("an httpGet probe succeeds only on an HTTP status from 200 to 399 (kubelet, `pkg/probe/http`)")
                .help("use `tcpSocket`, or `exec` with the program's own client");
        }
    }
}
