//! How much longer `lint` takes than bare parsing, and how it grows. Prints ratios, which compare between
//! machines; times do not.
//!
//! The input is made here: the mix of kinds, comments and block scalars that repositories of manifests hold.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say so")]
#![allow(clippy::too_many_lines, reason = "the texts of inputs")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser as _;
use patterns::cli::Cli;
use patterns::kube::versions::Target;
use patterns::kube::{File, Index, Workspace};
use patterns::lint::{self, Selection};
use patterns::policy::Policies;
use patterns::yaml::Source;
use rayon::prelude::*;

const FILES: usize = 400;
const ROUNDS: usize = 7;

fn main() {
    if let Ok(folder) = std::env::var(MEASURED) {
        return peak_of_one_run(&folder);
    }
    let corpus: Vec<String> = (0..FILES).map(application).collect();
    let bytes: usize = corpus.iter().map(String::len).sum();
    println!("input: {FILES} files, {:.1} MB", megabytes(bytes));

    let (mut parse, mut one, mut two) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        parse = parse.min(time(|| corpus.iter().map(|text| events(text)).sum::<usize>()));
        one = one.min(on_threads(1, || lint(&corpus)));
        two = two.min(on_threads(2, || lint(&corpus)));
    }
    println!("parse events, 1 thread:  {:6.1} MB/s", megabytes(bytes) / parse.as_secs_f64());
    println!("lint, 1 thread:          {:6.1} MB/s", megabytes(bytes) / one.as_secs_f64());
    println!("lint / parse events:     {:6.2}    (at most 3)", one.as_secs_f64() / parse.as_secs_f64());
    println!("lint, 1 / 2 threads:     {:6.2}", one.as_secs_f64() / two.as_secs_f64());

    for factor in [1, 4, 16] {
        let part = &corpus[..FILES * factor / 16];
        let best = (0..ROUNDS).map(|_| on_threads(1, || lint(part))).min().unwrap();
        let size: usize = part.iter().map(String::len).sum();
        println!("lint, {factor:2} x files:        {:6.1} MB/s", megabytes(size) / best.as_secs_f64());
    }
    for factor in [1, 4, 16] {
        let single = [(0..FILES * factor / 16).map(application).collect::<Vec<_>>().join("---\n")];
        let best = (0..ROUNDS).map(|_| on_threads(1, || lint(&single))).min().unwrap();
        println!("lint, one file of {factor:2} x:  {:6.1} MB/s", megabytes(single[0].len()) / best.as_secs_f64());
    }
    policies(&corpus);
    memory();
}

/// What an expression costs for each object that it is evaluated over.
fn policies(corpus: &[String]) {
    let policy = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: bench}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*']}]
  validations:
    - expression: \"!has(object.spec) || !has(object.spec.template) || object.spec.template.spec.containers.all(c, c.image.matches('^[a-z]'))\"
";
    let read = |text: &str| File::read(&Arc::new(Source::from_text("bench.yaml", text)));
    let files: Vec<File> = corpus.iter().map(|text| read(text)).collect();
    let objects: Vec<_> = files.iter().flat_map(|file| &file.objects).collect();
    let index = Index::of(&objects);
    let file = read(policy);
    let own: Vec<_> = file.objects.iter().collect();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(time(|| {
            let policies = Policies::collect(&own, &|_| Target::default(), true);
            black_box(policies.judge(&objects, &index, &|_, _| true).len())
        }));
    }
    let each = (best / u32::try_from(objects.len()).unwrap()).as_secs_f64() * 1e6;
    println!("one policy, each object:   {each:6.1} µs over {} objects", objects.len());
}

/// Names the folder that a child process lints, to have its memory measured.
const MEASURED: &str = "PATTERNS_BENCH_MEMORY";
/// Bytes of input whose memory is measured.
const MEASURED_BYTES: usize = 16_000_000;

