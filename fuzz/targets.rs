//! What the fuzzers do with their input, and what must hold. The tests do the same with the corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a fuzzer reports by panicking")]
#![allow(dead_code, reason = "each target is a program that uses one function")]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use patterns::cel::{Budget, Evaluation, Fields, Item, Program, Scope, Type, Value as Cel};
use patterns::describe::{self, Options};
use patterns::diagnostic::{Edit, Family, Finding, Level};
use patterns::diagram;
use patterns::facts::{Programs, command::shell, formats, nginx, program::Format};
use patterns::kube::{File, Workspace};
use patterns::lint::{self, Projects, Selection, fix};
use patterns::pattern::{self, Catalogue};
use patterns::report::{Report, Secrets, Summary, concise, github, gitlab, json, junit, markdown, sarif, terminal};
use patterns::yaml::{self, Document, Part, Source, edit, emit};
use serde_json::Value;

/// Threads that bear nested input, as the program's own do.
static DEEP: LazyLock<rayon::ThreadPool> =
    LazyLock::new(|| rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(64 << 20).build().unwrap());

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

/// Every place that reading names is in the text, what is read is JSON, and the shorter way of reading changes nothing.
pub fn read(data: &[u8]) {
    let source = Arc::new(Source::decode("fuzz.yaml", data.to_vec()).unwrap());
    let (parts, exact) = (yaml::read(&source), yaml::read_exactly(&source));
    assert_eq!(parts.len(), exact.len());
    for (part, exact) in parts.into_iter().zip(exact) {
        match (&part, &exact) {
            (Part::Document(document), Part::Document(exact)) => assert_eq!(places(document), places(exact)),
            (part, exact) => assert_eq!(format!("{part:?}"), format!("{exact:?}")),
        }
        match part {
            Part::Document(document) => {
                assert!(source.text.get(document.span.range()).is_some());
                let text = document.to_json(document.root());
                assert!(!text.is_empty() && !text.contains('\n'));
                for duplicate in &document.duplicates {
                    assert!(source.text.get(document.span(duplicate.lost.key).range()).is_some());
                }
            }
            Part::Refused(refusal) => {
                assert!(source.text.get(refusal.span.range()).is_some(), "{refusal:?}");
                assert!(!refusal.message.is_empty());
            }
        }
    }
}

/// Every node of a document, where it is and what it is.
fn places(document: &Document) -> Vec<String> {
    let mut nodes = vec![document.root()];
    let mut places = Vec::new();
    while let Some(node) = nodes.pop() {
        places.push(format!("{:?} {:?} {:?}", document.span(node), document.style(node), document.value(node)));
        nodes.extend(document.items(node));
        nodes.extend(document.entries(node).iter().flat_map(|entry| [entry.key, entry.value()]));
    }
    places
}

fn workspace(data: &[u8]) -> Workspace {
    let source = Arc::new(Source::decode("fuzz.yaml", data.to_vec()).unwrap());
    Workspace { files: vec![File::read(&source)], ..Workspace::default() }
}

fn strict() -> Projects {
    Projects::none(Selection::new(&[], &[], Level::Advice).unwrap())
}

/// Every rule runs, and every format can be read by what reads it.
pub fn lint(data: &[u8]) {
    DEEP.install(|| {
        let workspace = workspace(data);
        let findings = lint::run(&workspace, &strict(), lint::Options::default());
        assert!(findings.iter().all(lies_in_its_file));
        report(&workspace, &findings);
    });
}

fn lies_in_its_file(finding: &Finding) -> bool {
    let labels = std::iter::once(&finding.primary).chain(&finding.labels);
    labels.into_iter().all(|label| label.source.text.get(label.span.range()).is_some())
}

fn report(workspace: &Workspace, findings: &[Finding]) {
    let secrets = Secrets::of_files(&workspace.files);
    let report = &Report {
        findings,
        summary: Summary::of(workspace, findings),
        secrets: &secrets,
        files: &std::iter::once("fuzz.yaml".to_owned()).collect(),
        base: None,
        fail_on: Level::Error,
    };
    let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let structured = [
        written(&|out| json::write(out, report)),
        written(&|out| sarif::write(out, report)),
        written(&|out| gitlab::write(out, report)),
    ];
    for structured in &structured {
        assert!(serde_json::from_str::<Value>(structured).is_ok(), "{structured}");
    }
    let xml = written(&|out| junit::write(out, report));
    let fails = findings.iter().any(|finding| finding.level == Level::Error);
    assert_eq!(xml.matches("<failure ").count(), usize::from(fails), "{xml}");
    for shown in [
        written(&|out| terminal::write(out, findings, &terminal::Look::PLAIN, &secrets)),
        written(&|out| concise::write(out, report)),
        written(&|out| github::write(out, report)),
        written(&|out| markdown::write(out, report)),
        xml,
    ]
    .into_iter()
    .chain(structured)
    {
        let obeyed = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\t');
        assert!(!shown.contains(|sign| obeyed(sign) || ('\u{2028}'..='\u{202E}').contains(&sign)), "{shown:?}");
    }
    for line in
        written(&|out| concise::write(out, report)).lines().chain(written(&|out| github::write(out, report)).lines())
    {
        assert!(line.starts_with("fuzz.yaml:") || line.starts_with("::"), "{line}");
    }
}

