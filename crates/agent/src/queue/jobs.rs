//! The queue's Jobs and ConfigMaps in the cluster, which are its only memory.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions};
use kube::core::{ApiResource, DynamicObject, Object};
use kube::{Api, Client, ResourceExt as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::cluster::{self, Call, CallError, timed};
use super::Refusal;
use super::template::{ITEM_ANNOTATION, QUEUE_LABEL};

/// Jobs of one page of a list; a page is all that is held of them in full.
const PAGE: u32 = 250;

/// Of a page that is too large, as Jobs of long scripts make it.
const SMALL_PAGE: u32 = 5;

/// What the queue reads of a Job.
type SlimJob = Object<Ignored, SlimStatus>;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Ignored {}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct SlimStatus {
    #[serde(default)]
    conditions: Vec<SlimCondition>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct SlimCondition {
    r#type: String,
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

/// One Job of the queue.
#[derive(Clone, Debug)]
pub struct Known {
    /// Tells it from another Job of the name.
    pub uid: String,
    /// The item that it is for.
    pub item: String,
    /// How far it is.
    pub state: State,
}

/// How far a Job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting or at work.
    Active,
    /// Done.
    Complete,
    /// Given up, and why.
    Failed(String),
}

/// The API server, for one queue.
pub struct Jobs {
    slim: Api<SlimJob>,
    full: Api<DynamicObject>,
    config_maps: Api<DynamicObject>,
    namespace: String,
    selector: String,
}

impl Jobs {
    /// The Jobs of the queue of this name.
    pub fn new(client: &Client, namespace: &str, queue: &str) -> Self {
        let (jobs, config_maps) = (ApiResource::erase::<Job>(&()), ApiResource::erase::<ConfigMap>(&()));
        Self {
            slim: Api::namespaced_with(client.clone(), namespace, &jobs),
            full: Api::namespaced_with(client.clone(), namespace, &jobs),
            config_maps: Api::namespaced_with(client.clone(), namespace, &config_maps),
            namespace: namespace.to_owned(),
            selector: format!("{QUEUE_LABEL}={queue}"),
        }
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// What the API server refused.
    pub async fn list(&self) -> Result<BTreeMap<String, Known>, String> {
        let mut known = BTreeMap::new();
        let mut params = ListParams::default().labels(&self.selector).limit(PAGE);
        loop {
            let page = match timed(self.slim.list(&params)).await {
                Ok(page) => page,
                // The list has become too old while it was read; from the beginning.
                Err(error) if error.code() == Some(410) && params.continue_token.is_some() => {
                    known.clear();
                    params.continue_token = None;
                    continue;
                }
                // Larger than what is taken of an answer; so are not all Jobs.
                Err(CallError::Client(error)) if cluster::code(&error).is_none() && params.limit == Some(PAGE) => {
                    tracing::debug!(
                        "a page of Jobs is not to be had ({}); trying a smaller one",
                        cluster::chain(&error)
                    );
                    params.limit = Some(SMALL_PAGE);
                    continue;
                }
                Err(error) => return Err(self.explain(&error, "list", "jobs.batch", "")),
            };
            let next = page.metadata.continue_.clone().filter(|token| !token.is_empty());
            known.extend(page.into_iter().map(|job| (job.name_any(), slim(&job))));
            match next {
                Some(token) => params.continue_token = Some(token),
                None => return Ok(known),
            }
        }
    }

    /// Makes an item's Job, or finds the one that is there; its uid.
    ///
    /// # Errors
    /// What the API server refused.
    pub async fn create(&self, name: &str, job: Value) -> Result<String, Refusal> {
        match timed(self.full.create(&PostParams::default(), &object(job)?)).await {
            Ok(made) => Ok(made.uid().unwrap_or_default()),
            Err(error) if error.code() == Some(409) => {
                let there = timed(self.slim.get(name)).await;
                let uid = there.map(|job| job.uid().unwrap_or_default());
                uid.map_err(|error| Refusal::Call(self.explain(&error, "get", "jobs.batch", name)))
            }
            Err(error) => Err(self.refusal(&error, "jobs.batch", name)),
        }
    }

    /// Makes an item's ConfigMap; one that is there is it. Whether it had been missing.
    ///
    /// # Errors
    /// What the API server refused.
    pub async fn keep(&self, name: &str, config_map: Value, dry_run: bool) -> Result<bool, Refusal> {
        let params = PostParams { dry_run, ..PostParams::default() };
        match timed(self.config_maps.create(&params, &object(config_map)?)).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some(409) => Ok(false),
            Err(error) => Err(self.refusal(&error, "configmaps", name)),
        }
    }

    /// Deletes a Job, this very one, with what it owns.
    ///
    /// # Errors
    /// What the API server refused.
    pub async fn delete(&self, name: &str, uid: &str) -> Result<(), String> {
        let only = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
        match timed(self.slim.delete(name, &DeleteParams::background().preconditions(only))).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(()),
            Err(error) => Err(self.explain(&error, "delete", "jobs.batch", name)),
        }
    }

    fn refusal(&self, error: &CallError, resource: &str, name: &str) -> Refusal {
        let reason = self.explain(error, "create", resource, name);
        if error.refuses_object() { Refusal::Object(reason) } else { Refusal::Call(reason) }
    }

    fn explain(&self, error: &CallError, verb: &str, resource: &str, name: &str) -> String {
        let needs = if resource == "configmaps" { "create" } else { "create, list, get, delete" };
        error.explain(&Call { verb, resource, name, namespace: &self.namespace, needs })
    }
}

fn object(value: Value) -> Result<DynamicObject, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::Object(format!("not an object: {error}")))
}

fn slim(job: &SlimJob) -> Known {
    let conditions = job.status.iter().flat_map(|status| &status.conditions);
    let state = conditions
        .filter(|condition| condition.status == "True")
        .find_map(|condition| match condition.r#type.as_str() {
            "Complete" => Some(State::Complete),
            "Failed" => Some(State::Failed(format!("{}: {}", condition.reason, condition.message))),
            _ => None,
        })
        .unwrap_or(State::Active);
    let item = job.annotations().get(ITEM_ANNOTATION).cloned().unwrap_or_default();
    Known { uid: job.uid().unwrap_or_default(), item, state }
}
