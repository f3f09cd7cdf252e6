//! What containers are taken for, and whether they are known to end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::sync::Arc;

use patterns::facts::command::sleeps;
use patterns::facts::{Confidence, Lifetime, PodFacts, Programs, Role, workload};
use patterns::kube::{File, Index, Object};
use patterns::yaml::Source;

/// A Pod of these containers, each given as the inside of a flow map without its name.
fn pod(containers: &[&str]) -> File {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n".to_owned();
    for (index, container) in containers.iter().enumerate() {
        writeln!(text, "    - {{name: c{index}, {container}}}").unwrap();
    }
    File::read(&Arc::new(Source::decode("pod.yaml", text.into_bytes()).unwrap()))
}

fn lifetime(container: &str) -> Lifetime {
    let file = pod(&[container]);
    assert!(file.refusals.is_empty(), "{container}: {:?}", file.refusals);
    let objects: Vec<&Object> = file.objects.iter().collect();
    let index = Index::of(&objects);
    PodFacts::of(file.objects[0].pod().unwrap(), &index, Programs::built_in()).members[0].lifetime
}

#[test]
fn what_never_ends() {
    for container in [
        "image: fluent/fluent-bit",
        "image: 'docker.io/fluent/fluent-bit:3.2@sha256:0000'",
        "image: 'localhost:5000/fluent-bit:3.2'",
        "image: gcr.io/cloudsql-docker/gce-proxy:1.37, command: [/cloud_sql_proxy, -instances=a]",
        "image: envoyproxy/envoy:v1.33.0, args: [-c, /etc/envoy.yaml]",
        "image: 'nginx:1.29', args: [nginx, -g, 'daemon off;']",
        "image: 'redis:8', args: [--appendonly, 'yes']",
        "image: busybox, command: [tail, -f, /dev/null]",
        "image: busybox, command: [sh, -c, 'tail -n+1 -F /var/log/x']",
        "image: busybox, command: [sh, -c], args: ['touch /x && exec tail -F /x | cat']",
        "image: busybox, command: [/bin/sh, -ec, \"# follow\\ntail --follow=name /x\"]",
        "image: busybox, command: [sleep, infinity]",
        "image: busybox, command: [sh, -c, 'while true; do date; sleep 5; done']",
        "image: busybox, command: [sh, -c, 'while sleep 5; do date; done']",
        "image: busybox, command: [sh, -c, 'tail -f /x & wait $!']",
        "image: busybox, command: [sh, -c, 'until false; do date; sleep 1; done']",
        "image: busybox, command: [bash, -c, 'for ((;;)); do date; sleep 1; done']",
        "image: busybox, command: [sh, -c, 'set -e; mkdir -p /x; cd /x; exec sleep infinity']",
        "image: busybox, command: [sh, -c, 'if [ -f /x ]; then sleep infinity; else tail -f /y; fi']",
        "image: busybox, command: [sh, -c, \"cat <<EOF > /x\\nwhile\\nEOF\\nexec tail -f /x\"]",
        "image: own, command: [kubectl, proxy, --port=8001]",
        "image: own, command: [dumb-init, --, sh, -c, 'exec env A=1 nginx']",
        "image: own, command: [tini, --, git-sync, --repo=x]",
        "image: registry.k8s.io/git-sync/git-sync:v4, args: [--one-time=false]",
        "image: hashicorp/vault, args: [agent]",
        "image: hashicorp/vault, args: [agent, -config=/etc/agent.hcl]",
        "image: 'docker:28-dind'",
        "image: 'cr.l5d.io/linkerd/proxy:edge'",
    ] {
        assert_eq!(lifetime(container), Lifetime::Serves, "{container}");
    }
}

