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

mod judge;

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
use judge::Memory;

const RESOURCE: &str = "jobs.batch";

/// A page of Jobs.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Waits; with `--create`, makes the Jobs first. Exit code 3 says that trying again is in vain: a Job has failed for good,
/// was deleted, or is not complete within `--timeout`. A signal is not among that, for an eviction of the Pod is
/// not about the Jobs.
///
/// # Errors
/// A Job failed, time ran out, or the API server refuses.
pub async fn run(args: JoinArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let manifests = args.create.as_deref().map(manifest::read_jobs).transpose()?.unwrap_or_default();
    let (client, namespace) = cluster::connect(args.namespace.namespace.as_deref(), MAX_ANSWER).await?;
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

enum Look {
    Failed(Failure),
    Later(String),
}

/// Logs what has changed.
fn say(said: &mut String, now: String) {
    if *said != now {
        tracing::info!("{now}");
        *said = now;
    }
}
