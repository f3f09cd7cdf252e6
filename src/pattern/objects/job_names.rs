//! Names of Jobs: what a Job runs cannot be changed, so its name ends in the hash of its spec, and a changed one is
//! another Job. Templates end such a name in a mark, wherever they write it; the mark becomes the hash.

use serde_json::Value as Json;

use super::made::Made;
use crate::pattern::names::{JOB_MARK, short_hash};

/// Gives the Jobs of one document their names, and whatever speaks of them.
pub(crate) fn settle(made: &mut [Made]) {
    // a Job that speaks of another waits for its name
    loop {
        let is_ready = |made: &&Made| {
            let name = made.object["metadata"]["name"].as_str().unwrap_or_default();
            made.object["kind"] == "Job"
                && name.ends_with(JOB_MARK)
                && !made.object["spec"].to_string().contains(JOB_MARK)
        };
        let Some(job) = made.iter().find(is_ready) else { return };
        let name = job.object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let mut spec = job.object["spec"].clone();
        // may be changed, and says nothing about what runs
        if let Some(spec) = spec.as_object_mut() {
            for field in ["suspend", "parallelism", "ttlSecondsAfterFinished", "activeDeadlineSeconds"] {
                spec.shift_remove(field);
            }
        }
        let whole = name.replace(JOB_MARK, &format!("-{}", short_hash(spec.to_string().as_bytes())));
        for made in made.iter_mut() {
            replace(&mut made.object, &name, &whole);
        }
    }
}

fn replace(value: &mut Json, from: &str, to: &str) {
    match value {
        Json::String(text) if text.contains(from) => *text = text.replace(from, to),
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Json::Object(members) => members.values_mut().for_each(|value| replace(value, from, to)),
        _ => {}
    }
}
