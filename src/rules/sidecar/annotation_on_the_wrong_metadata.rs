use std::collections::HashSet;

use crate::kube::{Index, Object, Selector, Typed};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;
use crate::yaml::Entry;

/// An annotation for Pods on the workload's own metadata.
pub static RULE: Rule = rule!("annotation_on_the_wrong_metadata.md", Warning, Check::Workspace(check));

/// What looks at Pods only, by annotation or label.
struct Reader {
    /// A whole key, or the beginning of one where it ends with `/` or `-`.
    key: &'static str,
    /// Who reads it.
    who: &'static str,
    source: &'static str,
}

const SCRAPE: &str = "prometheus.io/scrape";

const READERS: &[Reader] = &[
    Reader {
        key: "sidecar.istio.io/inject",
        who: "Istio's injector",
        source: "istio.io: setup/additional-setup/sidecar-injection",
    },
    Reader {
        key: "vault.hashicorp.com/",
        who: "Vault's injector",
        source: "developer.hashicorp.com: vault/docs/deploy/kubernetes/injector/annotations",
    },
    Reader {
        key: "linkerd.io/inject",
        who: "Linkerd's injector",
        source: "linkerd.io: features/proxy-injection; its webhook gets Pods and reads their namespaces",
    },
    Reader {
        key: "dapr.io/enabled",
        who: "Dapr's injector",
        source: "docs.dapr.io: reference/arguments-annotations-overview",
    },
    Reader {
        key: "consul.hashicorp.com/connect-inject",
        who: "Consul's injector",
        source: "developer.hashicorp.com: consul/docs/reference/k8s/annotation-label",
    },
    Reader {
        key: "instrumentation.opentelemetry.io/inject-",
        who: "OpenTelemetry's operator",
        source: "opentelemetry.io: docs/platforms/kubernetes/operator/automatic",
    },
    Reader {
        key: SCRAPE,
        who: "Prometheus",
        source: "it discovers Pods and Services, not workloads (prometheus.io: docs/prometheus/latest/configuration, kubernetes_sd_config)",
    },
    Reader {
        key: "cluster-autoscaler.kubernetes.io/safe-to-evict",
        who: "the cluster autoscaler",
        source: "kubernetes/autoscaler: cluster-autoscaler/FAQ.md",
    },
    Reader {
        key: "container.apparmor.security.beta.kubernetes.io/",
        who: "the kubelet",
        source: "kubernetes/website: tutorials/security/apparmor",
    },
];

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let mut scraped = None;
    for object in index.all().iter().copied().filter(|object| has_template(object)) {
        for reader in READERS {
            let entries = unread(object, reader);
            let Some(first) = entries.first() else { continue };
            // Prometheus may find the Pods through their Service.
            if reader.key == SCRAPE
                && scraped.get_or_insert_with(|| scraped_by_service(index)).contains(&std::ptr::from_ref(object))
            {
                continue;
            }
            say(object, reader, *first, &entries[1..], found);
        }
    }
}

fn has_template(object: &Object) -> bool {
    matches!(
        object.typed,
        Some(
            Typed::Deployment(_)
                | Typed::StatefulSet(_)
                | Typed::DaemonSet(_)
                | Typed::ReplicaSet(_)
                | Typed::ReplicationController(_)
                | Typed::Job(_)
                | Typed::CronJob(_)
        )
    )
}

/// The entries of a workload's own metadata that the reader does not see, if the Pod template has none of them.
fn unread(object: &Object, reader: &Reader) -> Vec<Entry> {
    let document = &object.document;
    let is_family = reader.key.ends_with(['/', '-']);
    let is_meant = |key: &str| if is_family { key.starts_with(reader.key) } else { key == reader.key };
    let template = object.pod().and_then(|pod| pod.metadata);
    let maps = template.into_iter().flat_map(|metadata| [&metadata.annotations, &metadata.labels]).flatten();
    if maps.flat_map(crate::kube::types::Map::keys).any(|key| is_meant(key)) {
        return Vec::new();
    }
    let own = ["annotations", "labels"].into_iter().filter_map(|field| document.at(object.node, &["metadata", field]));
    let entries = own.flat_map(|map| document.entries(map)).filter(|entry| is_meant(&document.key(entry)));
    entries.copied().filter(|entry| document.str(entry.value()).is_some_and(|text| text != "false")).collect()
}

fn say(object: &Object, reader: &Reader, first: Entry, rest: &[Entry], found: &mut FindingsAnywhere<'_>) {
    let template = match object.id.kind.as_str() {
        "CronJob" => "spec.jobTemplate.spec.template.metadata",
        _ => "spec.template.metadata",
    };
    let key = object.document.key(&first);
    let mut about = found.about(object);
    let mut saying = about
        .at(first.key, format!("{} ignores this: it reads `{}` only on Pods", reader.who, clip(&key)))
        .here(format!("set on the {}, not on its Pods", object.id.kind))
        .because(format!("a workload's own metadata is not passed on to its Pods ({})", reader.source))
        .help(format!("move it to `{template}`"));
    for entry in rest {
        saying = saying.and(entry.key, "this one too");
    }
}

/// The workloads that a Service with the annotation selects.
fn scraped_by_service(index: &Index<'_>) -> HashSet<*const Object> {
    let mut scraped = HashSet::new();
    for service in index.kind("Service").iter().copied() {
        let Some(Typed::Service(typed)) = &service.typed else { continue };
        let is_scraped =
            typed.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(SCRAPE));
        let labels = typed.spec.as_ref().and_then(|spec| spec.selector.as_ref()).filter(|labels| !labels.is_empty());
        if let Some(labels) = labels.filter(|_| is_scraped) {
            scraped.extend(index.matching(service, &Selector::map(labels)).iter().map(std::ptr::from_ref));
        }
    }
    scraped
}
