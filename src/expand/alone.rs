//! Programs that keep data, run as replicas that know nothing of each other.

use crate::describe::Description;
use crate::facts::Programs;
use crate::pattern::Made;

/// Programs of which each replica has its own data, unless it is told of the others.
const OWN_DATA: [&str; 16] = [
    "cassandra",
    "couchdb",
    "elasticsearch",
    "etcd",
    "kafka",
    "mariadb",
    "memcached",
    "minio",
    "mongo",
    "mysql",
    "opensearch",
    "postgres",
    "rabbitmq",
    "redis",
    "valkey",
    "zookeeper",
];

/// A note for each document that names no shape, and so runs several Pods of such a program behind one Service.
pub(super) fn notes(made: &[Made], descriptions: &[Description]) -> Vec<String> {
    descriptions.iter().filter_map(|description| note(made, description)).collect()
}

fn note(made: &[Made], description: &Description) -> Option<String> {
    let app = description.app.as_ref()?;
    // a document without `shape` has that of its name's place
    if description.shape.place.span != description.name_place.span {
        return None;
    }
    let name = description.name_of("Deployment");
    let own = made.iter().map(|made| &made.object).find(|object| {
        let is_here = object.pointer("/metadata/namespace").and_then(|namespace| namespace.as_str())
            == description.namespace.as_deref();
        object["kind"] == "Deployment" && object["metadata"]["name"] == *name && is_here
    })?;
    let replicas = own["spec"]["replicas"].as_u64().filter(|replicas| *replicas > 1)?;
    let program = Programs::built_in().of_image(&app.image)?;
    OWN_DATA.contains(&program.program.as_str()).then(|| {
        format!(
            "note: `{}` runs {replicas} Pods of {}, each with data of its own, behind one Service: write shape: {{single: \
             {{}}}} for one Pod, {{sharded: {{shards: {replicas}}}}} for Pods with names, or {{replicated: {{replicas: \
             {replicas}}}}} if this is meant",
            description.name, program.program
        )
    })
}
