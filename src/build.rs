//! Makes constants of the tables of Kubernetes' types and versions and of the lines by which programs are found, packs
//! texts that few runs ask for, and makes cargo notice files that come and go in the folders that are compiled in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

const TABLE: &str = "src/kube/decode/types.txt";
const PROGRAMS: &str = "src/facts/programs";
const VERSIONS: &str = "src/kube/versions";
const FIELDS: &str = "src/kube/documented/fields.txt";
const RULES: &str = "src/rules";

fn main() {
    for folder in ["patterns", "templates", PROGRAMS, RULES, TABLE, VERSIONS, FIELDS, "src/build.rs"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let table = std::fs::read_to_string(TABLE).unwrap_or_default();
    write("types.rs", constants(&table).as_bytes());
    let of_versions = |name: &str| std::fs::read_to_string(format!("{VERSIONS}/{name}")).unwrap_or_default();
    write("kind_histories.rs", kind_histories(&of_versions("kinds.txt")).as_bytes());
    write("field_histories.rs", field_histories(&of_versions("fields.txt"), &of_versions("gates.txt")).as_bytes());
    write("programs.rs", programs().as_bytes());
    write("fields.packed", &packed(&std::fs::read_to_string(FIELDS).unwrap_or_default()));
    write("pages.packed", &packed(&pages()));
}

fn write(name: &str, content: &[u8]) {
    let folder = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(std::path::Path::new(&folder).join(name), content) {
        println!("cargo::error={error}");
    }
}

/// What `src/packed.rs` unpacks.
fn packed(text: &str) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 9)
}

/// The pages of the rules, each after the name of its rule and before a NUL.
fn pages() -> String {
    let mut all = String::new();
    for family in entries(std::path::Path::new(RULES)).iter().filter(|path| path.is_dir()) {
        for page in entries(family).iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
            let name = page.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
            let text = std::fs::read_to_string(page).unwrap_or_else(|error| {
                println!("cargo::error={}: {error}", page.display());
                String::new()
            });
            let _ = write!(all, "{name}\n{text}\0");
        }
    }
    all
}

/// What is in a folder, in the order of names.
fn entries(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The files of programs in the order of their names, each with the lines that it is found by.
fn programs() -> String {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = std::path::Path::new(&root).join(PROGRAMS);
    let mut all = String::from("static FILES: &[File] = &[\n");
    for path in entries(&folder) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let items = |key: &str| -> Vec<&str> {
            let inside = value(key).unwrap_or("[]").trim().trim_start_matches('[').trim_end_matches(']');
            inside.split(',').map(bare).filter(|item| !item.is_empty()).collect()
        };
        let _ = writeln!(
            all,
            "    File {{ name: {:?}, binaries: &{:?}, images: &{:?}, tag: {:?}, text: include_str!({:?}) }},",
            value("program").map(bare).unwrap_or_default(),
            items("binaries"),
            items("images"),
            value("tag").map(bare),
            path.to_string_lossy(),
        );
    }
    all.push_str("];\n");
    all
}

/// A scalar without the quotes and blanks around it.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// The lines of a table without its comments, as words.
fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').collect()).collect()
}

/// A number; nothing for any other word.
fn minor(word: &str) -> Option<u8> {
    word.parse().ok()
}

/// Which versions serve which kinds, as Rust.
fn kind_histories(table: &str) -> String {
    let mut text = String::from("static KINDS: &[KindHistory] = &[\n");
    let mut kinds = String::new();
    for row in rows(table) {
        let _ = write!(kinds, "{:?}, ", row[1]);
        let _ = writeln!(
            text,
            "    KindHistory {{ api_version: {:?}, kind: {:?}, is_namespaced: {}, since: {:?}, until: {:?}, \
             on_since: {:?}, deprecated: {:?}, removed: {:?}, successor: {:?} }},",
            row[0],
            row[1],
            row[2] == "namespaced",
            minor(row[3]),
            minor(row[4]),
            minor(row[5]),
            minor(row[6]),
            minor(row[7]),
            row[8].split_once(':'),
        );
    }
    let _ = writeln!(text, "];\n\nstatic PLACES: &Places = &Places::of([{kinds}]);");
    text
}

