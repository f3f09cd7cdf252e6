//! The programs that `benches/instructions.sh` counts instructions of, and their inputs.
//!
//!     instructions make FOLDER     writes the inputs
//!     instructions read FOLDER     reads the files of a folder as YAML
//!     instructions lint FOLDER     lints a folder as the program does, and says on stderr what memory it took
//!
//! The inputs are the same on every machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot run should say so")]
#![allow(clippy::too_many_lines, reason = "the texts of inputs")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use clap::Parser as _;
use patterns::cli::Cli;
use patterns::yaml::{self, Source};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", folder] => make(Path::new(folder)),
        ["read", folder] => read(Path::new(folder)),
        ["lint", folder] => lint(folder),
        _ => eprintln!("run benches/instructions.sh"),
    }
}

/// Reads every file of a folder: the whole of what YAML costs, decoding of bytes included.
fn read(folder: &Path) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let source = Source::decode("bench.yaml", std::fs::read(path).unwrap()).unwrap();
        black_box(yaml::read(&Arc::new(source)).len());
    }
}

/// The peak of what the process held is `VmHWM` (Linux only).
fn lint(folder: &str) {
    let cli = Cli::parse_from(["patterns", "lint", "--format", "concise", folder]);
    patterns::cmd::run(&cli).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    eprintln!("{}", line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024);
}

/// Folders of inputs. `dense` is made of small objects. `real` has what repositories hold beside them: comments,
/// dashboards, configuration of programs, scripts and a definition of a resource. `missing` is the same with a name that no
/// object has, which is looked for in all that might make one. `one` is much in a single file.
fn make(folder: &Path) {
    let write = |name: &str, files: Vec<String>| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, text) in files.iter().enumerate() {
            std::fs::write(folder.join(format!("{number:03}.yaml")), text).unwrap();
        }
    };
    write("empty", Vec::new());
    write("dense", (0..100).map(application).collect());
    write("real", (0..60).map(repository).collect());
    write("missing", (0..60).map(repository).chain([missing()]).collect());
    write("one", vec![(0..2000).map(application).collect::<Vec<_>>().join("---\n")]);
}

/// A Pod whose `ConfigMap` is not there, though others are.
fn missing() -> String {
    "apiVersion: v1
kind: Pod
metadata:
  name: reader
spec:
  containers:
    - name: reader
      image: registry.example.com/shop/reader:1.0
      envFrom:
        - configMapRef:
            name: reader-settings
"
    .to_owned()
}

/// A Deployment with its Service, disruption budget, autoscaler and Role.
fn application(number: usize) -> String {
    let name = format!("shop-{number}");
    let mut text = format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: shop
      annotations:
        prometheus.io/scrape: \"true\"
    spec:
      serviceAccountName: {name}
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: server
          image: registry.example.com/shop/server:1.{number}
          args:
            - --listen=:8080
            - --log=json
          ports:
            - name: http
              containerPort: 8080
          env:
"
    );
    for index in 0..8 {
        let _ = writeln!(text, "            - name: SETTING_{index}\n              value: \"value {index} of {name}\"");
    }
    let _ = write!(
        text,
        "          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 5
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          volumeMounts:
            - name: config
              mountPath: /etc/shop
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: {name}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: shop
spec:
  minAvailable: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
  namespace: shop
spec:
  minReplicas: 3
  maxReplicas: 9
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 80
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {name}
  namespace: shop
rules:
  - apiGroups: [\"\"]
    resources: [configmaps, secrets]
    verbs: [get, list, watch]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: shop
data:
  LEVEL: info
  REGION: north
"
    );
    text
}

/// What one folder of a repository holds.
fn repository(number: usize) -> String {
    let name = format!("shop-{number}");
    let objects = application(number);
    let mut text =
        format!("# {name}, as the team of the shop runs it.\n# See the runbook before changing it.\n{objects}");
    text.push_str("---\n");
    text.push_str(&match number % 4 {
        0 => dashboard(&name),
        1 => proxies(&name),
        2 => definition(&name),
        _ => scripts(&name),
    });
    text
}