#[test]
fn what_ends_or_may_end() {
    for container in [
        "image: php, command: [php, artisan, 'queue:work', --once]",
        "image: php, command: [php, artisan, 'queue:work', --stop-when-empty]",
        "image: php, command: [php, artisan, 'queue:work', '--max-jobs=5']",
        "image: redis, command: [redis-server, --daemonize, 'yes']",
        "image: cloudflare/cloudflared, args: [tunnel, ingress, validate]",
        "image: cloudflare/cloudflared, args: [access, token, '--app=https://x.example.com']",
        "image: registry.example.com/report:1",
        "image: 'docker:28', args: [build, .]",
        "image: registry.example.com/proxy",
        "image: busybox, command: [sleep, '60']",
        "image: busybox, command: [tail, -n, '5', /x]",
        "image: busybox, command: [sh, -c, 'tail --pid=7 -f /x']",
        "image: busybox, command: [sh, -c, 'while true; do test -f /done && break; sleep 1; done']",
        "image: busybox, command: [sh, -c, 'while [ ! -f /done ]; do sleep 1; done']",
        "image: busybox, command: [sh, -c, 'set -e; while true; do check; done']",
        "image: busybox, command: [sh, /run.sh]",
        "image: fluent/fluent-bit, command: [sh, -c, '/wait-and-stop fluent-bit']",
        "image: fluent/fluent-bit, command: [/kubexit, fluent-bit]",
        "image: registry.k8s.io/git-sync/git-sync:v4, args: [--one-time]",
        "image: registry.k8s.io/git-sync/git-sync:v4, env: [{name: GITSYNC_ONE_TIME, value: 'true'}]",
        "image: 'redis:8', args: [redis-cli, ping]",
        "image: 'postgres:17', command: [psql, -c, 'select 1']",
        "image: 'nginx:1.29', command: [nginx, -t]",
        "image: hashicorp/vault, args: [kv, get, x]",
        "image: hashicorp/vault, args: [agent, -exit-after-auth]",
        "image: kiwigrid/k8s-sidecar, env: [{name: METHOD, value: LIST}]",
    ] {
        assert_ne!(lifetime(container), Lifetime::Serves, "{container}");
    }
}

#[test]
fn roles_come_with_evidence() {
    let file =
        pod(&["image: registry.example.com/shop", "image: fluent/fluent-bit", "image: ghostunnel/ghostunnel:v1.8"]);
    let objects: Vec<&Object> = file.objects.iter().collect();
    let index = Index::of(&objects);
    let all = PodFacts::of(file.objects[0].pod().unwrap(), &index, Programs::built_in()).members;
    let roles: Vec<String> = all.iter().map(|one| one.role.to_string()).collect();
    assert_eq!(roles, ["the app", "a log shipper", "a TLS proxy"]);
    assert!(all.iter().all(|one| !one.evidence.is_empty()));
}

#[test]
fn two_unknown_containers_stay_unknown() {
    let file = pod(&["image: registry.example.com/a", "image: registry.example.com/b"]);
    let objects: Vec<&Object> = file.objects.iter().collect();
    let index = Index::of(&objects);
    let all = PodFacts::of(file.objects[0].pod().unwrap(), &index, Programs::built_in()).members;
    assert!(all.iter().all(|one| one.role == Role::Unknown && one.evidence.is_empty()));
}

#[test]
fn sleeping_commands() {
    assert_eq!(sleeps(&["sleep", "30"]), Some(30.0));
    assert_eq!(sleeps(&["/bin/sleep", "1m", "0.5"]), Some(60.5));
    assert_eq!(sleeps(&["sleep", "infinity"]), Some(f64::INFINITY));
    assert_eq!(sleeps(&["sh", "-c", "sleep 5; nginx -s quit; sleep 10"]), Some(15.0));
    assert_eq!(sleeps(&["bash", "-ec", "drain && sleep 20"]), Some(20.0));
    assert_eq!(sleeps(&["sh", "-c", "if drain; then sleep 20; fi"]), None);
    assert_eq!(sleeps(&["sleep", "$N"]), None);
    assert_eq!(sleeps(&["sleep"]), None);
}

/// The words of the roles of a workload's containers.
fn roles(manifest: &str) -> Vec<&'static str> {
    let file = File::read(&Arc::new(Source::decode("roles.yaml", manifest.as_bytes().to_vec()).unwrap()));
    let objects: Vec<_> = file.objects.iter().collect();
    let index = Index::of(&objects);
    let workloads = workload::workloads(&index, Programs::built_in());
    workloads.iter().flat_map(|workload| workload.facts.members.iter().map(|one| one.role.word())).collect()
}

fn stateful(name: &str, containers: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}}}\nspec:\n  serviceName: a\n  selector: {{}}\n  \
         template:\n    spec:\n      containers:\n{containers}  volumeClaimTemplates: [{{metadata: {{name: data}}}}]\n"
    )
}

#[test]
fn a_server_beside_its_app_or_the_app_itself() {
    let mysql = "      - {name: mysql, image: mysql:8, volumeMounts: [{name: data, mountPath: /d}]}\n";
    let other = "      - {name: xtrabackup, image: registry.example.com/xtrabackup:1}\n";
    let both = format!("{mysql}{other}");
    assert_eq!(roles(&stateful("mysql", &both)), ["app", "unknown"], "called after it");
    assert_eq!(roles(&stateful("db", &both)), ["app", "unknown"], "keeps its data");
    let cache = "      - {name: cache, image: redis:8}\n      - {name: shop, image: registry.example.com/shop:1}\n";
    assert_eq!(roles(&stateful("shop", cache)), ["server", "app"]);
    assert_eq!(roles(&stateful("x", mysql)), ["app"], "alone");
}

