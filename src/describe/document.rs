//! From the text of a description to its documents, environment applied and parameters filled in.

mod checks;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::app::{self, App};
use super::description::{Description, Entry, Expose, LeftOut, Options};
use super::entries;
use super::environment;
use super::extends;
use super::grammar::grammar;
use super::keys;
use super::params::Params;
use super::schema::{self, Subject};
use super::settings::kubernetes_version;
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::versions::Target;
use crate::yaml::{self, Document, Source};
use checks::{check_environments, check_settings, not_a_description};

/// Reads all documents of a description. What is wrong with them goes to the findings; a document is there
/// nevertheless if enough of it can be read to check its patterns, so that all mistakes show in one run.
#[must_use]
pub fn read(source: &Arc<Source>, folder: Option<&Path>, options: &Options) -> (Vec<Description>, Vec<Finding>) {
    let (roots, mut findings) = extended_roots(source, folder);
    // what could not be read may have the environment and the parameters that the rest lacks
    let is_whole = findings.is_empty();
    findings.extend(check_environments(&roots));
    let mut lacks_environment = false;
    if is_whole {
        let mistake = environment::check(&roots, options);
        lacks_environment = mistake.is_some();
        findings.extend(mistake);
        findings.extend(check_settings(&roots, options));
    }
    let left_out = Arc::new(environment::left_out(&roots, options));
    let elsewhere = Vec::new();
    let mut reader =
        DocumentReader { origin: origin(source), folder, options, left_out, lacks_environment, elsewhere, findings };
    let mut descriptions: Vec<Description> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for root in roots.into_iter().filter(|root| environment::holds(root, options)) {
        let Some(description) = reader.describe(root) else { continue };
        let first = *by_name.entry(description.name.clone()).or_insert(descriptions.len());
        if let Some(other) = descriptions.get(first) {
            reader.findings.push(
                Finding::error(
                    description.name_place.label("and so is this"),
                    format!("two documents are called `{}`", description.name),
                )
                .label(other.name_place.label("this is"))
                .because("the names of all objects are derived from it"),
            );
        }
        descriptions.push(description);
    }
    (descriptions, reader.findings)
}

/// The names of the environments that a description has, its bases' included; empty where it cannot be read.
#[must_use]
pub fn environments(source: &Arc<Source>, folder: Option<&Path>) -> Vec<String> {
    names_under("environments", source, folder)
}

/// The names of the parameters that a description declares, its bases' included; empty where it cannot be read.
#[must_use]
pub fn parameters(source: &Arc<Source>, folder: Option<&Path>) -> Vec<String> {
    names_under("params", source, folder)
}

