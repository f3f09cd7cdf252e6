//! Programs that keep data: the folders that they write, the users that they become, and members that find each other.

use crate::support::{Run, documents, generate, import_report as report};
use serde_json::{Value, json};

fn database(image: &str, keys: &str, more: &str) -> Run {
    let port = if image.contains("mysql") || image.contains("mariadb") { 3306 } else { 5432 };
    generate(&format!(
        "patterns: v1\nname: db\napp: {{image: \"{image}\", port: {port}, user: 999, env: {{POSTGRES_PASSWORD: \
         secret/db/password}}{keys}}}\n{more}\n"
    ))
}

#[test]
fn a_new_disk_moves_no_folder_of_a_read_only_root() {
    let storage = |mount: &str| format!("shape: {{single: {{storage: {{size: 1Gi, mount: {mount}}}}}}}");
    let (postgres, mysql) = ("/var/lib/postgresql/data", "/var/lib/mysql");
    let single = "shape: {single: {}}";
    for (image, keys, more, folder) in [
        ("postgres:16", "", storage(postgres), "/var/run/postgresql"),
        ("postgres:16-alpine", "", storage(postgres), "/var/run/postgresql"),
        ("pgvector/pgvector:pg16", "", storage(postgres), "/var/run/postgresql"),
        ("mysql:8.4.11", "", storage(mysql), "/var/run/mysqld"),
        ("mariadb:11", "", storage(mysql), "/run/mysqld"),
        (
            "postgres:16",
            "",
            "shape: {sharded: {shards: 2, storage: {size: 1Gi, mount: /var/lib/postgresql/data}}}".to_owned(),
            "/var/run/postgresql",
        ),
        (
            "postgres:16",
            ", volumes: {d: {size: 1Gi, mount: /var/lib/postgresql/data}}",
            single.to_owned(),
            "/var/run/postgresql",
        ),
        (
            "postgres:16",
            ", volumes: {d: {claim: db, create: {size: 1Gi}, mount: /var/lib/postgresql/data}}",
            single.to_owned(),
            "/var/run/postgresql",
        ),
        ("postgres:16", ", args: [-c, max_connections=200]", storage(postgres), "/var/run/postgresql"),
        ("mysql:8.4.11", ", args: [--max-connections=200]", storage(mysql), "/var/run/mysqld"),
    ] {
        let run = database(image, keys, &more);
        let is_error = run.code == 2 && run.stderr.contains("error[read-only-root-needs-volume]");
        assert!(is_error && run.stderr.contains(folder), "{image} {keys} {more}\n{}", run.stderr);
        let run = database(image, &format!("{keys}, writable: [{folder}]"), &more);
        assert_eq!(run.code, 0, "{image} {keys} {more}\n{}", run.stderr);
        assert!(!run.stderr.contains("read-only-root"), "{}", run.stderr);
    }
}

#[test]
fn what_may_move_the_folder_is_no_error() {
    let storage = "shape: {single: {storage: {size: 1Gi, mount: /var/lib/postgresql/data}}}";
    for (keys, more) in [
        (", args: [-c, unix_socket_directories=/tmp]", storage),
        (", args: [--unix_socket_directories=/tmp]", storage),
        (", args: [-k, /tmp]", storage),
        (", writable: all", storage),
        (", volumes: {c: {secret: conf, mount: /etc/postgresql}}", storage),
        // another container puts a configuration there
        (
            ", shared: {data: /var/lib/postgresql/data}",
            "init: [{prepare: {image: \"busybox:1.37\", command: [sh, -c, \"cp /x /d\"], shared: {data: /d}}}]\nshape: {single: {}}",
        ),
    ] {
        let run = database("postgres:16", keys, more);
        assert!(!run.stderr.contains("cannot start"), "{keys} {more}\n{}", run.stderr);
    }
    // what is on a claim that is there already is not known
    let claim = ", volumes: {d: {claim: db, mount: /var/lib/postgresql/data}}";
    let run = database("postgres:16", claim, "shape: {single: {}}");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("warning[read-only-root-needs-volume]"), "{}", run.stderr);
}

