//! `patterns lsp`, spoken to as editors do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::editor::{Editor, range_of, uri};
use crate::support::folder::{OwnFolder, own_folder};
use serde_json::{Value as Json, json};

const NORWAY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: norway}\ndata:\n  country: no\n";

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports: [{name: http, containerPort: 80}]
          env:
            - {name: PEER, value: \"http://shop.default:80\"}
            - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
";

const SHOP: &str = "\
patterns: v1
name: shop
app: {image: registry.example.com/shop:1.7.0, port: 8080}
shape: {replicated: {replicas: 2}}
use:
  - topz
";

/// A repository of one test's own, by its real path.
struct Folder(PathBuf, #[expect(dead_code, reason = "it is there until this is dropped")] OwnFolder);

impl Folder {
    fn new(name: &str) -> Self {
        let path = own_folder(Path::new("lsp").join(name));
        fs::create_dir_all(path.join(".git")).unwrap();
        Self(fs::canonicalize(&path).unwrap(), path)
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        uri(&path)
    }

    fn uri(&self, name: &str) -> String {
        uri(&self.0.join(name))
    }

    fn start(&self) -> Editor {
        Editor::start(&self.0, json!({}))
    }
}

fn place_of(text: &str, part: &str) -> (u32, u32) {
    let at = text.find(part).unwrap();
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    (u32::try_from(line).unwrap(), u32::try_from(text[start..at].encode_utf16().count()).unwrap())
}

fn labels(items: &Json) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

#[test]
fn a_session_follows_the_protocol() {
    let folder = Folder::new("session");
    let mut editor = Editor::silent(&folder.0);
    assert_eq!(editor.answer_to("textDocument/hover", json!({}))["error"]["code"], -32002);
    editor.tell("textDocument/didOpen", json!({}));
    let capabilities = editor.ask("initialize", json!({"processId": null, "rootUri": null, "capabilities": {}}));
    assert_eq!(capabilities["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(capabilities["serverInfo"]["name"], "patterns");
    editor.tell("initialized", json!({}));
    let again = editor.answer_to("initialize", json!({"processId": null, "rootUri": null, "capabilities": {}}));
    assert_eq!(again["error"]["code"], -32600);
    assert_eq!(editor.answer_to("textDocument/nothing", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.answer_to("textDocument/hover", json!({"a": 1}))["error"]["code"], -32602);
    assert_eq!(editor.ask("shutdown", Json::Null), Json::Null);
    assert_eq!(editor.answer_to("shutdown", Json::Null)["error"]["code"], -32600);
    editor.tell("exit", Json::Null);
    assert_eq!(editor.wait(), Some(0));

    let mut editor = folder.start();
    editor.tell("exit", Json::Null);
    assert_eq!(editor.wait(), Some(1));
    assert_eq!(folder.start().hang_up(), Some(1));
}

#[test]
fn broken_messages_are_answered_and_survived() {
    let folder = Folder::new("hostile");
    let mut editor = folder.start();
    for (bytes, code) in [
        (&b"Content-Length: 5\r\n\r\n{\"a\":"[..], -32700),
        (b"content-length: 4\r\nX: y\r\n\r\n\xff\xfe{}", -32700),
        (b"Content-Length: 2\r\n\r\n[]", -32600),
        (b"Content-Length: 47\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"shutdown\" }", -32600),
    ] {
        editor.send_bytes(bytes);
        let answer = editor.wait_for(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(answer["error"]["code"], code, "{bytes:?}");
    }
    // What is about texts that are not open, or about no text at all, changes nothing.
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []}),
    );
    editor.tell("textDocument/didOpen", json!({"textDocument": 1}));
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": "file:///x"}}));
    editor.tell("$/nothing", json!([]));
    editor.send(&json!({"jsonrpc": "2.0", "id": 99, "result": null}));
    let name = folder.uri("a.yaml");
    editor.open(&name, "\u{0}\u{feff}a: [}\r{{");
    editor.edit(&name, 2, &[([9, 9, 1, 1], "x"), ([0, 0, u32::MAX, u32::MAX], NORWAY)]);
    assert_eq!(editor.rules_of(&name, 2), ["norway"]);
    assert_eq!(editor.at("textDocument/hover", &name, u32::MAX, u32::MAX), Json::Null);
    assert_eq!(editor.stop(), Some(0));
    // Where the next message begins is unknown.
    let mut editor = folder.start();
    editor.send_bytes(b"nonsense\r\n\r\n");
    assert_eq!(editor.wait(), Some(2));
}

#[test]
fn what_was_cancelled_is_not_answered_with_a_result() {
    let folder = Folder::new("cancel");
    let mut editor = folder.start();
    let id = 77;
    let request = json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": {}}).to_string();
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": id}}).to_string();
    let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
    // Many before it, so that the server takes both in before it comes to the request.
    let many: String = (100..140).map(|id| framed(&request.replace("77", &id.to_string()))).collect();
    editor.send_bytes((many + &framed(&request) + &framed(&cancel)).as_bytes());
    let answer = editor.wait_for(|message| message["id"] == id);
    // The message may have come too late; it never has a result of another kind.
    assert!([-32800, -32602].contains(&answer["error"]["code"].as_i64().unwrap()), "{answer}");
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn diagnostics_follow_the_text_by_utf_16_units() {
    let folder = Folder::new("typing");
    let name = folder.file("norway.yaml", NORWAY);
    let mut editor = folder.start();
    assert_eq!(editor.rules_of(&name, 0), ["norway"], "files that are not open are checked too");
    editor.open(&name, NORWAY);
    // Two units in UTF-16, four bytes in UTF-8: what is behind it moves by two.
    editor.edit(&name, 2, &[([4, 2, 4, 2], "😀: x, y: ")]);
    editor.edit(&name, 3, &[([4, 4, 4, 8], ""), ([4, 4, 4, 4], "c")]);
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: norway}\ndata: {a: \"😀\", country: no}\r\n";
    editor.edit(&name, 4, &[([0, 0, 99, 0], text)]);
    assert_eq!(editor.rules_of(&name, 4), ["norway"]);
    let (line, character) = place_of(text, "no}");
    assert_eq!(editor.diagnostics[&name][0]["range"], range_of([line, character, line, character + 2]));
    editor.edit(&name, 5, &[([line, character, line, character + 2], "\"no\"")]);
    assert_eq!(editor.rules_of(&name, 5), Vec::<String>::new());
    // Closed, the file on disk counts again.
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": name}}));
    assert_eq!(editor.rules_of(&name, 0), ["norway"]);
    assert_eq!(fs::read_to_string(folder.0.join("norway.yaml")).unwrap(), NORWAY, "nothing is written");
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn clients_that_offer_bytes_get_bytes() {
    let folder = Folder::new("bytes");
    let name = folder.file("norway.yaml", "");
    let mut editor = Editor::start(&folder.0, json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}}));
    assert_eq!(editor.capabilities["positionEncoding"], "utf-8");
    editor.open(&name, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: é😀, b: no}\n");
    assert_eq!(editor.rules_of(&name, 1), ["norway"]);
    assert_eq!(editor.diagnostics[&name][0]["range"], range_of([3, 21, 3, 23]));
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn an_edit_in_one_file_is_seen_in_another() {
    let folder = Folder::new("across");
    let web = folder.file("web.yaml", WEB);
    let service = folder.file("service.yaml", SERVICE);
    let mut editor = folder.start();
    editor.open(&web, WEB);
    editor.rules_of(&web, 1);
    let other = "dangling-service";
    assert!(!editor.known_rules_of(&service).contains(&other.to_owned()));
    let (line, character) = place_of(WEB, "web}}\n    spec");
    editor.edit(&web, 2, &[([line, character, line, character + 3], "wab")]);
    let is_other = |message: &Json| {
        message["params"]["uri"] == service.as_str()
            && message["params"]["diagnostics"].as_array().is_some_and(|all| all.iter().any(|one| one["code"] == other))
    };
    let found = editor.wait_for(is_other);
    let all = found["params"]["diagnostics"].as_array().unwrap();
    let found = all.iter().find(|one| one["code"] == other).unwrap();
    assert_eq!(found["source"], "patterns");
    editor.edit(&web, 3, &[([line, character, line, character + 3], "web")]);
    editor.wait_for(|message| {
        message["params"]["uri"] == service.as_str()
            && message["params"]["diagnostics"].as_array().is_some_and(|all| all.iter().all(|one| one["code"] != other))
    });
    assert_eq!(editor.stop(), Some(0));
}

/// What an editor shows of a folder after many edits is what `patterns lint` finds in it.
#[test]
fn the_findings_are_those_of_lint() {
    let folder = Folder::new("same");
    let names: Vec<String> = (0..40).map(|at| folder.file(&format!("team{}/web{at}.yaml", at % 4), WEB)).collect();
    folder.file("service.yaml", SERVICE);
    folder.file("team1/shop.yaml", SHOP);
    folder.file("team2/kustomization.yaml", "resources: [web2.yaml, web6.yaml]\nnamePrefix: a-\n");
    let mut editor = folder.start();
    for (at, name) in names.iter().enumerate().take(6) {
        editor.open(name, WEB);
        let changed = WEB
            .replace("nginx:1.27", ["nginx", "nginx:latest", "NGINX"][at % 3])
            .replace("{app: web}}\n  template", "{app: wob}}\n  template");
        editor.edit(name, 2, &[([0, 0, 99, 0], &changed)]);
        editor.rules_of(name, 2);
        fs::write(folder.0.join(format!("team{}/web{at}.yaml", at % 4)), changed).unwrap();
        editor.tell("textDocument/didSave", json!({"textDocument": {"uri": name}}));
    }
    // An answer that comes after all that was told.
    editor.ask(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": names[0]}, "range": range_of([0, 0, 0, 0]), "context": {"diagnostics": []}}),
    );
    editor.wait_for_quiet();
    let lint = std::process::Command::new(crate::support::binary())
        .args(["lint", ".", "--format", "json"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&lint.stdout).unwrap();
    let mut wanted: Vec<String> = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        let file = finding["file"].as_str().or(finding["path"].as_str()).unwrap();
        let file = file.trim_start_matches("./");
        wanted.push(format!("{} {}", folder.uri(file), finding["rule"].as_str().unwrap()));
    }
    let mut found: Vec<String> = Vec::new();
    for name in editor.diagnostics.keys().cloned().collect::<Vec<_>>() {
        found.extend(editor.known_rules_of(&name).iter().map(|rule| format!("{name} {rule}")));
    }
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
    assert!(found.len() >= 5, "{found:?}");
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn descriptions_are_checked_completed_and_explained() {
    let folder = Folder::new("description");
    let name = folder.file("shop.yaml", SHOP);
    let mut editor = folder.start();
    editor.open(&name, SHOP);
    let text = SHOP.replace("  - topz\n", "  - tops\n");
    editor.edit(&name, 2, &[([0, 0, 99, 0], &text)]);
    assert_eq!(editor.rules_of(&name, 2), ["invalid-description"]);
    editor.edit(&name, 3, &[([0, 0, 99, 0], SHOP)]);
    assert_eq!(editor.rules_of(&name, 3), Vec::<String>::new());

    let hover = |editor: &mut Editor, part: &str| {
        let (line, character) = place_of(SHOP, part);
        editor.at("textDocument/hover", &name, line, character + 1)["contents"]["value"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(hover(&mut editor, "topz").contains("topz (sidecar"));
    assert!(hover(&mut editor, "replicated").contains("Parameters"));
    assert!(hover(&mut editor, "replicas").starts_with("**replicas**"));
    assert!(hover(&mut editor, "port: 8080").contains("where the app listens"));
    assert!(hover(&mut editor, "name: shop").contains("Deployment/shop"));

    let lenses = editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": name}}));
    let title = lenses[0]["command"]["title"].as_str().unwrap();
    assert!(title.starts_with("makes ") && title.contains("Deployment/shop"), "{title}");
    let shown = editor.ask("workspace/executeCommand", json!({"command": "patterns.show", "arguments": [name]}));
    let run = crate::support::generate(SHOP);
    assert_eq!(
        shown.as_str().unwrap().matches("kind: Deployment").count(),
        run.stdout.matches("kind: Deployment").count()
    );
    let answer = editor.answer_to("workspace/executeCommand", json!({"command": "rm", "arguments": []}));
    assert_eq!(answer["error"]["code"], -32803);

    for (text, wanted, unwanted) in [
        ("|", "patterns", "app"),
        ("patterns: v1\nname: a\n|", "app", "name"),
        ("patterns: v1\nname: a\napp:\n  im|", "image", "shape"),
        ("patterns: v1\nname: a\napp: {image: x, |", "port", "image"),
        ("patterns: v1\nname: a\nshape:\n  |", "replicated", "topz"),
        ("patterns: v1\nname: a\nuse:\n  - |", "topz", "replicated"),
        ("patterns: v1\nname: a\nuse: [https: {|", "secret", "topz"),
        ("patterns: v1\nname: a\ntarget: |", "\"1.34\"", "app"),
        ("patterns: v1\nname: a\napp: {protocol: |", "grpc", "image"),
        ("patterns: v1\nname: a\nimages:\n  |", "git-sync", "app"),
        (
            "patterns: v1\nname: a\nparams: {tag: {type: string}}\napp:\n  image: |",
            "registry.example.com/shop:1.7.0",
            "port",
        ),
        ("patterns: v1\nname: a\nignore:\n  - rule: |", "runs-as-root", "app"),
        ("patterns: v1\nname: a\nenvironments:\n  prod:\n    |", "shape", "topz"),
    ] {
        let (line, character) = place_of(text, "|");
        let other = folder.uri("other.yaml");
        editor.open(&other, &text.replace('|', ""));
        let items = editor.at("textDocument/completion", &other, line, character);
        let labels = labels(&items);
        let known = labels.contains(&wanted) || wanted.starts_with("registry") && !labels.is_empty();
        assert!(known && !labels.contains(&unwanted), "{text}: {labels:?}");
    }
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn references_between_documents() {
    let folder = Folder::new("documents");
    let text = "\
patterns: v1
name: shop
params: {tag: {type: string, default: \"1.7.0\"}}
app: {image: \"registry.example.com/shop:${tag}\", port: 8080}
shape: {replicated: {replicas: 2}}
use:
  - shard: {as: cache, protocol: redis, to: shop-cache}
---
patterns: v1
name: shop-cache
app: {image: \"redis:8.10.1\", port: 6379, user: 999, writable: [/data]}
shape: {sharded: {shards: 3}}
";
    let name = folder.file("shop.yaml", text);
    let extending = "patterns: v1\nname: shop\nextends: shop.yaml\n";
    let other = folder.file("more.yaml", extending);
    let mut editor = folder.start();
    editor.open(&name, text);
    editor.open(&other, extending);
    let line_of = |editor: &mut Editor, name: &str, text: &str, part: &str| {
        let (line, character) = place_of(text, part);
        let places = editor.at("textDocument/definition", name, line, character + 1);
        places[0]["range"]["start"]["line"].as_u64()
    };
    assert_eq!(line_of(&mut editor, &name, text, "shop-cache}"), Some(9));
    assert_eq!(line_of(&mut editor, &name, text, "tag}\""), Some(2));
    assert_eq!(line_of(&mut editor, &other, extending, "shop.yaml"), Some(0));
    assert_eq!(line_of(&mut editor, &name, text, "redis,"), None);
    let (line, character) = place_of(text, "shop-cache}");
    let items = editor.at("textDocument/completion", &name, line, character);
    assert!(labels(&items).contains(&"shop-cache") && !labels(&items).contains(&"shop"), "{items}");
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn manifests_are_explained_and_lead_to_each_other() {
    let folder = Folder::new("manifests");
    let web = folder.file("web.yaml", WEB);
    let service = folder.file("service.yaml", SERVICE);
    let mut editor = folder.start();
    editor.open(&web, WEB);
    editor.open(&service, SERVICE);
    let hover = |editor: &mut Editor, name: &str, text: &str, part: &str| {
        let (line, character) = place_of(text, part);
        editor.at("textDocument/hover", name, line, character + 1)["contents"]["value"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    assert!(hover(&mut editor, &web, WEB, "containerPort").contains("**containerPort** (integer)"));
    assert!(hover(&mut editor, &web, WEB, "80}]").contains("container `web` listens on 80"));
    assert!(hover(&mut editor, &web, WEB, "nginx:").contains("listens on"));
    assert!(hover(&mut editor, &service, SERVICE, "http}]").contains("Deployment/web: container `web` listens on 80"));
    let definition = |editor: &mut Editor, name: &str, text: &str, part: &str| {
        let (line, character) = place_of(text, part);
        let places = editor.at("textDocument/definition", name, line, character + 1);
        (places[0]["uri"].as_str().unwrap_or("").to_owned(), places[0]["range"]["start"]["line"].as_u64())
    };
    assert_eq!(definition(&mut editor, &service, SERVICE, "app: web"), (web.clone(), Some(2)));
    assert_eq!(definition(&mut editor, &web, WEB, "shop.default"), (service.clone(), Some(2)));
    assert_eq!(definition(&mut editor, &web, WEB, "settings"), (service.clone(), Some(9)));
    assert_eq!(definition(&mut editor, &web, WEB, "Deployment"), (String::new(), None));
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn a_projects_own_programs_are_known_under_the_cursor() {
    let folder = Folder::new("programs");
    folder.file(
        ".patterns.yaml",
        "lint:\n  images: [{image: example.com/gate, role: sidecar/auth, ports: [4180]}]\n  programs: [{program: ship, binaries: [ship], role: sidecar/logs, listens: [{absent: \":9000\"}]}]\n",
    );
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - {name: a, image: \"registry.example.com/a:1\", command: [ship]}\n    - {name: b, image: \"example.com/gate:1\"}\n";
    let name = folder.file("pod.yaml", text);
    let mut editor = folder.start();
    editor.open(&name, text);
    for (part, known) in [("registry", "listens on :9000"), ("example.com/gate", "4180")] {
        let (line, character) = place_of(text, part);
        let hover = editor.at("textDocument/hover", &name, line, character + 1);
        let hover = hover["contents"]["value"].as_str().unwrap_or_default();
        assert!(hover.contains(known), "{part}: {hover}");
    }
}

#[test]
fn actions_fix_and_ignore() {
    let folder = Folder::new("actions");
    let name = folder.file("norway.yaml", NORWAY);
    let mut editor = folder.start();
    editor.open(&name, NORWAY);
    assert_eq!(editor.rules_of(&name, 1), ["norway"]);
    let (line, character) = place_of(NORWAY, "no\n");
    let ask = |editor: &mut Editor, only: Json| {
        let params = json!({
            "textDocument": {"uri": name}, "range": range_of([line, character, line, character]),
            "context": {"diagnostics": [], "only": only},
        });
        editor.ask("textDocument/codeAction", params)
    };
    let all = ask(&mut editor, json!(["quickfix"]));
    let titles: Vec<&str> = all.as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles[1].starts_with("Ignore `norway` here"), "{titles:?}");
    assert_eq!(all[0]["isPreferred"], true);
    let quotes = [character, character + 2].map(|at| json!({"newText": "\"", "range": range_of([line, at, line, at])}));
    assert_eq!(all[0]["edit"]["changes"][&name], json!(quotes));
    let all_fixes = ask(&mut editor, json!(["source.fixAll"]));
    assert_eq!(all_fixes.as_array().unwrap().len(), 1);
    assert_eq!(all_fixes[0]["kind"], "source.fixAll.patterns");
    let ignore = &all[1]["edit"]["changes"][&name][0];
    assert_eq!(
        (&ignore["newText"], &ignore["range"]),
        (&json!("  # patterns: ignore[norway] \n"), &range_of([line, 0, line, 0]))
    );
    editor.edit(&name, 2, &[([line, 0, line, 0], "  # patterns: ignore[norway] \n")]);
    assert_eq!(editor.rules_of(&name, 2), ["ignore-without-reason"]);
    editor.edit(&name, 3, &[([line, 31, line, 31], "it is Norway's code")]);
    assert_eq!(editor.rules_of(&name, 3), Vec::<String>::new());
    let page = editor.at("textDocument/hover", &name, line, 26);
    assert!(page["contents"]["value"].as_str().unwrap().contains("norway"));
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn settings_hold_and_their_mistakes_are_diagnostics() {
    let folder = Folder::new("settings");
    let name = folder.file("norway.yaml", NORWAY);
    let settings = folder.file(".patterns.yaml", "lint:\n  rules:\n    norwai: off\n");
    let mut editor = folder.start();
    let said = editor.rules_of(&settings, 0);
    assert!(!said.is_empty() && said[0].contains("norwai"), "{said:?}");
    // What the editor holds counts before it is saved.
    editor.open(&settings, "lint:\n  rules:\n    norwai: off\n");
    editor.edit(&settings, 2, &[([2, 4, 2, 10], "nowhere")]);
    editor.edit(&settings, 3, &[([0, 0, 9, 0], "lint: {rules: {norway: error}}\n")]);
    editor.rules_of(&settings, 3);
    editor.wait_for_quiet();
    assert_eq!(editor.known_rules_of(&name), ["norway"]);
    editor.edit(&settings, 4, &[([0, 0, 9, 0], "lint: {rules: {norway: skip}}\n")]);
    assert_eq!(editor.rules_of(&name, 0), Vec::<String>::new());
    let hover = editor.at("textDocument/hover", &settings, 0, 17);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("norway"), "{hover}");
    let (line, character) = (0, 7);
    let items = editor.at("textDocument/completion", &settings, line, character);
    assert!(labels(&items).contains(&"exclude"), "{items}");
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn settings_that_cannot_be_read_are_said_once() {
    let folder = Folder::new("unreadable-settings");
    let name = folder.file("norway.yaml", NORWAY);
    fs::create_dir(folder.0.join(".patterns.yaml")).unwrap();
    let mut editor = folder.start();
    let is_message = |message: &Json| message["method"] == "window/showMessage";
    let shown = editor.wait_for(is_message);
    let text = shown["params"]["message"].as_str().unwrap();
    assert!(text.contains("cannot be read") && text.contains(".patterns.yaml"), "{text}");
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": name, "type": 2}]}));
    editor.wait_for_quiet();
    assert!(!editor.has(is_message));
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn descriptions_are_judged_by_the_last_settings_that_could_be_read() {
    let folder = Folder::new("broken-settings");
    let wrong = SHOP.replace("  - topz\n", "  - tops\n");
    let name = folder.file("shop.yaml", &wrong);
    let good = "lint: {rules: {norway: error}}\n";
    let settings = folder.file(".patterns.yaml", good);
    let mut editor = folder.start();
    assert_eq!(editor.rules_of(&name, 0), ["invalid-description"]);
    editor.open(&settings, good);
    editor.edit(&settings, 2, &[([0, 0, 9, 0], "lint: {rules: {norwai: error}}\n")]);
    assert_eq!(editor.rules_of(&settings, 2).len(), 1);
    editor.open(&name, &wrong);
    editor.edit(&name, 2, &[([0, 0, 0, 0], "# still wrong\n")]);
    editor.wait_for_quiet();
    assert_eq!(editor.known_rules_of(&name), ["invalid-description"]);
    assert_eq!(editor.known_rules_of(&settings).len(), 1);
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn a_pattern_that_changes_changes_the_descriptions() {
    let folder = Folder::new("own-pattern");
    let name = folder.file("shop.yaml", &SHOP.replace("- topz\n", "- mark: {colour: blue}\n"));
    folder.file(".patterns.yaml", "catalogue: [own]\n");
    let pattern = |parameter: &str| {
        format!(
            "name: mark\nfamily: sidecar\nsummary: marks the Pod\nliterature: none\nparams:\n  type: object\n  \
             properties:\n    {parameter}: {{type: string, description: the colour}}\n"
        )
    };
    let definition = folder.file("own/sidecar/mark/pattern.yaml", &pattern("shade"));
    folder.file("own/sidecar/mark/pod.yaml.j2", "annotations: {example.com/mark: '1'}\n");
    let mut editor = folder.start();
    let before = editor.rules_of(&name, 0);
    assert_eq!(before, ["invalid-description"]);
    folder.file("own/sidecar/mark/pattern.yaml", &pattern("colour"));
    let changes = json!({"changes": [{"uri": definition, "type": 2}]});
    editor.tell("workspace/didChangeWatchedFiles", changes);
    editor.wait_for_quiet();
    assert_eq!(editor.known_rules_of(&name), Vec::<String>::new());
    assert_eq!(editor.stop(), Some(0));
}

#[test]
fn texts_without_a_file_and_files_of_no_folder() {
    let folder = Folder::new("apart");
    let elsewhere = Folder::new("elsewhere");
    let mut editor = folder.start();
    let untitled = "untitled:Untitled-1";
    editor.open(untitled, NORWAY);
    assert_eq!(editor.rules_of(untitled, 1), ["norway"]);
    let outside = elsewhere.file("a.yaml", NORWAY);
    editor.open(&outside, NORWAY);
    assert_eq!(editor.rules_of(&outside, 1), ["norway"]);
    editor.open("untitled:Untitled-2", SHOP);
    let lenses = editor.ask("textDocument/codeLens", json!({"textDocument": {"uri": "untitled:Untitled-2"}}));
    assert!(lenses[0]["command"]["title"].as_str().unwrap().starts_with("makes "));
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": untitled}}));
    assert_eq!(editor.rules_of(untitled, 0), Vec::<String>::new());
    // A new file of the folder, which is not on disk yet, is one of its files.
    let new = folder.uri("new.yaml");
    editor.open(&new, SERVICE);
    editor.edit(&new, 2, &[([0, 0, 0, 0], "# new\n")]);
    editor.wait_for_quiet();
    assert_eq!(editor.stop(), Some(0));
}
