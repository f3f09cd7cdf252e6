use crate::kube::types::LifecycleHandler;

use crate::diagnostic::Level;
use crate::facts::command::sleeps;
use crate::kube::{ContainerView, PodView};
use crate::rules::{Check, Findings, Rule};
use crate::text::Text;
use crate::yaml::edit::{self, Edit};

/// A preStop hook sleeps for the whole grace period or longer.
pub static RULE: Rule = rule!("prestop_outlasts_grace.md", Warning, Check::Pod(check), fixes);

/// `DefaultTerminationGracePeriodSeconds` in `k8s.io/api/core/v1`.
const DEFAULT_GRACE: i64 = 30;

/// A sleep for which no grace period is suggested: more than a day.
const LONGEST: f64 = 86_400.0;

/// How many seconds a hook visibly sleeps, and where it says so.
type Sleep = (f64, &'static [&'static str]);

fn check(pod: PodView<'_>, found: &mut Findings<'_>) {
    let sleeping: Vec<(ContainerView<'_>, Sleep)> = pod
        .containers()
        .filter_map(|view| {
            let hook = view.container.lifecycle.as_ref().and_then(|hooks| hooks.pre_stop.as_deref());
            Some((view, sleep_of(hook?)?))
        })
        .collect();
    // one change is enough for all of them
    let mended = sleeping.iter().map(|(_, (sleep, _))| *sleep).filter(|sleep| *sleep <= LONGEST).fold(0.0, f64::max);
    for (view, sleep) in sleeping {
        check_hook(view, sleep, mended, found);
    }
}

fn check_hook(view: ContainerView<'_>, (sleep, field): Sleep, mended: f64, found: &mut Findings<'_>) {
    let Some(node) = view.at(&["lifecycle", "preStop"]).and_then(|hook| {
        let document = &view.pod.object.document;
        document.at(hook, field)
    }) else {
        return;
    };
    let set = view.pod.spec.termination_grace_period_seconds;
    // What a patch leaves out is in the object that it patches.
    if set.is_none() && view.pod.object.is_patch {
        return;
    }
    if view.pod.is_changed(&["spec.terminationGracePeriodSeconds", "spec.containers.lifecycle"]) {
        return;
    }
    let grace = set.unwrap_or(DEFAULT_GRACE);
    #[expect(clippy::cast_precision_loss, reason = "a grace period of 2^53 seconds is never outlasted")]
    let outlasts = grace >= 0 && sleep >= grace as f64;
    if !outlasts {
        return;
    }
    let duration = if sleep.is_infinite() { "forever".to_owned() } else { format!("for {sleep} s") };
    let name = &view.container.name;
    if grace == 0 {
        let saying = found
            .at(node, format!("the preStop hook of `{name}` never runs"))
            .because("with a grace period of 0 the kubelet kills the container at once and runs no hook")
            .help("remove the hook, or the grace period of 0")
            .level(Level::Advice);
        if let Some(grace) = view.pod.field("terminationGracePeriodSeconds") {
            saying.and(grace, "leaves no time for the hook");
        }
        return;
    }
    let saying = found
        .at(
            node,
            format!("the preStop hook of `{name}` sleeps {duration}, which uses up the grace period of {grace} s"),
        )
        .here("leaves the app no time to stop")
        .because(
            "the hook's run time counts against the grace period; the app then gets SIGTERM and 2 s \
             before SIGKILL (kubelet, `killContainer`)",
        );
    match view.pod.field("terminationGracePeriodSeconds").filter(|_| set.is_some()) {
        Some(period) => saying.and(period, "is the whole grace period").help(format!(
            "sleep for less than {grace} s, or raise terminationGracePeriodSeconds by the time the app needs"
        )),
        None => saying
            .help(format!("sleep for less than {grace} s, the default, or set terminationGracePeriodSeconds above it")),
    }
    .unsafe_fix_if(
        format!("leave the app {DEFAULT_GRACE} s after the sleep"),
        (sleep <= LONGEST).then(|| longer_grace(&view, mended)).flatten(),
    );
}

/// The change that adds the default grace period to the time of the hook.
fn longer_grace(view: &ContainerView<'_>, sleep: f64) -> Option<Vec<Edit>> {
    const FIELD: &str = "terminationGracePeriodSeconds";
    let document = &view.pod.object.document;
    if view.pod.object.is_patch {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most a day")]
    let seconds = (sleep.ceil() as i64 + DEFAULT_GRACE).to_string();
    let edit = match view.pod.field(FIELD) {
        Some(period) => edit::scalar(document, period, &seconds),
        None => edit::add(document, view.pod.node, FIELD, FIELD, &seconds),
    };
    edit.map(|edit| vec![edit])
}

fn sleep_of(hook: &LifecycleHandler) -> Option<Sleep> {
    if let Some(sleep) = &hook.sleep {
        #[expect(clippy::cast_precision_loss, reason = "compared with a grace period")]
        return Some((sleep.seconds as f64, &["sleep", "seconds"]));
    }
    let command = hook.exec.as_ref()?.command.as_deref()?;
    let seconds = sleeps(&command.iter().map(Text::as_str).collect::<Vec<_>>())?;
    Some((seconds, &["exec", "command"]))
}
