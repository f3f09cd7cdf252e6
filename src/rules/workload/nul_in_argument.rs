use crate::kube::PodView;
use crate::rules::{Check, Findings, Rule};
use crate::yaml::NodeId;

/// An argument or variable with U+0000, which no process can be given.
pub static RULE: Rule = rule!("nul_in_argument.md", Error, Check::Pod(check));

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    if pod.is_changed(&["spec.containers.command", "spec.containers.args", "spec.containers.env"]) {
        return;
    }
    let document = &pod.object.document;
    for view in pod.containers() {
        let items = |field: &str| view.at(&[field]).map_or(&[][..], |list| document.items(list));
        let words = items("command").iter().chain(items("args")).map(|word| (*word, "an argument"));
        let values = items("env").iter().filter_map(|variable| document.get(*variable, "value"));
        let with_nul = |(node, _): &(NodeId, &str)| document.str(*node).is_some_and(|text| text.contains('\0'));
        for (node, what) in words.chain(values.map(|value| (value, "a variable"))).filter(with_nul) {
            found
                .at(node, format!("{what} of a process cannot hold the character U+0000"))
                .because(format!(
                    "C strings end there, so the runtime does not start `{}` (Linux: execve(2); golang/go: \
                     `syscall.BytePtrFromString`)",
                    view.container.name
                ))
                .help("leave the character out, or mount a file that has it");
        }
    }
}
