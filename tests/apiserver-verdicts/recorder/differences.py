#!/usr/bin/env python3
"""Writes what differs between the supported versions of Kubernetes: src/kube/versions/{fields,gates,kinds}.txt.

    differences.py 1.33.13 1.34.4 1.35.4 1.36.2 1.37.2

Reads the sources of those releases out of Go's module cache, where this puts them:

    go mod download k8s.io/kubernetes@v1.37.2 k8s.io/api@v0.37.2 k8s.io/apiserver@v0.37.2

Fields are those of the Go types (`k8s.io/api/**/types*.go`), their gates those of the `+featureGate` comments, the
defaults of gates those of `kube_features.go`, and what becomes of kinds is in `zz_generated.prerelease-lifecycle.go`
and `pkg/controlplane/instance.go`. See docs/versions.md.
"""
import pathlib
import re
import subprocess
import sys

MODULES = pathlib.Path(subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip()) / "k8s.io"
HERE = pathlib.Path(__file__).resolve().parents[3] / "src/kube/versions"

# Fields that a gate drops although no `+featureGate` comment says so, or says another name (pkg/api/pod/util.go and
# the strategies in pkg/registry; the comment of podCertificate names a gate that does not exist).
GATES = {
    ("core", "VolumeProjection", "podCertificate"): "PodCertificateRequest",
    ("core", "PodSpec", "workloadRef"): "GenericWorkload",
    ("core", "VolumeSource", "image"): "ImageVolume",
    ("core", "ContainerStatus", "allocatedResourcesStatus"): "ResourceHealthStatus",
    ("autoscaling", "HPAScalingRules", "tolerance"): "HPAConfigurableTolerance",
    ("apps", "RollingUpdateStatefulSetStrategy", "maxUnavailable"): "MaxUnavailableStatefulSet",
    ("batch", "JobSpec", "scheduling"): "WorkloadWithJob",
    ("discovery", "EndpointHints", "forNodes"): "PreferSameTrafficDistribution",
    ("storage", "CSIDriverSpec", "serviceAccountTokenInSecrets"): "CSIServiceAccountTokenSecrets",
    ("storage", "CSIDriverSpec", "preventPodSchedulingIfMissing"): "VolumeLimitScaling",
    ("storage", "CSIDriverSpec", "nodeAllocatableUpdatePeriodSeconds"): "MutableCSINodeAllocatableCount",
}
# Gates that the comments of fields name and that decide over something else: the field stays.
KEPT = {
    # Only a namespace in it is dropped, and the validation of claims knows.
    ("core", "TypedObjectReference", "namespace"),
    # Rules of restarting came later than the field, and a sidecar's policy stays: see Change::RestartRules.
    ("core", "Container", "restartPolicy"),
    ("core", "EphemeralContainer", "restartPolicy"),
    ("core", "EphemeralContainerCommon", "restartPolicy"),
}


def structs(text):
    """Each struct of a file of Go with its fields: name in JSON, comment, type, whether it is embedded."""
    for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
        comment, fields = [], []
        for line in match[2].splitlines():
            line = line.strip()
            if line.startswith("//"):
                comment.append(line)
                continue
            field = re.match(r'(?:(\w+)\s+)?([\w.*\[\]]+)\s+`(.*)`', line)
            if field:
                name = re.search(r'json:"([^",]*)(,inline)?', field[3])
                if name:
                    fields.append((name[1], "\n".join(comment), field[2].split(".")[-1].strip("*"), not field[1] or bool(name[2])))
            comment = []
        yield match[1], fields


def types_of(minor, patch):
    """(group, type) -> field -> the gate of its comment, embedded structs resolved, over all served versions."""
    found = {}
    root = MODULES / f"api@v0.{minor}.{patch}"
    for file in sorted(root.glob("*/*/*types*.go")):
        group, version = file.parts[-3], file.parts[-2]
        if "_test" in file.name or "zz_" in file.name or not re.fullmatch(r"v\d+", version):
            continue
        own = dict(structs(file.read_text()))
        for name, fields in own.items():
            known = found.setdefault((group, name), {})
            todo = list(fields)
            while todo:
                field, comment, kind, embedded = todo.pop()
                if embedded and not field:
                    todo += own.get(kind, [])
                elif field and field != "-":
                    gate = re.search(r"\+featureGate=(\w+)", comment)
                    known[field] = gate and gate[1]
    return found


def gates_of(minor, patch):
    """Each gate and whether it is on by default."""
    found = {}
    for file in (
        f"kubernetes@v1.{minor}.{patch}/pkg/features/kube_features.go",
        f"apiserver@v0.{minor}.{patch}/pkg/features/kube_features.go",
    ):
        for match in re.finditer(r"^\s*([\w.]+): \{\n(.*?)^\s*\},", (MODULES / file).read_text(), re.M | re.S):
            specs = re.findall(r'MustParse\("1\.(\d+)"\), Default: (true|false)', match[2])
            specs = [(int(at), on == "true") for at, on in specs if int(at) <= minor]
            if specs:
                found[match[1].split(".")[-1]] = max(specs)[1]
    return found