/// A StatefulSet of one image with a disk, as a manifest.
fn stateful_set(image: &str, mount: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  serviceName: db\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      \
         containers: [{{name: db, image: \"{image}\", volumeMounts: [{{name: data, mountPath: {mount}}}]{container}}}]\n  \
         volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: \
         {{storage: 1Gi}}}}}}}}]\n"
    )
}

/// The app that an import describes, which generates without a word about its root.
fn imported(manifest: &str) -> Value {
    let said = report(manifest);
    let description = said["documents"][0]["description"].as_str().unwrap_or_else(|| panic!("{manifest}\n{said}"));
    let run = generate(description);
    assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
    assert!(!run.stderr.contains("read-only-root"), "{description}\n{}", run.stderr);
    let objects = documents(&run.stdout);
    let template = objects.iter().find_map(|object| object.pointer("/spec/template/spec")).unwrap().clone();
    let mut folders: Vec<String> = template["containers"][0]["volumeMounts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|mount| mount["mountPath"].as_str().map(str::to_owned))
        .collect();
    folders.sort_unstable();
    let security = &template["securityContext"];
    json!({"user": security["runAsUser"], "folders": folders, "add": template.pointer("/containers/0/securityContext/capabilities/add")})
}

#[test]
fn imported_databases_keep_their_users_and_folders() {
    let root = json!(["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]);
    let subfolder = ", env: [{name: PGDATA, value: /var/lib/postgresql/data/pgdata}]";
    let data = "/var/lib/postgresql/data";
    for (image, mount, container, user, add, folder) in [
        // a new disk's own folder is root's, and postgres' has to be its own
        ("postgres:16", data, "", 0, root.clone(), "/var/run/postgresql"),
        ("postgres:16-alpine", data, "", 0, root.clone(), "/var/run/postgresql"),
        ("postgres:16", data, subfolder, 999, Value::Null, "/var/run/postgresql"),
        ("postgres:16-alpine", data, subfolder, 70, Value::Null, "/var/run/postgresql"),
        ("postgres:18", "/var/lib/postgresql", "", 999, Value::Null, "/var/run/postgresql"),
        ("docker.io/library/postgres:11.8", data, "", 0, root, "/var/run/postgresql"),
        ("mysql:8", "/var/lib/mysql", "", 999, Value::Null, "/var/run/mysqld"),
        ("mariadb:11.4", "/var/lib/mysql", "", 999, Value::Null, "/run/mysqld"),
        ("redis:7", "/data", "", 999, Value::Null, "/data"),
        ("mongo:7", "/data/db", "", 999, Value::Null, "/data/db"),
        ("wordpress:6.5-apache", "/var/www/html", "", 33, Value::Null, "/var/run/apache2"),
        ("wordpress:6.5", "/var/www/html", "", 33, Value::Null, "/var/run/apache2"),
        // what a manifest says counts
        ("mysql:8", "/var/lib/mysql", ", securityContext: {runAsUser: 1001}", 1001, Value::Null, "/var/run/mysqld"),
        ("registry.example.com/shop/db:main", "/data", "", 10001, Value::Null, "/data"),
    ] {
        let found = imported(&stateful_set(image, mount, container));
        let folders = found["folders"].as_array().unwrap();
        assert_eq!((&found["user"], &found["add"]), (&json!(user), &add), "{image} {container}\n{found}");
        assert!(folders.contains(&json!(folder)) && folders.contains(&json!(mount)), "{image}\n{found}");
    }
}

#[test]
fn an_imported_claim_of_others_has_the_folders_too() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: db}}\n  \
                    template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers: [{name: db, image: \"mysql:8\", \
                    volumeMounts: [{name: data, mountPath: /var/lib/mysql}]}]\n      volumes: [{name: data, \
                    persistentVolumeClaim: {claimName: there}}]\n";
    let found = imported(manifest);
    assert!(found["folders"].as_array().unwrap().contains(&json!("/var/run/mysqld")), "{found}");
}

fn services(description: &str) -> Vec<Value> {
    let run = generate(description);
    assert_eq!(run.code, 0, "{description}\n{}", run.stderr);
    documents(&run.stdout).into_iter().filter(|object| object["kind"] == "Service").collect()
}

#[test]
fn names_of_shards_resolve_before_they_are_ready() {
    let zookeeper = |shape: &str| {
        format!(
            "patterns: v1\nname: zoo\napp: {{image: \"registry.example.com/zookeeper:3.9\", port: 2181, health: {{tcp: \
             2181}}}}\nshape: {{sharded: {{{shape}}}}}\n"
        )
    };
    for (shape, expected) in [
        ("shards: 3", Value::Null),
        ("shards: 3, unready: false", Value::Null),
        ("shards: 3, unready: true", json!(true)),
        ("shards: 2, replicas: 2, unready: true", json!(true)),
        ("shards: 3, unready: true, storage: {size: 1Gi, mount: /data}", json!(true)),
    ] {
        for service in services(&zookeeper(shape)) {
            assert_eq!(service["spec"]["publishNotReadyAddresses"], expected, "{shape}\n{service}");
        }
    }
    let noted = |shape: &str| generate(&zookeeper(shape)).stderr.contains("add `unready: true` to `sharded`");
    assert!(noted("shards: 3"));
    assert!(!noted("shards: 3, unready: true") && !noted("shards: 1"));
    let exposed = generate(&(zookeeper("shards: 3") + "expose: {type: Headless, unready: true}\n"));
    assert!(exposed.stderr.contains("help: shape: {sharded: {…, unready: true}}"), "{}", exposed.stderr);
}

#[test]
fn import_says_unready_with_a_key() {
    let manifest = |replicas: u64, publish: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: kafka}}\nspec: {{clusterIP: None{publish}, selector: {{app: \
             kafka}}, ports: [{{port: 9092}}]}}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: \
             kafka}}\nspec:\n  serviceName: kafka\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: kafka}}}}\n  \
             template:\n    metadata: {{labels: {{app: kafka}}}}\n    spec:\n      containers: [{{name: kafka, image: \
             \"registry.example.com/stream:1\", ports: [{{containerPort: 9092}}]}}]\n"
        )
    };
    for (replicas, publish, word) in [
        (3, ", publishNotReadyAddresses: true", Some("unready: true")),
        (2, ", publishNotReadyAddresses: true", Some("unready: true")),
        (1, ", publishNotReadyAddresses: true", Some("unready: true")),
        (3, ", publishNotReadyAddresses: false", None),
        (3, "", None),
    ] {
        let said = report(&manifest(replicas, publish));
        let description = said["documents"][0]["description"].as_str().unwrap_or_default();
        assert_eq!(description.contains("unready"), word.is_some(), "{description}");
        assert!(!description.contains("patch:") && said["fields"]["lost"] == 0, "{description}");
    }
}

