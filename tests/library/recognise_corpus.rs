//! Roles in public manifests against labels made by reading them. The files are not part of the project:
//! `PATTERNS_CORPUS` names the folder that holds them, one folder `owner+repository` for each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use patterns::facts::{Programs, workload};
use patterns::kube::{Index, Object, Workspace};

const LABELS: &str = include_str!("../corpus/roles.tsv");

struct Label<'text> {
    file: String,
    workload: &'text str,
    container: &'text str,
    role: &'text str,
}

fn labels() -> Vec<Label<'static>> {
    let lines = LABELS.lines().filter(|line| !line.starts_with('#'));
    let label = |line: &'static str| {
        let [repository, path, workload, container, role] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five columns: {line}")
        };
        Label { file: format!("{}/{path}", repository.replace('/', "+")), workload, container, role }
    };
    lines.map(label).collect()
}

#[test]
#[ignore = "needs PATTERNS_CORPUS, a folder of published manifests"]
fn roles_agree_with_labels() {
    let corpus = std::env::var_os("PATTERNS_CORPUS").unwrap();
    let workspace = Workspace::load(&[PathBuf::from(&corpus)], None);
    let objects: Vec<&Object> = workspace.objects().collect();
    let mut found: HashMap<(String, String, String), String> = HashMap::new();
    let index = Index::of(&objects);
    for workload in workload::workloads(&index, Programs::built_in()) {
        let file = Path::new(&workload.object.document.source.name).strip_prefix(&corpus).unwrap();
        let file = file.to_string_lossy().into_owned();
        let name = format!("{}/{}", workload.object.id.kind, workload.object.id.name);
        for one in &workload.facts.members {
            found.insert((file.clone(), name.clone(), one.name().to_owned()), one.role.word().to_owned());
        }
    }
    let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
    let labels = labels();
    for label in &labels {
        let key = (label.file.clone(), label.workload.to_owned(), label.container.to_owned());
        let role = found.get(&key).unwrap_or_else(|| panic!("{key:?} is not there"));
        let line = format!("{key:?}: {role}, labelled {}", label.role);
        let same = role == label.role || role.split('/').next() == Some(label.role);
        match (role.as_str(), label.role) {
            ("unknown", "unknown") => {}
            ("unknown", _) => missed.push(line),
            _ if same => right += 1,
            _ => wrong.push(line),
        }
    }
    let to_find = labels.iter().filter(|label| label.role != "unknown").count();
    #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
    let (precision, recall) =
        (f64::from(right) / (f64::from(right) + wrong.len() as f64), f64::from(right) / to_find as f64);
    eprintln!("{} containers: precision {precision:.3}, recall {recall:.3}", labels.len());
    assert!(precision >= 0.98 && recall >= 0.9, "{precision} {recall}\n{}\n{}", wrong.join("\n"), missed.join("\n"));
}
