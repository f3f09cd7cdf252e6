//! Sidecars that a pattern of the catalogue provides: each becomes an entry of `use`.
//!
//! A container is recognised by its image, and its parameters are read from its arguments and variables. The proof
//! decides whether the entry generates the same: if not, the container is described as it is.

mod args;
mod metrics;

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::canonical::path_of;
use super::values::{containers, items, text};
use crate::kube::image::Reference;
use crate::pattern::Catalogue;
use args::{Args, path_after};
use metrics::{PATH, PORT, SCRAPE, exporter, own_metrics};

/// A part of a Pod that one entry of `use` generates.
pub(super) struct Recognised {
    /// The names of its containers; none for what the app does by itself.
    pub containers: Vec<String>,
    /// What `use` lists for it.
    pub entry: Json,
    /// Its image by role, where it is not the catalogue's.
    pub image: Option<(String, String)>,
    /// Variables that it gives the app.
    pub variables: Vec<String>,
    /// Paths that it mounts in the app.
    pub mounts: Vec<String>,
    /// Annotations that it puts on the Pod.
    pub annotations: Vec<String>,
    /// Whether it answers the app's readiness probe.
    pub answers: bool,
    /// Where it takes the app's traffic.
    pub front: Option<Front>,
}

/// A container that is in front of the app.
#[derive(Clone, Copy)]
pub(super) struct Front {
    /// Where it listens.
    pub listens: u64,
    /// Where it passes requests on.
    pub upstream: u64,
    /// Whether it speaks TLS.
    pub is_tls: bool,
}

impl Recognised {
    fn new(container: &Json, pattern: &str, main: &str, mut params: Map<String, Json>) -> Self {
        let name = text(&container["name"]);
        if name != pattern {
            params.shift_insert(0, "as".to_owned(), json!(name));
        }
        let entry = match params.get(main) {
            _ if params.is_empty() => json!(pattern),
            Some(value) if params.len() == 1 && !value.is_object() => json!({pattern: value}),
            _ => json!({pattern: params}),
        };
        Self {
            containers: vec![name],
            entry,
            image: None,
            variables: Vec::new(),
            mounts: Vec::new(),
            annotations: Vec::new(),
            answers: false,
            front: None,
        }
    }
}

/// The recognised sidecars of a Pod, in start order. `document` is the description's name.
pub(super) fn of(template: &Json, main: usize, document: &str) -> Vec<Recognised> {
    let spec = &template["spec"];
    let app = &items(&spec["containers"]).get(main).cloned().unwrap_or_default();
    let mut found: Vec<Recognised> = Vec::new();
    for container in containers(spec).filter(|container| container["name"] != app["name"]) {
        let pod = Pod { spec, app, annotations: &template["metadata"]["annotations"], document };
        if found.iter().all(|one| !one.containers.contains(&text(&container["name"]))) {
            found.extend(pod.recognise(container));
        }
    }
    if found.iter().all(|one| one.annotations.is_empty()) {
        found.extend(own_metrics(&template["metadata"]["annotations"], app));
    }
    found
}

struct Pod<'a> {
    spec: &'a Json,
    app: &'a Json,
    annotations: &'a Json,
    document: &'a str,
}

/// Sets a value unless it is the default.
fn put(params: &mut Map<String, Json>, key: &str, value: Option<Json>, default: &Json) {
    if let Some(value) = value.filter(|value| value != default) {
        params.insert(key.to_owned(), value);
    }
}

fn said(value: Option<&str>) -> Option<Json> {
    value.map(|value| json!(super::container::escaped(value)))
}

