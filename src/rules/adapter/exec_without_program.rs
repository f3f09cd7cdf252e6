use crate::diagnostic::Level;
use crate::facts::is_bare;
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};
use crate::text::Text;
use crate::words::clip;

/// A probe or hook runs a shell or tool that the image does not have.
pub static RULE: Rule = rule!("exec_without_program.md", Error, Check::Container(check));

/// What people expect in every image.
const TOOLS: [&str; 26] = [
    "sh", "bash", "ash", "cat", "wget", "curl", "nc", "grep", "ls", "test", "[", "sleep", "pgrep", "ps", "kill",
    "pkill", "touch", "rm", "echo", "true", "date", "stat", "find", "netstat", "ss", "python3",
];

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let container = view.container;
    if view.pod.is_changed(&["spec.containers.image"]) || view.pod.is_changed(&parts::PROBES) {
        return;
    }
    let probes = [
        ("startupProbe", &container.startup_probe),
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
    ];
    for (field, probe) in probes {
        let exec = probe.as_ref().and_then(|probe| probe.exec.as_ref()).and_then(|exec| exec.command.as_deref());
        judge(&view, &[field], exec, found);
    }
    let Some(hooks) = &container.lifecycle else { return };
    for (field, hook) in [("postStart", &hooks.post_start), ("preStop", &hooks.pre_stop)] {
        let exec = hook.as_ref().and_then(|hook| hook.exec.as_ref()).and_then(|exec| exec.command.as_deref());
        judge(&view, &["lifecycle", field], exec, found);
    }
}

fn judge(view: &ContainerView<'_>, path: &[&str], command: Option<&[Text]>, found: &mut Findings<'_>) {
    let Some(program) = command.and_then(<[Text]>::first) else { return };
    if !is_bare(view.container.image.as_deref().unwrap_or_default()) {
        return;
    }
    let folder = program.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = program.rsplit('/').next().unwrap_or_default();
    // A tool of one's own may be mounted anywhere but over the image's folders.
    let is_system = matches!(folder, "" | "/bin" | "/usr/bin" | "/usr/local/bin");
    let is_mounted =
        view.container.volume_mounts.iter().flatten().any(|mount| {
            matches!(mount.mount_path.trim_end_matches('/'), "/bin" | "/usr/bin" | "/usr/local/bin" | "/usr")
        });
    if !TOOLS.contains(&name) || !is_system || is_mounted {
        return;
    }
    let document = &view.pod.object.document;
    let Some(list) = view.at(path).and_then(|node| document.at(node, &["exec", "command"])) else { return };
    let node = document.items(list).first().copied().unwrap_or(list);
    let what = path[path.len() - 1];
    let consequence = match what {
        "postStart" => "the container is killed and restarted",
        "preStop" => "the hook does nothing",
        _ => "the probe always fails",
    };
    let is_sleep = |word: &str| word.rsplit('/').next() == Some("sleep");
    let sleeps = command.into_iter().flatten().any(|text| text.split_whitespace().any(is_sleep));
    let saying = found
        .at(node, format!("the image of `{}` has no `{}`, so {consequence}", view.container.name, clip(name)))
        .here("not in the image")
        .because("the image contains only its own program, without a shell or tools; the kubelet runs the command inside the container")
        .help(match what {
            "preStop" if !sleeps => "use an HTTP hook, or let the program do it when it gets SIGTERM",
            "postStart" => "use an HTTP hook, or do it in an init container",
            "preStop" => "use `sleep: {seconds: …}`, which the kubelet runs itself, or an HTTP hook",
            _ => "probe over httpGet, tcpSocket or grpc",
        });
    // A hook that fails before the end is reported, and the Pod stops all the same.
    let saying = if what == "preStop" { saying.level(Level::Warning) } else { saying };
    if let Some(image) = view.at(&["image"]) {
        saying.and(image, "without a shell");
    }
}