#[test]
fn helpers_that_a_pod_is_called_after_or_that_help_nobody() {
    let pod = |name: &str, more: &str, containers: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n{more}  containers:\n{containers}"
        ))
    };
    let elector = "  - {name: elector, image: 'registry.example.com/leader-elector:0.5', args: [--election=x]}\n";
    let app = "  - {name: shop, image: registry.example.com/shop:1}\n";
    assert_eq!(pod("elector-demo", "", &format!("{app}{elector}")), ["app", "elector"]);
    let forward = |port: u16| {
        format!(
            "  - {{name: forward-{port}, image: alpine/socat, args: ['TCP-LISTEN:{port},bind=10.0.0.1,fork', 'TCP:127.0.0.1:{port}']}}\n"
        )
    };
    let two = forward(10249) + &forward(10257);
    assert_eq!(pod("forward", "  hostNetwork: true\n", &two), ["unknown", "unknown"]);
    let one = app.to_owned() + &forward(8080);
    assert_eq!(pod("shop", "", &one), ["app", "sidecar/web"]);
}

#[test]
fn names_of_helpers_and_clients_of_servers() {
    let set = |name: &str, containers: &str| {
        roles(&format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n  \
             template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers:\n{containers}"
        ))
    };
    let agent = "      - {name: node-agent, image: registry.example.com/node-agent:1}\n";
    let trace = "      - {name: trace, image: registry.example.com/trace:1}\n";
    assert_eq!(set("node-agent", &format!("{agent}{trace}")), ["app", "unknown"], "called after it");
    assert_eq!(set("trace-all", &format!("{agent}{trace}")), ["unknown", "app"]);
    let ollama = |line: &str| set("shop", &format!("{trace}      - {{name: model, image: ollama/ollama, {line}}}\n"));
    assert_eq!(ollama("args: [serve]"), ["app", "server"]);
    assert_eq!(ollama("env: []"), ["app", "server"], "as the image starts it");
    for client in [
        "args: [pull, llama3]",
        "command: [sh, -c, 'until ollama list; do sleep 1; done; ollama pull x; sleep infinity']",
    ] {
        assert!(!ollama(client).contains(&"server"), "{client}");
    }
}

#[test]
fn lines_that_go_to_another_program_are_logs_at_most() {
    let likely = |script: &str| {
        let file =
            pod(&["image: registry.example.com/shop:1", &format!("image: busybox, command: [sh, -c, '{script}']")]);
        let objects: Vec<&Object> = file.objects.iter().collect();
        let index = Index::of(&objects);
        let facts = PodFacts::of(file.objects[0].pod().unwrap(), &index, Programs::built_in());
        assert_eq!(facts.members[1].role.word(), "sidecar/logs", "{script}");
        facts.members[1].confidence == Confidence::Likely
    };
    for script in
        ["tail -F /log/x", "tail -F /log/x | grep -v debug", "touch /log/x; tail -F /log/x", "tail -F /log/x | jq ."]
    {
        assert!(!likely(script), "{script}");
    }
    for script in
        ["tail -f /x | kafkacat -P", "tail -f /x & exec ./serve", "tail -F /x | while read l; do ./send; done"]
    {
        assert!(likely(script), "{script}");
    }
}

#[test]
fn a_proxy_is_what_its_place_makes_it() {
    let proxied = |config: &str, env: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  nginx.conf: |\n    {config}\n---\napiVersion: v1\n\
             kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: app, image: registry.example.com/app:1, ports: [{{containerPort: 8080}}], env: [{env}]}}\n  \
             - {{name: proxy, image: nginx:1.29, volumeMounts: [{{name: c, mountPath: /etc/nginx}}]}}\n  volumes: [{{name: c, configMap: {{name: c}}}}]\n"
        ))
    };
    let inward =
        "server { listen 8443 ssl; ssl_certificate /tls/crt; location / { proxy_pass http://127.0.0.1:8080; } }";
    assert_eq!(proxied(inward, ""), ["app", "sidecar/tls"]);
    let plain = "server { listen 80; location / { proxy_pass http://127.0.0.1:8080; } }";
    assert_eq!(proxied(plain, ""), ["app", "sidecar/web"]);
    let outward = "server { listen 127.0.0.1:9000; location / { proxy_pass http://web; } }";
    let env = "{name: WEB, value: 'http://localhost:9000'}";
    assert_eq!(proxied(outward, env), ["app", "ambassador/broker"]);
    let split = "split_clients $request_id $web { 10% b; * a; } server { listen 127.0.0.1:9000; }";
    assert_eq!(proxied(split, env), ["app", "ambassador/split"]);
    let shard = "upstream w { hash $request_uri consistent; server w-0.w; } server { listen 127.0.0.1:9000; }";
    assert_eq!(proxied(shard, env), ["app", "ambassador/shard"]);
}

