//! Leader election by flags: of the programs that have one of their own, and of our elector.

use super::command::arguments::{Arguments, is_false};
use super::command::environment::Environment;
use super::command::{CommandLine, Invocation, Word};
use super::config::Configs;
use super::endpoints::Reader;
use super::formats;
use super::program::{Format, Options, Program, Style, When};
use super::proof::{Certainty, Location, Proof};

/// A setting of an election.
#[derive(Clone, Debug)]
pub struct Flag<'run> {
    /// The value; empty for a switch without one.
    pub value: String,
    /// Whether the value is known: `$(LEASE)` of a Secret is not.
    pub is_known: bool,
    /// Where it is written.
    pub proof: Proof<'run>,
}

/// What a container says of its election.
#[derive(Clone, Debug, Default)]
pub struct Election<'run> {
    /// What switches it on or off, and how sure that is.
    pub switch: Option<Switch<'run>>,
    /// What shows that it elects a leader who is kept outside of Kubernetes: there is no Lease, and it needs no rights.
    pub outside: Option<Switch<'run>>,
    /// How long a lease lasts.
    pub lease_duration: Option<Flag<'run>>,
    /// How long the leader tries to renew it.
    pub renew_deadline: Option<Flag<'run>>,
    /// How long everybody waits between two tries.
    pub retry_period: Option<Flag<'run>>,
    /// The kind of the lock.
    pub lock_kind: Option<Flag<'run>>,
    /// The names of the locks.
    pub locks: Vec<Flag<'run>>,
    /// The namespace of the locks.
    pub namespace: Option<Flag<'run>>,
    /// Whether its lock is known to be no Lease.
    pub has_other_lock: bool,
    /// Whether it speaks to an API server of its own choice.
    pub has_kubeconfig: bool,
}

/// What switches an election.
#[derive(Clone, Debug)]
pub struct Switch<'run> {
    /// Whether on.
    pub is_on: bool,
    /// How sure it is.
    pub certainty: Certainty,
    /// What shows it.
    pub proof: Proof<'run>,
}

impl<'run> Election<'run> {
    /// What switches it on, if that is sure enough for an error.
    #[must_use]
    pub fn on(&self) -> Option<&Proof<'run>> {
        let on = self.switch.as_ref().filter(|switch| switch.is_on && switch.certainty.is_certain());
        on.map(|switch| &switch.proof)
    }

    /// Whether the container campaigns.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on().is_some()
    }

    /// What shows that it takes part in an election, wherever its leader is kept.
    #[must_use]
    pub fn takes_part(&self) -> Option<&Proof<'run>> {
        self.on().or_else(|| self.outside.as_ref().map(|outside| &outside.proof))
    }

    /// Whether it is told not to.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.switch.as_ref().is_some_and(|switch| !switch.is_on)
    }
}

/// Switches of programs built on client-go: `k8s.io/component-base/config/options`, controller-runtime's
/// templates, `kubernetes-csi/csi-lib-utils`.
const SWITCHES: [&str; 8] = [
    "leader-elect",
    "leader-election",
    "enable-leader-election",
    "enable-leader-elect",
    "leader-election-enabled",
    "leader-elect-enabled",
    "enableleaderelection",
    "leader-election-enable",
];

/// Variables by which programs without flags are switched.
const VARIABLES: [&str; 6] = [
    "LEADER_ELECTION",
    "ENABLE_LEADER_ELECTION",
    "LEADER_ELECT",
    "LEADER_ELECTION_ENABLED",
    "LEADER_ELECT_ENABLED",
    "ENABLE_LEADER_ELECT",
];

/// What a container says of its election.
#[must_use]
pub(super) fn election<'run>(
    line: &CommandLine<'run>,
    environment: &Environment<'run>,
    configs: &Configs<'run>,
    program: Option<&'run Program>,
) -> Election<'run> {
    let mut found = Election::default();
    files(&mut found, configs);
    for (name, word) in environment.all().filter(|(name, _)| VARIABLES.contains(name)) {
        switch_by(&mut found, name, word);
    }
    for invocation in &line.invocations {
        flags(&mut found, invocation);
    }
    if let Some(elects) = program.and_then(|program| program.elects.as_ref()) {
        let by_name = elects.env.iter().filter_map(|name| Some((name, environment.get(name)?)));
        let by_name: Vec<_> = by_name.map(|(name, word)| (name.to_owned(), word.clone())).collect();
        for (name, word) in by_name {
            switch_by(&mut found, &name, &word);
        }
        if found.switch.is_none()
            && elects.absent
            && let Some(invocation) = line.only()
        {
            let proof = Proof::new(invocation.place, format!("default of {}", invocation.name));
            let certainty = if environment.is_whole() { Certainty::Default } else { Certainty::Likely };
            found.switch = Some(Switch { is_on: true, certainty, proof });
        }
        let on_by = |when| on_by(when, program?, line, environment, configs);
        if found.switch.is_none() {
            found.switch = elects.when.as_ref().and_then(on_by);
        }
        if found.switch.is_none() {
            found.outside = elects.outside.as_ref().and_then(on_by);
        }
        found.has_other_lock = elects.lock.is_some();
        if found.namespace.is_none()
            && let (Some(namespace), Some(invocation)) = (&elects.namespace, line.only())
        {
            let proof = Proof::new(invocation.place, format!("default of {}", invocation.name));
            found.namespace = Some(Flag { value: namespace.clone(), is_known: true, proof });
        }
    }
    found
}

