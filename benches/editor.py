#!/usr/bin/env python3
"""How long `patterns lsp` takes to answer an edit in a folder of many manifests.

    benches/editor.py target/release/patterns [FILES [EDITS]]

Makes the folder, opens one of its files, edits it and waits for the diagnostics of the edited text each time; then the
same without waiting, as fast typing does. Times are of the machine that it runs on.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def manifest(at, of):
    team, peer = f"team{at % 20}", f"app{(at + 20) % of}"
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{at}, namespace: {team}, labels: {{app: app{at}}}}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: app{at}}}}}
  template:
    metadata: {{labels: {{app: app{at}}}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/app{at}:1.{at}.0
          ports: [{{name: http, containerPort: 8080}}]
          env:
            - {{name: PEER, value: "http://{peer}:80"}}
            - {{name: MODE, valueFrom: {{configMapKeyRef: {{name: app{at}, key: mode}}}}}}
          readinessProbe: {{httpGet: {{path: /healthz, port: http}}}}
        - name: proxy
          image: nginx:1.27
          ports: [{{containerPort: 8081}}]
          volumeMounts: [{{name: conf, mountPath: /etc/nginx/conf.d}}]
      volumes: [{{name: conf, configMap: {{name: app{at}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: app{at}, namespace: {team}}}
spec:
  selector: {{app: app{at}}}
  ports: [{{port: 80, targetPort: http}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: app{at}, namespace: {team}}}
data:
  mode: fast
  default.conf: |
    server {{
      listen 8081;
      location / {{ proxy_pass http://127.0.0.1:8080; }}
    }}
"""


class Editor:
    def __init__(self, binary, folder):
        self.server = subprocess.Popen([binary, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.requests = 0

    def send(self, method, params, is_request=False):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if is_request:
            self.requests += 1
            message["id"] = self.requests
        data = json.dumps(message).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.server.stdin.flush()

    def read(self):
        length = 0
        while (line := self.server.stdout.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.server.stdout.read(length))

    def wait_for(self, is_it):
        while not is_it(message := self.read()):
            pass
        return message


def milliseconds(times):
    times = sorted(times)
    middle, most = statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000
    return f"median {middle:.1f} ms, 95 % {most:.1f} ms, longest {times[-1] * 1000:.1f} ms"


def main():
    binary = os.path.abspath(sys.argv[1])
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    edits = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    with tempfile.TemporaryDirectory() as folder:
        for at in range(files):
            path = pathlib.Path(folder, f"team{at % 20}", f"app{at}.yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(manifest(at, files))
        path = pathlib.Path(folder, "team3", "app3.yaml")
        uri, text = path.as_uri(), path.read_text()
        editor = Editor(binary, folder)
        root = pathlib.Path(folder).as_uri()
        began = time.monotonic()
        editor.send("initialize", {"processId": None, "rootUri": root, "capabilities": {}}, True)
        editor.wait_for(lambda message: message.get("id") == 1)
        editor.send("initialized", {})
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        editor.send("textDocument/didOpen", {"textDocument": document})
        published = "textDocument/publishDiagnostics"

        def is_of(version):
            def check(message):
                params = message.get("params", {})
                return message.get("method") == published and params.get("uri") == uri and params.get("version") == version
            return check

        editor.wait_for(is_of(1))
        print(f"{files} files: first diagnostics after {time.monotonic() - began:.2f} s")

        def edit(version):
            # A key of the ConfigMap, in turn as text and as what YAML 1.1 takes for a boolean.
            line = text[: text.index("mode: fast")].count("\n")
            value = "no" if version % 2 else "fast"
            change = {"range": {"start": {"line": line, "character": 8}, "end": {"line": line, "character": 99}}, "text": value}
            editor.send("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]})

        times, version = [], 1
        for _ in range(edits):
            # A person's pace, so that what the last edit changes elsewhere has been looked at.
            time.sleep(0.15)
            version += 1
            start = time.monotonic()
            edit(version)
            editor.wait_for(is_of(version))
            times.append(time.monotonic() - start)
        print(f"an edit, until its diagnostics:       {milliseconds(times)}")
        times = []
        for _ in range(edits):
            version += 1
            start = time.monotonic()
            edit(version)
            editor.wait_for(is_of(version))
            times.append(time.monotonic() - start)
        print(f"one edit at once after the other:     {milliseconds(times)}")
        times = []
        for _ in range(edits):
            start = time.monotonic()
            place = {"textDocument": {"uri": uri}, "position": {"line": 11, "character": 12}}
            editor.send("textDocument/hover", place, True)
            editor.wait_for(lambda message: message.get("id") == editor.requests)
            times.append(time.monotonic() - start)
        print(f"a hover:                              {milliseconds(times)}")
        status = pathlib.Path(f"/proc/{editor.server.pid}/status")
        if status.exists():
            peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            print(f"memory at most:                       {int(peak.split()[1]) // 1024} MiB")
        editor.send("shutdown", None, True)
        editor.wait_for(lambda message: message.get("id") == editor.requests)
        editor.send("exit", None)
        sys.exit(editor.server.wait())


main()
