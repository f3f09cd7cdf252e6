//! The verdict on what a look found.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::batch::v1::Job;

/// What earlier looks saw: a complete Job may be gone by the next one (`ttlSecondsAfterFinished`).
#[derive(Default)]
pub struct Memory {
    running: BTreeSet<String>,
    /// Names that are not asked for again.
    pub complete: BTreeSet<String>,
}

impl Memory {
    /// What is still missing in what a look found; empty when the barrier opens, an error when it never will.
    pub fn judge(&mut self, mut found: BTreeMap<String, Option<Job>>) -> Result<String, String> {
        let mut waiting = Vec::new();
        // What a selector no longer finds was deleted, as is a name that is gone.
        let gone = self.running.iter().filter(|name| !found.contains_key(*name)).cloned().collect::<Vec<_>>();
        found.extend(gone.into_iter().map(|name| (name, None)));
        for (name, job) in found {
            match job.as_ref().map(state) {
                Some(State::Complete) => {
                    self.running.remove(&name);
                    self.complete.insert(name);
                }
                Some(State::Failed(reason)) => return Err(format!("Job {name} failed: {reason}")),
                Some(State::Running(progress)) => {
                    waiting.push(format!("{name} ({progress})"));
                    self.running.insert(name);
                }
                None if self.running.contains(&name) => {
                    return Err(format!("Job {name} was deleted before it was seen complete"));
                }
                None => waiting.push(format!("{name} (not there yet)")),
            }
        }
        Ok(waiting.join(", "))
    }
}

enum State {
    Complete,
    Failed(String),
    Running(String),
}

/// The Job controller's verdict; `SuccessCriteriaMet` and `FailureTarget` come before the Pods have ended.
fn state(job: &Job) -> State {
    let status = job.status.clone().unwrap_or_default();
    for condition in status.conditions.unwrap_or_default().iter().filter(|condition| condition.status == "True") {
        match condition.type_.as_str() {
            "Complete" => return State::Complete,
            "Failed" => {
                let parts = [condition.reason.as_deref(), condition.message.as_deref()];
                let words: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
                return State::Failed(if words.is_empty() { "no reason given".to_owned() } else { words.join(": ") });
            }
            _ => {}
        }
    }
    let spec = job.spec.clone().unwrap_or_default();
    if spec.suspend == Some(true) {
        return State::Running("suspended".to_owned());
    }
    let done = status.succeeded.unwrap_or(0);
    State::Running(spec.completions.map_or_else(|| format!("{done} done"), |all| format!("{done} of {all} done")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Is {
        Absent,
        Running,
        Complete,
        Failed,
    }

    fn job(is: Is) -> Option<Job> {
        let condition = |kind: &str| json!([{"type": kind, "status": "True"}]);
        let conditions = match is {
            Is::Absent => return None,
            Is::Running => json!([]),
            Is::Complete => condition("Complete"),
            Is::Failed => condition("Failed"),
        };
        serde_json::from_value(json!({"metadata": {}, "status": {"conditions": conditions}})).unwrap()
    }

    /// All that can become of a Job: it comes, works, ends, and may be deleted at any time.
    fn next(is: Is) -> &'static [Is] {
        match is {
            Is::Absent => &[Is::Absent, Is::Running],
            Is::Running => &[Is::Running, Is::Complete, Is::Failed, Is::Absent],
            Is::Complete => &[Is::Complete, Is::Absent],
            Is::Failed => &[Is::Failed, Is::Absent],
        }
    }

    /// Every history of two Jobs, of which each look sees one moment.
    fn histories(length: usize) -> Vec<Vec<[Is; 2]>> {
        let mut all = vec![vec![[Is::Absent; 2]]];
        for _ in 1..length {
            let grown = all.iter().flat_map(|history| {
                let [one, two] = *history.last().unwrap();
                next(one).iter().flat_map(move |one| {
                    next(two).iter().map(move |two| [history.clone(), vec![[*one, *two]]].concat())
                })
            });
            all = grown.collect();
        }
        all
    }

    #[test]
    fn it_opens_only_when_all_were_complete_and_fails_only_when_it_never_could() {
        let (mut opened, mut failed, mut waits) = (0, 0, 0);
        for history in histories(6) {
            let mut memory = Memory::default();
            let mut seen = [Is::Absent; 2];
            let mut done = [false; 2];
            let mut verdict = None;
            for moment in &history {
                // Complete names are not asked for again.
                let asked = [0, 1].into_iter().filter(|at| !memory.complete.contains(["a", "b"][*at]));
                let found = asked.map(|at| (["a", "b"][at].to_owned(), job(moment[at]))).collect();
                let judged = memory.judge(found);
                let lost = (0..2).any(|at| {
                    !done[at] && (moment[at] == Is::Failed || (moment[at] == Is::Absent && seen[at] == Is::Running))
                });
                for (done, is) in done.iter_mut().zip(moment) {
                    *done |= *is == Is::Complete;
                }
                seen = *moment;
                assert_eq!(judged.is_err(), lost, "{history:?}: {judged:?}");
                assert_eq!(judged.as_deref() == Ok(""), done == [true; 2] && !lost, "{history:?}: {judged:?}");
                if judged.as_ref().is_ok_and(|waiting| !waiting.is_empty()) {
                    continue;
                }
                verdict = Some(judged.is_ok());
                break;
            }
            match verdict {
                Some(true) => opened += 1,
                Some(false) => failed += 1,
                None => waits += 1,
            }
        }
        assert!(opened > 500 && failed > 1000 && waits > 50, "{opened} opened, {failed} failed, {waits} waits");
    }
}
