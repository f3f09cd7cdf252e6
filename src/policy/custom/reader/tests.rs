//! Types of fields that rules name, against the types of all.

use std::sync::Arc;

use super::Reader;
use crate::kube::File;
use crate::kube::versions::Target;
use crate::yaml::Source;

/// Properties of an object, some of them with rules.
const PROPERTIES: [&str; 8] = [
    "spec: {type: object, properties: {size: {type: integer}, other: {type: string}}}",
    "spec:
      type: object
      required: [name, long-name, list]
      properties:
        name: {type: string, maxLength: 10}
        long-name: {type: string}
        namespace: {type: string}
        list: {type: array, maxItems: 3, items: {type: object, required: [a], properties: {a: {type: string}, b: {type: object}}}}
        x-kubernetes-validations: {type: string}
      x-kubernetes-validations:
      - rule: self.list.all(item, item.a != self.name)
        messageExpression: \"'is ' + self.__namespace__\"
      - rule: has(self.long__dash__name) && self.namespace == oldSelf.namespace",
    "spec:
      type: array
      items:
        type: object
        required: [unnamed]
        properties:
          unnamed: {type: object, required: [far], properties: {far: {type: string}, near: {type: string}}}
          named: {type: string}
        x-kubernetes-validations: [{rule: 'self.named.size() > 1', message: m}]",
    "spec:
      type: object
      additionalProperties:
        type: object
        properties:
          unnamed:
            type: object
            properties: {a: {type: string}, list: {type: array, items: {type: object, properties: {c: {type: integer}}}}}
            x-kubernetes-validations: [{rule: 'self.list.exists(item, item.c == 1)', message: m}]
      x-kubernetes-validations: [{rule: 'self.all(key, key != \"a\")', message: m}]",
    "spec: {type: object, properties: {kind: {type: string}, metadata: {type: object}}, x-kubernetes-embedded-resource: true, \
     x-kubernetes-validations: [{rule: 'self.metadata.name == self.kind', message: m}]}",
    "spec: {type: object, required: [a], properties: {a: {type: string, default: b}, c: {type: string}}, \
     x-kubernetes-validations: [{rule: self == oldSelf, message: m}]}",
    "spec: {type: object, properties: {sizes: {type: integer}, b: {type: string}}, \
     x-kubernetes-validations: [{rule: self.size > 1, message: m}]}",
    "spec: {type: array, items: {type: array, items: {type: object, properties: {a: {type: string}}}}, \
     x-kubernetes-validations: [{rule: 'self.all(x, self.all(y, x.all(z, y.exists(w, w.a == z.a))))', message: m}]}",
];

/// Rules of the root.
const RULES: [&str; 3] =
    ["", "[{rule: has(self.spec), message: m}]", "[{rule: self.metadata.name != 'a', message: m}]"];

#[test]
fn what_no_rule_names_changes_no_rule() {
    let (mut rules, mut problems, mut dear) = (0, 0, 0);
    for properties in PROPERTIES {
        for root in RULES {
            let root = if root.is_empty() { String::new() } else { format!("\n  x-kubernetes-validations: {root}") };
            let text = format!(
                "apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nschema:\n  type: object{root}\n  properties:\n    {properties}\n"
            );
            let file = File::apart(&Arc::new(Source::from_text("a.yaml", text.clone())), None);
            let object = &file.objects[0];
            let schema = object.document.get(object.node, "schema").expect("a schema");
            let [named, all] = [false, true].map(|all| {
                let mut reader = Reader::new(object, Target::default(), all);
                let level = format!("{:?}", reader.root(schema));
                (level, reader.problems, reader.total, reader.dearest)
            });
            rules += all.0.matches("program: ").count();
            problems += all.1.len();
            dear += usize::from(all.2 > 1000);
            assert_eq!(named.0, all.0, "{text}");
            // what is said of a name that is wrong may differ: it is read again with all
            assert_eq!(named.1.len(), all.1.len(), "{text}");
            assert_eq!((named.2, named.3), (all.2, all.3), "{text}");
        }
    }
    assert!(rules > 15 && problems > 2 && dear > 2, "{rules} {problems} {dear}");
}
