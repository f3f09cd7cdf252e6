#!/usr/bin/env python3
"""How much of the manifests below some folders `patterns import` can say.

    tests/import/measure.py PATTERNS FOLDER...

Each folder that holds manifests is imported by itself, without the folders below it. Prints the share of workloads that
need no patch or extra, the fields by kind, and what most often is in the way.
"""

import collections
import json
import os
import re
import subprocess
import sys

WORKLOAD = re.compile(r"^kind:\s*(Deployment|StatefulSet|DaemonSet|Job|CronJob)\b", re.M)


def groups(root):
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        files = []
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith((".yaml", ".yml")) and os.path.isfile(path):
                with open(path, errors="replace") as file:
                    if WORKLOAD.search(file.read()):
                        files.append(path)
        if files:
            yield folder, [os.path.join(folder, name) for name in sorted(names) if name.endswith((".yaml", ".yml"))]


def main():
    binary, roots = sys.argv[1], sys.argv[2:]
    total = collections.Counter()
    left, lost, hatches = collections.Counter(), [], collections.Counter()
    for root in roots:
        for folder, files in groups(root):
            run = subprocess.run([binary, "import", "--format", "json", *files], capture_output=True, text=True, timeout=600)
            try:
                report = json.loads(run.stdout)
            except ValueError:
                print(f"{folder}: exit {run.returncode}: {run.stderr.strip()[:300]}")
                total["broken"] += 1
                continue
            total["workloads"] += report["workloads"]
            total["imported"] += report["imported"]
            total["plain"] += report["plain"]
            total["unread"] += len(report["unread"])
            for kind, number in report["fields"].items():
                total[kind] += number
            for document in report["documents"]:
                lost += [(folder, document["name"], field) for field in document["lost"]]
                comments = re.findall(r"^\s*# .*\(([^()]*)\)$", document["description"], re.M)
                for field in {field for comment in comments for field in comment.split(", ")}:
                    hatches[field] += 1
                if document["extra"]:
                    hatches["extra"] += 1
            for one in report["left"]:
                if one["object"].split("/")[0] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
                    left[re.sub(r"`[^`]*`", "`…`", one["why"])] += 1
                    if os.environ.get("VERBOSE"):
                        print(one["object"], one["file"], one["why"])
    for name, number in sorted(total.items()):
        print(f"{name:12} {number}")
    if total["workloads"]:
        print(f"imported {100 * total['imported'] / total['workloads']:.1f} %, "
              f"without hatch {100 * total['plain'] / total['workloads']:.1f} %")
    for title, counter in [("left", left), ("in patches", hatches)]:
        print(f"\n{title}:")
        for what, number in counter.most_common(40):
            print(f"{number:6} {what}")
    for one in lost:
        print("lost:", *one)
    return 1 if lost or total["broken"] else 0


sys.exit(main())
