//! `join`: a barrier. It ends when the Jobs before it are complete, and fails as soon as one has failed.
//!
//! - **J1: it opens only when every Job has been seen complete**: `judge` is empty only when each name is among the
//!   complete or was found so just now, and a name becomes complete only by the Job controller's own condition.
//! - **J2: it fails only when it could never open**: a Job that is seen failed stays so, and one that was seen at work and
//!   is gone was never seen complete. One that is not there yet may come.
//! - **J3: it does not hang on what is decided**: every look that finds a verdict acts on it.
//!
//! A process that is started anew remembers nothing: a Job that was complete and is gone is waited for, until
//! `--timeout`. So generated map Jobs have no `ttlSecondsAfterFinished`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use kube::api::{ListParams, PostParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};

use super::cli::JoinArgs;
use super::cluster::{self, Call, CallError};
use super::signals::Termination;
use super::{Failure, manifest, names};

const RESOURCE: &str = "jobs.batch";

/// Waits; with `--create`, makes the Jobs first. Exit code 3 says that trying again is in vain: a Job has failed for good,
/// was deleted, or is not complete within `--timeout`. A signal is not among that, for whoever evicts a Pod means no Job.
///
/// # Errors
/// A Job failed, time ran out, or the API server refuses.
pub async fn run(args: JoinArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let manifests = args.create.as_deref().map(manifest::read_jobs).transpose()?.unwrap_or_default();
    let (client, namespace) = cluster::connect(args.namespace.namespace.as_deref()).await?;
    let barrier = Barrier { jobs: Api::namespaced(client.clone(), &namespace), client, namespace, args };
    let limit = barrier.args.timeout;
    tokio::select! {
        result = barrier.wait(manifests) => result,
        () = sleep(limit) => Err(Failure::ForGood(format!(
            "not complete within {}; the last line above says what was missing",
            humantime::format_duration(limit.unwrap_or_default())
        ))),
        () = termination.wait() => Err(Failure::Failed("ended by a signal before the Jobs were complete".to_owned())),
    }
}

