use crate::kube::{Object, PodView};
use crate::rules::{Check, Findings, Rule, parts};
use crate::text::Text;
use crate::words::clip;
use crate::yaml::{Entry, NodeId, edit};

/// A Job whose Pods get a container from an injector that never ends.
pub static RULE: Rule = rule!("injected_into_a_job.md", Warning, Check::Pod(check), fixes);

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.object.is_patch || pod.is_changed(&["metadata.annotations", "metadata.labels"]) || !pod.life.waits_for_all()
    {
        return;
    }
    vault(pod, found);
    for injector in INJECTORS {
        keeps_its_proxy(pod, injector, found);
    }
}

const ONLY_INIT: &str = "vault.hashicorp.com/agent-pre-populate-only";

/// Vault's injector puts an init container and a second agent that renews forever, unless it is told otherwise
/// (vault-k8s: `agent-inject/agent/annotations.go`).
fn vault(pod: PodView<'_>, found: &mut Findings<'_>) {
    let annotations = Annotations::of(pod);
    let Some(inject) = annotations.entry("vault.hashicorp.com/agent-inject") else { return };
    // The quit endpoint, a patch of the container or a shared process namespace can all end the agent.
    let ends =
        [ONLY_INIT, "vault.hashicorp.com/agent-enable-quit", "vault.hashicorp.com/agent-share-process-namespace"];
    if !annotations.is_true("vault.hashicorp.com/agent-inject")
        || ends.iter().any(|key| annotations.entry(key).is_some() && !annotations.is_false(key))
        || annotations.entry("vault.hashicorp.com/agent-json-patch").is_some()
        || pod.spec.share_process_namespace == Some(true)
    {
        return;
    }
    let edit = match annotations.entry(ONLY_INIT) {
        Some(entry) => edit::text(&pod.object.document, entry.value(), "true"),
        None => annotations.node.and_then(|map| {
            edit::add(&pod.object.document, map, "vault.hashicorp.com/agent-inject", ONLY_INIT, "\"true\"")
        }),
    };
    let kind = pod.batch_kind();
    found
        .at(inject.value(), format!("the injected Vault agent never exits, so this {kind} never completes"))
        .here("adds an agent that renews secrets until the Pod is deleted")
        .because(
            "a Job is complete when every container of its Pod has exited; the injector adds `vault-agent` to `containers` \
             unless the init container is to be the only one (developer.hashicorp.com: vault/docs/deploy/kubernetes/injector/annotations)",
        )
        .help(format!("add `{ONLY_INIT}: \"true\"`: secrets are then fetched once, before the Job starts"))
        .unsafe_fix_if("inject only the init container", edit.map(|edit| vec![edit]));
}

/// A proxy that a mesh injects. As a native sidecar it ends with the Job.
struct Injector {
    proxy: &'static str,
    /// What asks for it, with the value.
    inject: (&'static str, &'static str),
    /// What makes the proxy a native sidecar or an ordinary container.
    native: &'static str,
    /// Whether it is a native sidecar unless the annotation says otherwise.
    is_native: bool,
    source: &'static str,
}

const INJECTORS: &[Injector] = &[
    Injector {
        proxy: "Istio's proxy",
        inject: ("sidecar.istio.io/inject", "true"),
        native: "sidecar.istio.io/nativeSidecar",
        is_native: true,
        source: "istio/istio: `pkg/kube/inject/inject.go`; `ENABLE_NATIVE_SIDECARS`, on by default since 1.27",
    },
    Injector {
        proxy: "Linkerd's proxy",
        inject: ("linkerd.io/inject", "enabled"),
        native: "config.linkerd.io/proxy-enable-native-sidecar",
        is_native: true,
        source: "linkerd/linkerd2: `proxy.nativeSidecar` in `charts/linkerd-control-plane/values.yaml`",
    },
    Injector {
        proxy: "Dapr's sidecar",
        inject: ("dapr.io/enabled", "true"),
        native: "dapr.io/enable-native-sidecar",
        is_native: false,
        source: "docs.dapr.io: operations/hosting/kubernetes/kubernetes-job",
    },
];

fn keeps_its_proxy(pod: PodView<'_>, injector: &Injector, found: &mut Findings<'_>) {
    let annotations = Annotations::of(pod);
    let (inject, value) = injector.inject;
    let asked = annotations.text(inject).or_else(|| pod.metadata?.labels.as_ref()?.get(inject).map(Text::as_str));
    if asked != Some(value) || something_may_end_it(pod) {
        return;
    }
    let native = annotations.entry(injector.native);
    let (at, here, help) = match native {
        Some(native) if annotations.is_false(injector.native) => (
            native.value(),
            "makes the proxy an ordinary container",
            format!("remove `{}`, or have the app ask the proxy to quit", clip(injector.native)),
        ),
        None if !injector.is_native => {
            let Some(inject) = annotations.entry(inject) else { return };
            (
                inject.value(),
                "adds an ordinary container",
                "have the app ask the proxy to quit when it is done".to_owned(),
            )
        }
        _ => return,
    };
    let kind = pod.batch_kind();
    found
        .at(at, format!("{} never exits, so this {kind} never completes", injector.proxy))
        .here(here)
        .because(format!(
            "a Job is complete when every container of its Pod has exited; native sidecars do not count \
             and are then stopped ({})",
            injector.source
        ))
        .help(help);
}

/// Whether the Job's own program may ask the proxy to quit: only scripts that are written here show that they
/// do not.
fn something_may_end_it(pod: PodView<'_>) -> bool {
    let ends = |text: &str| ["quit", "shutdown", "linkerd-await", "kill"].iter().any(|word| text.contains(word));
    pod.spec.share_process_namespace == Some(true)
        || pod.containers().filter(|view| !view.is_native_sidecar()).any(|view| {
            let script = parts::script(&view);
            script.is_none_or(|script| ends(script.text) || script.text.contains(['/', '$']))
        })
}

/// The annotations of a Pod template.
struct Annotations<'run> {
    object: &'run Object,
    node: Option<NodeId>,
}

impl<'run> Annotations<'run> {
    fn of(pod: PodView<'run>) -> Self {
        Self { object: pod.object, node: pod.object.document.at(pod.template, &["metadata", "annotations"]) }
    }

    fn entry(&self, key: &str) -> Option<Entry> {
        self.object.document.entry(self.node?, key)
    }

    fn text(&self, key: &str) -> Option<&'run str> {
        self.object.document.str(self.entry(key)?.value())
    }

    /// As Go's `strconv.ParseBool` reads it.
    fn is_true(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| matches!(text, "true" | "True" | "TRUE" | "t" | "T" | "1"))
    }

    fn is_false(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| matches!(text, "false" | "False" | "FALSE" | "f" | "F" | "0"))
    }
}