def served_of(minor, patch):
    """The API versions of `k8s.io/api` that a server has by default, as directories: `apps/v1`."""
    text = (MODULES / f"kubernetes@v1.{minor}.{patch}/pkg/controlplane/instance.go").read_text()
    text = re.sub(r"//.*$", "", text, flags=re.M)
    imports = dict(re.findall(r'^\s*(\w+)\s+"k8s.io/(?:api|kubernetes/pkg/apis)/(\w+/\w+)"', text, re.M))
    # Lists whose names say that they are on: their counterparts end in `DisabledByDefault`.
    lists = re.findall(r"\w+VersionsEnabledByDefault = \[\]schema\.GroupVersion\{(.*?)\n\t\}", text, re.S)
    if not lists:
        raise SystemExit(f"v1.{minor}: instance.go has no list of API versions")
    return {imports[name] for one in lists for name in re.findall(r"(\w+)\.SchemeGroupVersion", one) if name in imports}


def kinds_of(minor, patch):
    """(API version, kind) -> scope, whether it is on by default, and what its lifecycle says."""
    found, served = {}, served_of(minor, patch)
    root = MODULES / f"api@v0.{minor}.{patch}"
    for folder in sorted(root.glob("*/v*")):
        if not (folder / "register.go").exists():
            continue
        group = re.search(r'GroupName = "(.*)"', (folder / "register.go").read_text())[1]
        version = f"{group}/{folder.name}" if group else folder.name
        lifecycle = {}
        for file in folder.glob("zz_generated.prerelease-lifecycle.go"):
            text = file.read_text()
            for kind, event, at in re.findall(r"func \(in \*(\w+)\) APILifecycle(\w+)\(\) .*?\{\s*return (.*?)\n", text):
                lifecycle[kind, event] = at
        for file in folder.glob("*types*.go"):
            for comment, kind in re.findall(r"((?:^//.*\n|^\n)*)^type (\w+) struct \{", file.read_text(), re.M):
                if "+genclient" not in comment or "+genclient:skipVerbs=create" in comment:
                    continue
                scope = "cluster" if "+genclient:nonNamespaced" in comment else "namespaced"
                is_on = f"{folder.parent.name}/{folder.name}" in served
                found[version, kind] = (scope, is_on, lifecycle.get((kind, "Deprecated")), lifecycle.get((kind, "Removed")),
                                        lifecycle.get((kind, "Replacement")))
    return found


def kinds(versions):
    """The lines of kinds.txt."""
    of = {minor: kinds_of(minor, patch) for minor, patch in versions}
    minors = sorted(of)
    for version, kind in sorted(set().union(*of.values())):
        has = [minor for minor in minors if (version, kind) in of[minor]]
        on = [minor for minor in has if of[minor][version, kind][1]]
        scope, _, deprecated, removed, replacement = of[has[-1]][version, kind]
        minor_of = lambda at: at.split(",")[1].strip() if at else "-"
        successor = "-"
        if replacement:
            parts = dict(re.findall(r'(Group|Version|Kind): "(.*?)"', replacement))
            successor = f"{parts['Group']}/{parts['Version']}:{parts['Kind']}" if parts.get("Group") else f"{parts['Version']}:{parts['Kind']}"
        since = has[0] if has[0] > minors[0] else "-"
        until = has[-1] if has[-1] < minors[-1] else "-"
        default = on[0] if on else "off"
        yield f"{version} {kind} {scope} {since} {until} {default} {minor_of(deprecated)} {minor_of(removed)} {successor}"


def main():
    versions = [tuple(map(int, text.split(".")[1:])) for text in sys.argv[1:]]
    if not versions:
        raise SystemExit(__doc__)
    types = {minor: types_of(minor, patch) for minor, patch in versions}
    gates = {minor: gates_of(minor, patch) for minor, patch in versions}
    minors = sorted(types)
    oldest, newest = minors[0], minors[-1]

    changed = {}
    for gate in sorted(set().union(*gates.values())):
        default = {minor: gates[minor][gate] for minor in minors if gate in gates[minor]}
        # A gate that is gone is locked to what it last was.
        on = next((minor for minor in minors if default.get(minor)), None)
        if on is None or on > oldest:
            changed[gate] = on

    lines = []
    for group, name in sorted(set().union(*types.values())):
        fields = sorted(set().union(*(types[minor].get((group, name), {}) for minor in minors)))
        for field in fields:
            has = [minor for minor in minors if field in types[minor].get((group, name), {})]
            is_new_type = not any((group, name) in types[minor] for minor in minors if minor < has[0])
            since = has[0] if has[0] > oldest and not is_new_type else None
            is_gone_type = not any((group, name) in types[minor] for minor in minors if minor > has[-1])
            until = has[-1] if has[-1] < newest and not is_gone_type else None
            gate = GATES.get((group, name, field)) or next(
                (types[minor][(group, name)][field] for minor in reversed(has) if types[minor][(group, name)][field]), None
            )
            gate = gate if gate in changed and (group, name, field) not in KEPT else None
            if since or until or gate:
                lines.append(f"{name} {field} {group} {since or '-'} {until or '-'} {gate or '-'}")
    head = "# Written by tests/apiserver-verdicts/recorder/differences.py; see docs/versions.md.\n"
    (HERE / "fields.txt").write_text(
        head + "# Type, field, group, the minor version that brought it, the last that had it, the gate that it is behind.\n"
        + "\n".join(sorted(lines)) + "\n"
    )
    (HERE / "gates.txt").write_text(
        head + "# Gates that the oldest version has off: the minor version whose default turned it on, `-` for none yet.\n"
        + "\n".join(f"{gate} {on or '-'}" for gate, on in sorted(changed.items())) + "\n"
    )
    (HERE / "kinds.txt").write_text(
        head + "# API version, kind, scope, the minor version that brought it, the last that had it, since when it is on by\n"
        + "# default (`off`: only with --runtime-config), deprecated since, removed in, successor.\n"
        + "\n".join(kinds(versions)) + "\n"
    )


main()
