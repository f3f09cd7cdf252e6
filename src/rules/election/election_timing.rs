use crate::facts::election::Flag;
use crate::facts::{ContainerFacts, PodFacts};
use crate::go::duration::milliseconds;
use crate::kube::image::Reference;
use crate::rules::{Check, Findings, Rule};

/// Times with which client-go refuses to campaign.
pub static RULE: Rule = rule!("election_timing.md", Error, Check::Facts(check));

const WHY: &str = "`NewLeaderElector` in k8s.io/client-go/tools/leaderelection requires lease \
                   duration > renew deadline > 1.2 × retry period, and otherwise returns an error; the program then \
                   exits";

/// Programs whose times are known where they are not written: lease duration, renew deadline and retry period in
/// seconds (`k8s.io/component-base/config/v1alpha1/defaults.go`, `kubernetes-csi/csi-lib-utils/leaderelection`).
fn defaults(member: &ContainerFacts<'_>) -> Option<[u64; 3]> {
    let image = member.image();
    let known = ["registry.k8s.io/", "k8s.gcr.io/"].iter().find_map(|registry| image.strip_prefix(registry))?;
    match Reference::of(known).name() {
        "kube-controller-manager" | "kube-scheduler" | "cloud-controller-manager" => Some([15, 10, 2]),
        "csi-provisioner" | "csi-attacher" | "csi-resizer" | "csi-snapshotter" => Some([15, 10, 5]),
        _ => None,
    }
}

/// A time that the program has where none is written, beside one that is.
fn unwritten(member: &ContainerFacts<'_>, found: &mut Findings<'_>) {
    let election = &member.election;
    let Some([lease, renew, retry]) = defaults(member) else { return };
    // a time that is written and cannot be read is not the default
    let all = [&election.lease_duration, &election.renew_deadline, &election.retry_period];
    if all.into_iter().flatten().any(|flag| milliseconds(&flag.value).is_none() || !flag.is_known) {
        return;
    }
    let written = (
        time(election.lease_duration.as_ref()),
        time(election.renew_deadline.as_ref()),
        time(election.retry_period.as_ref()),
    );
    let (flag, message) = match written {
        (Some((short, flag)), None, _) if short <= renew * 1000 => {
            (flag, format!("holds for {} what it tries to renew for {renew}s, its default", flag.value))
        }
        (None, Some((long, flag)), _) if long >= lease * 1000 => {
            (flag, format!("tries to renew for {} what it holds for {lease}s, its default", flag.value))
        }
        (_, Some((short, flag)), None) if short * 10 <= retry * 12_000 => {
            (flag, format!("tries every {retry}s, its default, and gives up after {}", flag.value))
        }
        (_, None, Some((long, flag))) if long.saturating_mul(12) >= renew * 10_000 => {
            (flag, format!("tries every {} and gives up after {renew}s, its default", flag.value))
        }
        _ => return,
    };
    found
        .at(member.node_of(&flag.proof), format!("`{}` {message}, and does not start", member.name()))
        .here("does not fit the program's default")
        .because(WHY)
        .help("set all three: the usual values are a lease of 15s, a renew deadline of 10s and a retry period of 2s");
}

fn time<'a, 'run>(flag: Option<&'a Flag<'run>>) -> Option<(u64, &'a Flag<'run>)> {
    flag.filter(|flag| flag.is_known).and_then(|flag| Some((milliseconds(&flag.value)?, flag)))
}

fn check(facts: &PodFacts<'_>, found: &mut Findings<'_>) {
    for member in facts.running().filter(|member| !member.election.is_off()) {
        unwritten(member, found);
        let election = &member.election;
        let (lease, renew, retry) = (
            time(election.lease_duration.as_ref()),
            time(election.renew_deadline.as_ref()),
            time(election.retry_period.as_ref()),
        );
        let name = member.name();
        if let (Some((lease, lease_flag)), Some((renew, renew_flag))) = (lease, renew)
            && lease <= renew
        {
            let (l, r) = (&lease_flag.value, &renew_flag.value);
            let message = format!("`{name}` tries to renew for {r} what it holds for {l}, and does not start");
            found
                .at(member.node_of(&renew_flag.proof), message)
                .here("must be shorter")
                .and(member.node_of(&lease_flag.proof), "than this")
                .because(WHY)
                .help("the usual values are a lease of 15s, a renew deadline of 10s and a retry period of 2s");
        }
        // 1.2 × the retry period, in whole numbers
        if let (Some((renew, renew_flag)), Some((retry, retry_flag))) = (renew, retry)
            && u128::from(renew) * 10 <= u128::from(retry) * 12
        {
            let (r, t) = (&renew_flag.value, &retry_flag.value);
            let message = format!("`{name}` tries every {t} and gives up after {r}, and does not start");
            found
                .at(member.node_of(&renew_flag.proof), message)
                .here("must be longer")
                .and(member.node_of(&retry_flag.proof), "than 1.2 times this")
                .because(WHY)
                .help("the usual values are a renew deadline of 10s and a retry period of 2s");
        }
    }
}
