//! Pictures: nothing overlaps, nothing is cut, and no name breaks out of its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use crate::support::{files, patterns, patterns_with, relative};
use patterns::diagram::layout::{Picture, Point, Rect, picture};
use patterns::diagram::{Diagram, Edge, Flow, Look, Node, dot, mermaid, of, svg};
use patterns::facts::Programs;
use patterns::kube::File;
use patterns::yaml::Source;
use proptest::prelude::*;

fn diagram(yaml: &str) -> Diagram {
    of("test", &File::read(&Arc::new(Source::from_text("test.yaml", yaml))).objects, Programs::built_in())
}

/// Everything that people describe or that is in the project: name, and the objects as YAML.
fn all() -> Vec<(String, String)> {
    let described = files("patterns", "example.yaml").into_iter().chain(files("examples", ".yaml"));
    let described = described.chain(files("tests/diagram", ".yaml"));
    let mut all = Vec::new();
    for path in described {
        let name = relative(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("patterns: v1") {
            let run = patterns(&["gen", &name]);
            assert_eq!(run.code, 0, "{name}: {}", run.stderr);
            all.push((name, run.stdout));
        } else if text.contains("apiVersion:") {
            all.push((name, text));
        }
    }
    assert!(all.len() > 15);
    all
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() - 0.01 && b.x < a.right() - 0.01 && a.y < b.bottom() - 0.01 && b.y < a.bottom() - 0.01
}

fn within(inner: &Rect, outer: &Rect) -> bool {
    inner.x >= outer.x - 0.01
        && inner.y >= outer.y - 0.01
        && inner.right() <= outer.right() + 0.01
        && inner.bottom() <= outer.bottom() + 0.01
}

fn segment(a: Point, b: Point) -> Rect {
    Rect { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
}

/// A line of no width overlaps what it runs through.
fn crosses(line: &Rect, other: &Rect) -> bool {
    line.x < other.right() - 0.01
        && other.x < line.right() - 0.01 + f64::from(u8::from(line.width == 0.0)) * 0.02
        && line.y < other.bottom() - 0.01
        && other.y < line.bottom() - 0.01 + f64::from(u8::from(line.height == 0.0)) * 0.02
}

fn check(diagram: &Diagram) -> Result<(), String> {
    let picture = picture(diagram);
    let page = Rect { x: 0.0, y: 0.0, width: picture.size.0, height: picture.size.1 };
    let name = |node: usize| format!("{} ({node})", diagram.nodes[node].name);
    if picture.boxes.len() != diagram.nodes.len() || picture.wires.len() != diagram.edges.len() {
        return Err("something is not drawn".to_owned());
    }
    let rect_of = |node: usize| picture.boxes.iter().find(|placed| placed.node == node).unwrap().rect;
    for (index, one) in picture.boxes.iter().enumerate() {
        let node = &diagram.nodes[one.node];
        if !within(&one.rect, &page) {
            return Err(format!("{} is off the page", name(one.node)));
        }
        if let Some(parent) = node.parent
            && !within(&one.rect, &rect_of(parent))
        {
            return Err(format!("{} sticks out of {}", name(one.node), name(parent)));
        }
        for other in &picture.boxes[index + 1..] {
            let is_inside = diagram.nodes[other.node].parent == Some(one.node) || node.parent == Some(other.node);
            if !is_inside && overlap(&one.rect, &other.rect) {
                return Err(format!("{} and {} overlap", name(one.node), name(other.node)));
            }
            if is_inside && one.texts.iter().any(|text| overlap(&text.rect(), &other.rect)) {
                return Err(format!("{} covers text of {}", name(other.node), name(one.node)));
            }
        }
        for (at, text) in one.texts.iter().enumerate() {
            if !within(&text.rect(), &one.rect) {
                return Err(format!("{:?} sticks out of {}", text.text, name(one.node)));
            }
            if one.texts[at + 1..].iter().any(|other| overlap(&text.rect(), &other.rect())) {
                return Err(format!("{:?} overlaps other text of {}", text.text, name(one.node)));
            }
        }
    }
    check_wires(diagram, &picture, &page)
}

fn check_wires(diagram: &Diagram, picture: &Picture, page: &Rect) -> Result<(), String> {
    let rect_of = |node: usize| picture.boxes.iter().find(|placed| placed.node == node).unwrap().rect;
    for wire in &picture.wires {
        let edge = &diagram.edges[wire.edge];
        let what = format!("the arrow {} → {} ({:?})", edge.from, edge.to, edge.label);
        let around = |node: usize| {
            [Some(edge.from), Some(edge.to), diagram.nodes[edge.from].parent, diagram.nodes[edge.to].parent]
                .contains(&Some(node))
        };
        for (node, point) in [(edge.from, wire.points.first()), (edge.to, wire.points.last())] {
            let (rect, point) = (rect_of(node), point.ok_or_else(|| format!("{what} is nowhere"))?);
            let on_side = (point.x - rect.x).abs() < 0.1 || (point.x - rect.right()).abs() < 0.1;
            if !on_side || point.y < rect.y || point.y > rect.bottom() {
                return Err(format!("{what} does not touch {node}: {point:?} {rect:?}"));
            }
        }
        let lines: Vec<Rect> = wire.points.windows(2).map(|ends| segment(ends[0], ends[1])).collect();
        if lines.iter().any(|line| line.width > 0.01 && line.height > 0.01) {
            return Err(format!("{what} runs aslant"));
        }
        for placed in picture.boxes.iter().filter(|placed| !around(placed.node)) {
            if lines.iter().any(|line| crosses(line, &placed.rect)) {
                return Err(format!("{what} runs through {}", diagram.nodes[placed.node].name));
            }
        }
        let Some(label) = &wire.label else {
            if edge.label.is_empty() {
                continue;
            }
            return Err(format!("{what} has lost its label"));
        };
        let rect = label.rect();
        if !within(&rect, page) {
            return Err(format!("the label of {what} is off the page"));
        }
        for placed in &picture.boxes {
            let is_around_both = diagram.nodes[edge.from].parent == Some(placed.node)
                && diagram.nodes[edge.to].parent == Some(placed.node);
            if overlap(&rect, &placed.rect) && !is_around_both {
                return Err(format!("the label of {what} lies on {}", diagram.nodes[placed.node].name));
            }
            if placed.texts.iter().any(|text| overlap(&rect, &text.rect())) {
                return Err(format!("the label of {what} lies on text"));
            }
        }
        for other in &picture.wires {
            if other.edge != wire.edge && other.label.as_ref().is_some_and(|label| overlap(&rect, &label.rect())) {
                return Err(format!("the label of {what} lies on another"));
            }
            let runs_over = other.points.windows(2).any(|ends| crosses(&segment(ends[0], ends[1]), &rect));
            if runs_over {
                return Err(format!(
                    "{} → {} runs through the label of {what}",
                    diagram.edges[other.edge].from, diagram.edges[other.edge].to
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn nothing_overlaps_and_nothing_is_cut() {
    for (name, yaml) in all() {
        let diagram = diagram(&yaml);
        assert!(!diagram.nodes.is_empty(), "{name} draws nothing");
        check(&diagram).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let a = Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
    assert!(overlap(&a, &Rect { x: 9.0, ..a }) && !overlap(&a, &Rect { x: 10.0, ..a }));
    assert!(!within(&Rect { width: 11.0, ..a }, &a));
    assert!(crosses(&segment(Point { x: -5.0, y: 5.0 }, Point { x: 15.0, y: 5.0 }), &a));
    assert!(crosses(&segment(Point { x: 5.0, y: -5.0 }, Point { x: 5.0, y: 15.0 }), &a));
    assert!(!crosses(&segment(Point { x: 10.0, y: -5.0 }, Point { x: 10.0, y: 15.0 }), &a));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,12}", "[a-z0-9./:@-]{1,80}", "\\PC{1,30}"]
}

/// Boxes with boxes inside, and arrows between any of them.
fn any_diagram() -> impl Strategy<Value = Diagram> {
    let node = (text(), prop::collection::vec(text(), 0..4), prop::option::of(text()), 0..4_usize);
    let edges = prop::collection::vec((0..60_usize, 0..60_usize, prop_oneof![Just(String::new()), text()]), 0..24);
    (prop::collection::vec(node, 1..9), edges).prop_map(|(parts, edges)| {
        let mut diagram = Diagram::titled("any");
        for (name, lines, count, children) in parts {
            let parent = diagram.nodes.len();
            let is_outer = children > 0;
            let look = if is_outer { Look::Workload } else { Look::Service };
            let count = count.filter(|_| is_outer);
            diagram.nodes.push(Node { parent: None, look, name: name.clone(), lines: lines.clone(), count });
            for child in 0..children {
                let look = if child == 0 { Look::App } else { Look::Storage };
                let lines = lines.clone();
                diagram.nodes.push(Node { parent: Some(parent), look, name: name.clone(), lines, count: None });
            }
        }
        let nodes = diagram.nodes.len();
        for (from, to, label) in edges {
            let (from, to) = (from % nodes, to % nodes);
            let is_inside = diagram.nodes[from].parent == Some(to) || diagram.nodes[to].parent == Some(from);
            if from != to && !is_inside {
                diagram.edges.push(Edge { from, to, label, flow: Flow::Call });
            }
        }
        diagram
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_holds_together(diagram in any_diagram()) {
        if let Err(error) = check(&diagram) {
            panic!("{error}\n{diagram:#?}");
        }
    }
}

/// What a picture of an XML file may hold: tags that we write, and text.
fn check_xml(svg: &str) {
    let tags = ["svg", "title", "desc", "g", "rect", "path", "text"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare > in text: {}", &rest[..at]);
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        let name = tag.trim_matches('/').split(' ').next().unwrap();
        assert!(tags.contains(&name), "no tag of ours: {tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    for entity in svg.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|known| entity.starts_with(known)), "&{entity}");
    }
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()));
}

/// Every line of a flowchart has one of a few forms, and what people wrote is only between its quotes.
fn check_mermaid(text: &str) {
    let node = r#"n\d+(\(\["[^"]*"\]\)|\[\("[^"]*"\)\]|\["[^"]*"\]|\("[^"]*"\))"#;
    let line = regex_lite::Regex::new(&format!(
        r#"^( *{node}|  subgraph n\d+\["[^"]*"\]|  end|  n\d+ (-->|---|-\.->)(\|"[^"]*"\|)? n\d+|  classDef \w+ [\w:#, -]+|  class [n\d,]+ \w+)$"#
    ))
    .unwrap();
    let body = text.split_once("flowchart LR\n").expect("a flowchart").1;
    for one in body.lines() {
        assert!(line.is_match(one), "{one}");
        let words = one.replace("<br/>", "").replace("-->", "").replace("-.->", "");
        assert!(!words.contains(['<', '>', '`', '\\']), "{one}");
    }
}

#[test]
fn hostile_names_stay_in_their_places() {
    for (_, yaml) in all() {
        let diagram = diagram(&yaml);
        check_xml(&svg::write(&diagram));
        check_mermaid(&mermaid::write(&diagram));
        let dot = dot::write(&diagram);
        // Quotes come in pairs on each line, once escaped ones are gone.
        for line in dot.lines() {
            assert_eq!(line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
        }
    }
}

#[test]
fn snapshots() {
    // names of ConfigMaps end in a hash of all that is in them
    let hash = regex_lite::Regex::new("-[0-9a-f]{8}\\b").unwrap();
    let pictures = [
        ("legacy", "tests/diagram/legacy.yaml"),
        ("work-queue", "patterns/batch/work-queue/example.yaml"),
        ("hostile", "tests/diagram/hostile.yaml"),
    ];
    for (name, file) in pictures {
        for format in ["mermaid", "dot"] {
            let run = patterns(&["diagram", file, "--format", format]);
            assert_eq!(run.code, 0, "{}", run.stderr);
            insta::assert_snapshot!(format!("{name}-{format}"), hash.replace_all(&run.stdout, "-hash"));
        }
    }
}

/// The picture of the README is what the command draws; `UPDATE_PICTURES=1` draws it anew.
#[test]
fn the_picture_in_the_readme_is_current() {
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/paas.svg");
    let run = patterns(&["diagram", "examples/paas.yaml", "-e", "prod"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(picture, &run.stdout).unwrap();
    }
    assert_eq!(std::fs::read_to_string(picture).expect("drawn with UPDATE_PICTURES=1"), run.stdout);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains("](examples/paas.svg)"));
}

#[test]
fn pictures_are_the_same_every_time() {
    let draw = || patterns(&["diagram", "examples/document-search.yaml"]).stdout;
    assert_eq!(draw(), draw());
}

#[test]
fn the_output_says_its_format() {
    let folder = std::env::temp_dir().join(format!("patterns-diagram-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, begin) in [("a.svg", "<svg "), ("a.mmd", "---\ntitle: "), ("a.dot", "digraph {")] {
        let path = folder.join(name);
        let run = patterns(&["diagram", "examples/paas.yaml", "-o", path.to_str().unwrap()]);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(begin));
    }
    let run = patterns(&["diagram", "examples/paas.yaml", "-o", folder.join("a.txt").to_str().unwrap()]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("unknown format"), "{}", run.stderr);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn manifests_and_mistakes() {
    let made = patterns(&["gen", "examples/legacy-https.yaml"]).stdout;
    let run = patterns_with(&["diagram", "-", "--format", "mermaid"], made.as_bytes());
    assert!(run.code == 0 && run.stdout.contains("TLS proxy"), "{}", run.stderr);
    let run = patterns_with(&["diagram", "-"], b"patterns: v1\nname: x\nusee: []\n");
    assert!(run.code == 2 && run.stdout.is_empty() && run.stderr.contains("usee"), "{}", run.stderr);
    let run = patterns_with(&["diagram", "-"], b"a: 1\n");
    assert!(run.code == 2 && run.stderr.contains("not a pattern description"), "{}", run.stderr);
    let json = br#"{"patterns": "v1", "name": "x", "app": {"image": "registry.example.com/x:1", "port": 80}}"#;
    let run = patterns_with(&["diagram", "-", "--format", "mermaid"], json);
    assert!(run.code == 0 && run.stdout.contains("flowchart"), "{}", run.stderr);
    let run = patterns_with(&["diagram", "-"], b"a: b: c\n");
    assert!(run.code == 2 && run.stderr.contains("<stdin>:1"), "what is wrong is said: {}", run.stderr);
}
