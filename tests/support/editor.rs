//! An editor that speaks the Language Server Protocol with `patterns lsp`.
#![allow(clippy::needless_pass_by_value, reason = "calls with `json!` read better so")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A session.
pub struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Json>,
    waiting: VecDeque<Json>,
    requests: i64,
    /// The diagnostics of each file, by URI.
    pub diagnostics: BTreeMap<String, Vec<Json>>,
    versions: BTreeMap<String, i64>,
    /// What the server said of itself.
    pub capabilities: Json,
}

impl Editor {
    /// Starts a server that has not been spoken to.
    pub fn silent(folder: &Path) -> Self {
        let mut child = Command::new(super::binary())
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if out.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut bytes = vec![0; length];
                out.read_exact(&mut bytes).unwrap();
                if sender.send(serde_json::from_slice(&bytes).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            input,
            output,
            waiting: VecDeque::new(),
            requests: 0,
            diagnostics: BTreeMap::new(),
            versions: BTreeMap::new(),
            capabilities: Json::Null,
        }
    }

    /// Starts a server on a folder, as a client with these capabilities.
    pub fn start(folder: &Path, capabilities: Json) -> Self {
        let mut editor = Self::silent(folder);
        let folders = json!([{"uri": uri(folder), "name": "folder"}]);
        let params = json!({"processId": null, "rootUri": uri(folder), "workspaceFolders": folders, "capabilities": capabilities});
        editor.capabilities = editor.ask("initialize", params)["capabilities"].clone();
        editor.tell("initialized", json!({}));
        editor
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Json) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Sends a notification.
    pub fn tell(&mut self, method: &str, params: Json) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request; its number.
    pub fn request(&mut self, method: &str, params: Json) -> i64 {
        self.requests += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params}));
        self.requests
    }

    /// Sends a request and waits for its result.
    pub fn ask(&mut self, method: &str, params: Json) -> Json {
        let answer = self.answer_to(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Sends a request and waits for the answer.
    pub fn answer_to(&mut self, method: &str, params: Json) -> Json {
        let id = self.request(method, params);
        self.wait_for(|message| message["id"] == id && message.get("method").is_none())
    }

    /// Waits for a message; others are kept.
    pub fn wait_for(&mut self, is_it: impl Fn(&Json) -> bool) -> Json {
        if let Some(at) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(at).unwrap();
        }
        loop {
            let message = self.output.recv_timeout(PATIENCE).expect("an answer");
            if is_it(&message) {
                self.note(&message);
                return message;
            }
            self.keep(message);
        }
    }

    /// Whether a message has come that was not waited for.
    pub fn has(&self, is_it: impl Fn(&Json) -> bool) -> bool {
        self.waiting.iter().any(is_it)
    }

    /// Remembers what is said of files.
    fn note(&mut self, message: &Json) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let uri = params["uri"].as_str().unwrap().to_owned();
            self.versions.insert(uri.clone(), params["version"].as_i64().unwrap_or(0));
            self.diagnostics.insert(uri, params["diagnostics"].as_array().unwrap().clone());
        }
    }

    fn keep(&mut self, message: Json) {
        self.note(&message);
        if message["method"] != "textDocument/publishDiagnostics" {
            self.waiting.push_back(message);
        }
    }

    /// Opens a text.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Edits a text: each change is a range of four numbers and what takes its place.
    pub fn edit(&mut self, uri: &str, version: i64, changes: &[([u32; 4], &str)]) {
        let change = |(range, text): &([u32; 4], &str)| json!({"range": range_of(*range), "text": text});
        let changes: Vec<Json> = changes.iter().map(change).collect();
        let document = json!({"uri": uri, "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Waits until the server has said what is wrong with a version of a file, or, if that is 0, until it says something
    /// new: the rules, or messages where there is none, in order.
    pub fn rules_of(&mut self, uri: &str, version: i64) -> Vec<String> {
        let is_of = |message: &Json| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && (version == 0 || message["params"]["version"].as_i64().is_some_and(|of| of >= version))
        };
        if version == 0 || self.versions.get(uri).is_none_or(|known| *known < version) {
            self.wait_for(is_of);
        }
        self.known_rules_of(uri)
    }

    /// Waits until the server has done what it was told, and has had nothing more to say for a while.
    pub fn wait_for_quiet(&mut self) {
        self.answer_to("textDocument/nothing", Json::Null);
        while let Ok(message) = self.output.recv_timeout(Duration::from_secs(3)) {
            self.keep(message);
        }
    }

    /// What was last said of a file.
    pub fn known_rules_of(&self, uri: &str) -> Vec<String> {
        let all = self.diagnostics.get(uri).map_or(&[][..], Vec::as_slice);
        all.iter().map(|one| one["code"].as_str().unwrap_or(one["message"].as_str().unwrap()).to_owned()).collect()
    }

    /// A request about a place.
    pub fn at(&mut self, method: &str, uri: &str, line: u32, character: u32) -> Json {
        let place = json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
        self.ask(method, place)
    }

    /// Ends the session as the protocol wants it; the exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.ask("shutdown", Json::Null);
        self.tell("exit", Json::Null);
        self.child.wait().unwrap().code()
    }

    /// Closes the server's input; the exit code.
    pub fn hang_up(mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().unwrap().code()
    }

    /// Waits for the server's end; the exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The URI of a file.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A range.
pub fn range_of([line, character, end_line, end_character]: [u32; 4]) -> Json {
    json!({
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    })
}
