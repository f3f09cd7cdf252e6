//! The checks, each as the version of Kubernetes that is asked for has it (`policy/check_*.go`). Their words are the
//! plugin's.

mod host;
mod kernel;
mod restricted;

use std::collections::BTreeSet;

use super::super::field::Field;
use super::Level;
pub use kernel::DEFAULT_CAPABILITIES;

use host::{
    host_namespaces, host_path_volumes, host_ports, host_ports_filled, privileged, probe_hosts, windows_host_process,
};
use kernel::{app_armor, capabilities, default_proc_mount, proc_mount, se_linux_options, seccomp, sysctls};
use restricted::{dropped_capabilities, no_escalation, non_root, seccomp_required, user, volume_types};

/// A Pod under judgement.
pub struct Pod<'a> {
    /// `spec`, of a Pod or of a template.
    pub spec: Field<'a>,
    /// The annotations beside it, in which profiles of `AppArmor` and seccomp may be.
    pub annotations: Field<'a>,
    /// The minor version of the policy.
    pub version: u32,
}

/// A check that a Pod does not pass.
pub struct Violation<'a> {
    /// What is forbidden, in two or three words.
    pub reason: &'static str,
    /// Which values and containers.
    pub detail: String,
    /// What to underline: the first of them.
    pub at: Field<'a>,
}

type Check = for<'a> fn(&Pod<'a>) -> Option<Violation<'a>>;

/// Checks of both levels, in the plugin's order.
const BASELINE: [Check; 12] = [
    app_armor,
    capabilities,
    host_namespaces,
    host_path_volumes,
    host_ports,
    probe_hosts,
    privileged,
    proc_mount,
    se_linux_options,
    seccomp,
    sysctls,
    windows_host_process,
];

/// Those of the level `restricted` alone.
const RESTRICTED: [Check; 7] =
    [no_escalation, dropped_capabilities, default_proc_mount, volume_types, non_root, user, seccomp_required];

/// What a Pod violates. The stricter check of two about one thing stands for both.
pub fn violations<'a>(pod: &Pod<'a>, level: Level, is_pod: bool) -> Vec<Violation<'a>> {
    let is_restricted = level == Level::Restricted;
    let is_replaced = |index: usize| {
        is_restricted
            && match index {
                1 => pod.version >= 22,
                3 => true,
                7 => pod.version >= 35,
                9 => pod.version >= 19,
                _ => false,
            }
    };
    let mut found = Vec::new();
    for (index, check) in BASELINE.iter().enumerate().filter(|(index, _)| !is_replaced(*index)) {
        // On the node's network the server fills host ports in, for Pods but not for templates.
        let violation = if index == 4 && is_pod { host_ports_filled(pod) } else { check(pod) };
        found.extend(violation);
    }
    if is_restricted {
        found.extend(RESTRICTED.iter().filter_map(|check| check(pod)));
    }
    found
}

/// Containers, or what else sets a value, that do something forbidden.
struct Bad<'a> {
    names: Vec<&'a str>,
    at: Option<Field<'a>>,
}

impl<'a> Bad<'a> {
    fn none() -> Self {
        Self { names: Vec::new(), at: None }
    }

    fn add(&mut self, name: &'a str, at: Field<'a>) {
        self.names.push(name);
        self.at.get_or_insert(at);
    }

    /// `container "a"`, `containers "a", "b"`.
    fn containers(&self) -> String {
        format!("{} {}", plural("container", self.names.len()), quoted(&self.names))
    }

    fn violation(self, reason: &'static str, detail: impl FnOnce(&Self) -> String) -> Option<Violation<'a>> {
        let detail = detail(&self);
        self.at.map(|at| Violation { reason, detail, at })
    }
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("\"{}\"", item.as_ref())).collect();
    items.join(", ")
}

impl<'a> Pod<'a> {
    fn containers(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        super::super::pod::all_containers(self.spec).map(|container| (container.child("name").str(), container))
    }

    fn is_windows(&self) -> bool {
        self.spec.at(&["os", "name"]).str() == "windows"
    }

    fn has_own_users(&self) -> bool {
        self.spec.child("hostUsers").is_false()
    }

    /// The same field of the Pod's security context and of each container's: who sets what is forbidden.
    fn setters(
        &self,
        path: &[&'static str],
        is_bad: impl Fn(Field<'a>) -> bool,
    ) -> Option<(Vec<String>, Vec<Field<'a>>)> {
        let own = self.spec.child("securityContext").at(path);
        let mut bad: Vec<Field> = if is_bad(own) { vec![own] } else { Vec::new() };
        let mut setters: Vec<String> = bad.iter().map(|_| "pod".to_owned()).collect();
        let mut names = Vec::new();
        for (name, container) in self.containers() {
            let field = container.child("securityContext").at(path);
            if is_bad(field) {
                names.push(name);
                bad.push(field);
            }
        }
        if !names.is_empty() {
            setters.push(format!("{} {}", plural("container", names.len()), quoted(&names)));
        }
        (!bad.is_empty()).then_some((setters, bad))
    }
}

fn texts<'a>(fields: &[Field<'a>]) -> BTreeSet<&'a str> {
    fields.iter().map(|field| field.str()).collect()
}