fn names_under(key: &str, source: &Arc<Source>, folder: Option<&Path>) -> Vec<String> {
    let (roots, _) = extended_roots(source, folder);
    let all = roots.iter().filter_map(|root| root.get(key)).flat_map(Spanned::members);
    all.map(|member| member.key.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The documents of a file, each with what it extends, and what is wrong with the files.
fn extended_roots(source: &Arc<Source>, folder: Option<&Path>) -> (Vec<Spanned>, Vec<Finding>) {
    let (roots, mut findings) = roots(source);
    let mut extended = Vec::new();
    let mut bases = extends::Bases::default();
    for root in roots {
        let (root, mistakes) = extends::resolve(root, folder, &mut bases);
        extended.extend(root);
        findings.extend(mistakes);
    }
    (extended, findings)
}

fn roots(source: &Arc<Source>) -> (Vec<Spanned>, Vec<Finding>) {
    let (documents, refusal) = yaml::as_kubectl(yaml::read(source));
    let mut findings = Vec::from_iter(refusal.map(|refusal| crate::kube::refused(&refusal, source)));
    if documents.is_empty() && findings.is_empty() {
        let place = Place { source: Arc::clone(source), span: yaml::Span::empty(0) };
        findings.push(
            Finding::error(place.label(""), "this file is empty")
                .help("patterns: v1, then a name, an app and what it uses"),
        );
    }
    let mut roots = Vec::new();
    let is_description = |document: &Document| document.get(document.root(), "patterns").is_some();
    let mut others = documents.iter().filter(|document| !is_description(document));
    findings.extend(others.next().map(|first| not_a_description(first, others.count())));
    for document in &documents {
        for duplicate in document.written_twice() {
            let place = |node| Place { source: Arc::clone(source), span: document.span(node) };
            findings.push(
                Finding::error(
                    place(duplicate.lost.key).label("ignored"),
                    format!("`{}` is duplicated", document.key(&duplicate.lost)),
                )
                .label(place(duplicate.kept.key).label("used")),
            );
        }
        findings.extend(keys::check(document));
        if is_description(document) {
            roots.push(Spanned::from_node(document, document.root()));
        }
    }
    (roots, findings)
}

/// Reads the documents of a file, and goes on after a mistake, so that all of them show in one run.
struct DocumentReader<'a> {
    /// Which file the objects came from.
    origin: String,
    folder: Option<&'a Path>,
    options: &'a Options,
    left_out: Arc<LeftOut>,
    /// Whether the environment that is asked for is not there, which may be what gives parameters their values.
    lacks_environment: bool,
    /// Entries in environments that are not asked for.
    elsewhere: Vec<(bool, Entry)>,
    findings: Vec<Finding>,
}

impl DocumentReader<'_> {
    fn describe(&mut self, mut root: Spanned) -> Option<Description> {
        let lacks_values = self.settle(&mut root);
        let name = root.get("name")?;
        let (uses, mistakes) = entries::uses(&root);
        self.findings.extend(mistakes);
        let (inits, mistakes) = entries::inits(&root, &uses, &self.findings);
        self.findings.extend(mistakes);
        name.text()?;
        let app = self.app(&root);
        let shape = self.shape(&root)?;
        let target = self.target(&root);
        let (expose, own_gateway) = expose(&root);
        let text = |key: &str| root.get(key).and_then(Spanned::text).map(str::to_owned);
        let members = |key: &str| root.get(key).map(Spanned::members).unwrap_or_default().to_vec();
        let items = |key: &str| root.get(key).map(Spanned::items).unwrap_or_default();
        let texts = |list: &Spanned| list.items().iter().filter_map(Spanned::text).map(str::to_owned).collect();
        let is_off = |isolate: &&Spanned| matches!(isolate.to_json(), Json::Null | Json::Bool(false));
        Some(Description {
            origin: format!("{}#{}", self.origin, name.text()?),
            name: name.text()?.to_owned(),
            lacks_values,
            elsewhere: std::mem::take(&mut self.elsewhere),
            name_place: name.place.clone(),
            namespace: self.options.namespace.clone().or_else(|| text("namespace")),
            app,
            shape,
            uses,
            expose,
            priority: root.get("priority").and_then(entries::priority),
            schedule: root.get("schedule").cloned(),
            inits,
            system: text("system"),
            labels: members("labels"),
            annotations: members("annotations"),
            place: root.get("place").cloned(),
            host: root.member("host").filter(|host| !host.value.items().is_empty()).cloned(),
            share_processes: root.member("share-processes").filter(|share| share.value.to_json() == true).cloned(),
            dns: root.member("dns").cloned(),
            hostname: root.member("hostname").cloned(),
            subdomain: root.member("subdomain").cloned(),
            budget: root.member("budget").cloned(),
            services: root.member("services").cloned(),
            configmaps: members("configmaps"),
            rollout: root.get("rollout").cloned(),
            pull: root.get("pull").map_or_else(|| self.options.default_pull.clone(), texts),
            images: members("images"),
            patches: items("patch").to_vec(),
            extra: items("extra").to_vec(),
            ignores: entries::ignores(&root),
            isolate: root.get("isolate").filter(|isolate| !is_off(isolate)).cloned(),
            adopt: root.get("adopt").cloned(),
            meshed: root.get("mesh").is_some(),
            own_gateway,
            target,
            folder: self.folder.map(Path::to_owned),
            left_out: Arc::clone(&self.left_out),
        })
    }

    /// Applies the environment and puts the parameters in, and checks the result against the grammar. Whether some of
    /// it depends on parameters that have no value yet.
    fn settle(&mut self, root: &mut Spanned) -> bool {
        let options = self.options;
        let environments = root.remove("environments");
        self.elsewhere = environment::elsewhere(environments.as_ref(), options);
        let (mut settings, mistakes) = environment::apply(root, environments.as_ref(), options);
        self.findings.extend(mistakes);
        settings.extend(options.settings.iter().cloned());
        let declared = root.remove("params");
        let (params, mistakes) = Params::settle(declared.as_ref(), &settings);
        self.findings.extend(mistakes);
        let values_come_later = options.values_come_later || self.lacks_environment;
        let params = if values_come_later { params.with_values_to_come() } else { params };
        self.findings.extend(params.substitute(root));
        let lacks_values = values_come_later && root.is_lost();
        let subject = Subject { name: "a description", member: "key", help: None, place: &first_key(root) };
        self.findings.extend(schema::check(grammar(), root, subject));
        drop_nulls(root);
        // what becomes a list is in one order, so that a formatter that sorts keys changes no Pod and no name
        for member in taken_apart(root) {
            let is_patterns = matches!(member.key.as_str(), "shape" | "use");
            member.value.sort_maps(is_patterns.then_some(&WITHOUT_ORDER[..]));
        }
        lacks_values
    }

    fn app(&mut self, root: &Spanned) -> Option<App> {
        let (app, mistakes) = app::read(root.member("app")?);
        self.findings.extend(mistakes);
        Some(app)
    }

    fn shape(&mut self, root: &Spanned) -> Option<Entry> {
        entries::shape(root).unwrap_or_else(|finding| {
            self.findings.push(*finding);
            None
        })
    }

    fn target(&mut self, root: &Spanned) -> Target {
        let own = root.get("target").map_or(Ok(None), kubernetes_version).unwrap_or_else(|finding| {
            self.findings.push(*finding);
            None
        });
        self.options.target.or(own).or(self.options.default_target).unwrap_or(Target::OLDEST)
    }
}