impl Pod<'_> {
    fn recognise(&self, container: &Json) -> Option<Recognised> {
        let reference = container["image"].as_str()?;
        let program = Reference::of(reference).name();
        let args = Args::of(container);
        let (role, found) = match program {
            "ghostunnel" => ("https", self.https(container, &args)?),
            "oauth2-proxy" => ("auth", self.auth(container, &args)?),
            "git-sync" => ("git-sync", self.git_sync(container, &args)?),
            "configmap-reload" => ("config", self.config(container, args.get("volume-dir")?, &args)?),
            "patterns-agent" => ("agent", self.agent(container, &args)?),
            _ => {
                let server = exporter(program)?;
                let role = format!("{server}-exporter");
                let found = self.metrics(container, server, &args)?;
                return Some(with_image(found, &role, reference));
            }
        };
        Some(with_image(found, role, reference))
    }

    fn https(&self, container: &Json, args: &Args) -> Option<Recognised> {
        let listens = args.port("listen")?;
        let front = Front { listens, upstream: args.port("target")?, is_tls: true };
        let mut params = Map::new();
        put(&mut params, "secret", Some(self.secret_at(container, args.get("cert")?)?), &Json::Null);
        put(&mut params, "port", Some(json!(listens)), &json!(8443));
        put(&mut params, "reload", said(args.get("timed-reload")), &json!("5m"));
        Some(Recognised { front: Some(front), ..Recognised::new(container, "https", "secret", params) })
    }

    fn auth(&self, container: &Json, args: &Args) -> Option<Recognised> {
        let listens = args.port("http-address")?;
        let front = Front { listens, upstream: args.port("upstream")?, is_tls: false };
        let mut params = Map::from_iter([("issuer".to_owned(), said(args.get("oidc-issuer-url"))?)]);
        let secret = variable(container, "OAUTH2_PROXY_CLIENT_SECRET")?.pointer("/valueFrom/secretKeyRef/name")?;
        put(&mut params, "secret", Some(secret.clone()), &json!(format!("{}-auth", self.document)));
        put(&mut params, "client", said(args.get("client-id")), &Json::Null);
        let list = |name: &str| -> Option<Json> {
            let all: Vec<&str> = args.all(name).collect();
            (!all.is_empty()).then(|| json!(all))
        };
        put(&mut params, "domains", list("email-domain"), &json!(["*"]));
        put(&mut params, "groups", list("allowed-group"), &Json::Null);
        put(&mut params, "scope", said(args.get("scope")), &json!("openid email profile"));
        let open = args.all("skip-auth-route").filter_map(|route| {
            let path = route.strip_prefix('^')?.trim_end_matches('$').replace('\\', "");
            path.starts_with('/').then_some(path)
        });
        let open: Vec<String> = open.collect();
        put(&mut params, "open", (!open.is_empty()).then(|| json!(open)), &Json::Null);
        put(&mut params, "redirect", said(args.get("redirect-url")), &Json::Null);
        put(&mut params, "port", Some(json!(listens)), &json!(4180));
        Some(Recognised { front: Some(front), ..Recognised::new(container, "auth", "issuer", params) })
    }

    fn git_sync(&self, container: &Json, args: &Args) -> Option<Recognised> {
        let root = args.get("root").unwrap_or("/git");
        let (volume, own) = self.mounted(container, root)?;
        let mount = items(&self.app["volumeMounts"]).iter().find(|mount| mount["name"] == own["name"])?;
        let mut params = Map::from_iter([("repo".to_owned(), said(args.get("repo"))?)]);
        put(&mut params, "ref", said(args.get("ref")), &json!("HEAD"));
        put(&mut params, "period", said(args.get("period")), &json!("10s"));
        put(&mut params, "mount", Some(json!(path_of(mount))), &json!("/git"));
        let depth = args.get("depth").and_then(|depth| depth.parse::<u64>().ok());
        put(&mut params, "depth", depth.map(|depth| json!(depth)), &json!(1));
        put(&mut params, "size", volume["emptyDir"].get("sizeLimit").cloned(), &json!("1Gi"));
        put(&mut params, "username", said(args.get("username")), &Json::Null);
        if let Some(file) = args.get("password-file") {
            let key = file.rsplit('/').next().unwrap_or_default();
            let secret = self.secret_at(container, file)?;
            params.insert("password".to_owned(), json!(format!("secret/{}/{key}", text(&secret))));
        }
        put(&mut params, "reload", args.get("webhook-url").and_then(path_after).map(|path| json!(path)), &Json::Null);
        let reload = format!("{}-reload", text(&container["name"]));
        let also = containers(self.spec).find(|one| one["name"] == reload);
        let signal = also.and_then(|reload| signal(&Args::of(reload)));
        put(&mut params, "signal", signal.clone(), &Json::Null);
        let mut found = Recognised::new(container, "git-sync", "repo", params);
        if signal.is_some() {
            found.containers.push(reload);
        }
        found.mounts.push(path_of(mount));
        Some(found)
    }

    fn config(&self, container: &Json, folder: &str, args: &Args) -> Option<Recognised> {
        let (volume, _) = self.mounted(container, folder)?;
        let map = volume.pointer("/configMap/name")?.as_str()?;
        let mut params = Map::from_iter([
            ("from".to_owned(), json!(format!("configmap/{map}"))),
            ("mount".to_owned(), json!(folder)),
        ]);
        put(&mut params, "reload", args.get("webhook-url").and_then(path_after).map(|path| json!(path)), &Json::Null);
        put(&mut params, "signal", signal(args), &Json::Null);
        let mut found = Recognised::new(container, "config", "from", params);
        found.mounts.push(folder.to_owned());
        Some(found)
    }

    /// What our own container does, by its first argument.
    fn agent(&self, container: &Json, args: &Args) -> Option<Recognised> {
        let mut params = Map::new();
        match items(&container["args"]).first()?.as_str()? {
            "topz" => {
                put(&mut params, "port", args.port("listen").map(|port| json!(port)), &json!(9080));
                Some(Recognised::new(container, "topz", "port", params))
            }
            "introspect" => {
                let maps: Vec<String> = args
                    .all("config")
                    .filter_map(|folder| Some(format!("configmap/{}", folder.strip_prefix("/config/")?)))
                    .collect();
                let logs: Vec<&str> = args.all("logs").collect();
                put(&mut params, "config", Some(json!(maps)), &json!([]));
                put(&mut params, "logs", Some(json!(logs)), &json!([]));
                put(&mut params, "app", args.get("app").and_then(path_after).map(|path| json!(path)), &Json::Null);
                put(&mut params, "port", args.port("listen").map(|port| json!(port)), &json!(9081));
                Some(Recognised::new(container, "introspect", "port", params))
            }
            "health" => {
                let target = args.get("target")?;
                let from = target.split_once("://")?.0;
                params.insert("from".to_owned(), json!(from));
                let path = path_after(target).filter(|path| path != "/");
                let database = path.as_deref().map(|path| json!(path.trim_start_matches('/')));
                match from {
                    "http" => put(&mut params, "path", path.map(|path| json!(path)), &Json::Null),
                    _ => put(&mut params, "database", database, &Json::Null),
                }
                put(&mut params, "user", said(args.get("user")), &Json::Null);
                put(&mut params, "password", secret_of(container, "PATTERNS_AGENT_PASSWORD"), &Json::Null);
                put(&mut params, "query", said(args.get("query")), &Json::Null);
                put(&mut params, "timeout", said(args.get("timeout")), &json!("1s"));
                put(&mut params, "every", said(args.get("interval")), &Json::Null);
                put(&mut params, "port", args.port("listen").map(|port| json!(port)), &json!(8090));
                Some(Recognised { answers: true, ..Recognised::new(container, "health", "from", params) })
            }
            "reload" => self.config(container, args.get("watch")?, args),
            _ => None,
        }
    }

    fn metrics(&self, container: &Json, server: &str, args: &Args) -> Option<Recognised> {
        let usual = match server {
            "statsd" => 9102,
            "redis" => 9121,
            "memcached" => 9150,
            "mysql" => 9104,
            "postgres" => 9187,
            _ => 9113,
        };
        // its mappings are in a ConfigMap, and no file to name
        args.get("statsd.mapping-config").is_none().then_some(())?;
        let declared = items(&container["ports"]).first().and_then(|port| port["containerPort"].as_u64());
        let listens = args.port("web.listen-address").or(declared).unwrap_or(usual);
        let mut params = Map::from_iter([("from".to_owned(), json!(server))]);
        let value = |name: &str| said(variable(container, name).and_then(|one| one["value"].as_str()));
        match server {
            "redis" => {
                put(&mut params, "user", value("REDIS_USER"), &Json::Null);
                put(&mut params, "password", secret_of(container, "REDIS_PASSWORD"), &Json::Null);
            }
            "mysql" => {
                put(&mut params, "user", said(args.get("mysqld.username")), &Json::Null);
                put(&mut params, "password", secret_of(container, "MYSQLD_EXPORTER_PASSWORD"), &Json::Null);
            }
            "postgres" => {
                put(&mut params, "user", value("DATA_SOURCE_USER"), &Json::Null);
                put(&mut params, "password", secret_of(container, "DATA_SOURCE_PASS"), &Json::Null);
                let uri = variable(container, "DATA_SOURCE_URI").and_then(|one| one["value"].as_str());
                let database = uri.and_then(|uri| uri.split_once('/')?.1.split('?').next());
                put(&mut params, "database", said(database), &json!("postgres"));
            }
            "nginx" => {
                let path = args.get("nginx.scrape-uri").and_then(path_after);
                put(&mut params, "path", path.map(|path| json!(path)), &json!("/stub_status"));
            }
            _ => {}
        }
        put(&mut params, "port", Some(json!(listens)), &json!(usual));
        let mut found = Recognised::new(container, "metrics", "from", params);
        if self.annotations[PORT].as_str().is_some_and(|port| port.parse() == Ok(listens)) {
            found.annotations = [SCRAPE, PORT, PATH].map(str::to_owned).to_vec();
        }
        if server == "statsd" {
            found.variables = ["STATSD_HOST", "STATSD_PORT"].map(str::to_owned).to_vec();
        }
        Some(found)
    }

    /// The volume that a path of a container is in, and its mount.
    fn mounted(&self, container: &Json, path: &str) -> Option<(&Json, Json)> {
        let inside = |mount: &&Json| {
            path.strip_prefix(&path_of(mount)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mount = items(&container["volumeMounts"]).iter().find(inside)?;
        let volume = items(&self.spec["volumes"]).iter().find(|volume| volume["name"] == mount["name"])?;
        Some((volume, mount.clone()))
    }

    /// The Secret that a file of a container is from.
    fn secret_at(&self, container: &Json, file: &str) -> Option<Json> {
        self.mounted(container, file)?.0.pointer("/secret/secretName").cloned()
    }
}

fn with_image(mut found: Recognised, role: &str, reference: &str) -> Recognised {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let catalogue = CATALOGUE.get_or_init(Catalogue::built_in);
    let own = catalogue.images().get(role).is_some_and(|image| image.image == reference);
    found.image = (!own).then(|| (role.to_owned(), reference.to_owned()));
    found
}

fn variable<'a>(container: &'a Json, name: &str) -> Option<&'a Json> {
    items(&container["env"]).iter().find(|variable| variable["name"] == name)
}

/// `secret/<name>/<key>` of a variable.
fn secret_of(container: &Json, name: &str) -> Option<Json> {
    let from = variable(container, name)?.pointer("/valueFrom/secretKeyRef")?;
    Some(json!(format!("secret/{}/{}", from["name"].as_str()?, from["key"].as_str()?)))
}

/// The process that the agent signals.
fn signal(args: &Args) -> Option<Json> {
    let process = args.get("process")?;
    Some(match args.get("signal")? {
        "HUP" => json!(process),
        name => json!({"process": process, "name": name}),
    })
}
