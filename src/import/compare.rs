//! The proof: what was said against what is made of it, field by field, the server's defaults applied to both.

use serde_json::{Map, Value as Json};

use super::around::Around;
use super::canonical;
use super::container::root;
use super::defaults;
use super::order;
use super::otherwise::{native, wider};
use super::rights;
use super::secrets::is_open_secret;
use crate::go::Quantity;

/// How a field of the made object relates to what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It says the same.
    Same,
    /// Nothing was said; the reason is why we say something.
    Completed(&'static str),
    /// It was said, and what is made is another way to the same end or a stricter one, for this reason.
    Changed(&'static str),
    /// It was said, and is not what is made.
    Lost,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// The way to it in the canonical form.
    pub path: Vec<String>,
    /// What was said; none where nothing was.
    pub said: Option<Json>,
    /// What is made; none where nothing is.
    pub made: Option<Json>,
    /// How they relate.
    pub kind: Kind,
}

impl Field {
    /// The path as people write it.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.join(".").replace(".[", "[")
    }
}

/// Compares an object of the input with the one that takes its place.
pub(super) fn compare(said: &Json, around_said: &Around, made: &Json, around_made: &Around) -> Vec<Field> {
    let kind = said["kind"].as_str().unwrap_or_default();
    let (mut said, mut made) = (canonical::canonical(said, around_said), canonical::canonical(made, around_made));
    let mut fields = native(kind, &said, &mut made);
    fields.extend(wider(kind, &mut said, &made, around_said));
    walk(kind, &mut Vec::new(), Some(&said), Some(&made), (&said, &made), &mut fields);
    fields
}

/// That an object is read as another version than it is written in.
pub(super) fn version(old: &str, object: &Json) -> Field {
    let kind = Kind::Changed("this version has been removed; the defaults are those of the new one");
    let (said, made) = (Some(Json::String(old.to_owned())), object.get("apiVersion").cloned());
    Field { path: vec!["apiVersion".to_owned()], said, made, kind }
}

fn walk(
    kind: &str,
    path: &mut Vec<String>,
    said: Option<&Json>,
    made: Option<&Json>,
    whole: (&Json, &Json),
    fields: &mut Vec<Field>,
) {
    let (one, other) = (said.and_then(Json::as_object), made.and_then(Json::as_object));
    let is_map = |value: Option<&Json>| value.is_none_or(Json::is_object);
    if (one.is_some() || other.is_some()) && is_map(said) && is_map(made) {
        let empty = Map::new();
        let (one, other) = (one.unwrap_or(&empty), other.unwrap_or(&empty));
        // An empty map can be all that is said: `emptyDir: {}`.
        if one.is_empty() && said.is_some() && made.is_none() && means_something(path) {
            let kind = if is_idle(kind, path) { Kind::Changed(IDLE) } else { Kind::Lost };
            fields.push(Field { path: path.clone(), said: said.cloned(), made: None, kind });
        }
        for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
            path.push(key.clone());
            walk(kind, path, one.get(key), other.get(key), whole, fields);
            path.pop();
        }
        return;
    }
    let default = defaults::of(kind, path);
    let relation = match (said, made) {
        (Some(said), made) if made.or(default).is_some_and(|made| equal(path, said, made)) => Kind::Same,
        // an apply of the manifest leaves what a scaler has set; an apply of a number does not
        (None, Some(_)) if is_number_of_replicas(kind, path) => Kind::Completed(REPLICAS),
        (None, Some(made)) if default == Some(made) => return,
        (None, Some(made)) if is_default_container(path) => {
            // it would come before what a person says of logs alone
            let logs =
                path.split_last().and_then(|(_, above)| at(whole.0, above)?.get(canonical::DEFAULT_LOGS_CONTAINER));
            if logs.is_none_or(|logs| logs == made) {
                return;
            }
            Kind::Lost
        }
        // What the server fills in anyway is often written by a tool; that it is not made is not a loss, and is said.
        (Some(said), Some(_))
            if default.is_some_and(|default| equal(path, said, default)) && !is_service_links_in_use(path, whole.0) =>
        {
            Kind::Changed(of_mount(path, whole).unwrap_or_else(|| reason(path)))
        }
        (Some(_), None) if is_idle(kind, path) => Kind::Changed(IDLE),
        (Some(_), None) if kind == "ServiceAccount" && path.first().is_some_and(|step| step == "imagePullSecrets") => {
            Kind::Changed("its Pods name these Secrets themselves")
        }
        (Some(_), None) if is_named_by_its_set(kind, path) => {
            Kind::Changed("a StatefulSet gives each Pod its own name")
        }
        (Some(said), _) => covered(kind, path, said, made, whole).map_or(Kind::Lost, Kind::Changed),
        // fewer Pods are selected, which the reader of the report has to know
        (None, Some(_)) if narrows(kind, path) => Kind::Changed("it selects the Pods of this workload alone"),
        (None, Some(made)) => {
            let known = root::reason(path, made).or_else(|| of_mount(path, whole));
            Kind::Completed(known.unwrap_or_else(|| reason(path)))
        }
        (None, None) => Kind::Completed(reason(path)),
    };
    fields.push(Field { path: path.clone(), said: said.cloned(), made: made.cloned(), kind: relation });
}

