use crate::apiserver::days;
use crate::diagnostic::Level;
use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::words::clip;
use crate::yaml::Value;

/// A schedule whose days are in none of its months.
pub static RULE: Rule = rule!("schedule_never_comes.md", Warning, Check::Object(check));

/// The days of the longest month of each name: of February in a leap year.
const LENGTHS: [u64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn check(object: &Object, found: &mut Findings<'_>) {
    if object.id.kind != "CronJob" || object.id.group() != "batch" {
        return;
    }
    let document = &object.document;
    if !object.keeps(&["spec.schedule", "spec.suspend"]) {
        return;
    }
    let Some(spec) = document.get(object.node, "spec") else { return };
    let is_suspended = document.get(spec, "suspend").is_some_and(|node| document.value(node) == Value::Bool(true));
    let Some(node) = document.get(spec, "schedule").filter(|_| !is_suspended) else { return };
    let Some((days, months)) = document.str(node).and_then(days) else { return };
    let comes = months.iter().any(|month| {
        let length = month.checked_sub(1).and_then(|at| LENGTHS.get(usize::try_from(at).ok()?));
        days.iter().any(|day| length.is_none_or(|length| day <= length))
    });
    if comes {
        return;
    }
    // a day that February never has is a known way to write "only by hand"
    let is_idiom = months == [2];
    found
        .at(node, format!("`{}` never comes: none of its months has such a day", clip(&object.id.name)))
        .here("no such day")
        .because(
            "the API server accepts each column by itself, and the controller finds no next time (robfig/cron: \
             `SpecSchedule.Next`)",
        )
        .help(if is_idiom {
            "for a CronJob that is only run by hand, write `suspend: true`"
        } else {
            "name a day that the month has, or several months"
        })
        .level(if is_idiom { Level::Advice } else { Level::Warning });
}