#[test]
fn helpers_by_what_they_do_beside_the_app() {
    let pod = |more: &str, containers: &str| {
        let volumes = "  volumes: [{name: html, emptyDir: {}}, {name: c, configMap: {name: c}}, {name: bare}]\n";
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{more}{volumes}  containers:\n{containers}"
        ))
    };
    let web = "  - {name: web, image: 'nginx:1.29', volumeMounts: [{name: html, mountPath: /usr/share/nginx/html}]}\n";
    let shop = "  - {name: shop, image: 'registry.example.com/shop:1', ports: [{containerPort: 8080}]}\n";
    // a script that pulls again and again brings what git has
    for line in [
        "'git clone https://example.com/a.git . && while true; do sleep 60; git pull; done'",
        "'while true; do git -C /html fetch --all; git -C /html reset --hard origin/main; sleep 30; done'",
        "'git clone https://example.com/a.git /html; watch -n 600 git pull'",
    ] {
        let git = format!(
            "  - {{name: poll, image: alpine, command: [sh, -c, {line}], volumeMounts: [{{name: html, mountPath: /html}}]}}\n"
        );
        assert_eq!(pod("", &format!("{web}{git}")), ["app", "sidecar/git"], "{line}");
    }
    for line in [
        "'git clone https://example.com/a.git . && npm start'",
        "'while true; do git add .; git commit -m x; git pull; git push; sleep 60; done'",
    ] {
        let other = format!("  - {{name: other, image: alpine, command: [sh, -c, {line}]}}\n");
        assert!(!pod("", &format!("{shop}{other}")).contains(&"sidecar/git"), "{line}");
    }
    // a script on the files of the app, but none that starts another program, or shares configuration alone
    let script = |line: &str, volume: &str| {
        let clock = format!(
            "  - {{name: clock, image: busybox, command: [sh, -c, '{line}'], volumeMounts: [{{name: {volume}, mountPath: /d}}]}}\n"
        );
        let web = web.replace("name: html", &format!("name: {volume}"));
        pod("", &format!("{web}{clock}"))[1]
    };
    assert_eq!(script("while true; do date > /d/index.html; sleep 5; done", "html"), "sidecar");
    assert_eq!(script("while true; do date > /d/index.html; sleep 5; done", "bare"), "sidecar");
    assert_ne!(script("while true; do date; sleep 5; done", "c"), "sidecar");
    let worker = "  - {name: worker, image: 'registry.example.com/shop:1', command: [sh, -c, 'cd /d && exec worker'], volumeMounts: [{name: html, mountPath: /d}]}\n";
    let app = "  - {name: p, image: 'registry.example.com/shop:1', ports: [{containerPort: 8080}], volumeMounts: [{name: html, mountPath: /d}]}\n";
    assert_eq!(pod("", &format!("{app}{worker}")), ["app", "unknown"]);
    // what the kubelet starts first, and what its author calls so
    let native = "  initContainers: [{name: x, image: 'registry.example.com/x:1', restartPolicy: Always}]\n";
    assert_eq!(pod(native, shop), ["sidecar", "app"]);
    let named = |name: &str| pod("", &format!("{shop}  - {{name: {name}, image: 'registry.example.com/x:1'}}\n"));
    assert_eq!(named("shop-sidecar"), ["app", "sidecar"]);
    assert_eq!(named("sidecar"), ["app", "sidecar"]);
    assert_eq!(named("side"), ["unknown", "unknown"]);
    // one of several of a known name, and what is told a storage driver's socket
    assert_eq!(named("driver-kube-rbac-proxy"), ["app", "sidecar/auth"]);
    assert_eq!(named("driver-proxy"), ["unknown", "unknown"]);
    let driver = |option: &str| {
        pod("", &format!("{shop}  - {{name: x, image: 'registry.example.com/x:1', args: ['{option}']}}\n"))
    };
    assert_eq!(driver("--csi-address=/csi/csi.sock"), ["app", "sidecar/csi"]);
    assert_eq!(driver("--endpoint=unix:///csi/csi.sock"), ["unknown", "unknown"]);
    // a script that tells another container to read its configuration again
    let told = |url: &str| {
        pod(
            "",
            &format!(
                "{shop}  - {{name: w, image: 'registry.example.com/watch:1', args: [-p=/etc/x, curl, -X, POST, '{url}']}}\n"
            ),
        )
    };
    assert_eq!(told("http://localhost:8080/-/reload"), ["app", "sidecar/config"]);
    assert_ne!(told("http://prometheus:9090/-/reload")[1], "sidecar/config");
    assert_ne!(told("http://localhost:8080/reloaded")[1], "sidecar/config");
}

