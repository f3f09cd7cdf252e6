#!/usr/bin/env python3
"""Asks real kube-apiservers what they say to mutations of manifests, without a node and without a cluster.

    record.py --build 1.37.2 …                        builds servers out of Go modules into ./servers
    record.py --record bases/ out.jsonl 1.33.13 …      starts one after the other, and writes what they say
    record.py --discovery 1.37.2                      prints the kinds that a server serves

Each base is changed in one place at a time: a key deleted or renamed; values of another type, empty, negative, too
long. What comes before the last document of a base is created first: definitions of its kind. `--share N` sends every
Nth change alone, `--only NAME …` those of some bases. Needs Go, etcd, openssl and PyYAML, and for each build ten minutes of two
cores and 3 GB. See docs/versions.md.
"""
import argparse
import base64
import copy
import http.client
import json
import os
import pathlib
import random
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml

SERVERS = pathlib.Path(os.environ.get("SERVERS", "servers"))
MAIN = """package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
"""
# Where a kind of an API version lives; `default` is the namespace.
CLUSTER = set("""Namespace Node PersistentVolume ClusterRole ClusterRoleBinding PriorityClass StorageClass CSIDriver CSINode
VolumeAttachment VolumeAttributesClass IngressClass RuntimeClass ValidatingWebhookConfiguration MutatingWebhookConfiguration
ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding FlowSchema
PriorityLevelConfiguration CertificateSigningRequest ServiceCIDR IPAddress DeviceClass ResourceSlice APIService
CustomResourceDefinition ClusterTrustBundle DeviceTaintRule StorageVersionMigration""".split())
PLURALS = {"Ingress": "ingresses", "IngressClass": "ingressclasses", "NetworkPolicy": "networkpolicies", "Endpoints": "endpoints",
           "StorageClass": "storageclasses", "PriorityClass": "priorityclasses", "RuntimeClass": "runtimeclasses",
           "VolumeAttributesClass": "volumeattributesclasses", "DeviceClass": "deviceclasses", "IPAddress": "ipaddresses",
           "ValidatingAdmissionPolicy": "validatingadmissionpolicies", "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
           "CSIStorageCapacity": "csistoragecapacities"}


def build(version):
    folder = SERVERS / f"v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    module = f"k8s.io/kubernetes@v{version}"
    subprocess.run(["go", "mod", "download", module], check=True)
    cache = subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip()
    lines = (pathlib.Path(cache) / module / "go.mod").read_text().splitlines()
    staging = [line.split()[0] for line in lines if "=> ./staging" in line]
    go = next(line for line in lines if line.startswith("go "))
    text = [f"module example.com/server\n\n{go}\n\nrequire k8s.io/kubernetes v{version}\n"]
    text += [f"replace {name} => {name} v0.{version.partition('.')[2]}" for name in staging]
    (folder / "go.mod").write_text("\n".join(text) + "\n")
    (folder / "main.go").write_text(MAIN)
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
    subprocess.run(["go", "mod", "tidy", "-e"], cwd=folder, env=environment, check=True)
    subprocess.run(["go", "build", "-o", "kube-apiserver", "."], cwd=folder, env=environment, check=True)


