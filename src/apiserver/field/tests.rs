use std::sync::Arc;

use super::{Field, Run, Target};
use crate::kube::FastSet;
use crate::yaml::{Source, as_kubectl, read};

/// The path of what is missing is the same as if it were there, whatever was asked for before.
#[test]
fn paths_of_what_is_there_and_of_what_is_missing() {
    let text = "kind: A\nlist: [{name: a}, null]\nmap: {key: v, gone: null}\nempty:\n";
    let (documents, _) = as_kubectl(read(&Arc::new(Source::from_text("a.yaml", text))));
    let document = &documents[0];
    let run = Run::new(document, document.root(), Target::default(), FastSet::default());
    let (root, is) = (run.root(), |field: Field, path: &str| assert_eq!(field.path(), path));
    let (list, map, missing) = (root.child("list"), root.child("map"), root.child("missing"));
    assert!(list.is_set() && map.is_set() && !missing.is_set() && !root.child("empty").is_set());
    is(missing, "missing");
    is(missing.child("a").child("b"), "missing.a.b");
    is(missing.at_key(), "missing");
    is(missing.key("a"), "missing[a]");
    is(missing.called(map, "b"), "map.b");
    is(missing.as_path_of(map), "map");
    is(map.as_path_of(missing), "missing");
    is(map.called(missing, "b"), "missing.b");
    is(root.child("empty").child("a"), "empty.a");
    is(map.child("gone").child("a"), "map.gone.a");
    let items: Vec<Field> = list.items().collect();
    is(items[0].child("name"), "list[0].name");
    is(items[1].child("name"), "list[1].name");
    is(items[1].as_item_of(missing, 7), "missing[7]");
    is(items[1].child("name").as_item_of(map, 7), "map[7]");
    let entries: Vec<Field> = map.entries().map(|(_, entry)| entry).collect();
    is(entries[0], "map[key]");
    is(entries[0].child("a"), "map[key].a");
    is(entries[1].as_entry_of(missing, entries[0]), "missing[key]");
    is(entries[1].as_entry_of(missing, entries[0].child("a")), "map[gone]");
    is(entries[1].after_dot(list), "list.gone");
    is(entries[1].child("a").after_dot(list), "map[gone].a");
    assert_eq!(missing.child("a").last_step(), "a");
    assert_eq!((map.get("key"), map.get("gone"), map.get("other")), (Some("v"), Some(""), None));
    assert!(map.lookup("gone").is_some_and(|field| !field.is_set()) && map.lookup("other").is_none());
}