/// A dashboard as JSON in a literal block.
fn dashboard(name: &str) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-dashboard\n  labels:\n    grafana_dashboard: \"1\"\n\
data:\n  {name}.json: |-\n    {{\n      \"title\": \"{name}\",\n      \"panels\": [\n"
    );
    for panel in 0..40 {
        let _ = write!(
            text,
            "        {{
          \"id\": {panel},
          \"type\": \"timeseries\",
          \"title\": \"Requests per second, part {panel}\",
          \"gridPos\": {{ \"h\": 8, \"w\": 12, \"x\": {}, \"y\": {} }},
          \"targets\": [
            {{
              \"expr\": \"sum(rate(http_requests_total{{job=\\\"{name}\\\", code=~\\\"5..\\\"}}[5m])) by (pod, path)\",
              \"legendFormat\": \"{{{{pod}}}} {{{{path}}}}\",
              \"refId\": \"A\"
            }}
          ]
        }},\n",
            panel % 2 * 12,
            panel / 2 * 8,
        );
    }
    text.push_str("        {}\n      ]\n    }\n");
    text
}

/// nginx and HAProxy, and an application's settings.
fn proxies(name: &str) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-proxies\ndata:\n  nginx.conf: |\n    events {{}}\n    http {{\n"
    );
    for index in 0..20 {
        let _ = write!(
            text,
            "      # part {index}
      upstream part-{index} {{
        server part-{index}.shop.svc:8080 max_fails=3 fail_timeout=10s;
        keepalive 16;
      }}
      server {{
        listen 80{index:02};
        location / {{
          proxy_pass http://part-{index};
          proxy_set_header Host $host;
        }}
      }}
"
        );
    }
    text.push_str("    }\n  haproxy.cfg: |\n    defaults\n      mode http\n      timeout connect 5s\n");
    for index in 0..20 {
        let _ = write!(
            text,
            "    backend part-{index}\n      balance roundrobin\n      server a part-{index}.shop.svc:8080 check\n"
        );
    }
    text.push_str("  application.properties: |\n");
    for index in 0..40 {
        let _ = writeln!(text, "    shop.part.{index}.url=http://part-{index}.shop.svc:8080/api");
    }
    text
}

/// A definition of a resource: deep, and with long descriptions.
fn definition(name: &str) -> String {
    let kind = name.replace('-', "");
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {kind}s.shop.example.com
spec:
  group: shop.example.com
  scope: Namespaced
  names:
    kind: {kind}
    plural: {kind}s
    singular: {kind}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
"
    );
    text = text.replacen(&format!("    kind: {kind}\n"), &format!("    kind: K{kind}\n"), 1);
    for index in 0..40 {
        let _ = write!(
            text,
            "                field{index}:
                  description: |-
                    Field {index} tells the operator how often it looks at the part of the shop
                    that this object describes, and what it does when it finds it wanting.
                    More information at https://shop.example.com/docs/field{index}.
                  type: object
                  properties:
                    name:
                      description: The name of what is meant, which has to be in the same
                        namespace as this object.
                      type: string
                    optional:
                      description: 'Whether it may be absent: the operator then waits.'
                      type: boolean
                  required:
                    - name
"
        );
    }
    text
}

/// A Job that runs scripts of a ConfigMap.
fn scripts(name: &str) -> String {
    let mut text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-scripts\ndata:\n");
    for index in 0..8 {
        let _ = write!(
            text,
            "  step-{index}.sh: |
    #!/bin/sh
    # Step {index} of the migration.
    set -eu

    for table in orders customers items payments; do
      if [ \"$(psql -At -c \"select count(*) from $table\")\" -gt 0 ]; then
        echo \"migrating $table\" >&2
        pg_dump --table \"$table\" > \"/var/lib/shop/$table.sql\"
        sleep 1
      fi
    done
    curl --fail --silent http://shop.shop.svc:8080/ready | grep -q ok
    exec /usr/local/bin/shop migrate --step {index} --dir /var/lib/shop
"
        );
    }
    let _ = write!(
        text,
        "---
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}-migrate
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: migrate
          image: registry.example.com/shop/migrate:1.0
          command: [sh, -c, \"/scripts/step-0.sh && /scripts/step-1.sh\"]
          volumeMounts:
            - name: scripts
              mountPath: /scripts
      volumes:
        - name: scripts
          configMap:
            name: {name}-scripts
            defaultMode: 493
"
    );
    text
}