#[test]
fn disks_that_keep_nothing_or_are_refused_are_named() {
    let said = |image: &str, keys: &str, storage: &str| {
        let run = generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"{image}\", writable: all, user: 1000{keys}}}\nshape: {{single: {{storage: \
             {{size: 1Gi, {storage}}}}}}}\n"
        ));
        assert_eq!(run.code, 0, "{image} {keys}\n{}", run.stderr);
        (run.stderr.contains("stays empty"), run.stderr.contains("does not start with lost+found"))
    };
    for (image, keys, storage, expected) in [
        ("postgres:17", "", "mount: /var/lib/postgresql", (true, false)),
        ("postgres:17", ", env: {PGDATA: /var/lib/postgresql/own}", "mount: /var/lib/postgresql", (false, false)),
        ("postgres:17", ", env: {PGDATA: /var/lib/postgresql/data/own}", "mount: /var/lib/postgresql", (true, false)),
        ("postgres:18", "", "mount: /var/lib/postgresql", (false, false)),
        ("postgres:17", ", command: [psql, -h, db]", "mount: /var/lib/postgresql", (false, false)),
        ("mongo:8", "", "mount: /data", (true, false)),
        ("mongo:8", "", "mount: /data/", (true, false)),
        ("mongo:8", "", "mount: /data/db", (false, false)),
        ("mongo:8", ", args: [--dbpath, /data/own]", "mount: /data", (false, false)),
        ("mongo:8", ", volumes: {db: {claim: db, mount: /data/db}}", "mount: /data", (false, false)),
        ("mysql:8.4", "", "mount: /var/lib", (true, false)),
        ("mysql:8.4", "", "mount: /var/lib/mysql", (false, false)),
        ("apache/kafka:3.9.0", ", env: {KAFKA_LOG_DIRS: /var/lib/kafka/data}", "mount: /var/lib/kafka", (true, false)),
        (
            "apache/kafka:3.9.0",
            ", env: {KAFKA_LOG_DIRS: /var/lib/kafka/data}",
            "mount: /var/lib/kafka/data",
            (false, true),
        ),
        (
            "apache/kafka:3.9.0",
            ", env: {KAFKA_LOG_DIRS: /var/lib/kafka/data}",
            "mount: /var/lib/kafka/data, sub: data",
            (false, false),
        ),
        (
            "apache/kafka:3.9.0",
            ", env: {KAFKA_LOG_DIRS: /var/lib/kafka/data/topics}",
            "mount: /var/lib/kafka/data",
            (false, false),
        ),
        ("confluentinc/cp-kafka:7.8.0", "", "mount: /var/lib/kafka/data", (false, true)),
        ("registry.example.com/db:1", "", "mount: /data", (false, false)),
    ] {
        assert_eq!(said(image, keys, storage), expected, "{image} {keys} {storage}");
    }
}