/// Each fix changes the bytes that it names and no others; fixing twice is fixing once; nothing new is unreadable.
pub fn fix(data: &[u8]) {
    DEEP.install(|| {
        let mut workspace = workspace(data);
        let source = Arc::clone(&workspace.files[0].source);
        for finding in lint::run(&workspace, &strict(), lint::Options::default()) {
            let Some(fix) = finding.fix else { continue };
            assert_eq!(edit::apply(&source.text, &fix.edits), spliced(&source.text, &fix.edits));
        }
        let refused = workspace.files[0].refusals.len();
        let once = fix::fix(&mut workspace, &strict(), &[], true);
        let text = workspace.files[0].source.text.clone();
        assert!(workspace.files[0].refusals.len() <= refused, "{text}");
        assert_eq!(once.count == 0, text == source.text);
        let twice = fix::fix(&mut workspace, &strict(), &[], true);
        assert_eq!((twice.count, &workspace.files[0].source.text), (0, &text));
    });
}

/// A text with its edits applied, last ones first.
fn spliced(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

/// A description is wrong and says so, or makes objects that read back the same and that the linter accepts.
pub fn generate(data: &[u8]) {
    DEEP.install(|| {
        let source = Arc::new(Source::decode("<stdin>", data.to_vec()).unwrap());
        let (descriptions, findings) = describe::read(&source, None::<&Path>, &Options::default());
        assert!(findings.iter().all(lies_in_its_file));
        if !findings.is_empty() {
            for description in &descriptions {
                drop(pattern::check(&CATALOGUE, description));
            }
            return;
        }
        let Ok(made) = pattern::expand(&CATALOGUE, &descriptions) else { return };
        let by_user = made.iter().any(|made| made.blame.is_some());
        let objects: Vec<Value> = made.into_iter().map(|made| made.object).collect();
        let text = emit::to_stream(&objects).unwrap();
        let read = Arc::new(Source::from_text("made.yaml", text));
        let (documents, refusal) = yaml::as_kubectl(yaml::read(&read));
        assert!(refusal.is_none(), "{}", read.text);
        let back: Vec<Value> = documents
            .iter()
            .map(|document| serde_json::from_str(&document.to_json(document.root())).unwrap())
            .collect();
        assert_eq!(back, objects);
        if by_user {
            return;
        }
        let workspace = Workspace { files: vec![File::read(&read)], ..Workspace::default() };
        let found = lint::run(&workspace, &Projects::none(Selection::default()), lint::Options::default());
        // An image that is none, say, is what the description asks for, and `gen` shows the finding there.
        let is_asked_for = |finding: &&Finding| {
            source.text.contains(finding.primary.source.slice(finding.primary.span).trim_matches(['"', '\'']))
        };
        // What a rule says of the programs in it, `gen` says at the description, and prints nothing; that a server would
        // refuse it is ours.
        let is_refusal = |finding: &&Finding| {
            finding.level == Level::Error && finding.rule.is_some_and(|rule| rule.family == Family::Manifest)
        };
        let errors = found.iter().filter(is_refusal);
        let wrong: Vec<&Finding> = errors.filter(|finding| !is_asked_for(finding)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}\n{}", read.text);
    });
}

/// Every picture can be drawn, and is one document.
pub fn diagram(data: &[u8]) {
    DEEP.install(|| {
        let workspace = workspace(data);
        let diagram = diagram::of("fuzz", workspace.objects(), Programs::built_in());
        let svg = diagram::svg::write(&diagram);
        assert!(svg.trim_end().ends_with("</svg>") && svg.matches("<svg").count() == 1);
        assert!(!diagram::mermaid::write(&diagram).is_empty());
        assert!(!diagram::dot::write(&diagram).is_empty());
    });
}

/// Every reader of a program's configuration comes to an end, and names only places in the text.
pub fn configuration(data: &[u8]) {
    let Some((format, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let _ = nginx::read(&text);
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    for entry in formats::read(format, &text) {
        assert!(text.get(entry.range.clone()).is_some(), "{entry:?}");
    }
    drop(shell::parse(&text));
}

/// An expression compiles or says where it does not, and ends at a bounded cost whatever the values are.
pub fn policy(data: &[u8]) {
    DEEP.install(|| {
        let text = String::from_utf8_lossy(data);
        let fields = Fields::plain("object", &[("name", Type::String), ("count", Type::Int)]);
        let variables = vec![("object".to_owned(), Type::Object(fields)), ("d".to_owned(), Type::Dyn)];
        let program = match Program::compile(&text, &Scope { variables, version: 0, ..Scope::default() }) {
            Ok(program) => program,
            Err(error) => {
                assert!(text.get(error.at.start..error.at.end).is_some(), "{error:?}");
                return;
            }
        };
        let object = Cel::object(vec![("name", Cel::text("shop")), ("count", Cel::Int(3))]);
        let list =
            Cel::list(vec![Cel::Int(1).into(), Cel::text("a").into(), Cel::Unknown("only a cluster knows").into()]);
        let bound: Vec<(&'static str, Item)> =
            vec![("object", object.into()), ("d", Cel::object(vec![("list", list)]).into())];
        drop(Evaluation::new(bound, None, Budget::new(Budget::OBJECT)).run(&program));
    });
}

const FORMATS: [Format; 10] = [
    Format::Toml,
    Format::Yaml,
    Format::Ini,
    Format::Properties,
    Format::Hcl,
    Format::Nginx,
    Format::Haproxy,
    Format::Words,
    Format::FluentBit,
    Format::Caddyfile,
];
