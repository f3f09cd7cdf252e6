use crate::diagnostic::{Level, RuleId};
use crate::recognise::elector::{Flag, milliseconds};
use crate::rules::scene::Scene;
use crate::rules::{Check, Found, Rule};

/// Times with which client-go refuses to campaign.
pub static RULE: Rule = Rule {
    id: RuleId { name: "election-timing", family: "election" },
    level: Level::Error,
    page: include_str!("election_timing.md"),
    check: Check::Elsewhere,
};

const WHY: &str = "`NewLeaderElector` in k8s.io/client-go/tools/leaderelection asks for lease duration > renew deadline \
                   > 1.2 × retry period, and returns an error otherwise; the program then exits";

fn time(flag: Option<Flag<'_>>) -> Option<(u64, Flag<'_>)> {
    flag.and_then(|flag| Some((milliseconds(flag.value)?, flag)))
}

pub(in crate::rules) fn check(scene: &Scene<'_>, found: &mut Found<'_>) {
    for member in scene.running().filter(|member| !member.election.is_off()) {
        let election = &member.election;
        let (lease, renew, retry) =
            (time(election.lease_duration), time(election.renew_deadline), time(election.retry_period));
        let name = member.name();
        if let (Some((lease, lease_flag)), Some((renew, renew_flag))) = (lease, renew)
            && lease <= renew
        {
            let (l, r) = (lease_flag.value, renew_flag.value);
            let message = format!("`{name}` tries to renew for {r} what it holds for {l}, and does not start");
            found
                .at(renew_flag.node, message)
                .here("must be shorter")
                .and(lease_flag.node, "than this")
                .because(WHY)
                .help("the usual times are a lease of 15s, a renew deadline of 10s and a retry period of 2s");
        }
        // 1.2 × the retry period, in whole numbers
        if let (Some((renew, renew_flag)), Some((retry, retry_flag))) = (renew, retry)
            && u128::from(renew) * 10 <= u128::from(retry) * 12
        {
            let (r, t) = (renew_flag.value, retry_flag.value);
            let message = format!("`{name}` tries every {t} and gives up after {r}, and does not start");
            found
                .at(renew_flag.node, message)
                .here("must be longer")
                .and(retry_flag.node, "than 1.2 times this")
                .because(WHY)
                .help("the usual times are a renew deadline of 10s and a retry period of 2s");
        }
    }
}