#[test]
fn programs_that_write_beside_the_files_of_their_image_need_a_writable_root() {
    let apache = "writable: [/var/run/apache2]";
    for (image, keys, expected) in [
        ("quay.io/keycloak/keycloak:26.0.7", "args: [start]", true),
        ("quay.io/keycloak/keycloak:26.0.7", "args: [start, --optimized]", false),
        ("quay.io/keycloak/keycloak:26.0.7", "command: [/opt/keycloak/bin/kc.sh, start-dev]", true),
        ("quay.io/keycloak/keycloak:26.0.7", "command: [/own.sh, start]", false),
        ("quay.io/keycloak/keycloak:26.0.7", "args: [start], writable: all", false),
        ("registry.example.com/shop/keycloak:7", "args: [start]", false),
        ("temporalio/auto-setup:1.25.2", "port: 7233", true),
        ("nextcloud:30.0.4-apache", &format!("{apache}, user: 33, env: {{REDIS_HOST: cache}}"), true),
        ("nextcloud:30.0.4-apache", &format!("{apache}, user: 33, env: {{MYSQL_HOST: db}}"), false),
        ("nextcloud:30.0.4-apache", "command: [php, -f, cron.php], user: 33, env: {REDIS_HOST: cache}", false),
    ] {
        let run = generate(&format!("patterns: v1\nname: a\napp: {{image: \"{image}\", {keys}}}\n"));
        assert_eq!(run.code, 0, "{image} {keys}\n{}", run.stderr);
        assert_eq!(
            run.stderr.contains("writes beside the files of its image"),
            expected,
            "{image} {keys}\n{}",
            run.stderr
        );
    }
}

/// What databases want to be told that are to have no password.
const OPEN: &str = "env: {POSTGRES_HOST_AUTH_METHOD: trust, MYSQL_ALLOW_EMPTY_PASSWORD: \"1\", \
                    MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: \"1\"}";

#[test]
fn replicas_with_data_of_their_own_are_noted() {
    let noted = |image: &str, more: &str| {
        let run =
            generate(&format!("patterns: v1\nname: db\napp: {{image: \"{image}\", writable: all, {OPEN}}}\n{more}\n"));
        assert_eq!(run.code, 0, "{image} {more}\n{}", run.stderr);
        run.stderr.contains("each with its own data")
    };
    for image in [
        "redis:8.10.1",
        "redis:7-alpine",
        "docker.io/library/redis:7",
        "mysql:8.4",
        "postgres:16",
        "rabbitmq:3.13-management",
        "memcached:1.6",
        "mongo:7",
        "mariadb:11",
        "elasticsearch:8.14.0",
        "bitnami/postgresql:16.4.0",
        "docker.io/bitnamilegacy/redis:7.4",
        "bitnami/mongodb:7.0",
        "apache/kafka:3.9.0",
    ] {
        assert!(noted(image, ""), "{image}");
    }
    let runs = |image: &str, keys: &str| {
        let run =
            generate(&format!("patterns: v1\nname: db\napp: {{image: \"{image}\", writable: all, {OPEN}, {keys}}}\n"));
        assert_eq!(run.code, 0, "{image} {keys}\n{}", run.stderr);
        run.stderr.contains("each with its own data")
    };
    for (image, keys, expected) in [
        ("postgres:16", "args: [-c, max_connections=200]", true),
        ("postgres:16", "command: [docker-entrypoint.sh, postgres]", false),
        ("redis:7", "command: [redis-server, --save, '']", true),
        ("redis:7", "command: [sh, -c, exec redis-server --port 7000]", true),
        ("redis:7", "args: [/etc/redis.conf]", true),
        ("postgres:16", "command: [psql, -h, db, -c, LISTEN x]", false),
        ("postgres:16", "args: [pg_dump, -h, db]", false),
        (
            "postgres:16",
            "command: [/bin/sh, -c, 'while true; do pg_dump -h db | gzip > /tmp/d; sleep 60; done']",
            false,
        ),
        ("redis:7", "command: [redis-cli, -h, cache, MONITOR]", false),
        ("mysql:8", "command: [mysqldump, -h, db, shop]", false),
        ("mongo:7", "command: [mongosh, 'mongodb://db']", false),
        ("mongo:4", "command: [mongo, 'mongodb://db']", false),
        ("bitnami/postgresql:16", "command: [psql, -h, db]", false),
        ("mariadb:11", "command: [/own/start.sh]", false),
    ] {
        assert_eq!(runs(image, keys), expected, "{image} {keys}");
    }
    for (image, more) in [
        ("redis:8.10.1", "shape: {single: {}}"),
        ("redis:8.10.1", "shape: {sharded: {shards: 3}}"),
        ("redis:8.10.1", "shape: {replicated: {replicas: 2}}"),
        ("redis:8.10.1", "shape: {daemon: {}}"),
        ("nginx:1.29", ""),
        ("registry.example.com/shop:1", ""),
    ] {
        assert!(!noted(image, more), "{image} {more}");
    }
}