/// Peak memory of whole runs over a folder, less that of a run over an empty one, as multiples of the input.
fn memory() {
    let folder = std::env::temp_dir().join(format!("patterns-bench-{}", std::process::id()));
    let empty = folder.join("empty");
    let (many, one) = (folder.join("many"), folder.join("one"));
    for folder in [&empty, &many, &one] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let texts: Vec<String> = (0..MEASURED_BYTES / application(0).len()).map(application).collect();
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(many.join(format!("{number}.yaml")), text).unwrap();
    }
    std::fs::write(one.join("all.yaml"), texts.join("---\n")).unwrap();
    let base = peak(&empty);
    for (name, folder) in [("many files", &many), ("one file", &one)] {
        let over = peak(folder).saturating_sub(base);
        println!(
            "memory, 16 MB in {name:10}: {:5.1} times the input (at most 12)",
            megabytes(over) / megabytes(MEASURED_BYTES)
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn peak(folder: &std::path::Path) -> usize {
    let child = std::process::Command::new(std::env::current_exe().unwrap()).env(MEASURED, folder).output().unwrap();
    String::from_utf8(child.stderr).unwrap().lines().last().unwrap().parse().unwrap()
}

/// Lints a folder as the program does, and says on stderr how many bytes the process held at most
/// (`VmHWM`; Linux only).
fn peak_of_one_run(folder: &str) {
    let cli = Cli::parse_from(["patterns", "lint", "--format", "concise", folder]);
    patterns::cmd::run(&cli).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    eprintln!("{}", line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024);
}

#[expect(clippy::cast_precision_loss, reason = "a size to print")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Duration {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| time(work))
}

/// What any linter on this parser has to spend.
fn events(text: &str) -> usize {
    granit_parser::Parser::new_from_str(text).map(Result::unwrap).count()
}

/// Everything but the disk: decoding, reading, typing, all rules, ignores, sorting.
fn lint(corpus: &[String]) -> usize {
    let files = corpus.par_iter().enumerate().map(|(number, text)| {
        let source = Source::decode(format!("{number}.yaml"), text.clone().into_bytes()).unwrap();
        File::read(&Arc::new(source))
    });
    let workspace = Workspace { files: files.collect(), ..Workspace::default() };
    lint::workspace(&workspace, &Selection::default()).len()
}

/// One application's manifests; every 20th has a mistake.
fn application(number: usize) -> String {
    let mut text = String::new();
    let name = format!("shop-{number}");
    let port = if number.is_multiple_of(20) { "web" } else { "http" };
    let _ = write!(
        text,
        "# Application {number} of the shop.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
  labels: &labels
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels: *labels
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
        # The server itself; see the runbook before raising its limits.
        - name: server
          image: registry.example.com/shop/server:1.{number}
          args: [\"--listen=:8080\", \"--log=json\"]
          ports:
            - name: http
              containerPort: 8080
          env:
"
    );
    for index in 0..12 {
        let _ = writeln!(text, "            - name: SETTING_{index}\n              value: \"value {index} of {name}\"");
    }
    let _ = write!(
        text,
        "            - name: PASSWORD
              valueFrom:
                secretKeyRef:
                  name: {name}
                  key: password
          readinessProbe:
            httpGet:
              path: /healthz
              port: {port}
            periodSeconds: 5
          livenessProbe:
            tcpSocket:
              port: 8080
          lifecycle:
            preStop:
              exec:
                command: [sh, -c, \"sleep 10\"]
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
            - name: logs
              mountPath: /var/log/shop
        - name: logs
          image: fluent/fluent-bit:3.2
          volumeMounts:
            - name: logs
              mountPath: /var/log/shop
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: {name}
        - name: logs
          emptyDir: {{}}
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
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: shop
data:
  LEVEL: info
  shop.conf: |
"
    );
    for line in 0..25 {
        let _ = writeln!(text, "    upstream_{line} = http://backend-{line}.shop.svc:80{line:02}/ # weight {line}");
    }
    let _ = write!(
        text,
        "---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}-cleanup
spec:
  schedule: \"0 3 * * *\"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: cleanup
              image: registry.example.com/shop/cleanup:1.{number}
              command: [\"/cleanup\", \"--older-than=30d\"]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {name}
spec:
  endpoints:
    - port: http
      interval: 30s
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
"
    );
    text
}