async fn sleep(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

struct Barrier {
    jobs: Api<Job>,
    client: Client,
    namespace: String,
    args: JoinArgs,
}

impl Barrier {
    async fn wait(&self, manifests: Vec<Value>) -> Result<(), Failure> {
        let mut names: BTreeSet<String> = self.args.jobs.iter().cloned().collect();
        if !manifests.is_empty() {
            names.extend(self.create(manifests).await?);
        }
        let mut memory = Memory::default();
        let mut said = String::new();
        loop {
            match self.look(&names, &mut memory).await {
                Ok(waiting) if waiting.is_empty() => return Ok(()),
                Ok(waiting) => say(&mut said, format!("waiting for {waiting}")),
                Err(Look::Failed(failure)) => return Err(failure),
                Err(Look::Later(reason)) => say(&mut said, reason),
            }
            tokio::time::sleep(self.args.interval).await;
        }
    }

    /// What is still missing; empty when the barrier opens.
    async fn look(&self, names: &BTreeSet<String>, memory: &mut Memory) -> Result<String, Look> {
        let mut found: BTreeMap<String, Option<Job>> = BTreeMap::new();
        for name in names.difference(&memory.complete) {
            let job = cluster::timed(self.jobs.get_opt(name)).await.map_err(|e| self.later(&e, "get", name))?;
            found.insert(name.clone(), job);
        }
        if let Some(selector) = &self.args.selector {
            let list = cluster::timed(self.jobs.list(&ListParams::default().labels(selector))).await;
            let own = self.owner_name();
            for job in list.map_err(|e| self.later(&e, "list", ""))? {
                let name = job.name_any();
                // Waiting for itself would never end.
                if Some(&name) != own.as_ref() {
                    found.insert(name, Some(job));
                }
            }
            if found.is_empty() && memory.complete.is_empty() {
                return Ok(format!("a Job with the label {selector}"));
            }
        }
        memory.judge(found).map_err(|reason| Look::Failed(Failure::ForGood(reason)))
    }

    fn later(&self, error: &CallError, verb: &str, name: &str) -> Look {
        let needs = if self.args.selector.is_some() { "get, list" } else { "get" };
        let call = Call { verb, resource: RESOURCE, name, namespace: &self.namespace, needs };
        let reason = error.explain(&call);
        if error.is_final() { Look::Failed(Failure::Usage(reason)) } else { Look::Later(reason) }
    }

    /// Makes the Jobs under names that belong to this run, so that a CronJob's next run makes others; after a restart
    /// finds those that it has made before.
    async fn create(&self, manifests: Vec<Value>) -> Result<Vec<String>, Failure> {
        let owner_name = self.owner_name().ok_or_else(|| {
            Failure::Usage(
                "--create needs the name of this Pod's own Job: --owner, or POD_NAME of a Job's Pod".to_owned(),
            )
        })?;
        let owner = self.owner(&owner_name).await?;
        let uid = owner.uid().unwrap_or_default();
        let mut names = Vec::new();
        for mut job in manifests {
            let own = job["metadata"]["name"].as_str().unwrap_or_default();
            if own.is_empty() {
                return Err(Failure::Usage("a Job of --create has no name".to_owned()));
            }
            let name = names::fit(&format!("{owner_name}-{own}"));
            job["metadata"]["name"] = json!(name);
            job["metadata"]["ownerReferences"] =
                json!([{"apiVersion": "batch/v1", "kind": "Job", "name": owner_name, "uid": uid, "controller": true}]);
            self.create_one(&name, &uid, &job).await?;
            names.push(name);
        }
        Ok(names)
    }

    async fn create_one(&self, name: &str, owner: &str, job: &Value) -> Result<(), Failure> {
        let dynamic: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace, &ApiResource::erase::<Job>(&()));
        let object: DynamicObject = serde_json::from_value(job.clone())
            .map_err(|error| Failure::Usage(format!("{name} cannot be created: {error}")))?;
        let mut said = String::new();
        loop {
            let Err(error) = cluster::timed(dynamic.create(&PostParams::default(), &object)).await else {
                tracing::info!(job = name, "created");
                return Ok(());
            };
            if error.code() == Some(409) {
                let is_ours = self.owner(name).await?.owner_references().iter().any(|reference| reference.uid == owner);
                if is_ours {
                    return Ok(());
                }
                return Err(Failure::Failed(format!("Job {name} is there already and belongs to someone else")));
            }
            let call =
                Call { verb: "create", resource: RESOURCE, name, namespace: &self.namespace, needs: "get, create" };
            let reason = error.explain(&call);
            if error.is_final() {
                return Err(Failure::Usage(reason));
            }
            say(&mut said, reason);
            tokio::time::sleep(self.args.interval).await;
        }
    }

    /// A Job that has to be there.
    async fn owner(&self, name: &str) -> Result<Job, Failure> {
        let mut said = String::new();
        loop {
            match cluster::timed(self.jobs.get(name)).await {
                Ok(job) => return Ok(job),
                Err(error) if error.code() == Some(404) => {
                    return Err(Failure::Usage(format!(
                        "there is no Job {name}, which would own the Jobs of --create"
                    )));
                }
                Err(error) => match self.later(&error, "get", name) {
                    Look::Failed(failure) => return Err(failure),
                    Look::Later(reason) => say(&mut said, reason),
                },
            }
            tokio::time::sleep(self.args.interval).await;
        }
    }

    /// The Job controller names Pods `<job>-<random>`, or `<job>-<index>-<random>` of an indexed Job.
    fn owner_name(&self) -> Option<String> {
        let pod = || {
            let pod = std::env::var("POD_NAME").ok()?;
            let (job, _) = pod.rsplit_once('-')?;
            let indexed = std::env::var_os("JOB_COMPLETION_INDEX").is_some();
            Some(if indexed { job.rsplit_once('-')?.0.to_owned() } else { job.to_owned() })
        };
        self.args.owner.clone().or_else(pod)
    }
}

/// What earlier looks saw: a complete Job may be gone by the next one (`ttlSecondsAfterFinished`).
#[derive(Default)]
struct Memory {
    running: BTreeSet<String>,
    complete: BTreeSet<String>,
}

impl Memory {
    /// What is still missing in what a look found; empty when the barrier opens, an error when it never will.
    fn judge(&mut self, mut found: BTreeMap<String, Option<Job>>) -> Result<String, String> {
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

enum Look {
    Failed(Failure),
    Later(String),
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

/// Logs what has changed.
fn say(said: &mut String, now: String) {
    if *said != now {
        tracing::info!("{now}");
        *said = now;
    }
}

#[cfg(test)]
mod tests {
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
