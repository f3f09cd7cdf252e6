use crate::diagnostic::Level;
use crate::facts::PodFacts;
use crate::kube::image::Reference;
use crate::rules::{Check, Findings, Rule};

/// A lock of a kind that client-go no longer has, or an elector that is no longer made.
pub static RULE: Rule = rule!("election_dead_lock_kind.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for member in facts.running() {
        let image = member.image();
        if let Some(lock) = member.election.lock_kind.as_ref().filter(|lock| lock.is_known && !member.election.is_off())
        {
            // The version of Kubernetes whose client-go lost the kind.
            let gone = match lock.value.to_ascii_lowercase().as_str() {
                "endpoints" | "configmaps" => 24,
                "endpointsleases" | "configmapsleases" => 27,
                _ => continue,
            };
            // Programs of Kubernetes itself carry its version; of others we cannot tell which client-go is in them.
            let version = kubernetes_minor(image);
            if version.is_some_and(|minor| minor < gone) {
                continue;
            }
            let level = if version.is_some() { Level::Error } else { Level::Warning };
            found
                .at(
                    member.node_of(&lock.proof),
                    format!("`{}` uses {} as its lock, which client-go no longer supports", member.name(), lock.value),
                )
                .here("removed")
                .because(format!(
                    "`resourcelock.New` in k8s.io/client-go refuses `{}` since 0.{gone} (Kubernetes 1.{gone}); a \
                     program built with it exits",
                    lock.value
                ))
                .help("use leases, and allow get, update and create on leases in coordination.k8s.io")
                .level(level);
        }
        let Some(node) = member.container.at(&["image"]).filter(|_| is_retired(image)) else { continue };
        found
            .at(node, "this elector was retired in 2019, and its lock is an Endpoints object")
            .here("no longer built or fixed")
            .because(
                "kubernetes-retired/contrib: a follower may go on naming a leader that is gone (#2930, #2933); \
                 Endpoints are deprecated since Kubernetes 1.33",
            )
            .help("use an elector that holds a Lease: `patterns explain elected`");
    }
}

/// The minor version of an image of Kubernetes itself: `registry.k8s.io/kube-scheduler:v1.36.2`.
fn kubernetes_minor(image: &str) -> Option<u32> {
    let image = Reference::of(image);
    let (program, tag) = (image.name(), image.tag?);
    let is_own = matches!(
        program,
        "kube-scheduler" | "kube-controller-manager" | "cloud-controller-manager" | "cluster-autoscaler"
    );
    let minor = tag.strip_prefix("v1.")?.split('.').next()?;
    minor.parse().ok().filter(|_| is_own)
}

/// `leader-elector` of Kubernetes' contrib repository, under its registries' old and older names.
fn is_retired(image: &str) -> bool {
    [
        "k8s.gcr.io/leader-elector",
        "gcr.io/google_containers/leader-elector",
        "gcr.io/google-containers/leader-elector",
        "registry.k8s.io/leader-elector",
    ]
    .iter()
    .any(|name| image.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@'])))
}
