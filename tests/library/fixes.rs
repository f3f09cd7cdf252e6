//! Fixes of other spellings: whatever way a page's `bad` block is written, its fix says the same, or there is none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::rules::blocks;
use patterns::diagnostic::{Finding, Level};
use patterns::kube::{File, Workspace};
use patterns::lint::{self, Selection};
use patterns::rules::{self, Rule};
use patterns::yaml::{self, Document, NodeId, Source, Style, Value, edit};

/// What a rule finds and can mend.
fn fixable(rule: &Rule, text: &str) -> Vec<Finding> {
    let source = Arc::new(Source::decode("page.yaml", text.as_bytes().to_vec()).unwrap());
    let workspace = Workspace { files: vec![File::read(&source)], ..Workspace::default() };
    let mut findings = lint::workspace(&workspace, &Selection::new(&[], &[], Level::Advice).unwrap());
    findings.retain(|finding| finding.rule == Some(rule.id) && finding.fix.is_some());
    findings
}

/// A text with all fixes of a rule, and how many there are. Fixes that overlap are made one after another.
fn fixed(rule: &Rule, text: &str) -> (String, usize) {
    let mut text = text.to_owned();
    for count in 0..20 {
        let findings = fixable(rule, &text);
        let Some(fix) = findings.first().and_then(|finding| finding.fix.as_ref()) else { return (text, count) };
        let source = &findings[0].primary.source;
        let bytes = source.with_text(edit::apply(&source.text, &fix.edits)).bytes();
        text = String::from_utf8(bytes).unwrap();
    }
    panic!("{}: the fixes never end\n{text}", rule.id.name);
}

/// What kubectl reads, or why it reads nothing.
fn read(text: &str) -> Result<Vec<serde_json::Value>, String> {
    let source = Arc::new(Source::from_text("page.yaml", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    let read = |document: &Document| serde_json::from_str(&document.to_json(document.root())).unwrap();
    refusal.map_or_else(|| Ok(documents.iter().map(read).collect()), |refusal| Err(refusal.message.clone()))
}

/// A way to write the same.
struct Spelling {
    name: &'static str,
    /// How a scalar is written, whose bytes these are.
    scalar: fn(&str, Value<'_>) -> String,
    key: fn(&str) -> String,
    /// What follows a scalar at the end of a line.
    after: &'static str,
    /// Columns of each level.
    step: usize,
    /// Columns of a list within its key.
    list: usize,
    is_flow: bool,
}

fn as_written(raw: &str, _: Value<'_>) -> String {
    raw.to_owned()
}

fn key_as_written(raw: &str) -> String {
    raw.to_owned()
}

const PLAIN: Spelling =
    Spelling { name: "", scalar: as_written, key: key_as_written, after: "", step: 2, list: 2, is_flow: false };

fn in_double(raw: &str, value: Value<'_>) -> String {
    match value {
        Value::Str(text) => serde_json::to_string(text).unwrap(),
        _ => raw.to_owned(),
    }
}

fn in_single(raw: &str, value: Value<'_>) -> String {
    match value {
        Value::Str(text) if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        _ => raw.to_owned(),
    }
}

fn in_json(raw: &str, value: Value<'_>) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        value => in_double(raw, value),
    }
}

fn tagged(raw: &str, value: Value<'_>) -> String {
    if matches!(value, Value::Str(_)) { format!("!!str {raw}") } else { raw.to_owned() }
}

fn anchored(raw: &str, _: Value<'_>) -> String {
    format!("&a{} {raw}", raw.bytes().filter(u8::is_ascii_alphanumeric).map(char::from).collect::<String>())
}

fn quoted_key(raw: &str) -> String {
    if raw.starts_with(['"', '\'']) { raw.to_owned() } else { format!("\"{raw}\"") }
}

const SPELLINGS: [Spelling; 13] = [
    Spelling { name: "as it is", ..PLAIN },
    Spelling { name: "double quotes", scalar: in_double, ..PLAIN },
    Spelling { name: "single quotes", scalar: in_single, ..PLAIN },
    Spelling { name: "quoted keys", key: quoted_key, ..PLAIN },
    Spelling { name: "comments", after: " # why", ..PLAIN },
    Spelling { name: "spaces at the end", after: "  ", ..PLAIN },
    Spelling { name: "tabs at the end", after: "\t", ..PLAIN },
    Spelling { name: "wide", step: 4, list: 4, ..PLAIN },
    Spelling { name: "lists at their key", list: 0, ..PLAIN },
    Spelling { name: "flow", is_flow: true, ..PLAIN },
    Spelling { name: "JSON", scalar: in_json, key: quoted_key, is_flow: true, ..PLAIN },
    Spelling { name: "tags", scalar: tagged, ..PLAIN },
    Spelling { name: "anchors", scalar: anchored, ..PLAIN },
];

impl Spelling {
    fn stream(&self, documents: &[Document]) -> String {
        let mut out = String::new();
        for (at, document) in documents.iter().enumerate() {
            let separator = if at == 0 { "" } else { "---\n" };
            out.push_str(separator);
            if self.is_flow {
                self.flow(document, document.root(), &mut out);
                out.push('\n');
            } else {
                self.block(document, document.root(), 0, &mut out);
            }
        }
        out
    }

    fn scalar(&self, document: &Document, node: NodeId) -> String {
        let value = document.value(node);
        match (document.style(node), value) {
            (Style::Plain, Value::Null) => "null".to_owned(),
            (Style::Plain, Value::Str(text)) if self.is_flow && text.contains([',', '[', ']', '{', '}']) => {
                in_double("", value)
            }
            (Style::Literal | Style::Folded, _) => in_double("", value),
            (Style::Plain, _) => (self.scalar)(document.raw(node), value),
            _ => document.raw(node).to_owned(),
        }
    }

    fn flow(&self, document: &Document, node: NodeId, out: &mut String) {
        match document.value(node) {
            Value::Map(entries) => {
                out.push('{');
                for (at, entry) in entries.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    let _ = write!(out, "{comma}{}: ", (self.key)(document.raw(entry.key)));
                    self.flow(document, entry.value(), out);
                }
                out.push('}');
            }
            Value::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    self.flow(document, *item, out);
                }
                out.push(']');
            }
            _ => out.push_str(&self.scalar(document, node)),
        }
    }

    /// Writes a node whose first line is begun already, if it is a map, and lists that begin with a new line.
    fn block(&self, document: &Document, node: NodeId, column: usize, out: &mut String) {
        match document.value(node) {
            Value::Map(entries) if !entries.is_empty() => {
                for (at, entry) in entries.iter().enumerate() {
                    let before = if at == 0 { 0 } else { column };
                    let _ = write!(out, "{:before$}{}:", "", (self.key)(document.raw(entry.key)));
                    self.value(document, entry.value(), column, out);
                }
            }
            _ => self.value(document, node, column, out),
        }
    }

    fn value(&self, document: &Document, node: NodeId, column: usize, out: &mut String) {
        match document.value(node) {
            Value::Map(entries) if !entries.is_empty() => {
                let column = column + self.step;
                let _ = write!(out, "\n{:column$}", "");
                self.block(document, node, column, out);
            }
            Value::List(items) if !items.is_empty() => {
                out.push('\n');
                let column = column + self.list;
                for item in items {
                    let _ = write!(out, "{:column$}- ", "");
                    self.block(document, *item, column + 2, out);
                }
            }
            Value::Map(_) | Value::List(_) => {
                out.push(' ');
                self.flow(document, node, out);
                out.push('\n');
            }
            _ => {
                let _ = writeln!(out, " {}{}", self.scalar(document, node), self.after);
            }
        }
    }
}

