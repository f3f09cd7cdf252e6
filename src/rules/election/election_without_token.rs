use crate::facts::{ContainerFacts, PodFacts};
use crate::kube::Typed;
use crate::rules::{Check, Findings, Rule};

/// An elector without a token for the API server.
pub static RULE: Rule = rule!("election_without_token.md", Error, Check::Facts(check));

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    let pod = facts.pod;
    if pod.is_changed(&["spec.automountServiceAccountToken", "spec.serviceAccountName", "spec.serviceAccount"]) {
        return;
    }
    for member in facts.running().filter(|member| member.election.is_on() && !may_have_credentials(facts, member)) {
        let Some(node) = member.election.on().map(|proof| member.node_of(proof)) else { continue };
        let account = pod.account().unwrap_or("default");
        let account = facts.index.find(pod.object, "ServiceAccount", account);
        let own = pod.field("automountServiceAccountToken");
        let of_account = account
            .and_then(|account| Some((account, account.document.get(account.node, "automountServiceAccountToken")?)));
        let label = match (pod.spec.automount_service_account_token, account.and_then(|account| account.typed.as_ref()))
        {
            (Some(false), _) => own.map(|node| pod.object.label(node, "no token is mounted")),
            (None, Some(Typed::ServiceAccount(typed))) if typed.automount_service_account_token == Some(false) => {
                of_account.map(|(account, node)| account.label(node, "no token is mounted"))
            }
            _ => None,
        };
        let Some(label) = label else { continue };
        found
            .at(node, format!("`{}` has no token for its leader election", member.name()))
            .here("needs the API server")
            .label(label)
            .because(
                "a Lease is read and written through the API server; `rest.InClusterConfig` of client-go fails \
                 without /var/run/secrets/kubernetes.io/serviceaccount/token",
            )
            .help(format!(
                "mount a projected serviceAccountToken, ca.crt and namespace into `{}` alone, or remove \
                 automountServiceAccountToken",
                member.name()
            ));
    }
}

/// Whether the container mounts anything that may hold a token or kubeconfig.
fn may_have_credentials(facts: &PodFacts<'_>, member: &ContainerFacts<'_>) -> bool {
    let mounts = member.container.container.volume_mounts.iter().flatten();
    let volumes = || facts.pod.spec.volumes.iter().flatten();
    let holds = mounts.filter_map(|mount| volumes().find(|volume| volume.name == mount.name)).any(|volume| {
        let projects = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        let is_token =
            projects.into_iter().any(|source| source.service_account_token.is_some() || source.secret.is_some());
        is_token || volume.secret.is_some() || volume.host_path.is_some() || volume.csi.is_some()
    });
    let says = member.variable("KUBECONFIG").is_some() || member.words().any(|word| word.text.contains("kubeconfig"));
    holds || says || member.election.has_kubeconfig
}
