//! The broker's Cloud SQL proxy: its arguments and its probes, without a Cloud SQL behind it.

use std::process::Command;

use serde_json::json;

use crate::generated::Generated;
use crate::program::{Running, find, folder, free_port, get, run};

const DESCRIPTION: &str = "\
patterns: v1
name: shop
app: {image: shop, port: 8080}
use:
  - broker: {as: db, protocol: postgres, to: \"cloudsql/acme:europe-west1:shop\", credentials: secret/sql/key.json}
";

#[test]
fn cloud_sql_proxy_starts_before_its_instance_answers() {
    let (Some(proxy), Some(openssl)) = (find("cloud-sql-proxy"), find("openssl")) else { return };
    let folder = folder("cloud-sql");
    let key = run(Command::new(openssl).args(["genrsa", "2048"]));
    let key = String::from_utf8(key.stdout).expect("PEM");
    // nothing listens where it would get a token
    let token = format!("http://127.0.0.1:{}/token", free_port());
    let account = json!({
        "type": "service_account", "project_id": "acme", "private_key_id": "1", "private_key": key, "token_uri": token,
        "client_email": "shop@acme.example", "client_id": "1",
    });
    std::fs::write(folder.join("key.json"), account.to_string()).expect("written");
    let (port, status) = (free_port(), free_port());
    let (port, status_port) = (format!("--port={port}"), format!("--http-port={status}"));
    let here = format!("--credentials-file={}/", folder.display());
    let replacements = [
        ("--port=5432", port.as_str()),
        ("--http-port=9090", &status_port),
        ("--http-address=0.0.0.0", "--http-address=127.0.0.1"),
        ("--credentials-file=/etc/cloud-sql-proxy/", &here),
    ];
    let args = Generated::from(DESCRIPTION).container_args("db", &replacements);
    let _running = Running::start(Command::new(proxy).args(args), status);
    for probe in ["/startup", "/liveness"] {
        let answer = get(status, probe, &[]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{probe}: {answer}");
    }
}
