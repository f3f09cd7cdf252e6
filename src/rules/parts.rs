//! Parts of Pods with the nodes that they are read from.

use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, Probe, Volume, VolumeMount};

use crate::kube::{ContainerView, PodView};
use crate::yaml::{Document, NodeId};

/// A list's typed items with their nodes.
pub fn zipped<'a, T>(
    document: &'a Document,
    list: Option<NodeId>,
    typed: Option<&'a [T]>,
) -> impl Iterator<Item = (&'a T, NodeId)> {
    let nodes = list.map_or(&[][..], |list| document.items(list));
    typed.unwrap_or_default().iter().zip(nodes.iter().copied())
}

/// The volumes of a Pod.
pub fn volumes<'a>(pod: &PodView<'a>) -> impl Iterator<Item = (&'a Volume, NodeId)> {
    zipped(&pod.object.document, pod.field("volumes"), pod.spec.volumes.as_deref())
}

/// The volume mounts of a container.
pub fn mounts<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a VolumeMount, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["volumeMounts"]), view.container.volume_mounts.as_deref())
}

/// The variables of a container.
pub fn variables<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a EnvVar, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["env"]), view.container.env.as_deref())
}

/// The declared ports of a container.
pub fn ports<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a ContainerPort, NodeId)> {
    zipped(&view.pod.object.document, view.at(&["ports"]), view.container.ports.as_deref())
}

/// The words of a container's command line: `command`, then `args`.
pub fn words<'a>(view: &ContainerView<'a>) -> impl Iterator<Item = (&'a String, NodeId)> {
    let document = &view.pod.object.document;
    let command = zipped(document, view.at(&["command"]), view.container.command.as_deref());
    command.chain(zipped(document, view.at(&["args"]), view.container.args.as_deref()))
}

/// The script that a container's shell is given, with its node and the shell.
pub fn script<'a>(view: &ContainerView<'a>) -> Option<Script<'a>> {
    let words: Vec<_> = words(view).collect();
    let shell = words.first()?.0.rsplit('/').next()?;
    let is_shell = matches!(shell, "sh" | "bash" | "ash" | "dash" | "zsh");
    let options = words[1..].iter().take_while(|(word, _)| word.starts_with('-')).count();
    let runs_text = words[1..=options].iter().any(|(option, _)| !option.starts_with("--") && option.contains('c'));
    let (text, node) = words.get(1 + options).filter(|_| is_shell && runs_text)?;
    Some(Script { shell, text, node: *node })
}

/// A script for a shell.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The shell's name without its folder.
    pub shell: &'a str,
    /// The script.
    pub text: &'a str,
    /// Its node.
    pub node: NodeId,
}

/// The probes of a container, by the names of their fields.
pub fn probes(container: &Container) -> impl Iterator<Item = (&'static str, &Probe)> {
    let all = [
        ("startupProbe", &container.startup_probe),
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
    ];
    all.into_iter().filter_map(|(field, probe)| Some((field, probe.as_ref()?)))
}

/// Whether a path is another or lies below it.
pub fn is_under(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
