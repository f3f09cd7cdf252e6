//! One Pod with what is recognised in it, for the rules that ask for roles: recognised once, asked by all.

use super::{Found, FoundAnywhere, Rule, Source, SourceCheck, adapter, ambassador, batch, election, serving};
use crate::kube::{Index, PodView};
use crate::recognise::address::{Text, mentions_number, texts};
use crate::recognise::config::{Configs, configs};
use crate::recognise::elector::{Election, election as election_of};
use crate::recognise::{Recognised, containers_among};

/// A Pod, the roles of its containers and what they mount.
pub(super) struct Scene<'run> {
    pub pod: PodView<'run>,
    pub index: &'run Index<'run>,
    pub members: Vec<Member<'run>>,
}

/// A container with all that is written about it.
pub(super) struct Member<'run> {
    pub one: Recognised<'run>,
    pub texts: Vec<Text<'run>>,
    pub configs: Configs<'run>,
    pub election: Election<'run>,
}

impl<'run> Scene<'run> {
    fn new(pod: PodView<'run>, index: &'run Index<'run>) -> Self {
        let member = |one: Recognised<'run>| Member {
            texts: texts(&one.container),
            configs: configs(&one.container, index),
            election: election_of(&one),
            one,
        };
        Self { pod, index, members: containers_among(pod, index).into_iter().map(member).collect() }
    }

    /// The containers that run beside the app, the app included.
    pub fn running(&self) -> impl Iterator<Item = &Member<'run>> {
        self.members.iter().filter(|member| member.one.container.runs_beside_app())
    }

    /// All but this one of those that run beside the app.
    pub fn others<'a>(&'a self, member: &'a Member<'run>) -> impl Iterator<Item = &'a Member<'run>> {
        self.running().filter(move |other| other.one.container.node != member.one.container.node)
    }
}

impl Member<'_> {
    pub fn name(&self) -> &str {
        self.one.name()
    }

    /// Whether its manifest shows this port in any way but as a loopback address that it talks to.
    pub fn may_serve(&self, port: u16) -> bool {
        let is_written = |text: &Text<'_>| {
            let talks = crate::recognise::address::addresses(text.text)
                .iter()
                .any(|address| address.is_loopback() && address.port == Some(port));
            !talks && mentions_number(text.text, port) && !is_port_of_a_host(self, text)
        };
        self.one.known_ports().contains(&port)
            || self.texts.iter().any(is_written)
            || self.configs.files.iter().any(|file| mentions_number(file.text, port))
    }
}

/// Whether a variable is the port beside a loopback host: `DB_PORT` with `DB_HOST=127.0.0.1`.
fn is_port_of_a_host(member: &Member<'_>, text: &Text<'_>) -> bool {
    crate::recognise::address::loopbacks(&member.one.container).iter().any(|call| call.text.node == text.node)
}

type Ask = fn(&Scene<'_>, &mut Found<'_>);

const ASKS: &[(&Rule, Ask)] = &[
    (&election::election_dead_lock_kind::RULE, election::election_dead_lock_kind::check),
    (&election::election_recreate::RULE, election::election_recreate::check),
    (&election::election_single_replica::RULE, election::election_single_replica::check),
    (&election::election_timing::RULE, election::election_timing::check),
    (&election::election_without_lease_rbac::RULE, election::election_without_lease_rbac::check),
    (&election::election_without_token::RULE, election::election_without_token::check),
    (&election::replicas_without_election::RULE, election::replicas_without_election::check),
    (&ambassador::ambassador_bypassed::RULE, ambassador::ambassador_bypassed::check),
    (&ambassador::ambassador_exposed::RULE, ambassador::ambassador_exposed::check),
    (&ambassador::ambassador_ip_hash::RULE, ambassador::ambassador_ip_hash::check),
    (&ambassador::ambassador_port_mismatch::RULE, ambassador::ambassador_port_mismatch::check),
    (&adapter::adapter_scrape_port_mismatch::RULE, adapter::adapter_scrape_port_mismatch::check),
    (&adapter::adapter_target_mismatch::RULE, adapter::adapter_target_mismatch::check),
    (&adapter::probe_on_loopback::RULE, adapter::probe_on_loopback::check),
    (&batch::source_port_mismatch::RULE, batch::source_port_mismatch::check),
    (&serving::gather_quorum_is_everything::RULE, serving::gather_quorum_is_everything::check),
    (&serving::gather_without_timeout::RULE, serving::gather_without_timeout::check),
    (&serving::peer_discovery_needs_unready::RULE, serving::peer_discovery_needs_unready::check),
];

/// The rules that look at a scene, in [`super::Check::Elsewhere`].
pub(super) static SOURCE: Source = Source { rules: RULES, check: SourceCheck::Together(check) };

const RULES: &[&Rule] = &{
    let mut rules = [ASKS[0].0; ASKS.len()];
    let mut at = 0;
    while at < rules.len() {
        rules[at] = ASKS[at].0;
        at += 1;
    }
    rules
};

fn check(index: &Index<'_>, found: &mut FoundAnywhere<'_>) {
    for pod in index.all().iter().flat_map(|object| object.pods()) {
        let scene = Scene::new(pod, index);
        for (rule, ask) in ASKS {
            ask(&scene, &mut found.about(pod.object).under(rule));
        }
    }
}