/// An election that is on because of what else is said.
fn on_by<'run>(
    when: &When,
    program: &'run Program,
    line: &CommandLine<'run>,
    environment: &Environment<'run>,
    configs: &Configs<'run>,
) -> Option<Switch<'run>> {
    let invocation = line.only()?;
    if Reader::new(program, invocation, environment, configs, true).holds(when) != Some(true) {
        return None;
    }
    let said = when.env.iter().find_map(|name| Some((name, environment.get(name)?)));
    let (place, shows) = said.map_or_else(
        || (invocation.place, format!("it runs {}", program.called())),
        |(name, word)| (word.place, format!("`{name}`")),
    );
    Some(Switch { is_on: true, certainty: Certainty::Said, proof: Proof::new(place, shows) })
}

fn switch_by<'run>(found: &mut Election<'run>, name: &str, word: &Word<'run>) {
    let is_on = match word.text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => true,
        "false" | "0" | "no" | "off" => false,
        _ => return,
    };
    if word.is_known {
        found.switch =
            Some(Switch { is_on, certainty: Certainty::Said, proof: Proof::new(word.place, format!("`{name}`")) });
    }
}

/// Kubernetes' component configuration: `leaderElection: {leaderElect: true}`.
fn files<'run>(found: &mut Election<'run>, configs: &Configs<'run>) {
    for file in configs.files.iter().filter(|file| file.lines().contains("leaderElect")) {
        for entry in formats::read(Format::Yaml, file.text()) {
            let [.., section, key] = entry.key.as_slice() else { continue };
            if section != "leaderElection" {
                continue;
            }
            let proof = Proof::new(file.place(entry.range.clone()), format!("`{key}`"));
            let flag = |value: &str| {
                Some(Flag { value: value.to_owned(), is_known: !value.contains('$'), proof: proof.clone() })
            };
            match key.as_str() {
                "leaderElect" => {
                    found.switch = Some(Switch {
                        is_on: !is_false(&entry.value),
                        certainty: Certainty::Said,
                        proof: proof.clone(),
                    });
                }
                "leaseDuration" => found.lease_duration = flag(&entry.value),
                "renewDeadline" => found.renew_deadline = flag(&entry.value),
                "retryPeriod" => found.retry_period = flag(&entry.value),
                "resourceLock" => found.lock_kind = flag(&entry.value),
                "resourceName" => found.locks.extend(flag(&entry.value)),
                "resourceNamespace" => found.namespace = flag(&entry.value),
                _ => {}
            }
        }
    }
}

fn flags<'run>(found: &mut Election<'run>, invocation: &Invocation<'run>) {
    // Go's flags: a switch takes its value only after `=`.
    let options = Options { style: Style::Go, ..Options::default() };
    let arguments = Arguments::of(invocation, &options, &|_| false);
    let certainty = if invocation.always { Certainty::Said } else { Certainty::Likely };
    for given in arguments.all() {
        let name = given.name().replace('_', "-").to_ascii_lowercase();
        let joined = given.word.text.split_once('=').map(|(_, value)| value.trim().to_ascii_lowercase());
        if SWITCHES.contains(&name.as_str()) {
            let is_on = match joined.as_deref() {
                None | Some("true" | "1" | "t") => true,
                Some("false" | "0" | "f") => false,
                Some(_) => continue,
            };
            let proof = Proof::new(given.word.place, format!("`--{}`", given.name()));
            found.switch = Some(Switch { is_on, certainty, proof });
            continue;
        }
        let value = given.value.as_ref();
        let place = value.map_or(given.word.place, |value| value.place);
        let place = if joined.is_some() { given.word.place } else { place };
        let flag = || {
            Some(Flag {
                value: value.map(|value| value.text.to_string()).unwrap_or_default(),
                is_known: value.is_some_and(|value| value.is_known),
                proof: Proof::new(place, format!("`--{}`", given.name())),
            })
        };
        match name.as_str() {
            "leader-elect-lease-duration" | "leader-election-lease-duration" | "lease-duration" => {
                found.lease_duration = flag();
            }
            "leader-elect-renew-deadline" | "leader-election-renew-deadline" | "renew-deadline" => {
                found.renew_deadline = flag();
            }
            "leader-elect-retry-period" | "leader-election-retry-period" | "retry-period" => {
                found.retry_period = flag();
            }
            "leader-elect-resource-lock" | "leader-election-resource-lock" | "leader-election-type" => {
                found.lock_kind = flag();
            }
            "leader-elect-resource-name" | "leader-election-id" | "leader-election-resource-name" | "lease" => {
                found.locks.extend(flag());
            }
            "leader-elect-resource-namespace" | "leader-election-namespace" | "leader-election-resource-namespace" => {
                found.namespace = flag();
            }
            "kubeconfig" | "kube-config" | "master" | "apiserver" => {
                found.has_kubeconfig |= value.is_some_and(|value| !value.text.is_empty());
            }
            _ => {}
        }
    }
}

/// An elector that needs no switch.
pub(super) fn always_on<'run>(found: &mut Election<'run>, place: Location<'run>, shows: &str) {
    if found.switch.is_none() {
        found.switch = Some(Switch { is_on: true, certainty: Certainty::Said, proof: Proof::new(place, shows) });
    }
}
