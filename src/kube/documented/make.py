#!/usr/bin/env python3
"""Writes fields.txt: what Kubernetes says of the fields that manifests hold.

The texts are those of Kubernetes' OpenAPI document, as the sources of the crate k8s-openapi repeat them (both
Apache-2.0), each cut after its second sentence. Run it after an update of that crate:

    src/kube/documented/make.py ~/.cargo/registry/src/*/k8s-openapi-0.29.0/src/v1_37 > src/kube/documented/fields.txt
"""

import pathlib
import re
import sys

LONGEST = 300


def first_sentences(text):
    text = re.sub(r"\s+", " ", text).replace("\\<", "<").replace("\\>", ">").replace("\\[", "[").replace("\\]", "]")
    # Where a sentence ends: not after "e.g." or "i.e.", nor in "0.5".
    ends = [m.end() for m in re.finditer(r"(?<!e\.g)(?<!i\.e)(?<!etc)[.!?](?= [A-Z\"'`])", text)]
    cut = text[: ends[1]] if len(ends) > 1 else text
    if len(cut) > LONGEST and ends:
        cut = text[: ends[0]]
    return cut[:LONGEST].rsplit(" ", 1)[0] + " …" if len(cut) > LONGEST else cut


def short(kind):
    kind = kind.replace("std::boxed::Box<", "").replace("std::string::String", "string")
    kind = kind.replace("Option<", "").replace("crate::ByteString", "bytes")
    kind = kind.replace("std::collections::BTreeMap<string, ", "map:").replace("std::vec::Vec<", "[]")
    kind = kind.rstrip(">").replace("crate::", "")
    kind = {"i32": "integer", "i64": "integer", "f64": "number", "bool": "boolean"}.get(kind, kind)
    return re.sub(r"(^|:|\])((?:api|apimachinery|apiextensions_apiserver|kube_aggregator)::\S+)", lambda m: m[1] + name(m[2]), kind)


def name(path):
    """core/v1.PodSpec"""
    parts = [part for part in path.split("::") if part not in ("api", "apimachinery", "pkg", "apis", "util", "kube_aggregator", "apiextensions_apiserver")]
    return "/".join(parts[:-1]) + "." + parts[-1]


def read(root):
    types = {}
    for path in sorted(root.rglob("*.rs")):
        text = path.read_text()
        found = re.search(r"^pub struct (\w+) \{\n(.*?)^\}", text, re.S | re.M)
        if not found:
            continue
        module = path.relative_to(root).with_suffix("").parts[:-1]
        json = {key: field for field, key in re.findall(r'"([^"]+)" => Field::Key_(\w+),', text)}
        fields, doc = [], []
        for line in map(str.strip, found[2].splitlines()):
            if line.startswith("///"):
                doc.append(line[3:].strip())
            elif line.startswith("pub "):
                field, kind = re.match(r"pub (?:r#)?(\w+): (.*),$", line).groups()
                fields.append((json.get(field, field), short(kind), first_sentences(" ".join(doc))))
                doc = []
        types[name("::".join((*module, found[1])))] = fields
    return types


def main():
    types = read(pathlib.Path(sys.argv[1]))
    wanted = [kind for kind in types if types[kind] and types[kind][0][0] == "metadata" or any(f[0] == "metadata" for f in types[kind])]
    wanted = [kind for kind in wanted if not kind.endswith("List")]
    seen = set()
    while wanted:
        kind = wanted.pop()
        if kind in seen or kind not in types or kind.endswith("Status"):
            continue
        seen.add(kind)
        wanted += [re.sub(r"^(\[\]|map:)*", "", field[1]) for field in types[kind]]
    print("# Written by make.py from k8s-openapi; see there. A type, then its fields: name, type and meaning.")
    for kind in sorted(seen):
        print(kind)
        for field, of, text in sorted(types[kind]):
            print(f"\t{field}\t{of}\t{text}")


main()