/// The documents of a text that kubectl reads.
fn documents(text: &str) -> Option<Vec<Document>> {
    let source = Arc::new(Source::from_text("page.yaml", text));
    let (documents, refusal) = yaml::as_kubectl(yaml::read(&source));
    refusal.is_none().then_some(documents)
}

/// The spellings of a block, by name.
fn spellings(block: &str) -> Vec<(String, String)> {
    let mut all = vec![("original".to_owned(), block.to_owned())];
    let read = documents(block).unwrap_or_default();
    for spelling in SPELLINGS.iter().filter(|_| !read.is_empty()) {
        all.push((spelling.name.to_owned(), spelling.stream(&read)));
    }
    let mut with_comments = String::new();
    for (at, line) in block.lines().enumerate() {
        let column = line.len() - line.trim_start().len();
        writeln!(with_comments, "{:column$}# line {at}\n{line}", "").unwrap();
    }
    if !block.contains(": |") && !block.contains(": >") {
        all.push(("comments above".to_owned(), with_comments));
    }
    let ends = |(name, text): &(String, String)| {
        [
            (name.clone(), text.clone()),
            (format!("{name}, CRLF"), text.replace('\n', "\r\n")),
            (format!("{name}, cut off"), text.trim_end().to_owned()),
            (format!("{name}, CRLF, cut off"), text.trim_end().replace('\n', "\r\n")),
        ]
    };
    all.iter().flat_map(ends).collect()
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("# line ")).collect();
    comments.sort_unstable();
    comments
}

