//! Work queues and batch.

mod cronjob_overlap;
mod job_counts_preemption;
mod job_name_from_raw_item;
mod job_never_cleaned;
mod no_such_template;
mod schedule_never_comes;
mod ttl_shorter_than_source_memory;
mod work_queue_caps_parallelism;
mod worker_as_deployment;

use super::Rule;
use crate::diagnostic::Family;
use crate::kube::types::JobSpec;
use crate::kube::{Object, Typed};
use crate::yaml::NodeId;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Batch;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &cronjob_overlap::RULE,
    &job_counts_preemption::RULE,
    &job_name_from_raw_item::RULE,
    &job_never_cleaned::RULE,
    &no_such_template::RULE,
    &schedule_never_comes::RULE,
    &ttl_shorter_than_source_memory::RULE,
    &work_queue_caps_parallelism::RULE,
    &worker_as_deployment::RULE,
];

/// The spec of a Job, or of the Jobs that a CronJob makes, with its node.
fn job_spec(object: &Object) -> Option<(&JobSpec, NodeId)> {
    let (spec, path): (_, &[&str]) = match object.typed.as_ref()? {
        Typed::Job(job) => (job.spec.as_ref()?, &["spec"]),
        Typed::CronJob(cron) => (cron.spec.job_template.spec.as_ref()?, &["spec", "jobTemplate", "spec"]),
        _ => return None,
    };
    Some((spec, object.document.at(object.node, path)?))
}