/// Which versions have which fields and read them, as Rust, by type and field.
fn field_histories(table: &str, gates: &str) -> String {
    let gates: BTreeMap<&str, Option<u8>> = rows(gates).into_iter().map(|row| (row[0], minor(row[1]))).collect();
    let mut rows = rows(table);
    rows.sort_by_key(|row| (row[0], row[1]));
    let mut text = String::from("static FIELDS: &[FieldHistory] = &[\n");
    for row in rows {
        let gate = Some(row[5]).filter(|gate| *gate != "-");
        let read_since = gate.map_or(Some(0), |gate| gates.get(gate).copied().flatten());
        let _ = writeln!(
            text,
            "    FieldHistory {{ type_name: {:?}, key: Key::new({:?}), since: {:?}, until: {:?}, gate: {gate:?}, \
             read_since: {read_since:?} }},",
            row[0],
            row[1],
            minor(row[3]),
            minor(row[4]),
        );
    }
    text.push_str("];\n");
    text
}

/// The table as Rust. A line of three words is a kind, a line of one a type, a line that is indented a field of it.
fn constants(table: &str) -> String {
    let lines = || table.lines().filter(|line| !line.starts_with('#'));
    let is_type = |line: &&str| !line.contains(' ');
    let numbers: BTreeMap<&str, usize> = lines().filter(is_type).enumerate().map(|(number, id)| (id, number)).collect();
    let number = |id: &str| numbers.get(id).copied().unwrap_or(usize::MAX);
    let kinds: Vec<Vec<&str>> = lines()
        .filter(|line| !line.starts_with(' ') && line.contains(' '))
        .map(|line| line.split(' ').collect())
        .collect();
    let mut text = String::from("/// The kinds that are decoded.\npub const KINDS: &[(&str, &str)] = &[\n");
    for kind in &kinds {
        let _ = writeln!(text, "    ({:?}, {:?}),", kind[0], kind[1]);
    }
    text.push_str("];\n\nstatic OF_KINDS: &[u16] = &[");
    for kind in &kinds {
        let _ = write!(text, "{}, ", number(kind[2]));
    }
    let _ = writeln!(text, "];\n\nconst METADATA: usize = {};", number("meta/v1.ObjectMeta"));
    let _ = writeln!(text, "\npub(super) static TYPES: [Struct; {}] = [", numbers.len());
    let mut lines = lines().peekable();
    while let Some(line) = lines.next() {
        if !is_type(&line) {
            continue;
        }
        let (mut names, mut types) = (String::new(), String::new());
        while let Some((field, holds)) =
            lines.next_if(|line| line.starts_with(' ')).and_then(|line| line.trim().split_once(' '))
        {
            let _ = write!(names, "{field:?}, ");
            let (wrap, of) = match holds.trim_matches(['[', ']', '{', '}']) {
                of if holds.starts_with("{[") => ("MapOfLists", of),
                of if holds.starts_with('{') => ("Map", of),
                of if holds.starts_with('[') => ("List", of),
                of => ("Nothing", of),
            };
            let of = match of {
                "text" => "Text".to_owned(),
                "boolean" => "Boolean".to_owned(),
                "i32" => "I32".to_owned(),
                "i64" => "I64".to_owned(),
                "number-or-text" => "NumberOrText".to_owned(),
                "quantity" => "Quantity".to_owned(),
                "bytes" => "Bytes".to_owned(),
                "time" => "Time".to_owned(),
                "micro-time" => "MicroTime".to_owned(),
                "any" => "Any".to_owned(),
                id => format!("Type({})", number(id)),
            };
            let _ = write!(types, "Type {{ wrap: Wrap::{wrap}, of: Of::{of} }}, ");
        }
        let name = line.rsplit('.').next().unwrap_or_default();
        let _ = writeln!(text, "    of({name:?}, &[{names}], const {{ &Places::of([{names}]) }}, &[{types}]),");
    }
    text.push_str("];\n");
    text
}
