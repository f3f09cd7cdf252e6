//! What the expressions of a pattern's `checks` and `notes` see of the document around it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::document::apps;
use super::fill::Filled;
use super::probes::health_keys;
use crate::describe::{App, Description, Expose};

/// A view whose fields are listed with what is said of each.
macro_rules! view {
    ($(#[$about:meta])* pub(crate) struct $view:ident { $($(#[doc = $doc:literal])+ $name:ident: $type:ty,)+ }) => {
        $(#[$about])*
        pub(crate) struct $view {
            $($(#[doc = $doc])+ $name: $type,)+
        }

        impl $view {
            /// The names of its fields, each with what it is.
            pub(crate) const FIELDS: &[(&'static str, &'static str)] = &[$((stringify!($name), concat!($($doc),+))),+];
        }
    };
}

view! {
    /// `document`, as expressions call it. What a document does not have is none, or nothing.
    #[derive(Clone, Debug, Serialize)]
    pub(crate) struct DocumentView {
        /// the keys that `app` has
        app: Vec<String>,
        /// the app's port
        port: Option<u16>,
        /// the app's `protocol`
        protocol: Option<String>,
        /// the names of the app's `ports`
        ports: Option<Vec<String>>,
        /// the names of the app's variables
        env: Option<Vec<String>>,
        /// the folders that are `writable` for the app
        writable: Option<Vec<String>>,
        /// the names of the app's `volumes`
        volumes: Option<Vec<String>>,
        /// where the app's `volumes` are mounted
        mounts: Option<Vec<String>>,
        /// what the volumes of all containers are, by the field of Kubernetes: `emptyDir`, `hostPath`
        volume_kinds: BTreeSet<String>,
        /// whether a volume of the app is a claim
        claims: bool,
        /// whether the app listens on localhost alone (`bind: localhost`)
        loopback: bool,
        /// whether the app has `health`
        health: bool,
        /// the keys of `health`, with those of `ready` and `live`
        health_keys: Vec<String>,
        /// the names of the entries of `use`
        uses: Vec<String>,
        /// the names of the containers of `init`
        inits: Vec<String>,
        /// the scheme that the outermost pattern in front of the app speaks: `HTTP`, `HTTPS`
        scheme: Option<String>,
        /// whether the shape brings a port that it serves
        serves: bool,
        /// whether there is `expose`
        expose: bool,
        /// whether `expose` makes an Ingress
        ingress: bool,
        /// whether `expose` has a certificate
        tls: bool,
        /// whether `expose` opens the Service itself, without a route
        open_service: bool,
        /// whether there is `place`
        place: bool,
        /// whether there is `isolate`
        isolate: bool,
        /// whether the Pods are in a mesh
        mesh: bool,
        /// whether there is `priority`
        priority: bool,
        /// the minor version of the oldest server
        minor: u64,
    }
}

impl DocumentView {
    /// What a document shows of itself.
    pub(crate) fn of(description: &Description, shape: &Filled, uses: &[Filled]) -> Self {
        let app = description.app.as_ref();
        let of_app = |names: fn(&App) -> Vec<String>| app.map(names);
        let expose = description.expose.as_ref();
        let volumes = apps(description, shape, uses).flat_map(|app| &app.volumes);
        let claim = uses.iter().find_map(|filled| filled.definition.claims.as_ref());
        let health = app.and_then(|app| app.written.get("health")).map(health_keys).unwrap_or_default();
        Self {
            app: of_app(|app| app.keys().map(str::to_owned).collect()).unwrap_or_default(),
            port: app.and_then(|app| app.port),
            protocol: app.and_then(|app| app.protocol.clone()),
            ports: of_app(|app| app.ports.iter().map(|port| port.name.clone()).collect()),
            env: of_app(|app| app.env.iter().map(|variable| variable.name.clone()).collect()),
            writable: of_app(|app| app.writable.iter().map(|path| path.path.clone()).collect()),
            volumes: of_app(|app| app.volumes.iter().map(|volume| volume.name.clone()).collect()),
            mounts: of_app(|app| app.volumes.iter().map(|volume| volume.mount.clone()).collect()),
            volume_kinds: volumes.filter_map(|volume| volume.source.as_object()?.keys().next().cloned()).collect(),
            claims: app.is_some_and(|app| app.volumes.iter().any(|volume| volume.claim.is_some())),
            loopback: app.is_some_and(|app| app.loopback),
            health: app.is_some_and(|app| app.has("health")),
            health_keys: health.into_iter().map(str::to_owned).collect(),
            uses: description.uses.iter().map(|entry| entry.name.clone()).collect(),
            inits: description.inits.iter().map(|init| init.name.clone()).collect(),
            scheme: claim.map(|claim| claim.scheme.clone()),
            serves: shape.definition.serves.is_some(),
            expose: expose.is_some(),
            ingress: expose.is_some_and(|expose| expose.is_routed() && expose.gateway.is_none()),
            tls: expose.is_some_and(Expose::has_tls),
            open_service: expose.is_some_and(|expose| !expose.is_routed()),
            place: description.place.is_some(),
            isolate: description.isolate.is_some(),
            mesh: description.meshed,
            priority: description.priority.is_some(),
            minor: description.target.minor(),
        }
    }

    /// What it has.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::FIELDS.iter().map(|(name, _)| *name)
    }

    /// The same as expressions read it.
    pub(crate) fn to_json(&self) -> Json {
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page is what authors of patterns read; it says of each name what is said here.
    #[test]
    fn the_page_for_authors_lists_what_a_document_has() {
        let page = include_str!("../../../docs/own-pattern.md");
        let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("| `document.")).collect();
        let rows: Vec<String> =
            DocumentView::FIELDS.iter().map(|(name, doc)| format!("| `document.{name}` | {} |", doc.trim())).collect();
        assert_eq!(listed, rows);
    }
}