/// The way in from outside, and where a Gateway of the mesh for it is asked for.
fn expose(root: &Spanned) -> (Option<Expose>, Option<Place>) {
    let mut expose = root.member("expose").map(Expose::read);
    let role = root.get("mesh").and_then(|mesh| mesh.get("role"));
    let own_gateway = role.filter(|role| role.text() == Some("gateway")).map(|role| role.place.clone());
    let name = root.get("name").and_then(Spanned::text);
    if let (Some(_), Some(expose), Some(name)) = (&own_gateway, &mut expose, name) {
        expose.gateway.get_or_insert_with(|| name.to_owned());
    }
    (expose, own_gateway)
}

/// Null is no value; in objects that are taken as they are it is one.
fn drop_nulls(root: &mut Spanned) {
    taken_apart(root).for_each(|member| member.value.drop_nulls(member.key == "shape"));
}

/// The keys of containers, of the `items` of a queue, and of what traffic is split `to`, that hold maps without an order.
/// A pattern may give one to its own: requests pass through the `decorators` of a function as they are written.
const WITHOUT_ORDER: [&str; 8] = ["env", "files", "items", "labels", "ports", "shared", "to", "volumes"];

/// The members of a document but for those that hold objects, which are taken as they are.
fn taken_apart(root: &mut Spanned) -> impl Iterator<Item = &mut Member> {
    let members: &mut [Member] = if let Kind::Map(members) = &mut root.kind { members } else { &mut [] };
    members.iter_mut().filter(|member| !matches!(member.key.as_str(), "extra" | "patch"))
}

/// Where to point when the document itself lacks something.
fn first_key(root: &Spanned) -> Place {
    root.members().first().map_or_else(|| root.place.clone(), |member| member.key_place.clone())
}

/// `apps/site.yaml`: which file the objects came from, from the project's folder, the repository's or the working
/// directory's, without the path of anybody's machine.
fn origin(source: &Source) -> String {
    if source.name == "<stdin>" {
        return "stdin".to_owned();
    }
    let name = Path::new(&source.name);
    let base = || name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (Ok(whole), Ok(here)) = (name.canonicalize(), Path::new(".").canonicalize()) else { return base() };
    let is_root = |folder: &&Path| folder.join(PROJECT).is_file() || folder.join(".git").exists();
    let root = whole.ancestors().skip(1).find(is_root).unwrap_or(&here);
    whole.strip_prefix(root).map_or_else(|_| base(), |path| path.to_string_lossy().replace('\\', "/"))
}

/// The file that marks a project's folder.
const PROJECT: &str = ".patterns.yaml";
