use crate::kube::{FastMap, Object, Path, Problem, ProblemKind, former_field, home_of_field, home_of_fields};
use crate::rules::{Check, Findings, Rule, text};
use crate::words::{clip, nearest};
use crate::yaml::{NodeId, Value};

/// A field that its type does not have.
pub static RULE: Rule = rule!("unknown_field.md", Error, Check::Object(check));

pub(super) fn check(object: &Object, found: &mut Findings<'_>) {
    let mut maps = None;
    for problem in lasting(object) {
        let ProblemKind::UnknownField { type_name, known } = problem.kind else { continue };
        let name = text::bare(object.document.raw(problem.node));
        let path = Path::between(&object.document, object.node, problem.node);
        let kind = object.id.kind.to_lowercase();
        let mut fields = path.fields();
        fields.pop();
        let value = path.follow(&object.document, object.node).map_or(Value::Null, |node| object.document.value(node));
        let parents = [&[kind.as_str()], fields.as_slice()].concat().join(".");
        let saying = found
            .at(problem.node, format!("{type_name} has no field `{}`", clip(name)))
            .because("the API server refuses unknown fields (`fieldValidation=Strict`, kubectl's default since 1.25)");
        if let Some(letter) = text::look_alike(name)
            && let Some(field) = known.iter().find(|field| **field == text::without_look_alikes(name))
        {
            saying.here(format!("`{field}`, and {letter}")).help("delete it; spaces in YAML are those of the keyboard");
            continue;
        }
        if let Some(now) = former_field(type_name, name) {
            saying.here("a field of an earlier version").help(format!("write {now}"));
            continue;
        }
        let (version, of) = (&object.id.api_version, &object.id.kind);
        let home = home_of_field(version, of, &fields, name, value).or_else(|| {
            let map = maps.get_or_insert_with(|| maps_of_keys(object)).get(&problem.node)?;
            let others = others_in(object, *map, problem.node, known);
            (!others.is_empty()).then(|| home_of_fields(version, of, &fields, (name, value), &others))?
        });
        match (home, nearest(name, known.iter().copied())) {
            (Some(home), _) => saying.here(format!("a field of {}", home.type_name)).help(match home.path.as_str() {
                "" => format!("write `{}` beside `apiVersion` and `kind`", clip(name)),
                path => format!("write `{}` under `{path}`", clip(name)),
            }),
            (None, Some(nearest)) => {
                saying.here(format!("did you mean `{nearest}`?")).help(format!("kubectl explain {parents}"))
            }
            (None, None) => saying.here("not a field of this type").help(format!("kubectl explain {parents}")),
        };
    }
}

/// The fields that are not known, and reach the server.
pub(super) fn lasting(object: &Object) -> impl Iterator<Item = &Problem> {
    object.lasting_problems().filter(|problem| {
        let is_unknown = matches!(problem.kind, ProblemKind::UnknownField { .. });
        let name = text::bare(object.document.raw(problem.node));
        // Kustomize's own words to itself: `$patch`, `$setElementOrder/…`. And a patch may empty a field of the object that
        // it changes into another kind (`allowKindChange`).
        let is_of_kustomize = || object.is_patch && (name.starts_with('$') || is_removal(object, problem.node));
        is_unknown && !text::is_placeholder(name) && !is_of_kustomize()
    })
}

/// The map that each key of an object is in.
fn maps_of_keys(object: &Object) -> FastMap<NodeId, NodeId> {
    let document = &object.document;
    let (mut found, mut maps) = (FastMap::default(), vec![object.node]);
    while let Some(map) = maps.pop() {
        for entry in document.entries(map) {
            found.insert(entry.key, map);
            maps.push(entry.value());
        }
        maps.extend(document.items(map));
    }
    found
}

/// Some of the other fields of a map that its type does not have.
fn others_in<'a>(object: &'a Object, map: NodeId, key: NodeId, known: &[&str]) -> Vec<(&'a str, Value<'a>)> {
    let document = &object.document;
    let others = document.entries(map).iter().filter(|entry| !entry.is_at(key)).take(8);
    let named = others.filter_map(|entry| Some((document.str(entry.key)?, document.value(entry.value()))));
    named.filter(|(name, _)| !known.contains(name)).collect()
}

/// Whether the value of a key is null or `$patch: delete`.
fn is_removal(object: &Object, key: NodeId) -> bool {
    let document = &object.document;
    let mut maps = vec![object.node];
    while let Some(map) = maps.pop() {
        for entry in document.entries(map) {
            if entry.is_at(key) {
                let is_null = matches!(document.value(entry.value()), Value::Null);
                return is_null || document.get_str(entry.value(), "$patch") == Some("delete");
            }
            maps.push(entry.value());
        }
        maps.extend(document.items(map));
    }
    false
}
