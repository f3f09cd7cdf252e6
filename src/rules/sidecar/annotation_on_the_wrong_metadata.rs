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

impl Reader {
    fn reads(&self, key: &str) -> bool {
        let is_family = self.key.ends_with(['/', '-']);
        if is_family { key.starts_with(self.key) } else { key == self.key }
    }
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
        let own = own_entries(object);
        for reader in READERS {
            let is_meant = |entry: &&Entry| reader.reads(&object.document.key(entry));
            let entries: Vec<Entry> = own.iter().filter(is_meant).copied().collect();
            let Some(first) = entries.first().filter(|_| !is_in_template(object, reader)) else { continue };
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

/// The entries of a workload's own metadata that ask for something.
fn own_entries(object: &Object) -> Vec<Entry> {
    let document = &object.document;
    let own = ["annotations", "labels"].into_iter().filter_map(|field| document.at(object.node, &["metadata", field]));
    let entries = own.flat_map(|map| document.entries(map)).copied();
    entries.filter(|entry| document.str(entry.value()).is_some_and(|text| text != "false")).collect()
}

/// Whether the Pod template has one for the reader.
fn is_in_template(object: &Object, reader: &Reader) -> bool {
    let template = object.pod().and_then(|pod| pod.metadata);
    let maps = template.into_iter().flat_map(|metadata| [&metadata.annotations, &metadata.labels]).flatten();
    maps.flat_map(crate::kube::types::Map::keys).any(|key| reader.reads(key))
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
