//! Every pattern beside every other, and on every shape: either what comes out is right, or one clash names both
//! and the way out. There is no third outcome.
//!
//! What to compose is read from the examples of the catalogue, so that a new pattern joins by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::objects::{inner_jobs, problems};
use crate::support::{files, relative};
use patterns::describe::{self, Options, Spanned};
use patterns::diagnostic::Finding;
use patterns::kube::{Object, on_deep_stacks};
use patterns::lint::{self, Selection};
use patterns::pattern::{self, Catalogue};
use patterns::yaml::{self, Source, emit};
use rayon::prelude::*;
use serde_json::{Value, json};

/// Something to `use`, with what its example has beside it.
#[derive(Clone)]
pub struct Use {
    pub label: String,
    pub name: String,
    pub pattern: String,
    pub params: Value,
    /// The document that it comes from, without what it uses.
    pub home: Value,
    /// Other documents that it refers to.
    pub beside: Vec<Value>,
    pub extra: Vec<Value>,
}

/// A document to add to: the app and its shape.
#[derive(Clone)]
pub struct Base {
    pub label: String,
    pub document: Value,
}

pub struct Examples {
    pub catalogue: Catalogue,
    /// Files that examples name, in one folder.
    pub folder: PathBuf,
    pub uses: Vec<Use>,
    pub shapes: Vec<Base>,
}

enum Outcome {
    Valid,
    Clash,
    Wrong(String),
}

const NAME: &str = "subject";

/// What the linter may say of a pattern, and why it stays so: pattern, rule, reason.
const EXPLAINED: &[(&str, &str, &str)] = &[
    (
        "logs",
        "two-collectors-one-file",
        "two shippers of one file is what the description asks for, and what the rule is about",
    ),
    (
        "config",
        "shared-pid-exposes-secrets",
        "who sends a signal runs as the user of who gets it, and could open its files; that is what `signal` asks for",
    ),
    (
        "topz",
        "shared-pid-exposes-secrets",
        "processes are shared because topz shows them all; where two others run as one user the warning is true",
    ),
];