#[test]
fn a_folder_that_a_user_cannot_own_is_named() {
    let postgres = |image: &str, keys: &str, shape: &str| {
        let run = database(image, &format!("{keys}, writable: [/var/run/postgresql]"), shape);
        assert_eq!(run.code, 0, "{image} {keys} {shape}\n{}", run.stderr);
        run.stderr.contains("has to own")
    };
    let storage = |mount: &str| format!("shape: {{single: {{storage: {{size: 1Gi, mount: {mount}}}}}}}");
    let (data, single) = (storage("/var/lib/postgresql/data"), "shape: {single: {}}");
    assert!(postgres("postgres:16", "", &data));
    assert!(postgres("postgres:16-alpine", "", &data));
    assert!(postgres("postgres:16", "", &storage("/var/lib/postgresql/data/")));
    assert!(postgres("postgres:16", ", volumes: {d: {size: 1Gi, mount: /var/lib/postgresql/data}}", single));
    // the variable of the app's own, beside the password
    let pgdata = |image: &str, folder: &str, mount: &str| {
        let run = generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"{image}\", port: 5432, user: 999, env: {{PGDATA: {folder}}}, writable: \
             [/var/run/postgresql]}}\n{}\n",
            storage(mount)
        ));
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr.contains("has to own")
    };
    assert!(pgdata("postgres:16", "/data", "/data"));
    assert!(!pgdata("postgres:16", "/data/pgdata", "/data"));
    assert!(!postgres("postgres:18", "", &storage("/var/lib/postgresql")));
    assert!(!postgres("postgres:16", ", volumes: {d: {claim: there, mount: /var/lib/postgresql/data}}", single));
    assert!(!postgres("registry.example.com/shop/db:main", "", &data));
}

/// Mounts of a configuration may move the folders, or not; what ran with a root that it could write has them in any case.
#[test]
fn imported_databases_have_their_folders_beside_other_mounts() {
    for (image, data, folder, beside) in [
        ("postgres:16", "/var/lib/postgresql/data", "/var/run/postgresql", "/etc/localtime"),
        ("postgres:16", "/var/lib/postgresql/data", "/var/run/postgresql", "/docker-entrypoint-initdb.d"),
        ("mysql:8.4", "/var/lib/mysql", "/var/run/mysqld", "/etc/mysql/conf.d"),
        ("mysql:5.7", "/var/lib/mysql", "/var/run/mysqld", "/docker-entrypoint-initdb.d"),
        ("mariadb:11", "/var/lib/mysql", "/run/mysqld", "/etc/mysql/conf.d"),
    ] {
        for volume in ["configMap: {name: conf}", "secret: {secretName: conf}", "hostPath: {path: /etc/localtime}"] {
            let manifest = stateful_set(image, data, "")
                .replace("volumeMounts: [", &format!("volumeMounts: [{{name: beside, mountPath: {beside}}}, "))
                .replace(
                    "  volumeClaimTemplates",
                    &format!("      volumes: [{{name: beside, {volume}}}]\n  volumeClaimTemplates"),
                );
            let app = imported(&manifest);
            let folders = app["folders"].as_array().expect("mounts");
            assert!(folders.iter().any(|one| one == folder), "{image} {beside} {volume}: {app}");
        }
    }
    // an init container starts before the folders of the app are there, and keeps the workload from nothing
    let init = "      initContainers: [{name: dump, image: \"mysql:8.4\", command: [sh, -c, \"mysqldump -h db x\"], volumeMounts: [{name: data, mountPath: /etc/mysql/conf.d}]}]\n";
    let manifest = stateful_set("mysql:8.4", "/var/lib/mysql", "")
        .replace("    spec:\n      containers", &format!("    spec:\n{init}      containers"));
    assert_eq!(report(&manifest)["imported"], 1, "{manifest}");
}