/// Whether this says that a Pod gets the variables of Services, of which it uses one.
fn is_service_links_in_use(path: &[String], said: &Json) -> bool {
    let Some((last, pod)) = path.split_last().filter(|(last, _)| *last == "enableServiceLinks") else { return false };
    let spec = pod.iter().try_fold(said, |at: &Json, step| at.get(step));
    spec.is_some_and(|spec| spec[last] == true && spec[order::USES_SERVICES] == true)
}

/// What is at a way of the canonical form.
fn at<'a>(object: &'a Json, way: &[String]) -> Option<&'a Json> {
    way.iter().try_fold(object, |at, step| at.get(step))
}

/// Whether this is the container that kubectl chooses in a Pod.
fn is_default_container(path: &[String]) -> bool {
    path.iter().any(|step| step == "template") && path.last().is_some_and(|last| last == canonical::DEFAULT_CONTAINER)
}

/// Why the number of replicas is said.
const REPLICAS: &str = "the default of the API server; where something else scales it, adopt.scaled leaves it out";

fn is_number_of_replicas(kind: &str, path: &[String]) -> bool {
    matches!(kind, "Deployment" | "StatefulSet") && path.len() == 2 && path[0] == "spec" && path[1] == "replicas"
}

/// Whether a label more at this place selects fewer Pods.
fn narrows(kind: &str, path: &[String]) -> bool {
    matches!(kind, "Service" | "PodDisruptionBudget") && path.iter().any(|step| step == "selector")
}

/// Whether an empty map at this place is of effect.
fn means_something(path: &[String]) -> bool {
    path.last().is_some_and(|last| matches!(last.as_str(), "emptyDir" | "podSelector" | "namespaceSelector"))
}

/// Whether two values say the same to the server.
fn equal(path: &[String], a: &Json, b: &Json) -> bool {
    if a == b {
        return true;
    }
    if is_quantity(path)
        && let (Some(a), Some(b)) = (Quantity::parse(&plain(a)), Quantity::parse(&plain(b)))
    {
        return a.compare(b).is_eq();
    }
    match (a, b) {
        // an int-or-string, a number written as a fraction
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) if path.iter().any(|step| SETS.contains(&step.as_str())) => {
            a.len() == b.len() && a.iter().all(|one| b.contains(one))
        }
        // what has no names is compared as a whole, and may hold quantities
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(path, a, b)),
        (Json::Object(a), Json::Object(b)) => {
            let same = |key: &String, a: &Json, b: &Json| equal(&[path, std::slice::from_ref(key)].concat(), a, b);
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(key, a, b)))
        }
        _ => false,
    }
}

/// A scalar without its quotes.
fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Lists whose order is of no effect.
const SETS: &[&str] = &["capabilities", "accessModes"];

/// Fields that hold quantities, or hold maps of them.
const QUANTITIES: &[&str] = &["requests", "limits", "sizeLimit", "averageValue", "divisor", "overhead"];

/// Whether a field holds a quantity. A variable has a `value`, too, which is a text.
fn is_quantity(path: &[String]) -> bool {
    let is = |name: &str| path.iter().any(|step| step == name);
    path.iter().any(|step| QUANTITIES.contains(&step.as_str())) || is("metrics") && is("value")
}

/// Why a volume is left out.
const IDLE: &str = "no container mounts this volume";