#[test]
fn what_a_pod_is_called_after_is_its_app() {
    let pod = |name: &str, containers: &str| {
        roles(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n{containers}"))
    };
    let esp =
        "  - {name: esp, image: 'gcr.io/endpoints-release/endpoints-runtime:2', args: [--backend=127.0.0.1:8080]}\n";
    let echo = "  - {name: echo, image: 'registry.example.com/echo:1', ports: [{containerPort: 8080}]}\n";
    assert_eq!(pod("esp-echo", &format!("{esp}{echo}"))[1], "app", "called after both");
    let redis = "  - {name: redis, image: 'redis:8'}\n";
    let sentinel = "  - {name: sentinel, image: 'redis:8', command: [redis-sentinel, /c]}\n";
    assert_eq!(pod("shop-redis-ha", &format!("{redis}{sentinel}")), ["app", "server"]);
    assert_eq!(pod("shop", &format!("{redis}{sentinel}")), ["server", "server"], "called after neither");
    let setup = "  - {name: init-mongo, image: 'mongo:8', command: [bash, /config/init.sh]}\n";
    assert_eq!(pod("mongo", &format!("  - {{name: mongodb, image: 'mongo:8'}}\n{setup}"))[0], "app");
    let windows = "  - {name: probe, image: 'registry.example.com/p:1', command: ['C:\\csi\\livenessprobe.exe']}\n";
    assert_eq!(pod("echo", &format!("{echo}{windows}")), ["app", "adapter/health"]);
    let consul =
        "  - {name: agent, image: 'hashicorp/consul:1.20', command: [docker-entrypoint.sh], args: [agent, -server]}\n";
    assert_eq!(pod("echo", &format!("{echo}{consul}")), ["app", "server"], "what the image starts anyway");
}

#[test]
fn init_containers_by_what_they_do() {
    let init = |container: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  initContainers:\n  - {{name: i, {container}}}\n  containers:\n  - {{name: a, image: x}}\n"
        );
        roles(&pod)[0]
    };
    for (container, role) in [
        ("image: busybox, command: [sh, -c, 'until nslookup db; do sleep 2; done']", "init/wait"),
        ("image: registry.example.com/shop:1, args: [migrate, up]", "init/migration"),
        ("image: 'docker.io/istio/proxyv2:1.27.0', args: [istio-iptables, -p, '15001']", "init/network"),
        ("image: 'registry.k8s.io/git-sync/git-sync:v4.4.0', args: [--one-time]", "init/files"),
        ("image: busybox, command: [chown, -R, '1000', /data]", "init/system"),
        (
            "image: busybox, command: [sh, -c, 'echo never > /host/sys/kernel/mm/transparent_hugepage/enabled']",
            "init/system",
        ),
        ("image: registry.example.com/setup:1", "init"),
        (
            "image: busybox, command: [sh, -c, 'echo while until retry; cp /a /b'], volumeMounts: [{name: d, mountPath: /b}]",
            "init/files",
        ),
        (
            "image: busybox, command: [sh, -c, \"printf '[]' > /d/list.json\"], volumeMounts: [{name: d, mountPath: /d}]",
            "init/files",
        ),
        (
            "image: busybox, command: [sh, -c, \"sed -i s/a/b/ /d/app.ini\"], volumeMounts: [{name: d, mountPath: /d}]",
            "init/files",
        ),
        (
            "image: curl, command: [sh, -c, 'curl -fsSLo /d/x https://example.com/x'], volumeMounts: [{name: d, mountPath: /d}]",
            "init/files",
        ),
        (
            "image: curl, command: [sh, -c, 'curl -so /tmp/d/x https://example.com/x'], volumeMounts: [{name: d, mountPath: /tmp/d}]",
            "init/files",
        ),
        (
            "image: curl, command: [sh, -c, 'while [ $(curl -so /dev/null -w %{http_code} http://a) != 200 ]; do sleep 1; done'], volumeMounts: [{name: d, mountPath: /d}]",
            "init/wait",
        ),
        ("image: python, command: [python, -c, 'while True: break'], volumeMounts: [{name: d, mountPath: /d}]", "init"),
        (
            "image: aws, command: [aws], args: [s3, cp, 's3://a/b', /d/], volumeMounts: [{name: d, mountPath: /d}]",
            "init/files",
        ),
        ("image: own, command: [pip, install, --target=/d, x], volumeMounts: [{name: d, mountPath: /d}]", "init/files"),
        (
            "image: own, command: [sh, -c, 'apk add --no-cache iptables'], volumeMounts: [{name: d, mountPath: /d}]",
            "init",
        ),
        (
            "image: own, command: [ln, -s, /usr/sbin/iptables-nft, /d/iptables], volumeMounts: [{name: d, mountPath: /d}]",
            "init/files",
        ),
        ("image: own, command: [mkdir, -p, /d/data], volumeMounts: [{name: d, mountPath: /d}]", "init/files"),
        (
            "image: own, command: [sh, -c, 'mkdir -p /d/data && chown -R 1000 /d'], volumeMounts: [{name: d, mountPath: /d}]",
            "init/system",
        ),
        ("image: own, command: [ip, route, add, 10.0.0.0/8, via, 10.1.0.1]", "init/network"),
        ("image: own, command: [ip, route, show]", "init"),
        ("image: 'groundnuty/k8s-wait-for:v2.0', args: [job, migrate]", "init/wait"),
        ("image: own, command: [kubectl, rollout, status, deploy/db]", "init/wait"),
        ("image: own, command: [kubectl, wait, --for=condition=complete, job/migrate]", "init/wait"),
        ("image: own, args: [bash, -c, 'exec airflow db check-migrations -t 60']", "init/wait"),
        ("image: own, command: [sh, -c, 'until nc -z db 5432; do sleep 1; done; flask db upgrade']", "init/migration"),
        ("image: own, command: [sh, -c, 'until python manage.py migrate --check; do sleep 1; done']", "init/wait"),
        ("image: own, command: [npx, prisma, migrate, deploy]", "init/migration"),
        ("image: own, command: [rails, 'db:migrate']", "init/migration"),
        ("image: own, command: [cp, -r, /app/migrations, /d/], volumeMounts: [{name: d, mountPath: /d}]", "init/files"),
        ("image: own, command: [nslookup, db]", "init/wait"),
        ("image: own, command: [sleep, '30']", "init/wait"),
        ("image: hashicorp/vault, args: [agent, -config=/out/of/sight.hcl]", "init/files"),
        ("image: 'ghostunnel/ghostunnel:v1.8.4', args: [server]", "sidecar/tls"),
    ] {
        assert_eq!(init(container), role, "{container}");
    }
}