pub fn examples(what: &str) -> Examples {
    let catalogue = Catalogue::built_in();
    let folder = std::env::temp_dir().join(format!("patterns-matrix-{what}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut uses, mut shapes) = (Vec::new(), Vec::new());
    for path in files("patterns", ".yaml") {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if file != "example.yaml" && !file.starts_with("example-") {
            copy_beside(&path, &folder);
            continue;
        }
        let documents = read(&std::fs::read_to_string(&path).unwrap());
        let home = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        for document in &documents {
            let label = format!("{} ({})", relative(&path), document["name"].as_str().unwrap_or_default());
            if document["shape"].get(&home).is_some() {
                shapes.push(Base { label: label.clone(), document: bare(document) });
            }
            for entry in document["use"].as_array().into_iter().flatten() {
                let (pattern, mut params) = match entry {
                    Value::String(name) => (name.clone(), json!({})),
                    entry => entry.as_object().unwrap().iter().next().map(|(k, v)| (k.clone(), v.clone())).unwrap(),
                };
                // what another pattern's example puts beside it is shown by its own
                if pattern != home {
                    continue;
                }
                if !params.is_object() {
                    let main = catalogue.folder(&pattern).unwrap().definition().unwrap().main.clone().unwrap();
                    params = json!({main: params});
                }
                let alias = params.as_object_mut().unwrap().shift_remove("as");
                let name = alias.and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_else(|| pattern.clone());
                let text = params.to_string();
                let named = |other: &&Value| {
                    other["name"] != document["name"]
                        && text.contains(&format!("\"{}\"", other["name"].as_str().unwrap_or("?")))
                };
                uses.push(Use {
                    label: format!("{label} {name}"),
                    name,
                    pattern,
                    params,
                    home: bare(document),
                    beside: documents.iter().filter(named).map(|other| alone(other, &other["name"])).collect(),
                    extra: document["extra"].as_array().cloned().unwrap_or_default(),
                });
            }
        }
    }
    Examples { catalogue, folder, uses, shapes }
}

/// Files that lie in a pattern's folder for its example alone.
fn copy_beside(path: &Path, folder: &Path) {
    let name = path.file_name().unwrap();
    if name != "pattern.yaml" && name != "images.yaml" {
        std::fs::copy(path, folder.join(name)).unwrap();
    }
}

fn read(text: &str) -> Vec<Value> {
    let source = Arc::new(Source::from_text("example.yaml", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    assert!(refusal.is_none());
    documents.iter().map(|document| Spanned::from_node(document, document.root()).to_json()).collect()
}

/// A document without what it uses, under the name that all bases have.
fn bare(document: &Value) -> Value {
    alone(document, &json!(NAME))
}

fn alone(document: &Value, name: &Value) -> Value {
    let mut document = document.clone();
    let members = document.as_object_mut().unwrap();
    for key in ["use", "environments", "extra", "patch", "ignore", "expose"] {
        members.shift_remove(key);
    }
    members.insert("name".to_owned(), name.clone());
    // what it is in front of is not beside it here
    if let Some(to) = document.pointer_mut("/shape/replicated/to") {
        *to = json!(format!("service/{}", to.as_str().unwrap_or_default()));
    }
    document
}

pub fn app() -> Base {
    let document = json!({
        "patterns": "v1",
        "name": NAME,
        "app": {"image": "registry.example.com/shop:1.7.0", "port": 8080, "health": "/healthz"},
    });
    Base { label: "an app".to_owned(), document }
}

impl Examples {
    fn claims(&self, used: &Use) -> bool {
        self.catalogue.folder(&used.pattern).unwrap().definition().unwrap().claims.is_some()
    }

    /// What becomes of some entries on a base, and what was composed.
    fn run(&self, base: &Base, uses: &[&Use]) -> (Outcome, String) {
        let mut document = base.document.clone();
        let mut names: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        let (mut beside, mut extra): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        for used in uses {
            let mut name = used.name.clone();
            let mut params = used.params.clone();
            while names.contains(&name) {
                name.push_str("-b");
            }
            if name != used.pattern {
                params["as"] = json!(name);
            }
            entries.push(json!({used.pattern.clone(): params}));
            names.push(name);
            beside.extend(used.beside.iter().filter(|other| other["name"] != NAME).cloned());
            extra.extend(used.extra.iter().cloned());
        }
        beside.dedup();
        let mut seen = BTreeSet::new();
        extra.retain(|object| seen.insert(object.to_string()));
        document["use"] = Value::Array(entries);
        // what a pattern's example says it needs of the cluster
        let targets = uses.iter().filter_map(|used| used.home["target"].as_str());
        if let Some(target) = targets.chain(base.document["target"].as_str()).max() {
            document["target"] = json!(target);
        }
        if !extra.is_empty() {
            document["extra"] = Value::Array(extra);
        }
        let mut documents = vec![document];
        for other in beside {
            if documents.iter().all(|document| document["name"] != other["name"]) {
                documents.push(other);
            }
        }
        let text = emit::to_stream(&documents).unwrap();
        (self.outcome(&text, base, &names, uses), text)
    }

    fn outcome(&self, text: &str, base: &Base, names: &[String], uses: &[&Use]) -> Outcome {
        let source = Arc::new(Source::from_text(self.folder.join("matrix.yaml").display().to_string(), text));
        let (descriptions, findings) = describe::read(&source, Some(&self.folder), &Options::default());
        if !findings.is_empty() {
            return Outcome::Wrong(format!("cannot be read: {}", said(&findings)));
        }
        let mut made = match pattern::expand(&self.catalogue, &descriptions) {
            Ok(made) => made,
            Err(findings) => return clash(&findings, base, names, uses),
        };
        pattern::sort(&mut made);
        let objects: Vec<Value> = made.into_iter().map(|made| made.object).collect();
        let mut wrong = problems(&objects);
        let jobs = inner_jobs(&objects).enumerate().map(|(at, spec)| {
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": format!("inner-{at}")}, "spec": spec})
        });
        let all: Vec<Value> = objects.iter().cloned().chain(jobs).collect();
        let explained = |finding: &&Finding| {
            let rule = finding.rule.map_or("", |rule| rule.name);
            EXPLAINED
                .iter()
                .any(|(pattern, named, _)| rule == *named && uses.iter().any(|used| used.pattern == *pattern))
        };
        let found = linted(&all);
        wrong.extend(found.iter().filter(|found| !explained(found)).map(|finding| said(std::slice::from_ref(finding))));
        if wrong.is_empty() { Outcome::Valid } else { Outcome::Wrong(wrong.join("\n")) }
    }
}

/// What the linter and the API server's rules say by default.
pub fn linted(objects: &[Value]) -> Vec<Finding> {
    let stream = emit::to_stream(objects).unwrap();
    let source = Arc::new(Source::from_text("generated.yaml", stream));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    assert!(refusal.is_none(), "what we write can be read");
    let objects: Vec<Object> =
        documents.into_iter().map(Arc::new).map(|document| Object::new(&document, document.root(), false)).collect();
    lint::objects(&objects, &Selection::default())
}

/// Each finding of a refusal names everyone who takes part, and says what to do.
fn clash(findings: &[Finding], base: &Base, names: &[String], uses: &[&Use]) -> Outcome {
    let shape = base.document["shape"].as_object().and_then(|shape| shape.keys().next().cloned());
    for finding in findings {
        let said = said(std::slice::from_ref(finding));
        if finding.help.is_none() {
            return Outcome::Wrong(format!("no way out:\n{said}"));
        }
        let is_named = |(name, used): &(&String, &&Use)| said.contains(name.as_str()) || said.contains(&used.pattern);
        let all = said.contains("`use`");
        let entries = if all { uses.len() } else { names.iter().zip(uses).filter(is_named).count() };
        // an entry may clash with what it is put on
        let with_base = shape.as_ref().is_some_and(|shape| said.contains(shape)) || said.contains("app");
        if entries == 0 || entries + usize::from(with_base) < 2 {
            return Outcome::Wrong(format!("does not name both of two:\n{said}"));
        }
    }
    let distinct: BTreeSet<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    if distinct.len() < findings.len() {
        return Outcome::Wrong(format!("says one thing twice:\n{}", said(findings)));
    }
    Outcome::Clash
}

/// All that a reader sees of some findings, the bytes underlined included.
pub fn said(findings: &[Finding]) -> String {
    let label = |label: &patterns::diagnostic::Label| format!("[{}: {}]", label.source.slice(label.span), label.text);
    let one = |finding: &Finding| {
        let labels: Vec<String> = std::iter::once(&finding.primary).chain(&finding.labels).map(label).collect();
        let more = [finding.why.as_deref(), finding.help.as_deref()].map(Option::unwrap_or_default);
        format!("{} {} {}", finding.message, labels.join(" "), more.join(" "))
    };
    findings.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Runs cases and fails with all that went wrong; returns how many were valid and how many clashed.
fn judge(cases: &[(String, Base, Vec<&Use>)], examples: &Examples) -> (usize, usize) {
    let outcomes: Vec<(Outcome, String)> =
        on_deep_stacks(|| cases.par_iter().map(|(_, base, uses)| examples.run(base, uses)).collect()).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter_map(|((label, ..), (outcome, text))| match outcome {
            Outcome::Wrong(why) => Some(format!("== {label}\n{text}\n{why}\n")),
            _ => None,
        })
        .collect();
    let shown: Vec<&String> = wrong.iter().take(5).collect();
    assert!(wrong.is_empty(), "{} of {} went wrong, such as\n{shown:#?}", wrong.len(), cases.len());
    let valid = outcomes.iter().filter(|(outcome, _)| matches!(outcome, Outcome::Valid)).count();
    (valid, cases.len() - valid)
}

/// Where both of a pair do well alone: on an app, or on the document that one of them comes from.
fn bases(examples: &Examples) -> (Vec<Base>, BTreeMap<(usize, usize), bool>) {
    let mut bases = vec![app()];
    let fits = |base: &Base, used: &Use| matches!(examples.run(base, &[used]).0, Outcome::Valid);
    let alone: Vec<bool> =
        on_deep_stacks(|| examples.uses.par_iter().map(|used| fits(&bases[0], used)).collect()).unwrap();
    for (used, alone) in examples.uses.iter().zip(alone) {
        if !alone && bases.iter().all(|base| base.document != used.home) {
            bases.push(Base { label: used.label.clone(), document: used.home.clone() });
        }
    }
    let cells: Vec<(usize, usize)> =
        (0..bases.len()).flat_map(|base| (0..examples.uses.len()).map(move |used| (base, used))).collect();
    let found: Vec<bool> =
        on_deep_stacks(|| cells.par_iter().map(|(base, used)| fits(&bases[*base], &examples.uses[*used])).collect())
            .unwrap();
    (bases, cells.into_iter().zip(found).collect())
}

#[test]
fn every_pattern_alone_every_pair_and_some_triples() {
    let examples = examples("pairs");
    let uses = &examples.uses;
    let known: BTreeSet<&str> = uses.iter().map(|used| used.pattern.as_str()).collect();
    let folders = examples.catalogue.folders().filter(|folder| !folder.definition().unwrap().is_shape());
    assert_eq!(known, folders.map(pattern::Folder::name).collect(), "every pattern's example uses it");

    let at_home: Vec<_> = uses
        .iter()
        .map(|used| (used.label.clone(), Base { label: used.label.clone(), document: used.home.clone() }, vec![used]))
        .collect();
    // a loopback app needs what is in front of it in its example
    let apart = at_home.into_iter().filter(|(_, base, _)| base.document["app"]["bind"].is_null()).collect::<Vec<_>>();
    let (valid, _) = judge(&apart, &examples);
    assert_eq!(valid, apart.len(), "every pattern works where its example has it");
    let on_an_app: Vec<_> = uses.iter().map(|used| (used.label.clone(), app(), vec![used])).collect();
    judge(&on_an_app, &examples);

    let (bases, fits) = bases(&examples);
    let mut pairs = Vec::new();
    let mut triples = Vec::new();
    for (first, a) in uses.iter().enumerate() {
        for (second, b) in uses.iter().enumerate() {
            let both = |base: &usize| fits[&(*base, first)] && fits[&(*base, second)];
            // the order of two matters where both take the app's traffic; elsewhere they take turns
            let turn =
                if first <= second { (first + second).is_multiple_of(2) } else { !(first + second).is_multiple_of(2) };
            let Some(base) = (0..bases.len()).find(both).filter(|_| turn || (examples.claims(a) && examples.claims(b)))
            else {
                continue;
            };
            pairs.push((
                format!("{} + {} on {}", a.label, b.label, bases[base].label),
                bases[base].clone(),
                vec![a, b],
            ));
            // a fixed sample: one in seven of the pairs, with a third that wanders
            let third = (first * 5 + second * 3 + 1) % uses.len();
            if pairs.len().is_multiple_of(7) && fits[&(base, third)] {
                let label = format!("{} + {} + {}", a.label, b.label, uses[third].label);
                triples.push((label, bases[base].clone(), vec![a, b, &uses[third]]));
            }
        }
    }
    let (valid, clashes) = judge(&pairs, &examples);
    assert!(valid > clashes, "{valid} pairs are valid, {clashes} clash");
    assert!(clashes > 0, "one address cannot be taken twice");
    judge(&triples, &examples);
    println!("{} uses, {} pairs ({clashes} clash), {} triples", uses.len(), pairs.len(), triples.len());
    let _ = std::fs::remove_dir_all(&examples.folder);
}

#[test]
fn every_pattern_on_every_shape() {
    let examples = examples("shapes");
    let mut cases = Vec::new();
    for shape in &examples.shapes {
        for used in &examples.uses {
            cases.push((format!("{} on {}", used.label, shape.label), shape.clone(), vec![used]));
        }
    }
    let (valid, clashes) = judge(&cases, &examples);
    println!("{} shapes, {valid} valid, {clashes} clash", examples.shapes.len());
    assert!(valid > clashes, "{valid} are valid, {clashes} clash");
    let _ = std::fs::remove_dir_all(&examples.folder);
}