class Server:
    """An etcd and an API server on loopback ports, until the block ends."""

    def __init__(self, version):
        self.version, self.port = version, random.randrange(20000, 30000)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        subprocess.run(["openssl", "genrsa", "-out", folder / "sa.key", "2048"], check=True, capture_output=True)
        (folder / "tokens").write_text('token,admin,admin,"system:masters"\n')
        etcd = f"http://127.0.0.1:{self.port + 1}"
        peer = f"http://127.0.0.1:{self.port + 2}"
        log = open(folder / "log", "w")
        self.processes = [
            subprocess.Popen(["etcd", "--data-dir", folder / "etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
                              "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
                              "--unsafe-no-fsync"], stdout=log, stderr=log)]
        self.processes.append(subprocess.Popen(
            [SERVERS / f"v{self.version}" / "kube-apiserver", "--etcd-servers", etcd, "--secure-port", str(self.port),
             "--bind-address=127.0.0.1", "--cert-dir", folder, "--token-auth-file", folder / "tokens",
             "--authorization-mode=AlwaysAllow", "--service-account-issuer=https://kubernetes.default.svc",
             "--service-account-key-file", folder / "sa.key", "--service-account-signing-key-file", folder / "sa.key",
             "--service-cluster-ip-range=10.96.0.0/12", "--disable-admission-plugins=ServiceAccount"], stdout=log, stderr=log))
        self.context = ssl._create_unverified_context()
        for _ in range(180):
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                self.get("/readyz")
                self.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
                return self
            except (OSError, urllib.error.URLError):
                time.sleep(1)
        sys.stderr.write((folder / "log").read_text()[-3000:])
        self.__exit__()
        raise SystemExit(f"{self.version} does not start")

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        self.folder.cleanup()

    def request(self, method, path, body=None):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method)
        request.add_header("Authorization", "Bearer token")
        data = None
        if body is not None:
            request.add_header("Content-Type", "application/json")
            data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, context=self.context, timeout=60) as answer:
                return answer.status, json.load(answer) if path != "/readyz" else {}, answer.headers.get_all("Warning") or []
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                return error.code, json.loads(text), error.headers.get_all("Warning") or []
            except ValueError:
                return error.code, {"message": text.decode(errors="replace")}, []

    def get(self, path):
        status, body, _ = self.request("GET", path)
        if status != 200:
            raise OSError(status)
        return body

    def install(self, objects):
        """Creates objects, and waits until the kinds that they define are served."""
        for one in objects:
            spec, names = one["spec"], one["spec"]["names"]
            PLURALS[names["kind"]] = names["plural"]
            if spec["scope"] == "Cluster":
                CLUSTER.add(names["kind"])
            status, body, _ = self.request("POST", f"/apis/{one['apiVersion']}/customresourcedefinitions", one)
            if status != 201:
                raise SystemExit(body)
            for _ in range(100):
                status, _, _ = self.request("GET", f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{names['plural']}")
                if status == 200:
                    break
                time.sleep(0.2)
            time.sleep(1)

    def ask(self, manifest):
        """What a strict dry run of a create says."""
        version, kind = manifest.get("apiVersion") or "v1", manifest.get("kind") or "Pod"
        plural = PLURALS.get(kind, f"{str(kind).lower()}s")
        group = f"/apis/{version}" if "/" in str(version) else f"/api/{version}"
        metadata = manifest.get("metadata")
        name = metadata.get("namespace") if isinstance(metadata, dict) else None
        place = "" if kind in CLUSTER else f"/namespaces/{name if isinstance(name, str) and name == 'default' else 'default'}"
        path = f"{group}{place}/{plural}?dryRun=All&fieldValidation=Strict&fieldManager=kubectl-create"
        status, body, warnings = self.request("POST", path, manifest)
        details = body.get("details") or {}
        causes = [[cause.get("reason", ""), cause.get("field", "")] for cause in details.get("causes") or []]
        # `299 - "text"`
        warnings = [warning.split('"', 1)[1].rsplit('"', 1)[0].replace('\\"', '"') for warning in warnings if '"' in warning]
        accepted = status in (200, 201)
        return {"accepted": accepted, "message": "" if accepted else body.get("message", ""), "causes": causes, "warnings": warnings}


def places(value, path=()):
    """The path of every key and element below a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield [*path, step]
        yield from places(one, [*path, step])


def others(value):
    """Values that might stand in the place of one."""
    if isinstance(value, bool):
        return [not value, "true"]
    if isinstance(value, (int, float)):
        return [0, -1, value + 1, 70000, 2**31, str(value), None]
    if isinstance(value, str):
        texts = ["", value[:-1], value + "_", value.upper(), "1" + value, "a" * 64, "a" * 300, 3, "../a", "010.0.0.1", "Always"]
        return texts
    if isinstance(value, list):
        return [[], None, value + value[-1:], value * 21]
    return [{}, None, "a", []]


def mutations(base):
    """Each change of one place: where, what to do (`put`, `delete`, `rename`), and a value."""
    yield [], "put", None
    for path in places(base):
        if path[0] in ("apiVersion", "kind") or path == ["metadata"]:
            continue
        value = base
        for step in path:
            value = value[step]
        yield path, "delete", None
        if isinstance(path[-1], str):
            yield path, "rename", path[-1] + "x"
        for other in others(value):
            if other != value:
                yield path, "put", other


def changed(base, path, do, value):
    """A base with one change."""
    manifest = owner = copy.deepcopy(base)
    if not path:
        return manifest
    for step in path[:-1]:
        owner = owner[step]
    if do == "put":
        owner[path[-1]] = value
    else:
        moved = owner.pop(path[-1])
        if do == "rename":
            owner[value] = moved
    return manifest


def record(folder, out, versions, share, only):
    files = [file for file in sorted(pathlib.Path(folder).glob("*.yaml")) if not only or file.stem in only]
    documents = {file.stem: list(yaml.safe_load_all(file.read_text())) for file in files}
    bases = {name: all[-1] for name, all in documents.items()}
    definitions = [one for all in documents.values() for one in all[:-1]]
    changes = [(base, *change) for base, first in bases.items() for change in mutations(first)][::share]
    answers = [{} for _ in changes]
    for version in versions:
        minor = ".".join(version.split(".")[:2])
        with Server(version) as server:
            server.install(definitions)
            for change, answer in zip(changes, answers):
                try:
                    answer[minor] = server.ask(changed(bases[change[0]], *change[1:]))
                except (OSError, http.client.HTTPException) as error:
                    print("no answer:", change, error, file=sys.stderr)
        print(version, sum(minor in answer and answer[minor]["accepted"] for answer in answers), "accepted of", len(answers), file=sys.stderr)
    write(out, changes, answers, versions)


def write(out, changes, answers, versions):
    """One change a line, with the fields that each version that refuses it names, and the versions that warn."""
    with open(out, "w") as file:
        file.write(json.dumps({"servers": versions}) + "\n")
        for (base, path, do, value), answer in zip(changes, answers):
            if len(answer) < len(versions):
                continue
            line = {"base": base, "at": path, "do": do, "value": value}
            line["refused"] = {
                minor: sorted({field for _, field in one["causes"]}) for minor, one in answer.items() if not one["accepted"]
            }
            line["warned"] = [minor for minor, one in answer.items() if one["accepted"] and one["warnings"]]
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def discovery(version):
    with Server(version) as server:
        groups = ["/api/v1"] + [f"/apis/{group['preferredVersion']['groupVersion']}" for group in server.get("/apis")["groups"]]
        for path in groups:
            for one in server.get(path)["resources"]:
                if "/" not in one["name"]:
                    print(path.removeprefix("/apis/").removeprefix("/api/"), one["kind"], one["name"], one["namespaced"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", nargs="+", metavar="VERSION", default=[])
    parser.add_argument("--record", nargs="+", metavar="ARG", help="folder, file, versions")
    parser.add_argument("--share", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], metavar="BASE")
    parser.add_argument("--discovery", metavar="VERSION")
    args = parser.parse_args()
    for version in args.build:
        build(version)
    if args.record:
        record(args.record[0], args.record[1], args.record[2:], args.share, args.only)
    if args.discovery:
        discovery(args.discovery)


main()