/// Whether this is part of a volume that nothing mounts: all others are where they are mounted.
fn is_idle(kind: &str, path: &[String]) -> bool {
    defaults::pod_path(kind).is_some_and(|pod| path.join(".").starts_with(&format!("{pod}volumes.")))
}

/// What a StatefulSet writes into each of its Pods, whatever its template says (kubernetes: initIdentity of
/// pkg/controller/statefulset).
fn is_named_by_its_set(kind: &str, path: &[String]) -> bool {
    let is_name = |last: &String| matches!(last.as_str(), "hostname" | "subdomain");
    kind == "StatefulSet" && path.len() == 4 && path.last().is_some_and(is_name)
}

/// What is not the same and yet loses nothing, with the reason.
fn covered(
    kind: &str,
    path: &[String],
    said: &Json,
    made: Option<&Json>,
    whole: (&Json, &Json),
) -> Option<&'static str> {
    let last = path.last().map(String::as_str).unwrap_or_default();
    let above = path.iter().rev().nth(1).map(String::as_str).unwrap_or_default();
    let at = |whole, up: usize| path[..path.len() - up].iter().try_fold(whole, |at: &Json, step| at.get(step));
    match (above, last) {
        ("readinessProbe" | "livenessProbe", "initialDelaySeconds") => {
            let start = at(whole.1, 2)?.get("startupProbe")?;
            (patience(start) >= said.as_u64()?)
                .then_some("a startup probe waits until the app answers, instead of a fixed time")
        }
        ("startupProbe", "periodSeconds" | "failureThreshold" | "initialDelaySeconds") => {
            let (said, made) = (at(whole.0, 1)?, at(whole.1, 1)?);
            (patience(made) >= patience(said)).then_some("checked more often, and for at least as long")
        }
        // one that has been scaled to nothing is no longer the autoscaler's
        ("spec", "replicas") if path.len() == 2 && made.is_none() && *said != 0 => {
            Some("the autoscaler sets the number")
        }
        ("rules", right) if rights::gives_nothing(right) => {
            Some("this resource does not exist, so the right allows nothing")
        }
        ("rules", right) => (kind == "Role" && rights::is_out_of_namespaces(right, said, made))
            .then_some("a Role gives no rights on what belongs to no namespace; a ClusterRole does"),
        (_, "automountServiceAccountToken") => {
            let spec = at(whole.1, 1)?;
            let lists = ["initContainers", "containers"].into_iter().filter_map(|list| spec[list].as_object());
            let mut containers = lists.flat_map(Map::values).filter(|container| container.is_object());
            let mounted = containers.all(|container| container["volumeMounts"].get(TOKEN).is_some());
            (*said == true && mounted).then_some("the app gets its token from a separate volume")
        }
        ("requests", _) => {
            let is_nothing = |said: &Json| Quantity::parse(&plain(said)).is_some_and(|said| said.sign() == 0);
            // beside a limit it is one: without it, the server makes the limit the request
            let has_limit = at(whole.0, 2)?["limits"].get(last).is_some_and(|limit| !is_nothing(limit));
            (is_nothing(said) && !has_limit).then_some("a request of zero has no effect on scheduling")
        }
        ("limits", name) => {
            let nothing = Quantity::parse(&plain(said))?.sign() == 0 && made.is_none();
            match name {
                "cpu" | "memory" => nothing.then_some("a limit of zero is none"),
                _ => (nothing && name.contains('/')).then_some("a container has none of it anyway"),
            }
        }
        (port, "name") if port.starts_with("[containerPort=") => {
            let lists =
                ["initContainers", "containers"].map(|list| at(whole.0, 5).and_then(|spec| spec[list].as_object()));
            let containers = lists.into_iter().flatten().flat_map(Map::values);
            let ports = containers.filter_map(|container| container["ports"].as_object()).flat_map(Map::values);
            (ports.filter(|port| port["name"] == *said).count() > 1).then_some("two ports of the Pod had this name")
        }
        ("securityContext", "runAsNonRoot") => (*said == false).then_some("it runs as a user other than root"),
        ("capabilities", "add") => {
            let (said, made) = (said.as_array()?, made?.as_array()?);
            said.iter().all(|one| made.contains(one)).then_some(root::KEPT)
        }
        ("capabilities", "drop") => {
            let all = made?.as_array()?.iter().any(|one| one == "ALL");
            all.then_some("all capabilities are dropped")
        }
        (variable, "value") => {
            let name = variable.strip_prefix("[name=")?.strip_suffix(']')?;
            let named = at(whole.1, 1)?.pointer("/valueFrom/secretKeyRef")?.is_object();
            (named && is_open_secret(name, said.as_str()?)).then_some(NAMED_SECRET)
        }
        _ => None,
    }
}