#[test]
fn init_containers_by_what_they_mount_and_by_name() {
    let init = |name: &str, container: &str, volumes: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  volumes: [{{name: d, {volumes}}}]\n  initContainers:\n  - {{name: {name}, image: own, {container}}}\n  containers:\n  - {{name: a, image: x, volumeMounts: [{{name: d, mountPath: /e}}]}}\n"
        );
        roles(&pod)[0]
    };
    let mounts = "volumeMounts: [{name: d, mountPath: /d}]";
    for (name, container, volumes, role) in [
        ("one", mounts, "emptyDir: {}", "init/files"),
        ("one", "command: [/setup.sh], volumeMounts: [{name: d, mountPath: /d}]", "emptyDir: {}", "init/files"),
        // what any container may need for itself
        ("one", "volumeMounts: [{name: d, mountPath: /tmp}]", "emptyDir: {}", "init"),
        ("one", "volumeMounts: [{name: d, mountPath: /d, readOnly: true}]", "emptyDir: {}", "init"),
        // something may be there already
        ("one", mounts, "persistentVolumeClaim: {claimName: d}", "init"),
        ("seed-config", mounts, "persistentVolumeClaim: {claimName: d}", "init/files"),
        ("install-cni", mounts, "hostPath: {path: /opt/cni/bin}", "init/files"),
        ("seed-config", mounts, "configMap: {name: d}", "init"),
        ("wait-for-db", mounts, "configMap: {name: d}", "init/wait"),
        ("check-db", "command: [/check.sh]", "emptyDir: {}", "init/wait"),
        ("check-config", "command: [/check.sh]", "configMap: {name: d}", "init"),
        ("wait-for-db-migrations", "command: [/check.sh]", "emptyDir: {}", "init/wait"),
        ("db-migrations", "command: [/run.sh]", "emptyDir: {}", "init/migration"),
        ("fix-permissions", "command: [/run.sh]", "emptyDir: {}", "init/system"),
    ] {
        assert_eq!(init(name, container, volumes), role, "{name} {container} {volumes}");
    }
}

