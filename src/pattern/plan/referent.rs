//! What a reference to a document leads to, as templates see it.

use serde::Serialize;
use serde_json::json;

use super::fill::Filled;
use super::inbound::{inbound_context, is_headless};
use super::prepare::Prepared;
use crate::describe::{Description, Place};
use crate::diagnostic::Finding;
use crate::pattern::template::expressions;

/// What a reference leads to, as templates see it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Referent {
    /// The document's or the Service's name.
    pub name: String,
    /// The DNS name of its Service; none where there is no single one, as for replicated shards.
    pub(super) host: Option<String>,
    /// The Service's port.
    pub port: Option<u16>,
    /// Its namespace, where that is another.
    pub namespace: Option<String>,
    /// `http` or `https`, where that is known.
    pub scheme: Option<String>,
    /// DNS names of its shards in order; none where they are all alike.
    pub(super) shards: Vec<String>,
    /// How many replicas it says it has.
    pub(super) replicas: Option<u64>,
    /// Whether it is a document of the file.
    pub(super) known: bool,
}

/// A target, nothing where the text is not a reference, or what is wrong with it.
pub(super) type Resolved = Result<Option<Referent>, Box<Finding>>;

pub(super) fn referent(
    from: &Description,
    to: &Description,
    prepared: &Prepared<'_>,
    place: &Place,
) -> Result<Referent, Box<Finding>> {
    let shape = &prepared.shape;
    let Some(inbound) = &prepared.inbound else {
        let pattern = &shape.entry.pattern;
        let why = match (&shape.definition.unexposed, shape.definition.brings_containers) {
            (Some(why), true) => why.clone(),
            _ => "its app has no `port`".to_owned(),
        };
        return Err(Box::new(
            Finding::error(place.label(""), format!("nothing can connect to `{}`: it listens on no port", to.name))
                .label(to.name_place.label(format!("`{pattern}`: {why}"))),
        ));
    };
    let inbound = inbound_context(inbound, to, is_headless(to, shape));
    let scheme = inbound["protocol"].as_str().filter(|protocol| matches!(*protocol, "http" | "https"));
    let elsewhere = to.namespace.as_ref().filter(|namespace| from.namespace.as_ref() != Some(*namespace));
    let full = |host: String| match elsewhere {
        Some(namespace) => format!("{host}.{namespace}"),
        None => host,
    };
    let shards = shards(to, shape).map_err(|bug| {
        Box::new(Finding::error(place.label(""), format!("`{}` does not say its shards: {bug}", shape.entry.pattern)))
    })?;
    let has_service = shape.definition.shards.as_ref().and_then(|shards| shards.service.as_ref());
    let has_service =
        has_service.is_none_or(|that| expressions::holds(that, &json!({"params": shape.params})) == Ok(true));
    Ok(Referent {
        name: to.name.clone(),
        host: has_service.then(|| full(to.name_of("Service").to_owned())),
        port: inbound["service"].as_u64().and_then(|port| u16::try_from(port).ok()),
        namespace: elsewhere.cloned(),
        scheme: scheme.map(str::to_owned),
        shards: shards.into_iter().map(full).collect(),
        replicas: shape.params["replicas"].as_u64(),
        known: true,
    })
}

/// The DNS names of a document's shards, as its shape's `shards` says.
pub(crate) fn shards(document: &Description, shape: &Filled) -> Result<Vec<String>, String> {
    let Some(shards) = &shape.definition.shards else { return Ok(Vec::new()) };
    let context = |shard: u64| json!({"name": document.name, "params": shape.params, "shard": shard});
    let count = expressions::evaluate(&shards.count, &context(0))?;
    let count = count.as_u64().ok_or_else(|| format!("`{}` is not a number", shards.count))?;
    let host = |shard| {
        let host = expressions::evaluate(&shards.host, &context(shard))?;
        let host = host.as_str().ok_or_else(|| format!("`{}` is not text", shards.host))?;
        // a Pod's name is below that of its Service
        let service = document.name_of("Service");
        Ok(match host.strip_suffix(&format!(".{}", document.name)) {
            Some(pod) => format!("{pod}.{service}"),
            None => host.to_owned(),
        })
    };
    (0..count).map(host).collect()
}
