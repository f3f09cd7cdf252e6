#!/usr/bin/env python3
"""Whether `patterns lint` does as much work as there is input, for shapes that are easily compared each with each.

    benches/shapes.py target/release/patterns [SHAPE …]

Counts the instructions of a run over each shape and over one of four times its size, less those of a run over nothing:
four times as many are in proportion, sixteen times as many are a square. Fails above six, which leaves room for sorting
and for tables that no longer fit. Needs valgrind.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

MOST = 6


def pod(containers="", volumes=""):
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{containers}  volumes:\n{volumes}"


def lines(number, line):
    return "".join(line(at) for at in range(number))


def container(at):
    port = 1000 + at
    return (
        f"    - name: c{at}\n      image: registry.example.com/c:1\n      ports: [{{containerPort: {port}, name: p{at}}}]\n"
        f"      volumeMounts: [{{name: v{at}, mountPath: /m{at}}}]\n"
        f"      env: [{{name: PEER, value: 'http://localhost:{port + 1}'}}]\n"
    )


def containers(number):
    return [pod(lines(number, container), lines(number, lambda at: f"    - {{name: v{at}, emptyDir: {{}}}}\n"))]


def mounts(number):
    one = "    - name: c\n      image: registry.example.com/c:1\n      volumeMounts:\n"
    mounted = lines(number, lambda at: f"        - {{name: v{at}, mountPath: /m{at}}}\n")
    return [pod(one + mounted, lines(number, lambda at: f"    - {{name: v{at}, configMap: {{name: c{at}}}}}\n"))]


def mounted(number):
    """The keys of one ConfigMap, each mounted by itself."""
    one = "    - name: c\n      image: registry.example.com/c:1\n      volumeMounts:\n"
    mounts = lines(number, lambda at: f"        - {{name: v, mountPath: /etc/shop/k{at}, subPath: k{at}}}\n")
    return [pod(one + mounts, "    - {name: v, configMap: {name: a}}\n"), *keys(number)]


def items(number):
    one = "    - name: c\n      image: registry.example.com/c:1\n      volumeMounts: [{name: v, mountPath: /etc/shop}]\n"
    chosen = lines(number, lambda at: f"          - {{key: k{at}, path: p{at}}}\n")
    return [pod(one, f"    - name: v\n      configMap:\n        name: a\n        items:\n{chosen}"), *keys(number)]


def probes(number):
    def container(at):
        return (
            f"    - name: c{at}\n      image: registry.example.com/c:1\n      ports: [{{containerPort: {1000 + at}, name: p{at}}}]\n"
            f"      livenessProbe: {{httpGet: {{port: {1001 + at}}}}}\n      readinessProbe: {{httpGet: {{port: p{at + 1}}}}}\n"
        )

    return [pod(lines(number, container))]


def servers(number):
    """Known programs in one Pod, each of which dials the next."""

    def container(at):
        peer = f"env: [{{name: PEER, value: 'http://localhost:{1001 + at}'}}]"
        return f"    - name: c{at}\n      image: envoyproxy/envoy:v1.30.0\n      ports: [{{containerPort: {1000 + at}}}]\n      {peer}\n"

    return [pod(lines(number, container))]


def waiting(number):
    """Init containers that wait for ports of their Pod."""

    def container(at):
        command = f"[sh, -c, 'until nc -z localhost {1000 + at}; do sleep 1; done']"
        return f"    - name: i{at}\n      image: busybox:1\n      command: {command}\n"

    one = "    - {name: c, image: 'registry.example.com/c:1'}\n"
    return [pod(one).replace("  containers:", f"  initContainers:\n{lines(number, container)}  containers:")]


def ports(number):
    """The named ports of one container, each led to by a port of its Service."""
    declared = lines(number, lambda at: f"            - {{name: p{at}, containerPort: {1000 + at}}}\n")
    container = f"\n      containers:\n        - name: shop\n          image: registry.example.com/shop:2\n          ports:\n{declared}"
    head, _ = deployment(0).split(" {containers:")
    led = lines(number, lambda at: f"    - {{name: q{at}, port: {1000 + at}, targetPort: p{at}}}\n")
    service = f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec:\n  selector: {{app: d0}}\n  ports:\n{led}"
    return [head + container + service]


def variables(number):
    one = "    - name: c\n      image: registry.example.com/c:1\n      env:\n"
    return [pod(one + lines(number, lambda at: f"        - {{name: V{at}, value: '$(V{at - 1}) x'}}\n"))]


def referred(number):
    """Variables that are the keys of one ConfigMap."""
    one = "    - name: c\n      image: registry.example.com/c:1\n      env:\n"
    key = "        - {{name: V{0}, valueFrom: {{configMapKeyRef: {{name: a, key: k{0}}}}}}}\n"
    return [pod(one + lines(number, key.format)), *keys(number)]


def texts(number):
    """Short texts of one list."""
    listed = lines(number, "    - a{}\n".format)
    return [f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec:\n  words:\n{listed}"]


def names(number):
    """Documents of one name."""
    return [lines(number, lambda _: deployment(0))]


def keys(number):
    keys = lines(number, lambda at: f"  k{at}: v{at}\n")
    return [f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{keys}"]


def deployment(at, label=None):
    label = label or f"app: d{at}"
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{at}}}\nspec:\n  replicas: 3\n"
        f"  selector: {{matchLabels: {{{label}}}}}\n  template:\n    metadata: {{labels: {{{label}}}}}\n"
        "    spec: {containers: [{name: shop, image: 'registry.example.com/shop:2'}]}\n"
    )


def autoscaler(at):
    return (
        f"---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: d{at}}}\nspec:\n"
        f"  minReplicas: 3\n  maxReplicas: 9\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: d{at}}}\n"
        "  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]\n"
    )


def labels(number):
    """Findings with a label in each of two files."""
    return [lines(number, deployment), lines(number, autoscaler)]


def selected(number, other):
    return [lines(number, lambda at: deployment(at, "app: shop")) + lines(number, other)]


def services(number):
    spec = "spec: {selector: {app: shop}, ports: [{port: 80}]}"
    return selected(number, lambda at: f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{at}}}\n{spec}\n")


def budgets(number):
    head, spec = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\n", "spec: {minAvailable: 1, selector: {matchLabels: {app: shop}}}"
    return selected(number, lambda at: f"{head}metadata: {{name: s{at}}}\n{spec}\n")


def network(number):
    def policy(at):
        peer = f"from: [{{podSelector: {{matchLabels: {{app: d{(at + 1) % number}}}}}}}], ports: [{{port: 80}}]"
        spec = f"spec: {{podSelector: {{matchLabels: {{app: d{at}}}}}, ingress: [{{{peer}}}]}}"
        return f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: s{at}}}\n{spec}\n"

    return [lines(number, deployment) + lines(number, policy)]


def findings(number):
    return [lines(number, lambda at: f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at}}}\ndata: {{a: yes, b: 1}}\n")]


SHAPES = {
    containers: 100,
    mounts: 500,
    mounted: 200,
    items: 500,
    probes: 100,
    servers: 100,
    waiting: 100,
    ports: 200,
    variables: 500,
    referred: 200,
    texts: 4000,
    names: 50,
    keys: 2000,
    labels: 50,
    services: 50,
    budgets: 50,
    network: 50,
    findings: 200,
}


def instructions(binary, texts):
    with tempfile.TemporaryDirectory() as folder:
        for at, text in enumerate(texts):
            pathlib.Path(folder, f"{at}.yaml").write_text(text)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, "lint", "--profile", "strict", folder]
        environment = {**os.environ, "RAYON_NUM_THREADS": "1", "NO_COLOR": "1"}
        # findings are no failure; callgrind's last word is the count
        run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    count = re.search(r"Collected : (\d+)", run.stderr)
    if not count:
        sys.exit(f"nothing was counted:\n{run.stderr}")
    return int(count.group(1))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    binary, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    nothing = instructions(binary, [])
    is_square = False
    for shape, number in SHAPES.items():
        if wanted and shape.__name__ not in wanted:
            continue
        one, four = (instructions(binary, shape(of)) - nothing for of in (number, 4 * number))
        ratio = four / one
        is_square |= ratio > MOST
        print(f"{shape.__name__:12} {number:6} {one:14,} {4 * number:6} {four:14,}  x {ratio:.1f}{' too many' if ratio > MOST else ''}", flush=True)
    sys.exit(is_square)


main()