#[test]
fn scripts_that_keep_the_logs_of_an_app_that_nobody_knows() {
    let beside = |mount: &str, of_app: &str, script: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    image: \
             registry.example.com/a:1\n    volumeMounts: [{{name: v, mountPath: {of_app}}}]\n  - name: b\n    image: \
             busybox:1.36\n    command: [sh, -c, '{script}']\n    volumeMounts: [{{name: v, mountPath: {mount}}}]\n  \
             volumes: [{{name: v, emptyDir: {{}}}}]\n"
        ))
    };
    for script in [
        "while true; do gzip /logs/*.1; sleep 3600; done",
        "while :; do aws s3 sync /logs s3://shop-logs/; sleep 60; done",
        "while true; do find /logs -mtime +7 -delete; sleep 1d; done",
        "while sleep 60; do logrotate /etc/logrotate.conf; done",
        "while true; do cd /logs && tar czf old.tgz *.1 && rm *.1; sleep 60; done",
        "while true; do rsync -a /logs/ backup:/logs; sleep 60; done",
        "until false; do gsutil -m rsync /logs gs://shop-logs; sleep 60; done",
        "while true; do echo packing; tar czf /logs/old.tgz /logs/a; sleep 60; done",
        "while true; do truncate -s 0 /logs/out; sleep 60; done",
        "while true; do mv /logs/out /logs/out.1; sleep 60; done",
    ] {
        assert_eq!(beside("/logs", "/var/log/a", script), ["app", "sidecar/logs"], "{script}");
    }
    let deletes = "while true; do find /data -name \"*.log\" -delete; sleep 60; done";
    assert_eq!(beside("/data", "/data", deletes), ["app", "sidecar/logs"]);
    for script in [
        // it writes the logs, and the other reads them
        "while true; do echo $(date) >> /logs/out.log; sleep 1; done",
        "while true; do date >> /logs/a; mv /logs/a /logs/b; sleep 1; done",
        // it may be the app, or do anything else
        "while true; do ./collect /logs; gzip /logs/a; sleep 60; done",
        "while true; do gzip /var/other; sleep 60; done",
        "gzip /logs/a",
    ] {
        assert_ne!(beside("/logs", "/var/log/a", script)[1], "sidecar/logs", "{script}");
    }
    let packs = "while true; do tar czf /backup.tgz /data; sleep 60; done";
    assert_ne!(beside("/data", "/data", packs)[1], "sidecar/logs");
}

#[test]
fn scripts_that_look_after_an_app() {
    let beside = |app: &str, helper: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n{app}  - name: b\n    image: \
             curlimages/curl:8.12.1\n{helper}  volumes: [{{name: v, emptyDir: {{}}}}]\n"
        ))
    };
    let declares = "    image: registry.example.com/a:1\n    ports: [{containerPort: 8200}]\n";
    let script = |text: &str| format!("    command: [sh, -c, '{text}']\n");
    for text in [
        "while true; do curl -sf -X PUT http://127.0.0.1:8200/v1/sys/unseal || true; sleep 5; done",
        "set -eu; while sleep 5; do wget -qO- http://localhost:8200/tick > /dev/null; done",
        "until false; do curl -s localhost:8200/cron; sleep 60; done",
    ] {
        assert_eq!(beside(declares, &script(text)), ["app", "sidecar"], "{text}");
    }
    for text in [
        // another port, another host, another program; or only once
        "while true; do curl -s http://127.0.0.1:9999/; sleep 5; done",
        "while true; do curl -s http://shop.example.com:8200/; sleep 5; done",
        "while true; do ./serve http://127.0.0.1:8200/; sleep 5; done",
        "curl -s http://127.0.0.1:8200/",
    ] {
        assert_eq!(beside(declares, &script(text)), ["app", "unknown"], "{text}");
    }
    let web = "    image: nginx:1.29\n    volumeMounts: [{name: v, mountPath: /usr/share/nginx/html}]\n    ports: [{containerPort: 80}]\n";
    let page = script("set -x; echo hello > /web/index.html; while :; do sleep 9999; done");
    assert_eq!(beside(web, &(page + "    volumeMounts: [{name: v, mountPath: /web}]\n")), ["app", "sidecar"]);
    let two_folders = |of_nginx: &str, of_app: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: a, image: ubuntu, \
             volumeMounts: [{{name: v, mountPath: /a, {of_app}}}]}}\n  - {{name: b, image: nginx, volumeMounts: [{{name: v, \
             mountPath: /b, {of_nginx}}}]}}\n  volumes: [{{name: v, emptyDir: {{}}}}]\n"
        ))
    };
    assert_ne!(two_folders("subPath: b", "subPath: a")[1], "sidecar/web", "two folders of a volume");
    assert_eq!(two_folders("subPath: a", "subPath: a")[1], "sidecar/web");
    assert_eq!(two_folders("readOnly: true", "subPath: a")[1], "sidecar/web");
}

