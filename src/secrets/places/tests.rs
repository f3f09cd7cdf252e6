use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;

fn shown(text: &str) -> BTreeSet<String> {
    let source = Arc::new(Source::from_text("a.yaml", text));
    let all = hidden(&File::read(&source)).into_iter();
    all.map(|span| source.slice(span).trim_matches(['"', '\'']).to_owned()).collect()
}

#[test]
fn secrets_of_commands_are_hidden() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: b\n\
                \x20   command: [sh, -c, \"MYSQL_PWD=hunter2 mysql\"]\n\
                \x20   args: [--password=hunter3, '--db-password', \"hunter4\", mysql, -phunter5, '--token=$(T)']\n\
                \x20 - name: b\n    image: b\n    args: [mkdir, -p, a]\n";
    let found = shown(text);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["hunter2", "hunter3", "hunter4", "hunter5"]);
}

/// Names, references and switches stay readable: a report without them would be of no use.
#[test]
fn what_only_names_a_secret_is_shown() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  automountServiceAccountToken: false\n\
                \x20 imagePullSecrets: [{name: regcred}]\n  volumes:\n\
                \x20 - {name: token, secret: {secretName: app-keys, items: [{key: tls.key, path: tls.key}]}}\n\
                \x20 - {name: t, projected: {sources: [{serviceAccountToken: {path: token, audience: vault}}]}}\n\
                \x20 containers:\n  - name: token\n    image: r/x:1@sha256:0123\n    envFrom: [{secretRef: {name: all}}]\n\
                \x20   env:\n    - {name: A_TOKEN, valueFrom: {secretKeyRef: {name: a, key: token}}}\n\
                \x20   - {name: B_TOKEN, value: $(A_TOKEN)}\n    - {name: C_PASSWORD_FILE, value: /run/c}\n\
                \x20   - {name: USE_TOKEN, value: 'true'}\n    - {name: passwordPolicy, value: strict}\n";
    assert_eq!(shown(text), BTreeSet::new());
    let text = "a: {app-token: {size: 1Gi, mount: /t}, b-token: {sizeLimit: 1Mi, medium: Memory}, PASSWORD: xxxxxxxx}\n\
                spec: {env: [{name: A_TOKEN, value: xxx}, {name: B_PASSWORD, value: '[REDACTED]'}]}\n";
    assert_eq!(shown(text), BTreeSet::new());
    let text = "patterns: v1\nname: a\napp: {image: r/x:1, env: {DB_PASSWORD: secret/db/password}}\n\
                volumes:\n- {secret: appkeys2, mount: /k}\nexpose: {host: a.example.com, tls: {secret: shop-tls}}\n";
    assert_eq!(shown(text), BTreeSet::new());
}

/// What is hidden on a line is the same, whether the rest of the file is looked at or not.
#[test]
fn a_line_is_told_apart() {
    let mut texts: Vec<String> = vec![
        "kind: Secret\napiVersion: v1\nmetadata: {name: a}\ndata:\n  a: eA==\n  b: |\n    eA\n    ==\n".to_owned(),
        "a: &x\n  b: hunter2x\npassword: *x\n# token: Hunter9x\nc: |\n  -----BEGIN PRIVATE KEY-----\n  aaaa\n  \
         -----END PRIVATE KEY-----\n"
            .to_owned(),
        "spec:\n  containers:\n  - name: a\n    command: [mysql]\n    args:\n    - -phunter2\n    env:\n    - name: \
         DB_PASSWORD\n      value: hunter3\n    - name: URL\n      value: http://a:hunter4@b\n"
            .to_owned(),
        "a: b\n# -----BEGIN PRIVATE KEY-----\n# aaaa\n# bbbb\n# -----END PRIVATE KEY-----\nc: d\n".to_owned(),
        "- |\n  -----BEGIN PRIVATE KEY-----\n  aaaa\n- b\n- |\n  -----END PRIVATE KEY-----\n".to_owned(),
        "- |\n  -----BEGIN PRIVATE KEY-----\n  aaaa\n- b\n".to_owned(),
    ];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                texts.push(text);
            }
        }
    }
    assert!(texts.len() > 1000);
    let mut some = 0;
    for text in texts {
        let file = File::read(&Arc::new(Source::from_text("a.yaml", text)));
        if !can_be_told_apart(&file) {
            continue;
        }
        let whole = hidden(&file);
        let mut start = 0;
        for line in file.source.text.split_inclusive('\n') {
            let near = Span::new(start, start + line.trim_end_matches('\n').len());
            start += line.len();
            // each byte by itself: a secret may be found in two ways
            let bytes = |spans: &[Span]| -> BTreeSet<usize> {
                let within = spans.iter().flat_map(|span| span.range());
                within.filter(|at| near.range().contains(at)).collect()
            };
            let wanted = bytes(&whole);
            some += wanted.len();
            assert_eq!(bytes(&hidden_near(&file, near)), wanted, "{line} in {}", file.source.text);
        }
    }
    assert!(some > 1000, "{some}");
}

/// The value of an alias is where its anchor is, under another name or far from it.
#[test]
fn secrets_are_hidden_where_aliases_find_them() {
    for text in [
        "a: &x hunter2x\npassword: *x\n",
        "env: [{name: A, value: &x hunter2x}, {name: DB_PASSWORD, value: *x}]\n",
        "env: [{name: DB_PASSWORD, value: &x hunter2x}, {name: A, value: *x}]\n",
        "a: &x {user: hunter2x}\ncredentials: *x\n",
        "a: [&x hunter2x]\nb: {args: [--password, *x]}\n",
        "a: &x |\n  hunter2x\nb: {stringData: {a: *x}}\n",
        "a: &x {b: hunter2x}\npassword: {<<: *x}\n",
        "a: &x hunter2x\nb: &y {password: *x}\nc: *y\n",
        "a: &x hunter2x\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: &y hunter3x, b: *y}\n---\nb: &x hunter2x\ntoken: *x\n",
    ] {
        let source = Arc::new(Source::from_text("a.yaml", text));
        let file = File::read(&source);
        let hides = |spans: Vec<Span>, at: usize| spans.iter().any(|span| span.range().contains(&at));
        let at = text.rfind("hunter2x").unwrap();
        assert!(hides(hidden(&file), at), "{text}");
        assert!(!can_be_told_apart(&file), "{text}");
    }
}

/// A map that a later one of the same name overrides holds what is in it all the same.
#[test]
fn secrets_are_hidden_below_keys_that_are_overridden() {
    for text in [
        "metadata:\n  annotations: {a: \"Server=h;Password=hunter2x;\"}\n  annotations: {b: c}\n",
        "spec:\n  env: [{name: DB_PASSWORD, value: hunter2x}]\n  env: []\n",
        "spec:\n  env: [{name: DB_PASSWORD, value: hunter2x}]\n  env: []\n  env: []\n",
        "a: {db: {password: hunter2x}}\na: {}\n",
        "a: {args: [--password, hunter2x]}\na: b\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {DB: {PASSWORD: hunter2x}}\ndata: {}\n",
    ] {
        assert!(shown(text).contains("hunter2x"), "{text}: {:?}", shown(text));
    }
}