#[test]
fn any_spelling_is_mended_alike_or_not_at_all() {
    let mut wrong = Vec::new();
    let mut mended: BTreeMap<String, usize> = BTreeMap::new();
    for rule in rules::all().filter(|rule| rule.has_fix) {
        for block in blocks(rule.page(), "```yaml bad") {
            let (text, most) = fixed(rule, &block);
            if most == 0 {
                continue;
            }
            let wanted = read(&text).unwrap();
            for (name, text) in spellings(&block) {
                // a boolean in JSON is `true` and no longer what it was written as, and a text without its end is another
                let is_lost = name.starts_with("JSON") && rule.id.name == "norway" || read(&text) != read(&block);
                let (after, count) = fixed(rule, &text);
                if count < most || is_lost {
                    continue;
                }
                let what = match read(&after) {
                    Err(why) => format!("kubectl refuses it: {why}"),
                    Ok(found) if found != wanted => "it says something else".to_owned(),
                    Ok(_) if name.contains("CRLF") && after.replace("\r\n", "").contains('\n') => {
                        "it mixes line breaks".to_owned()
                    }
                    Ok(_)
                        if name.starts_with("JSON")
                            && serde_json::from_str::<serde_json::Value>(&after).is_err()
                            && serde_json::from_str::<serde_json::Value>(&text).is_ok() =>
                    {
                        "it is no JSON any more".to_owned()
                    }
                    Ok(_) if comments(&text) != comments(&after) => "it loses comments".to_owned(),
                    Ok(_) => {
                        *mended.entry(name).or_default() += 1;
                        continue;
                    }
                };
                wrong.push(format!("{}, {name}: {what}\n{text}\n-- fixed:\n{after}", rule.id.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} are wrong", wrong.join("\n\n"), wrong.len());
    let mended: Vec<String> = mended.iter().map(|(name, count)| format!("{count:3} {name}")).collect();
    let mended = mended.join("\n");
    insta::assert_snapshot!(mended);
}

/// The comment above a container and those inside it are about it; what is above the list is about the list.
#[test]
fn a_container_takes_its_comments_along() {
    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n      \
                       restartPolicy: Never\n";
    let rule = rules::all().find(|rule| rule.id.name == "sidecar-blocks-job").unwrap();
    for (before, after) in [
        (
            "      # what runs\n      containers:\n        # the work\n        - name: shop # first\n          image: \
             registry.example.com/shop:1\n        # ships logs\n        # to the store\n        - name: logs # second\n          \
             image: fluent/fluent-bit:3.1 # pinned\n          # resources: later\n",
            "      initContainers:\n        # ships logs\n        # to the store\n        - name: logs # second\n          \
             image: fluent/fluent-bit:3.1 # pinned\n          restartPolicy: Always\n          # resources: later\n      \
             # what runs\n      containers:\n        # the work\n        - name: shop # first\n          image: \
             registry.example.com/shop:1\n",
        ),
        (
            "      containers:\n      - name: logs\n        image: fluent/fluent-bit:3.1\n      # the work\n\n      # of \
             the shop\n      - name: shop\n        image: registry.example.com/shop:1\n      initContainers:\n      # makes \
             tables\n      - name: migrate\n        image: registry.example.com/shop:1\n        # at first\n      \
             # patterns: ignore\n",
            "      containers:\n      # the work\n\n      # of the shop\n      - name: shop\n        image: \
             registry.example.com/shop:1\n      initContainers:\n      # makes tables\n      - name: migrate\n        \
             image: registry.example.com/shop:1\n        # at first\n      - name: logs\n        image: \
             fluent/fluent-bit:3.1\n        restartPolicy: Always\n      # patterns: ignore\n",
        ),
        (
            "      containers:\n        - name: shop\n          image: registry.example.com/shop:1\n        # - name: \
             old\n        #   image: old\n        - name: logs\n          image: fluent/fluent-bit:3.1\n",
            "      initContainers:\n        - name: logs\n          image: fluent/fluent-bit:3.1\n          restartPolicy: \
             Always\n      containers:\n        - name: shop\n          image: registry.example.com/shop:1\n        # - \
             name: old\n        #   image: old\n",
        ),
    ] {
        for line_break in ["\n", "\r\n"] {
            let text = format!("{JOB}{before}").replace('\n', line_break);
            let wanted = format!("{JOB}{after}").replace('\n', line_break);
            assert_eq!(fixed(rule, &text), (wanted, 1), "{text}");
        }
    }
}

/// A fix that copies a label's value writes it so that it is a text.
#[test]
fn a_value_that_is_copied_stays_a_text() {
    let rule = rules::all().find(|rule| rule.id.name == "selector-matches-nothing").unwrap();
    for value in ["8080", "on", "1e3", "0x1F", "no", "1.5", "2026", "true", "null"] {
        for wrong in ["shop", "'shop'", "\"shop\""] {
            let text = format!(
                "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: shop}}\nspec:\n  minAvailable: 1\n  \
                 selector:\n    matchLabels:\n      app: {wrong}\n      part: web\n---\napiVersion: apps/v1\nkind: \
                 Deployment\nmetadata: {{name: shop}}\nspec:\n  replicas: 3\n  selector: {{matchLabels: {{app: '{value}', part: \
                 web}}}}\n  template:\n    metadata: {{labels: {{app: '{value}', part: web}}}}\n    spec:\n      containers:\n        \
                 - name: shop\n          image: registry.example.com/shop:1\n"
            );
            let (after, count) = fixed(rule, &text);
            assert_eq!(count, 1, "{text}");
            let found = read(&after).unwrap();
            assert_eq!(found[0]["spec"]["selector"]["matchLabels"]["app"], *value, "{after}");
        }
    }
}