#[test]
fn exporters_by_their_names() {
    let beside = |helper: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - {{name: a, image: \
             registry.example.com/a:1}}\n  - {helper}\n"
        ))
    };
    for helper in [
        "{name: a-exporter, image: 'registry.example.com/b:1'}",
        "{name: b, image: 'registry.example.com/a-exporter:1', command: [/run]}",
        "{name: a-exporter, image: busybox, command: [sh, -c, 'while :; do ./serve; done'], ports: [{containerPort: 9100}]}",
    ] {
        assert_eq!(beside(helper)[1], if helper.contains("/run") { "unknown" } else { "adapter/metrics" }, "{helper}");
    }
    let of_keys = "{name: credentials-exporter, image: oc, command: [sh, -c, 'while :; do ./keys; sleep 60; done']}";
    assert_ne!(beside(of_keys)[1], "adapter/metrics");
}

#[test]
fn helpers_that_are_told_of_the_app_or_keep_its_settings() {
    let pod = |second: &str| {
        roles(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers:\n      - {{name: shop, image: own, ports: [{{containerPort: 8888}}]}}\n      - {{{second}}}\n"
        ))[1]
    };
    for (second, role) in [
        (
            "name: security-proxy, image: x, ports: [{containerPort: 8988}], env: [{name: HTTP_REMOTE_PORT, value: '8888'}]",
            "sidecar",
        ),
        (
            "name: security-proxy, image: x, ports: [{containerPort: 8988}], env: [{name: HTTP_LOCAL_PORT, value: '8988'}]",
            "unknown",
        ),
        (
            "name: other, image: x, ports: [{containerPort: 8988}], env: [{name: HTTP_REMOTE_PORT, value: '8888'}]",
            "unknown",
        ),
        (
            "name: tune, image: x, command: [sh, -c, 'while true; do sysctl -w net.core.somaxconn=1024; sleep 9; done']",
            "sidecar",
        ),
        (
            "name: tune, image: x, command: [sh, -c, 'while true; do sysctl net.core.somaxconn; sleep 9; done']",
            "unknown",
        ),
        (
            "name: health, image: 'salrashid123/grpc_health_proxy:1.0.0', args: ['--grpcaddr=localhost:8888']",
            "adapter/health",
        ),
        (
            "name: ansible, image: x, command: [/usr/local/bin/ao-logs, /tmp/ansible-operator/runner, stdout]",
            "sidecar/logs",
        ),
        ("name: sync, image: '1password/connect-sync:1.7'", "sidecar/secrets"),
        ("name: i, image: 'sethvargo/vault-init:1.0'", "sidecar/secrets"),
    ] {
        assert_eq!(pod(second), role, "{second}");
    }
}

#[test]
fn what_fills_a_web_servers_folder_once_is_not_its_app() {
    let pod = |command: &str| {
        roles(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: two}}\nspec:\n  volumes: [{{name: d, emptyDir: {{}}}}]\n  containers:\n  - {{name: web, image: nginx, volumeMounts: [{{name: d, mountPath: /usr/share/nginx/html}}]}}\n  - {{name: other, image: debian, volumeMounts: [{{name: d, mountPath: /d}}], command: {command}}}\n"
        ))
    };
    for command in [
        "[sh, -c, 'echo hello > /d/index.html']",
        "[/bin/sh, -c, 'date > /d/index.html']",
        "[sh, -c, 'while true; do date > /d/index.html; sleep 9; done']",
    ] {
        assert_eq!(pod(command), ["app", "sidecar"], "{command}");
    }
}

#[test]
fn apache_in_front_of_php() {
    let manifest = |directive: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  httpd.conf: |\n    Listen 8080\n    {directive}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: shop}}\nspec:\n  volumes: [{{name: c, configMap: {{name: c}}}}]\n  containers:\n  - {{name: web, image: 'httpd:2.4', volumeMounts: [{{name: c, mountPath: /usr/local/apache2/conf/httpd.conf, subPath: httpd.conf}}]}}\n  - {{name: php, image: own, ports: [{{containerPort: 9000}}]}}\n"
        )
    };
    for directive in [
        "SetHandler \"proxy:fcgi://127.0.0.1:9000\"",
        "ProxyPassMatch ^/(.*\\.php)$ fcgi://127.0.0.1:9000/var/www/$1",
        "ProxyPass / fcgi://localhost:9000/",
    ] {
        assert_eq!(roles(&manifest(directive)), ["sidecar/web", "app"], "{directive}");
    }
}
