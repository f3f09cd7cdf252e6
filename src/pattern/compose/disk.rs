//! The node's disk: what a Pod's folders may hold, and what its containers may write.

use serde_json::Value as Json;

use crate::describe::{App, Place, Spanned};
use crate::diagnostic::{Finding, Subject};
use crate::go::Quantity;
use crate::pattern::objects;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;

/// A limit that the Pod's own folders exceed once they are full.
pub(crate) fn check(prepared: &Prepared<'_>, objects: &[Json]) -> Option<Finding> {
    let place = place(prepared)?;
    let mut workloads: Vec<Json> = objects.iter().filter(|object| objects::is_workload(object)).cloned().collect();
    let exceeded = |template: &mut Json| {
        let (limit, need) = (limit(&template["spec"])?, need(&template["spec"]));
        need.compare(limit).is_gt().then_some((need, limit))
    };
    let templates = workloads.iter_mut().flat_map(objects::templates);
    let (need, limit) = templates.filter_map(exceeded).max_by(|(one, _), (other, _)| one.compare(*other))?;
    let (need, limit) = (shown(need), shown(limit));
    let mut finding =
        Finding::error(place.label(""), format!("the folders of this Pod may use {need}, but its limit is {limit}"))
            .because("the kubelet evicts a Pod whose emptyDirs, logs and root file systems together exceed the ephemeral-storage limits of its containers (kubernetes: pkg/kubelet/eviction/eviction_manager.go, podEphemeralStorageLimitEviction)")
            .help(format!("more than {need}, or smaller sizes under `writable` and `shared`; each folder without one may hold 64Mi"));
    finding.subject = Some(Subject::Disk);
    Some(finding)
}

/// Where the limit of a container is written.
fn place<'a>(prepared: &'a Prepared<'_>) -> Option<&'a Place> {
    let apps = prepared.description.app.iter().chain(prepared.description.inits.iter().map(|init| &init.app));
    let entries = || std::iter::once(&prepared.shape).chain(&prepared.uses);
    let of_app = |app: &'a App| within(app.written.get("resources")?);
    let of_entry = |filled: &'a Filled| within(filled.entry.params.get("resources")?);
    apps.chain(entries().flat_map(|filled| &filled.containers))
        .find_map(of_app)
        .or_else(|| entries().find_map(of_entry))
}

fn within(resources: &Spanned) -> Option<&Place> {
    let limit = resources.get("limit").and_then(|limit| limit.get("disk"));
    limit.or_else(|| resources.get("disk")).map(|disk| &disk.place)
}

/// The limits of all containers that have one. Containers that run one after another share the larger.
fn limit(spec: &Json) -> Option<Quantity> {
    let of = |container: &Json| Quantity::of_json(container.pointer("/resources/limits/ephemeral-storage")?);
    let list = |key: &str| spec[key].as_array().into_iter().flatten();
    let (beside, before): (Vec<&Json>, Vec<&Json>) =
        list("initContainers").partition(|container| container["restartPolicy"] == "Always");
    let together = list("containers").chain(beside).filter_map(of).reduce(Quantity::plus);
    let before = before.into_iter().filter_map(of).max_by(|one, other| one.compare(*other));
    together.into_iter().chain(before).max_by(|one, other| one.compare(*other))
}

/// What the folders on the node's disk may hold; those in memory are the memory limit's.
fn need(spec: &Json) -> Quantity {
    let folders = spec["volumes"].as_array().into_iter().flatten().filter_map(|volume| volume.get("emptyDir"));
    let on_disk = folders.filter(|folder| folder["medium"] != "Memory");
    on_disk.filter_map(|folder| Quantity::of_json(&folder["sizeLimit"])).fold(Quantity::whole(0), Quantity::plus)
}

/// In mebibytes, rounded up, or in gibibytes where that is a whole number.
fn shown(quantity: Quantity) -> String {
    const MEBIBYTE: i128 = 1 << 20;
    match (quantity.value() + MEBIBYTE - 1) / MEBIBYTE {
        number if number > 0 && number % 1024 == 0 => format!("{}Gi", number / 1024),
        number => format!("{number}Mi"),
    }
}