/// What a program keeps in the folder that its image declares as a volume, or that it has to have, is on a volume, or it
/// is said.
#[test]
fn folders_of_data_are_on_volumes_or_it_is_said() {
    const NONE: &str = "";
    for (image, keys, folder) in [
        ("redis:8.10.1", "", "/data"),
        ("redis:7-alpine", "args: [redis-server, --appendonly, 'yes']", "/data"),
        ("redis:7", "args: [--save, '', --appendonly, 'yes']", "/data"),
        ("redis:7", "args: [--save, '60', '1']", "/data"),
        ("redis:7", "args: [--dir, /var/lib/redis]", "/var/lib/redis"),
        ("redis:7", "args: [--save, '']", NONE),
        ("redis:7", "args: [--save, '', --maxmemory, 192mb]", NONE),
        ("redis:7", "args: [--dir, /tmp]", NONE),
        ("redis:7", "writable: [/data]", NONE),
        ("redis:7", "writable: all", NONE),
        ("redis:7", "volumes: {d: {claim: d, mount: /data}}", NONE),
        ("redis:7", "command: [redis-cli, -h, cache, MONITOR]", NONE),
        ("valkey/valkey:8.1", "", "/data"),
        ("valkey/valkey:8.1-alpine", "args: [--save, '']", NONE),
        ("mongo:8.0.4", "", "/data/db"),
        ("mongo:8.0.4", "args: [--dbpath, /data/other]", "/data/other"),
        ("mongo:8.0.4", "writable: [/data]", NONE),
        ("rabbitmq:4.1.0", "", "/var/lib/rabbitmq"),
        ("minio/minio:RELEASE.2025-01-20T14-49-07Z", "args: [server, /data]", "/data"),
        ("minio/minio:RELEASE.2025-01-20T14-49-07Z", "args: [server, /srv, --console-address, ':9001']", "/srv"),
        ("minio/minio:RELEASE.2025-01-20T14-49-07Z", "args: [server, 'http://minio-{0...3}/data']", NONE),
        ("influxdb:2.7.11", "", "/var/lib/influxdb2"),
        ("influxdb:1.8", "", "/var/lib/influxdb"),
        ("influxdb:latest", "", NONE),
        ("influxdb:2.7.11", "writable: [/var/lib/influxdb2]", NONE),
        ("prom/prometheus:v3.1.0", "", "/prometheus"),
        ("prom/prometheus:v3.1.0", "args: [--config.file=/etc/p.yml, --storage.tsdb.path=/srv]", "/srv"),
        ("grafana/grafana:11.5.0", "", "/var/lib/grafana"),
        ("quay.io/coreos/etcd:v3.5.17", "command: [etcd, --data-dir, /var/lib/etcd]", "/var/lib/etcd"),
        ("bitnami/prometheus:3.1.0", "", NONE),
        ("registry.example.com/shop/cache:1", "command: [redis-server]", NONE),
    ] {
        let run = generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"{image}\"{}{keys}}}\nshape: {{single: {{}}}}\n",
            if keys.is_empty() { "" } else { ", " }
        ));
        assert_eq!(run.code, 0, "{image} {keys}\n{}", run.stderr);
        let said = run.stderr.split("keeps its data in ").nth(1).and_then(|rest| rest.split(',').next());
        assert_eq!(said.unwrap_or_default(), folder, "{image} {keys}\n{}", run.stderr);
        let advice = format!("write writable: [{folder}]");
        assert_eq!(run.stderr.contains(&advice), !folder.is_empty(), "{image} {keys}\n{}", run.stderr);
    }
    let started = |image: &str, keys: &str| {
        let env = "env: {MYSQL_ROOT_PASSWORD: secret/db/root, POSTGRES_PASSWORD: secret/db/password}";
        generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"{image}\", user: 999, {env}, {keys}}}\nshape: {{single: {{}}}}\n"
        ))
    };
    // mysql and postgres cannot even start without another folder
    for (image, socket, data) in [
        ("mysql:8.4.4", "/var/run/mysqld", "/var/lib/mysql"),
        ("postgres:17.3", "/var/run/postgresql", "/var/lib/postgresql/data"),
    ] {
        let run = started(image, &format!("writable: [{socket}]"));
        assert!(run.code == 0 && run.stderr.contains(&format!("writable: [{data}]")), "{image}: {}", run.stderr);
        let run = started(image, &format!("writable: [{socket}, {data}]"));
        assert!(run.code == 0 && !run.stderr.contains("keeps its data"), "{image}: {}", run.stderr);
    }
    let elsewhere = "shape: {single: {storage: {size: 1Gi, mount: /var/lib/redis}}}";
    let run = generate(&format!("patterns: v1\nname: db\napp: {{image: \"redis:7\"}}\n{elsewhere}\n"));
    assert!(run.stderr.contains("mount the disk there, which is at /var/lib/redis"), "{}", run.stderr);
}