/// Where a token of the API is found.
const TOKEN: &str = "[mountPath=/var/run/secrets/kubernetes.io/serviceaccount]";

/// Why a variable is a reference.
const NAMED_SECRET: &str = "a description references secrets instead of containing them";

/// How long a start-up probe waits, in seconds.
pub(super) fn patience(probe: &Json) -> u64 {
    let of = |key: &str, default: u64| probe[key].as_u64().unwrap_or(default);
    of("initialDelaySeconds", 0) + of("periodSeconds", 10) * of("failureThreshold", 3)
}

/// Why something of a volume is said where it is mounted: of a token, or of a mount that the manifest has itself. Those
/// that are new are what an app writes to.
fn of_mount(path: &[String], whole: (&Json, &Json)) -> Option<&'static str> {
    const KEPT_BY_KUBELET: [&str; 4] = ["configMap", "secret", "projected", "downwardAPI"];
    let end = path.iter().position(|step| step == "volumeMounts")? + 2;
    if path.get(end - 1)? == TOKEN {
        return Some("the app gets its token from a separate volume");
    }
    let find = |object| path[..end].iter().try_fold(object, |at: &Json, step| at.get(step));
    find(whole.0)?;
    let volume = &find(whole.1)?["volume"];
    match path.last()?.as_str() {
        "readOnly" if KEPT_BY_KUBELET.iter().any(|source| volume[*source].is_object()) => {
            Some("the kubelet mounts ConfigMaps and Secrets read-only anyway")
        }
        "items" => Some("the volume has only the file that is mounted"),
        "sizeLimit" => None,
        _ => Some("the form that descriptions use"),
    }
}

/// Why a Pod has the numbers of a user and a group.
const OWNER: &str = "the app is not root, and may write to its volumes";

/// Why something is said where the input is silent, by the first word that the path has.
fn reason(path: &[String]) -> &'static str {
    const REASONS: &[(&str, &str)] = &[
        ("secretKeyRef", NAMED_SECRET),
        ("readOnlyRootFilesystem", "nothing changes the files of the image"),
        ("runAsUser", OWNER),
        ("runAsGroup", OWNER),
        ("fsGroup", OWNER),
        ("fsGroupChangePolicy", OWNER),
        ("securityContext", "Pod Security restricted requires it of every Pod"),
        ("readinessProbe", "no traffic before the app answers"),
        ("livenessProbe", "a hanging container is restarted"),
        ("startupProbe", "a slow start is not a failure"),
        ("resources", "the scheduler needs requests"),
        ("sizeLimit", "a volume without a limit can fill its node"),
        ("lifecycle", "endpoints are removed before SIGTERM"),
        ("terminationGracePeriodSeconds", "it leaves time for preStop and the app's own shutdown"),
        ("strategy", "a new Pod is ready before an old one stops"),
        ("topologySpreadConstraints", "replicas avoid sharing a node"),
        ("automountServiceAccountToken", "the app gets no token unless it needs one"),
        ("serviceAccountName", "its own ServiceAccount, without rights"),
        ("enableServiceLinks", "no environment variables for every Service of the namespace"),
        ("podManagementPolicy", "Pods do not wait for each other"),
        ("persistentVolumeClaimRetentionPolicy", "claims outlive the Pods"),
        ("podFailurePolicy", "a Pod that the cluster evicted has not failed"),
        ("podReplacementPolicy", "a new Pod starts when the old one has stopped"),
        ("startingDeadlineSeconds", "a late run does not overlap with the next one"),
        ("volumeMounts", "what the app writes to, with a read-only root"),
        ("unhealthyPodEvictionPolicy", "a Pod that is not ready does not block a drain"),
        ("appProtocol", "proxies know the protocol"),
        ("ports", "the port has a name"),
        ("namespace", "that of its workload, with which it is applied"),
        ("labels", "for selectors and people"),
        ("annotations", "the description that it comes from"),
    ];
    let found = REASONS.iter().find(|(step, _)| path.iter().any(|one| one == step));
    found.map_or("the pattern's own default", |(_, reason)| *reason)
}
