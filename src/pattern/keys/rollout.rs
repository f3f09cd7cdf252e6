//! `rollout`: how a new version of a workload takes the place of the old one.

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Member, Spanned, duration_seconds};
use crate::diagnostic::{Finding, Label};
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// Kubernetes' default for `progressDeadlineSeconds`.
const DEADLINE: u64 = 600;

/// Writes the fields into the document's workloads.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let Some(written) = description.rollout.as_ref().filter(|rollout| !rollout.members().is_empty()) else {
        return Vec::new();
    };
    let rollout = Rollout::read(written);
    let workloads = rollout.write(objects);
    if workloads.all == 0 {
        let finding = Finding::error(written.place.label(""), "nothing here is rolled out").label(shape(description));
        return vec![finding.help("leave `rollout` out")];
    }
    let mut findings = Vec::from_iter(rollout.check_stuck(&workloads));
    findings.extend(rollout.check_replaced(description, &workloads));
    findings.extend(rollout.check_kinds(description, &workloads));
    findings.extend(rollout.check_deadline(&workloads));
    findings
}

/// What `rollout` says.
struct Rollout<'a> {
    written: &'a Spanned,
    /// Seconds.
    settle: Option<u64>,
    /// Seconds.
    deadline: Option<u64>,
    history: Option<Json>,
    surge: Option<Json>,
    unavailable: Option<Json>,
    recreates: bool,
}

/// The workloads of a document by how they are rolled out.
#[derive(Default)]
struct Workloads {
    all: usize,
    deployments: usize,
    /// Of the Deployments, those that are rolled out Pod by Pod: a pattern may have said that its own are replaced.
    rolling_updates: usize,
    /// Whether one may have neither a Pod more nor a Pod less.
    stuck: bool,
}

impl<'a> Rollout<'a> {
    fn read(written: &'a Spanned) -> Self {
        let seconds = |key: &str| written.get(key).and_then(Spanned::text).and_then(|text| duration_seconds(text).ok());
        let value = |key: &str| written.get(key).map(Spanned::to_json);
        Self {
            written,
            settle: seconds("settle"),
            deadline: seconds("deadline"),
            history: value("history"),
            surge: value("surge"),
            unavailable: value("unavailable"),
            recreates: value("recreate").is_some_and(|value| value == true),
        }
    }

    fn write(&self, objects: &mut [Json]) -> Workloads {
        let mut workloads = Workloads::default();
        for object in objects {
            let is_deployment = object["kind"] == "Deployment";
            if !is_deployment && object["kind"] != "StatefulSet" && object["kind"] != "DaemonSet" {
                continue;
            }
            workloads.all += 1;
            let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut) else { continue };
            spec.extend(self.settle.map(|settle| ("minReadySeconds".to_owned(), json!(settle))));
            spec.extend(self.history.clone().map(|history| ("revisionHistoryLimit".to_owned(), history)));
            if is_deployment {
                self.write_deployment(spec, &mut workloads);
            }
        }
        workloads
    }

    fn write_deployment(&self, spec: &mut Map<String, Json>, workloads: &mut Workloads) {
        let is_none = |many: &Json| *many == 0 || *many == "0%";
        workloads.deployments += 1;
        spec.extend(self.deadline.map(|deadline| ("progressDeadlineSeconds".to_owned(), json!(deadline))));
        let is_replaced = spec.get("strategy").is_some_and(|strategy| strategy["type"] == "Recreate");
        workloads.rolling_updates += usize::from(!is_replaced);
        if !is_replaced && (self.surge.is_some() || self.unavailable.is_some()) {
            let rolling = &mut spec.entry("strategy").or_insert_with(|| json!({}))["rollingUpdate"];
            for (field, value) in [("maxSurge", &self.surge), ("maxUnavailable", &self.unavailable)] {
                if let Some(value) = value {
                    rolling[field].clone_from(value);
                }
            }
            workloads.stuck |= is_none(&rolling["maxSurge"]) && is_none(&rolling["maxUnavailable"]);
        }
        spec.extend(self.recreates.then(|| ("strategy".to_owned(), json!({"type": "Recreate"}))));
    }

    /// The key that is about replacing Pods one after another.
    fn one_by_one(&self) -> Option<&'a Member> {
        self.written.member("surge").or_else(|| self.written.member("unavailable"))
    }

    fn check_stuck(&self, workloads: &Workloads) -> Option<Finding> {
        let member = self.one_by_one().filter(|_| workloads.stuck)?;
        Some(
            Finding::error(
                member.value.place.label(""),
                "with neither an extra nor a missing Pod, none could be replaced",
            )
            .because("the API server refuses a rolling update whose maxSurge and maxUnavailable are both 0")
            .help("surge: 1, or unavailable: 1"),
        )
    }

    /// Pods that are replaced all at once.
    fn check_replaced(&self, description: &Description, workloads: &Workloads) -> Option<Finding> {
        let member = self.one_by_one()?;
        let finding = Finding::error(
            member.key_place.label("is about replacing Pods one after another"),
            "all old Pods stop before new ones start",
        );
        if workloads.deployments > 0 && workloads.rolling_updates == 0 {
            return Some(
                finding
                    .label(shape(description))
                    .because("this shape uses the strategy `Recreate`, so that old and new Pods never run together")
                    .help(format!("leave `{}` out", member.key)),
            );
        }
        self.recreates.then(|| {
            finding
                .label(self.written.place.label("`recreate` says so"))
                .help(format!("leave `{}` or `recreate` out", member.key))
        })
    }

    /// Keys that only a Deployment has.
    fn check_kinds(&self, description: &Description, workloads: &Workloads) -> impl Iterator<Item = Finding> {
        let keys = [
            (
                "surge",
                "only a Deployment has Pods beyond its replicas in a rollout; shape: {daemon: {surge: 1}} is for nodes",
            ),
            ("unavailable", "only the rollout of a Deployment says so; shape: {daemon: {unavailable: 1}} is for nodes"),
            ("deadline", "only the rollout of a Deployment has a deadline"),
            ("recreate", "only a Deployment can start new Pods before old ones have stopped"),
        ];
        let unfit = keys.into_iter().filter(|_| workloads.deployments == 0);
        unfit.filter_map(|(key, message)| {
            let finding = Finding::error(self.written.member(key)?.key_place.label(""), message);
            Some(finding.label(shape(description)).help(format!("leave `{key}` out")))
        })
    }

    fn check_deadline(&self, workloads: &Workloads) -> Option<Finding> {
        let (settle, member) = (self.settle?, self.written.member("settle")?);
        let most = self.deadline.unwrap_or(DEADLINE);
        (workloads.deployments > 0 && settle >= most).then(|| {
            Finding::error(
                member.value.place.label(""),
                format!("no Pod can be ready for {settle}s before the rollout's deadline of {most}s"),
            )
            .because("the API server requires progressDeadlineSeconds to be greater than minReadySeconds")
            .help("use a longer `deadline`")
        })
    }
}

fn shape(description: &Description) -> Label {
    description.shape.place.label(format!("the shape is `{}`", description.shape.pattern))
}
