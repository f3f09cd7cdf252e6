#!/usr/bin/env python3
"""Which fields of the Pod templates in some folders have no key in the description language.

    tests/coverage/coverage.py [--all] FOLDER...

Prints each template that has such fields, with the fields, then how often each field is in the way and the share
of templates that need no `patch`. Templates that are equal but for names, images and numbers count once. The binary
is `patterns` of $PATTERNS_BINARY, or target/debug/patterns. Files that `patterns read` refuses (Helm templates) are
left out, and counted.

A field is covered where a key says the same, or where what `gen` makes in any case is the same or stricter. What is
decided otherwise on purpose is in LET_GO, with the reason.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("PATTERNS_BINARY", str(ROOT / "target/debug/patterns"))

# Fields that no key needs: defaults of the API server, and what gen decides.
LET_GO = {
    "imagePullPolicy": "follows the tag, as the API server's default does",
    "terminationMessagePath": "says only where the kubelet looks for a last message",
    "terminationMessagePolicy": "says only where the kubelet looks for a last message",
    "dnsPolicy=ClusterFirst": "the default",
    "schedulerName=default-scheduler": "the default",
    "serviceAccount": "the old name of serviceAccountName",
    "enableServiceLinks": "off in everything that gen makes",
    "automountServiceAccountToken": "the token is mounted where `rights` are given, and nowhere else",
    "readOnlyRootFilesystem": "always; `writable` names what an app writes to",
    "allowPrivilegeEscalation=False": "always",
    "allowPrivilegeEscalation=True": "what it would allow, no key gives",
    "privileged=False": "the default",
    "runAsNonRoot": "follows `user`",
    "creationTimestamp": "of the server",
    "stdin=False": "the default",
    "tty=False": "the default",
}

HTTP_PORTABLE = {"path", "port", "scheme", "httpHeaders"}
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIELD_REFS = {
    "status.podIP", "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "status.hostIP",
    "spec.serviceAccountName",
}


class Template:
    """One Pod template: what of it has no key."""

    def __init__(self, kind, template):
        self.kind = kind
        self.pod = template.get("spec") or {}
        self.missing = []

    def miss(self, path):
        self.missing.append(path)

    def check(self):
        known = {
            "containers", "initContainers", "volumes", "restartPolicy", "terminationGracePeriodSeconds",
            "serviceAccountName", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints",
            "imagePullSecrets", "priorityClassName", "runtimeClassName", "dnsConfig", "securityContext", "shareProcessNamespace",
            "hostNetwork", "hostPID", "hostIPC",
        }
        # what `host: [network]` sets
        # `dns: node`, or servers of its own; with `host: [network]` the cluster's
        policy = self.pod.get("dnsPolicy")
        if policy in ("Default", "None") or self.pod.get("hostNetwork") and policy == "ClusterFirstWithHostNet":
            known.add("dnsPolicy")
        for field, value in self.pod.items():
            if field not in known and not self.is_let_go(field, value) and value not in (None, False, [], {}, ""):
                self.miss(field)
        self.affinity(self.pod.get("affinity") or {})
        for toleration in self.pod.get("tolerations") or []:
            if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
                self.miss("tolerations[].tolerationSeconds")
        for constraint in self.pod.get("topologySpreadConstraints") or []:
            if constraint.get("topologyKey") not in ("kubernetes.io/hostname", "topology.kubernetes.io/zone"):
                self.miss("topologySpreadConstraints[] over " + str(constraint.get("topologyKey")))
            elif constraint.get("whenUnsatisfiable") == "DoNotSchedule":
                self.miss("topologySpreadConstraints[].whenUnsatisfiable: DoNotSchedule")
        self.security(self.pod.get("securityContext") or {}, "securityContext")
        for volume in self.pod.get("volumes") or []:
            self.volume(volume)
        for list_name in ("initContainers", "containers"):
            for container in self.pod.get(list_name) or []:
                if isinstance(container, dict):
                    self.container(container)
        return sorted(set(self.missing))

    def is_let_go(self, field, value):
        return field in LET_GO or f"{field}={value}" in LET_GO

    def affinity(self, affinity):
        node = affinity.get("nodeAffinity") or {}
        preferred = node.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        if len(preferred) > 1:
            self.miss("affinity.nodeAffinity: several preferences")
        for term in preferred:
            preference = term.get("preference") or {}
            operators = {one.get("operator") for one in preference.get("matchExpressions") or []}
            if operators - {"In"} or preference.get("matchFields"):
                self.miss("affinity.nodeAffinity: a preference of another operator")
        terms = (node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or []
        if len(terms) > 1:
            self.miss("affinity.nodeAffinity: several terms")
        for term in terms:
            for expression in term.get("matchExpressions") or []:
                if expression.get("operator") != "In":
                    self.miss(f"affinity.nodeAffinity: operator {expression.get('operator')}")
            if term.get("matchFields"):
                self.miss("affinity.nodeAffinity: matchFields")
        if affinity.get("podAffinity"):
            self.miss("affinity.podAffinity")
        apart = affinity.get("podAntiAffinity") or {}
        for term in apart.get("requiredDuringSchedulingIgnoredDuringExecution") or []:
            if term.get("topologyKey") != "kubernetes.io/hostname":
                self.miss(f"affinity.podAntiAffinity: required over {term.get('topologyKey')}")
        # preferred: `spread` over hosts and zones asks for the same
        for term in apart.get("preferredDuringSchedulingIgnoredDuringExecution") or []:
            key = (term.get("podAffinityTerm") or {}).get("topologyKey")
            if key not in ("kubernetes.io/hostname", "topology.kubernetes.io/zone"):
                self.miss(f"affinity.podAntiAffinity: preferred over {key}")

    def security(self, security, path):
        for field, value in security.items():
            if field in ("runAsUser", "runAsGroup", "fsGroup", "fsGroupChangePolicy", "privileged") or self.is_let_go(field, value):
                continue
            if field == "seccompProfile" and (value or {}).get("type") == "RuntimeDefault":
                continue
            if field == "capabilities":
                if "ALL" in ((value or {}).get("add") or []):
                    self.miss(f"{path}.capabilities.add: ALL")
                continue
            if field == "sysctls" and all(one.get("name") == "net.ipv4.ip_unprivileged_port_start" for one in value):
                continue
            if value not in (None, {}, []):
                self.miss(f"{path}.{field}")

    def volume(self, volume):
        kinds = [kind for kind in volume if kind != "name" and volume[kind] is not None]
        kind = kinds[0] if kinds else "emptyDir"
        source = volume.get(kind) or {}
        known = ("emptyDir", "secret", "configMap", "persistentVolumeClaim", "hostPath", "ephemeral", "image", "nfs")
        if kind == "csi":
            for field in set(source) - {"driver", "readOnly", "volumeAttributes"}:
                self.miss(f"volumes[].csi.{field}")
        elif kind == "projected":
            sources = source.get("sources") or []
            if len(sources) != 1 or not (sources[0].get("serviceAccountToken") or {}).get("audience"):
                self.miss("volumes[].projected of more than a token")
        elif kind not in known:
            self.miss(f"volumes[].{kind}")
        elif kind in ("secret", "configMap"):
            if any(item.get("mode") is not None for item in source.get("items") or []):
                self.miss(f"volumes[].{kind}.items[].mode")
        elif kind == "emptyDir" and source.get("medium") not in (None, "", "Memory"):
            self.miss("volumes[].emptyDir.medium")

    def container(self, container):
        known = {
            "name", "image", "command", "args", "env", "envFrom", "ports", "resources", "volumeMounts",
            "readinessProbe", "livenessProbe", "startupProbe", "lifecycle", "securityContext", "restartPolicy",
            "workingDir",
        }
        for field, value in container.items():
            if field not in known and not self.is_let_go(field, value) and value not in (None, False, [], {}, ""):
                self.miss(f"containers[].{field}")
        for variable in container.get("env") or []:
            self.variable(variable)
        for port in container.get("ports") or []:
            if port.get("protocol") == "SCTP":
                self.miss("containers[].ports[].protocol: SCTP")
        if (container.get("resources") or {}).get("claims"):
            self.miss("containers[].resources.claims")
        for mount in container.get("volumeMounts") or []:
            self.mount(mount)
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            self.probe(container.get(probe) or {}, probe)
        hooks = container.get("lifecycle") or {}
        for hook in ("postStart", "preStop"):
            if set(hooks.get(hook) or {}) - {"exec", "sleep"}:
                self.miss(f"containers[].lifecycle.{hook} by HTTP")
        self.security(container.get("securityContext") or {}, "containers[].securityContext")

    def variable(self, variable):
        source = variable.get("valueFrom") or {}
        path = (source.get("fieldRef") or {}).get("fieldPath")
        if path and path not in FIELD_REFS and not path.startswith(("metadata.labels[", "metadata.annotations[")):
            self.miss(f"containers[].env[].valueFrom.fieldRef: {path}")
        resource = source.get("resourceFieldRef") or {}
        if resource.get("divisor") not in (None, "0", 0, 1, "1"):
            self.miss("containers[].env[].valueFrom.resourceFieldRef.divisor")

    def mount(self, mount):
        for field in ("subPathExpr", "recursiveReadOnly"):
            if mount.get(field) not in (None, "None"):
                self.miss(f"containers[].volumeMounts[].{field}")

    def probe(self, probe, name):
        get = dict(probe.get("httpGet") or {})
        # in the node's network that is the app's own address
        if self.pod.get("hostNetwork") and get.get("host") in LOOPBACK:
            del get["host"]
        for field in set(get) - HTTP_PORTABLE:
            self.miss(f"containers[].{name}.httpGet.{field}")
        if probe.get("successThreshold") not in (None, 1) and name != "readinessProbe":
            self.miss(f"containers[].{name}.successThreshold")
        if probe.get("terminationGracePeriodSeconds") is not None:
            self.miss(f"containers[].{name}.terminationGracePeriodSeconds")


def templates(document):
    """The Pod templates of an object: kind, name, template."""
    kind = document.get("kind")
    spec = document.get("spec")
    name = (document.get("metadata") or {}).get("name")
    if kind == "List":
        for item in document.get("items") or []:
            if isinstance(item, dict):
                yield from templates(item)
    elif not isinstance(spec, dict):
        return
    elif kind == "Pod":
        yield kind, name, document
    elif kind == "CronJob":
        job = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template")
        if isinstance(job, dict):
            yield kind, name, job
    elif kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "ReplicationController"):
        if isinstance(spec.get("template"), dict):
            yield kind, name, spec["template"]


def shape_of(value):
    """A value without what copies of an example differ in."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in sorted(value.items()) if key not in ("labels", "annotations")}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return type(value).__name__


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--all"]
    if not arguments:
        sys.exit(__doc__)
    seen, refused, covered = set(), 0, 0
    count, fields = 0, Counter()
    files = (path for folder in arguments for path in sorted(Path(folder).rglob("*.y*ml")))
    for path in files:
        text = path.read_bytes()
        if b"kind:" not in text or b"containers:" not in text:
            continue
        run = subprocess.run([BINARY, "read", str(path)], capture_output=True, check=False)
        if run.returncode:
            refused += 1
            continue
        for line in run.stdout.splitlines():
            document = json.loads(line)
            if not isinstance(document, dict):
                continue
            for kind, name, template in templates(document):
                pod = template.get("spec") or {}
                # what a kustomization adds to something else has no image
                images = [one.get("image") for one in pod.get("containers") or [] if isinstance(one, dict)]
                if not images or not all(images):
                    continue
                form = json.dumps([kind, shape_of(pod), sorted(map(str, images))])
                if form in seen and "--all" not in sys.argv:
                    continue
                seen.add(form)
                try:
                    missing = Template(kind, template).check()
                except (AttributeError, TypeError):
                    # a list where a map is, say: the server would not take it either
                    continue
                count += 1
                fields.update(missing)
                if missing:
                    print(f"{path}: {kind}/{name}: {', '.join(missing)}")
                else:
                    covered += 1
    print()
    for field, often in fields.most_common():
        print(f"{often:6}  {field}")
    share = 100 * covered / count if count else 0
    print(f"\n{covered} of {count} Pod templates ({share:.1f} %) need no `patch`.")
    print(f"{refused} files are refused by kubectl.")


if __name__ == "__main__":
    main()
