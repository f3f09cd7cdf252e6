//! The loop over Redis' slow log, against a real Redis.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::generated::Generated;
use crate::program::{Running, find, folder, free_port, talk};

#[test]
fn slow_commands_become_lines_of_json() {
    let (Some(redis), Some(_)) = (find("redis-server"), find("redis-cli")) else { return };
    let (port, folder) = (free_port(), folder("logs-slowlog"));
    let generated = Generated::from(&format!(
        "patterns: v1\nname: cache\napp: {{image: redis, port: {port}}}\nuse:\n  - logs: {{slowlog: redis, every: 1s, password: secret/a/b}}\n"
    ));
    for file in ["slowlog.sh", "slowlog.lua"] {
        std::fs::write(folder.join(file), generated.file("cache-logs-", file)).unwrap();
    }
    let mut server = Command::new(redis);
    server.args([
        "--port",
        &port.to_string(),
        "--save",
        "",
        "--slowlog-log-slower-than",
        "0",
        "--requirepass",
        "s3cret",
    ]);
    let _server = Running::start(server.current_dir(&folder).stdout(Stdio::null()), port);
    let container = generated.container("logs");
    let mut command = Command::new("sh");
    command.arg(folder.join("slowlog.sh")).stdout(Stdio::piped());
    for variable in container["env"].as_array().unwrap() {
        command.env(variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap_or("s3cret"));
    }
    let mut child = command.spawn().unwrap();
    talk(port, b"AUTH s3cret\r\nSET first \"a \\n \\\" b\"\r\nQUIT\r\n");
    let mut seen: Vec<u64> = Vec::new();
    let mut later = false;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    for entry in lines.map(|line| serde_json::from_str::<Value>(&line).unwrap()) {
        let id = entry["id"].as_u64().unwrap();
        assert!(!seen.contains(&id), "{id} comes once");
        seen.push(id);
        if entry["command"][1] == "first" {
            assert_eq!(entry["command"][2], "a \n \" b");
            assert!(entry["microseconds"].is_u64() && entry["client"].as_str().unwrap().starts_with("127.0.0.1:"));
            talk(port, b"AUTH s3cret\r\nSET second x\r\nQUIT\r\n");
            later = true;
        }
        if later && entry["command"][1] == "second" {
            break;
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
