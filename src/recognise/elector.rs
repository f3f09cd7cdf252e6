//! Leader election by flags: of the programs that have one of their own, and of our elector.

use super::Recognised;
use super::Role;
use super::address::{Text, texts};
use crate::yaml::NodeId;

/// A flag's value and the word that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Flag<'object> {
    /// The value; empty for a switch without one.
    pub value: &'object str,
    /// The word that holds the value.
    pub node: NodeId,
}

/// What a container's flags say of its election.
#[derive(Clone, Debug, Default)]
pub struct Election<'object> {
    /// What switches it on or off.
    pub switch: Option<(bool, NodeId)>,
    /// How long a lease lasts.
    pub lease_duration: Option<Flag<'object>>,
    /// How long the leader tries to renew it.
    pub renew_deadline: Option<Flag<'object>>,
    /// How long everybody waits between two tries.
    pub retry_period: Option<Flag<'object>>,
    /// The kind of the lock.
    pub lock_kind: Option<Flag<'object>>,
    /// The names of the locks.
    pub locks: Vec<Flag<'object>>,
    /// The namespace of the locks.
    pub namespace: Option<Flag<'object>>,
    /// Whether it speaks to an API server of its own choice.
    pub has_kubeconfig: bool,
}

impl Election<'_> {
    /// Whether the container campaigns.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.switch.is_some_and(|(on, _)| on)
    }

    /// Whether it is told not to.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.switch.is_some_and(|(on, _)| !on)
    }
}

/// Switches of programs built on client-go: `k8s.io/component-base/config/options`, controller-runtime's
/// templates, `kubernetes-csi/csi-lib-utils`.
const SWITCHES: [&str; 7] = [
    "leader-elect",
    "leader-election",
    "enable-leader-election",
    "enable-leader-elect",
    "leader-election-enabled",
    "leader-elect-enabled",
    "enableLeaderElection",
];

/// Variables by which programs without flags are switched.
const VARIABLES: [&str; 5] =
    ["LEADER_ELECTION", "ENABLE_LEADER_ELECTION", "LEADER_ELECT", "LEADER_ELECTION_ENABLED", "LEADER_ELECT_ENABLED"];

/// What a container says of its election.
#[must_use]
pub fn election<'object>(one: &Recognised<'object>) -> Election<'object> {
    let mut found = Election::default();
    let words: Vec<Text<'object>> = texts(&one.container);
    let flags = words.iter().filter(|word| word.variable.is_none()).collect::<Vec<_>>();
    for (at, word) in flags.iter().enumerate() {
        let Some(name) = word.text.strip_prefix('-') else { continue };
        let name = name.strip_prefix('-').unwrap_or(name);
        let (name, flag) = if let Some((name, value)) = name.split_once('=') {
            (name, Flag { value, node: word.node })
        } else {
            let next = flags.get(at + 1).filter(|next| !next.text.starts_with('-'));
            (name, Flag { value: next.map_or("", |next| next.text), node: next.map_or(word.node, |next| next.node) })
        };
        add(&mut found, name, flag, word);
    }
    for word in words.iter().filter(|word| word.variable.is_some_and(|name| VARIABLES.contains(&name))) {
        match word.text {
            "true" | "1" => found.switch = Some((true, word.node)),
            "false" | "0" => found.switch = Some((false, word.node)),
            _ => {}
        }
    }
    if one.role == Role::Elector && found.switch.is_none() {
        found.switch = one.evidence.first().map(|evidence| (true, evidence.node));
    }
    found
}

fn add<'object>(found: &mut Election<'object>, name: &str, flag: Flag<'object>, word: &Text<'object>) {
    // A switch takes its value only after `=`, as Go's flags do.
    let is_joined = word.text.contains('=');
    match name {
        name if SWITCHES.contains(&name) => match flag.value.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" if is_joined => found.switch = Some((true, word.node)),
            "false" | "0" | "f" if is_joined => found.switch = Some((false, word.node)),
            _ if !is_joined => found.switch = Some((true, word.node)),
            _ => {}
        },
        "leader-elect-lease-duration" | "leader-election-lease-duration" | "lease-duration" => {
            found.lease_duration = Some(flag);
        }
        "leader-elect-renew-deadline" | "leader-election-renew-deadline" | "renew-deadline" => {
            found.renew_deadline = Some(flag);
        }
        "leader-elect-retry-period" | "leader-election-retry-period" | "retry-period" => {
            found.retry_period = Some(flag);
        }
        "leader-elect-resource-lock" | "leader-election-resource-lock" | "leader-election-type" => {
            found.lock_kind = Some(flag);
        }
        "leader-elect-resource-name" | "leader-election-id" | "leader-election-resource-name" | "lease" => {
            found.locks.push(flag);
        }
        "leader-elect-resource-namespace" | "leader-election-namespace" | "leader-election-resource-namespace" => {
            found.namespace = Some(flag);
        }
        "kubeconfig" | "kube-config" | "master" | "apiserver" => found.has_kubeconfig |= !flag.value.is_empty(),
        _ => {}
    }
}

/// Milliseconds of a duration as Go writes it: `15s`, `1m30s`, `500ms`.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    if rest == "0" {
        return Some(0);
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).filter(|end| *end > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|character: char| character.is_ascii_digit()).unwrap_or(rest.len());
        let factor = match &rest[..unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn durations() {
        assert_eq!(milliseconds("15s"), Some(15_000));
        assert_eq!(milliseconds("1m30s"), Some(90_000));
        assert_eq!(milliseconds("500ms"), Some(500));
        for text in ["", "15", "s", "1d", "$(X)", "1.5s", "99999999999999999999s"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