#[test]
fn an_import_gives_programs_the_folder_of_their_data() {
    let workload = |image: &str, keys: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: db}}\nspec:\n  selector: {{matchLabels: {{app: \
             db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      containers: [{{name: db, image: \
             \"{image}\"{keys}}}]\n"
        )
    };
    for (image, keys, folder) in [
        ("redis:7-alpine", ", args: [redis-server, --appendonly, \"yes\"]", "/data"),
        ("redis:7-alpine", "", "/data"),
        ("valkey/valkey:8.1", "", "/data"),
        ("mongo:8.0.4", "", "/data/db"),
        ("rabbitmq:4.1.0", "", "/var/lib/rabbitmq"),
        ("minio/minio:RELEASE.2025-01-20T14-49-07Z", ", args: [server, /data]", "/data"),
        ("influxdb:2.7.11", "", "/var/lib/influxdb2"),
        ("prom/prometheus:v3.1.0", "", "/prometheus"),
        ("grafana/grafana:11.5.0", "", "/var/lib/grafana"),
        ("quay.io/coreos/etcd:v3.5.17", ", command: [etcd, --data-dir, /var/lib/etcd]", "/var/lib/etcd"),
    ] {
        let found = imported(&workload(image, keys));
        assert!(found["folders"].as_array().unwrap().contains(&json!(folder)), "{image} {keys}\n{found}");
    }
    let found = imported(&workload("redis:7", ", args: [--save, \"\"]"));
    assert!(!found["folders"].as_array().is_some_and(|folders| folders.contains(&json!("/data"))), "{found}");
}

/// Replicas of a shard are behind one Service, as those of a document without a shape are.
#[test]
fn replicas_of_a_shard_with_data_of_their_own_are_noted() {
    for (image, shape, expected) in [
        ("redis:8.10.1", "{sharded: {shards: 3, replicas: 2}}", true),
        ("valkey/valkey:8.1", "{sharded: {shards: 2, replicas: 3}}", true),
        ("redis:8.10.1", "{sharded: {shards: 3}}", false),
        ("redis:8.10.1", "{sharded: 3}", false),
        ("registry.example.com/tiles:2.1.0", "{sharded: {shards: 4, replicas: 2}}", false),
    ] {
        let run = generate(&format!(
            "patterns: v1\nname: db\napp: {{image: \"{image}\", port: 6379, writable: all}}\nshape: {shape}\n"
        ));
        assert_eq!(run.code, 0, "{image} {shape}\n{}", run.stderr);
        assert_eq!(run.stderr.contains("each with its own data"), expected, "{image} {shape}\n{}", run.stderr);
        assert_eq!(run.stderr.matches("note: each shard of `db` is").count(), usize::from(expected), "{}", run.stderr);
    }
}
