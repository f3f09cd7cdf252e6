//! Pods and their templates: `pkg/apis/core/validation/validation.go`, `ValidatePodSpec` and what it calls.

mod affinity;
mod container;
mod env;
mod mounts;
mod overlaps;
mod paths;
mod probe;
mod projected;
mod security;
mod selectors;
mod spec;
mod volume;
mod volume_plugins;
mod warnings;
mod windows;

pub use affinity::{node_selector, node_selector_warnings, tolerations, topology_selector_terms};
pub use mounts::REFUSED_VOLUME;
pub use spec::{pod, pod_template, preemption_policy, template_metadata};
pub use volume::restricted_volume;
pub use volume_plugins::{PERSISTENT_PLUGINS, csi_driver_name, plugin};
pub use warnings::{node_label_message, template_warnings};

use super::field::Field;

/// What a Pod spec is part of. Templates pass some mistakes that a Pod itself does not.
#[derive(Clone, Copy, Debug)]
pub struct PodContext<'a> {
    /// The Pod's metadata; none for templates, whose Pods are named later.
    pub pod_meta: Option<Field<'a>>,
    /// The claim templates of a `StatefulSet`: volumes that the spec does not list.
    pub claim_templates: Option<Field<'a>>,
}

impl PodContext<'_> {
    /// A template of any controller.
    pub const TEMPLATE: Self = Self { pod_meta: None, claim_templates: None };

    fn is_pod(self) -> bool {
        self.pod_meta.is_some()
    }
}

/// All containers of a Pod with their lists, as `VisitContainersWithPath` goes through them.
pub fn all_containers(spec: Field<'_>) -> impl Iterator<Item = Field<'_>> {
    let init = spec.child("initContainers");
    let main = spec.child("containers");
    let ephemeral = spec.child("ephemeralContainers");
    init.items().chain(main.items()).chain(ephemeral.items())
}
