//! The expressions of `logs`, against lines as the servers write them. fluent-bit's own engine is Onigmo; Perl
//! reads the same expressions, and is on every machine with git.

use std::process::Command;

use serde_json::{Value, json};

use crate::generated::Generated;
use crate::program::{find, run};

/// The named groups of the parser for a file, found in `text`.
fn fields(parser: &str, text: &str) -> Option<Value> {
    let perl = find("perl")?;
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - logs: {{files: {{/var/log/shop/a.log: {parser}}}}}\n"
    );
    let config = Generated::from(&description).file("shop-logs-", "fluent-bit.yaml");
    let config = &crate::support::documents(&config)[0];
    let regex = config["parsers"][0]["regex"].as_str().unwrap().to_owned();
    let script =
        r#"use JSON::PP; my ($r, $t) = @ARGV; print $t =~ /$r/ ? encode_json({map { $_ => $+{$_} } keys %+}) : "null""#;
    let output = run(Command::new(perl).args(["-e", script, &regex, text]));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn access_logs() {
    let line = r#"10.0.0.7 - ann [21/Nov/2026:14:28:58 +0000] "GET /cart?id=7 HTTP/1.1" 200 512 "https://www.example.com/" "curl/8.5" "-""#;
    let Some(found) = fields("nginx", line) else { return };
    assert_eq!(
        found,
        json!({"client": "10.0.0.7", "user": "ann", "time": "21/Nov/2026:14:28:58 +0000", "method": "GET",
            "path": "/cart?id=7", "status": "200", "size": "512", "referer": "https://www.example.com/",
            "agent": "curl/8.5"})
    );
    let common = r#"10.0.0.7 - - [21/Nov/2026:14:28:58 +0000] "GET / HTTP/1.0" 304 -"#;
    let found = fields("apache", common).unwrap();
    assert_eq!((&found["status"], &found["size"], found.get("agent")), (&json!("304"), &json!("-"), None));
}

#[test]
fn slow_logs_of_mysql_and_mariadb() {
    let mysql = "# Time: 2026-11-21T14:28:58.123456Z\n# User@Host: shop[shop] @ localhost []  Id:     8\n# Query_time: 2.000322  Lock_time: 0.000012 Rows_sent: 1  Rows_examined: 3\nuse orders;\nSET timestamp=1795271338;\nselect sleep(2),\n  '# no comment';\n";
    let Some(found_mysql) = fields("mysql-slow", mysql) else { return };
    assert_eq!(
        found_mysql,
        json!({"user": "shop", "host": "localhost", "client": "", "query_time": "2.000322", "lock_time": "0.000012",
            "rows_sent": "1", "rows_examined": "3", "database": "orders", "time": "1795271338",
            "query": "select sleep(2),\n  '# no comment';"})
    );
    let mariadb = "# User@Host: shop[shop] @  [10.0.0.7]\n# Thread_id: 31  Schema: orders  QC_hit: No\n# Query_time: 1.5  Lock_time: 0.0  Rows_sent: 0  Rows_examined: 9\n# Rows_affected: 0  Bytes_sent: 67\nSET timestamp=1795271338;\nselect 1;";
    let found = fields("mysql-slow", mariadb).unwrap();
    assert_eq!(
        (&found["client"], &found["query"], &found["host"]),
        (&json!("10.0.0.7"), &json!("select 1;"), &json!(""))
    );
    // Fluentd takes an entry to begin with its user, so that the next one's time is at its end.
    let next = format!("{}# Time: 2026-11-21T14:29:01.000001Z\n", mysql.split_once('\n').unwrap().1);
    assert_eq!(fields("mysql-slow", &next), Some(found_mysql));
}
