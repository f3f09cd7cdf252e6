//! `outputs` of `.patterns.yaml`, several FILEs at once, and `patterns images`: through the binary, in projects of
//! their own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{Run, binary, run_of};

const SETTINGS: &str = "# ours
outputs:
  - descriptions: apps/*.yaml
    environments: [dev, prod]
    into: \"deploy/{environment}\"
    kustomization: true
";

/// A description with both environments.
fn app(name: &str, more: &str) -> String {
    format!(
        "patterns: v1\nname: {name}\napp: {{image: \"registry.example.com/{name}:1\", port: 8080}}\n{more}environments: {{dev: {{}}, prod: {{app: {{env: {{TIER: prod}}}}}}}}\n"
    )
}

/// A repository with these files.
fn project(name: &str, files: &[(&str, &str)]) -> OwnFolder {
    let root = own_folder(format!("outputs-{name}"));
    fs::create_dir_all(root.join(".git")).unwrap();
    for (path, text) in files {
        put(&root, path, text);
    }
    root
}

/// Two apps in two environments.
fn two_apps(name: &str) -> OwnFolder {
    let root = project(name, &[(".patterns.yaml", SETTINGS)]);
    put(&root, "apps/shop.yaml", &app("shop", "use: [https: shop-tls]\n"));
    put(&root, "apps/cart.yaml", &app("cart", ""));
    put(&root, "apps/statsd.yaml", "mappings: []\n");
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn edit(root: &Path, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(root.join(path), text.replace(from, to)).unwrap();
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Run {
    run_of(command(folder, args).output().unwrap())
}

/// All files below a folder with their texts.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn refused(root: &Path, args: &[&str], messages: &[&str]) {
    let before = tree(root);
    let run = run(root, args);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
    for message in messages {
        assert!(run.stderr.contains(message), "{args:?}: {message:?} is missing in\n{}", run.stderr);
    }
    assert_eq!(tree(root), before, "nothing was written");
}

#[test]
fn one_command_writes_and_checks_everything() {
    let root = two_apps("all");
    let missing = run(&root, &["gen", "--check"]);
    assert!(missing.code == 1 && missing.stderr.contains("`patterns gen` writes them"), "{}", missing.stderr);
    assert!(!root.join("deploy").exists());
    let first = run(&root, &["gen"]);
    assert_eq!((first.code, first.stdout.as_str(), first.stderr.as_str()), (0, "", "wrote 18 files\n"));
    let written = tree(&root.join("deploy"));
    assert_eq!(written.len(), 18, "{:?}", written.keys());
    assert!(written["prod/deployment-shop.yaml"].contains("value: prod"));
    assert!(!written["dev/deployment-shop.yaml"].contains("value: prod"));
    assert!(written["dev/deployment-shop.yaml"].contains("defaultMode: 288 # 0440\n"), "octal for people");
    let list = &written["dev/kustomization.yaml"];
    let order: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(order.len(), 8);
    assert_eq!(order[0], "serviceaccount-cart.yaml");
    assert!(order.iter().all(|file| written.contains_key(&format!("dev/{file}"))), "{order:?}");
    // from any folder of the project
    for (folder, args) in [(".", "gen"), ("apps", "gen"), ("deploy/prod", "gen")] {
        let check = run(&root.join(folder), &[args, "--check"]);
        let said = (check.code, check.stdout.as_str(), check.stderr.as_str());
        assert_eq!(said, (0, "", "18 files are up to date\n"), "{folder}");
        let again = run(&root.join(folder), &[args]);
        let said = (again.code, again.stdout.as_str(), again.stderr.as_str());
        assert_eq!(said, (0, "", "nothing to write; 18 files are up to date\n"), "{folder}");
    }
    assert_eq!(tree(&root.join("deploy")), written);
    let linted = run(&root, &["lint", "deploy"]);
    assert_eq!((linted.code, linted.stdout.as_str()), (0, ""), "{}", linted.stderr);
    // one file is the same as by itself
    let alone = run(&root, &["gen", "apps/shop.yaml", "-e", "prod", "--check", "deploy/prod"]);
    assert_eq!((alone.code, alone.stderr.as_str()), (0, "4 files are up to date\n"));
}

/// CI keeps what `--check` prints.
#[test]
fn secrets_in_edited_files_are_hidden() {
    let root = two_apps("edited");
    assert_eq!(run(&root, &["gen"]).code, 0);
    let plain = run(&root, &["gen", "--check"]);
    assert!(plain.code == 0 && !plain.stderr.contains("hidden"), "{}", plain.stderr);
    let file = "deploy/prod/deployment-shop.yaml";
    let text = fs::read_to_string(root.join(file)).unwrap();
    let list = text.lines().find(|line| line.trim_start() == "env:").expect("it has variables").to_owned();
    let item = format!("{}- ", &list[..list.len() - "env:".len()]);
    let added = format!(
        "{list}\n{item}name: DB_PASSWORD\n{}value: hunter2\n{item}name: URL\n{}value: \"postgres://u:hunter3@h/db\"",
        item.replace('-', " "),
        item.replace('-', " ")
    );
    put(&root, file, &text.replacen(&list, &added, 1));
    let check = run(&root, &["gen", "--check"]);
    assert!(check.code == 1 && check.stdout.contains("value: •••••••"), "{}", check.stdout);
    assert!(
        !check.stdout.contains("hunter") && check.stderr.contains("`git apply` does not take it"),
        "{}",
        check.stderr
    );
}

#[test]
fn what_no_description_makes_any_more_goes() {
    let root = two_apps("prune");
    assert_eq!(run(&root, &["gen"]).code, 0);
    put(&root, "deploy/dev/mine.yaml", "kind: Mine\n");
    put(
        &root,
        "deploy/prod/service-copy.yaml",
        &fs::read_to_string(root.join("deploy/prod/service-shop.yaml")).unwrap(),
    );
    // a description that is gone
    fs::remove_file(root.join("apps/cart.yaml")).unwrap();
    let check = run(&root, &["gen", "--check"]);
    let stale = "deploy/dev/service-cart.yaml: no description makes this file any more\n";
    assert!(check.code == 1 && check.stderr.contains(stale), "{}", check.stderr);
    let after = run(&root, &["gen"]);
    assert!(after.code == 0 && after.stderr.contains("removed deploy/prod/deployment-cart.yaml\n"), "{}", after.stderr);
    assert!(tree(&root).keys().all(|name| !name.contains("cart")), "{:?}", tree(&root).keys());
    assert!(root.join("deploy/dev/mine.yaml").exists(), "what others wrote stays");
    assert!(root.join("deploy/prod/service-copy.yaml").exists(), "and what somebody copied");
    fs::remove_file(root.join("deploy/prod/service-copy.yaml")).unwrap();
    // an environment that has another name
    edit(&root, ".patterns.yaml", "prod", "live");
    edit(&root, "apps/shop.yaml", "prod: {app", "live: {app");
    let check = run(&root, &["gen", "--check"]);
    assert!(check.code == 1 && check.stderr.contains("deploy/prod/kustomization.yaml: no desc"), "{}", check.stderr);
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(root.join("deploy/live/service-shop.yaml").exists() && !root.join("deploy/prod").exists());
    // a description that moved, and one that another project generated and somebody put here
    let elsewhere = fs::read_to_string(root.join("deploy/live/service-shop.yaml")).unwrap();
    let elsewhere =
        elsewhere.replace("apps/shop.yaml#shop", "other/far.yaml#far").replace("name: shop\n", "name: far\n");
    put(&root, "deploy/live/service-far.yaml", &elsewhere);
    put(&root, "more/shop.yaml", &fs::read_to_string(root.join("apps/shop.yaml")).unwrap());
    fs::remove_file(root.join("apps/shop.yaml")).unwrap();
    edit(&root, ".patterns.yaml", "apps/*.yaml", "[more, \"apps/*.yaml\"]");
    refused(
        &root,
        &["gen"],
        &[
            "apps/*.yaml contains no description",
            "remain; none is removed",
            "delete this entry and each file that it made",
        ],
    );
    put(&root, "apps/cart.yaml", &app("cart", "").replace("prod", "live"));
    let moved = run(&root, &["gen"]);
    assert_eq!(moved.code, 0, "{}", moved.stderr);
    let written = tree(&root.join("deploy"));
    assert!(written["live/service-shop.yaml"].contains("patterns/source: more/shop.yaml#shop"));
    assert!(written.contains_key("live/service-far.yaml"), "another project's");
    // what a description made that is there, and is none any more, is not taken out of the kustomization
    for broken in ["pattern: v1", "Patterns: v1", "# patterns: v1"] {
        put(&root, "apps/cart.yaml", &app("cart", "").replace("patterns: v1", broken));
        put(&root, "apps/new.yaml", &app("new", "").replace("prod", "live"));
        let kustomization = fs::read_to_string(root.join("deploy/live/kustomization.yaml")).unwrap();
        let why = ["apps/cart.yaml: no output takes it for a description any more", "nothing was written"];
        refused(&root, &["gen"], &why);
        let check = run(&root, &["gen", "--check"]);
        assert!(check.code == 1 && check.stderr.contains(why[0]), "{}", check.stderr);
        assert_eq!(fs::read_to_string(root.join("deploy/live/kustomization.yaml")).unwrap(), kustomization);
    }
    // no kustomization any more
    edit(&root, ".patterns.yaml", "    kustomization: true\n", "");
    let left = run(&root, &["gen"]);
    let note = "note: deploy/live/service-cart.yaml comes from apps/cart.yaml, which no output writes there\n";
    assert!(left.code == 0 && left.stderr.contains(note), "{}", left.stderr);
    assert!(root.join("deploy/live/service-cart.yaml").exists() && root.join("deploy/live/service-new.yaml").exists());
    assert!(!root.join("deploy/live/kustomization.yaml").exists());
}

/// Descriptions of a folder that was moved: what they made before is in the way, and may be another repository's.
#[test]
fn what_moved_descriptions_made_is_not_overwritten() {
    let root = two_apps("moved");
    assert_eq!(run(&root, &["gen"]).code, 0);
    fs::rename(root.join("apps"), root.join("src")).unwrap();
    edit(&root, ".patterns.yaml", "apps/*.yaml", "src/*.yaml");
    let why = [
        "deploy/dev/serviceaccount-cart.yaml and 7 more come from apps/cart.yaml, which does not exist here",
        "deploy/dev/serviceaccount-shop.yaml and 7 more come from apps/shop.yaml, which does not exist here",
        "if you moved that description, delete them",
        "nothing was written",
    ];
    refused(&root, &["gen"], &why);
    let check = run(&root, &["gen", "--check"]);
    assert!(check.code == 1 && check.stderr.contains(why[0]), "{}", check.stderr);
    assert!(check.stderr.contains("16 of 18 files are out of date"), "{}", check.stderr);
    for (name, text) in tree(&root.join("deploy")) {
        if text.contains("patterns/source: apps/") {
            fs::remove_file(root.join("deploy").join(name)).unwrap();
        }
    }
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(tree(&root.join("deploy"))["prod/service-shop.yaml"].contains("patterns/source: src/shop.yaml#shop"));
    // one that another description of the project makes is that one's
    put(&root, "src/other.yaml", "patterns: v1\nname: other\napp: {image: \"registry.example.com/a:1\"}\n");
    edit(&root, "deploy/dev/service-shop.yaml", "src/shop.yaml#shop", "src/other.yaml#shop");
    edit(&root, ".patterns.yaml", "src/*.yaml", "[src/shop.yaml, src/cart.yaml]");
    refused(&root, &["gen"], &["deploy/dev/service-shop.yaml: it comes from src/other.yaml; give one of the two"]);
}

/// git ignores only what it does not track, and so do the commands that read descriptions.
#[test]
fn what_git_tracks_is_generated_whatever_gitignore_says() {
    let root = two_apps("tracked");
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git").args(arguments).current_dir(&root).output();
        run.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet"]) || !git(&["add", "--all"]) {
        eprintln!("git is not installed: nothing to see");
        return;
    }
    put(&root, ".gitignore", "cart.yaml\nlocal.yaml\n");
    put(&root, "apps/local.yaml", &app("local", ""));
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(
        root.join("deploy/prod/service-cart.yaml").exists() && !root.join("deploy/prod/service-local.yaml").exists()
    );
    let printed = run(&root, &["gen", "apps", "-e", "dev"]);
    assert!(printed.stdout.contains("name: cart") && !printed.stdout.contains("name: local"), "{}", printed.stderr);
}

#[test]
fn what_is_in_the_way_is_not_overwritten() {
    let root = two_apps("way");
    assert_eq!(run(&root, &["gen"]).code, 0);
    edit(&root, "apps/shop.yaml", "shop:1", "shop:2");
    let service = root.join("deploy/dev/service-shop.yaml");
    let before = fs::read_to_string(&service).unwrap();
    put(&root, "deploy/dev/service-shop.yaml", "kind: Mine\n");
    refused(&root, &["gen"], &["deploy/dev/service-shop.yaml: `patterns gen` did not write it", "nothing was written"]);
    assert_eq!(run(&root, &["gen", "--check"]).code, 1);
    fs::remove_file(&service).unwrap();
    fs::create_dir(&service).unwrap();
    refused(&root, &["gen"], &["service-shop.yaml: it is a folder"]);
    fs::remove_dir(&service).unwrap();
    std::os::unix::fs::symlink("../prod/service-shop.yaml", &service).unwrap();
    refused(&root, &["gen"], &["service-shop.yaml: it is a symbolic link"]);
    fs::remove_file(&service).unwrap();
    fs::write(&service, before).unwrap();
    let mut rights = fs::metadata(&service).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&service, rights).unwrap();
    refused(&root, &["gen"], &["service-shop.yaml: it is read-only; make it writable"]);
    fs::remove_file(&service).unwrap();
    put(&root, "deploy/dev/kustomization.yml", "resources: []\n");
    refused(&root, &["gen"], &["deploy/dev/kustomization.yml: kustomize takes only one of it and kustomization.yaml"]);
    fs::remove_file(root.join("deploy/dev/kustomization.yml")).unwrap();
    put(&root, "deploy/dev/kustomization.yaml", "resources: []\n");
    refused(&root, &["gen"], &["deploy/dev/kustomization.yaml: `patterns gen` did not write it"]);
    fs::remove_file(root.join("deploy/dev/kustomization.yaml")).unwrap();
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(tree(&root).keys().all(|name| !name.contains(".patterns-")), "nothing is left beside");
}

/// A settings file of a stranger's repository must not reach out of it.
#[test]
fn settings_stay_in_their_folder() {
    let root = two_apps("stranger");
    let outside = project("stranger-outside", &[("kept.yaml", "kind: Kept\n"), ("far.yaml", &app("far", ""))]);
    let name = outside.file_name().unwrap().to_str().unwrap();
    let into = |into: &str| SETTINGS.replace("deploy/{environment}", into);
    for (settings, messages) in [
        (into("../{environment}"), vec!["`into` must stay in the folder of .patterns.yaml", ".patterns.yaml:5:11"]),
        (into("deploy/../../{environment}"), vec!["`into` must stay in the folder"]),
        (into("/tmp/{environment}"), vec!["`into` must stay in the folder"]),
        (into(".git/hooks/{environment}"), vec!["`into` leads into .git"]),
        (into("a\\\\{environment}"), vec!["`into` is a path with `/`"]),
        (SETTINGS.replace("[dev, prod]", "[dev, ../..]"), vec!["an environment's name becomes the name of a folder"]),
        (
            SETTINGS.replace("apps/*.yaml", &format!("../{name}/far.yaml")),
            vec!["`descriptions` must stay in the folder"],
        ),
        (SETTINGS.replace("apps/*.yaml", "/etc/*.yaml"), vec!["`descriptions` must stay in the folder"]),
        (SETTINGS.replace("apps/*.yaml", "linked"), vec!["linked leads out of the project"]),
        (SETTINGS.replace("apps/*.yaml", "links/*.yaml"), vec!["links/far.yaml leads out of the project"]),
        (into("linked/{environment}"), vec!["linked leads out of the project", ".patterns.yaml:5:11"]),
        (into("deep/{environment}"), vec!["deep/dev leads out of the project"]),
        (into("nothing/{environment}"), vec!["nothing is a link to nothing"]),
        (into("apps/shop.yaml/{environment}"), vec!["apps/shop.yaml is not a folder"]),
        (into("hidden/{environment}"), vec!["`into` leads into .git"]),
    ] {
        for link in ["linked", "deep/dev", "nothing", "links/far.yaml", "hidden"] {
            let _ = fs::remove_file(root.join(link));
        }
        put(&root, ".patterns.yaml", &settings);
        fs::create_dir_all(root.join("deep")).unwrap();
        fs::create_dir_all(root.join("links")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("deep/dev")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("nothing")).unwrap();
        std::os::unix::fs::symlink(outside.join("far.yaml"), root.join("links/far.yaml")).unwrap();
        std::os::unix::fs::symlink(".git", root.join("hidden")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("linked")).unwrap();
        let before = tree(&outside);
        let run = run(&root, &["gen"]);
        assert_eq!(run.code, 2, "{settings}");
        for message in messages {
            assert!(run.stderr.contains(message), "{settings}: {message:?} is missing in\n{}", run.stderr);
        }
        assert_eq!(tree(&outside), before);
        assert!(!root.join("deploy").exists());
    }
}

#[test]
fn mistakes_in_settings_show_the_right_form() {
    let root = two_apps("forms");
    let output = |text: &str| format!("outputs: [{text}]\n");
    for (settings, messages) in [
        (
            "outputs: {descriptions: apps, into: deploy}\n".to_owned(),
            vec!["takes a list, not a map", "outputs: [{desc"],
        ),
        (output("apps"), vec!["an entry of `outputs` takes a map, not a string"]),
        (output("{descriptions: apps}"), vec!["needs `into`", "`into`: the folder to write"]),
        (output("{into: deploy}"), vec!["needs `descriptions`"]),
        (output("{descriptions: apps, into: deploy, environment: dev}"), vec!["did you mean `environments`?"]),
        (output("{descriptions: apps, into: deploy, environments: dev}"), vec!["environments: [dev, prod]"]),
        (output("{descriptions: apps, into: deploy, environments: []}"), vec!["needs at least 1 entry"]),
        (output("{descriptions: {a: b}, into: deploy}"), vec!["takes a string or a list, not a map"]),
        (output("{descriptions: apps, into: [deploy]}"), vec!["`into` takes a string, not a list"]),
        (output("{descriptions: apps, into: deploy, kustomization: maybe}"), vec!["takes a boolean, not a string"]),
        (
            output("{descriptions: apps, into: deploy, environments: [dev, prod]}"),
            vec!["`dev` and `prod` would be written to the same folder", "into: \"deploy/{environment}\""],
        ),
        (
            output("{descriptions: apps, into: 'deploy/{environment}'}"),
            vec!["uses `{environment}`, but this output has none"],
        ),
        (output("{descriptions: apps, into: 'deploy/{enviroment}'}"), vec!["did you mean `{environment}`?"]),
        (output("{descriptions: apps, into: 'deploy/{x'}"), vec!["an unmatched brace"]),
        (
            output("{descriptions: apps, into: 'd/{environment}', environments: [dev, dev]}"),
            vec!["`environments` has `dev` twice"],
        ),
        (output("{descriptions: nowhere, into: deploy}"), vec!["cannot read nowhere", "paths start in the folder"]),
        (
            output("{descriptions: '*.yml', into: deploy}"),
            vec!["*.yml contains no description", "starts with `patterns: v1`"],
        ),
        (output("{descriptions: apps/statsd.yaml, into: deploy}"), vec!["this is not a pattern description"]),
        (
            output("{descriptions: apps, into: 'd/{environment}', environments: [dev, staging]}"),
            vec![
                "no document has an environment `staging`",
                "asked for here",
                "add `staging: {}` under `environments`",
            ],
        ),
        (
            output("{descriptions: apps, into: deploy}, {descriptions: apps/shop.yaml, into: ./deploy/}"),
            vec!["apps/shop.yaml would be written to deploy twice", "this writes it", "and so does this"],
        ),
        ("pull: regcred\n".to_owned(), vec!["`pull` takes a list", "pull: [regcred]"]),
    ] {
        put(&root, ".patterns.yaml", &settings);
        refused(&root, &["gen"], &messages);
    }
    // one mistake, one finding
    put(&root, ".patterns.yaml", &output("{descriptions: apps, into: deploy, environments: [dev, dev]}"));
    let said = run(&root, &["gen"]).stderr;
    assert!(said.contains("`environments` has `dev` twice") && !said.contains("one folder"), "{said}");
    put(&root, ".patterns.yaml", "target: \"1.34\"\n");
    refused(&root, &["gen"], &["no FILE given, and .patterns.yaml has no `outputs`", "outputs: [{descriptions:"]);
    fs::remove_file(root.join(".patterns.yaml")).unwrap();
    refused(&root, &["gen"], &["no .patterns.yaml found here or above, up to the repository's root"]);
    put(&root, ".patterns.yaml", SETTINGS);
    refused(&root, &["gen", "-o", "deploy"], &["patterns gen FILE -o DIR"]);
    refused(&root, &["gen", "--check", "deploy"], &["FILE --check DIR"]);
    refused(&root, &["gen", "apps/shop.yaml", "--check"], &["--check needs a folder: patterns gen FILE --check DIR"]);
    for args in [["-e", "dev"], ["-n", "team"], ["--set", "a=b"], ["--params", "x"], ["--target", "1.34"]] {
        refused(&root, &[&["gen"][..], &args].concat(), &["need a FILE", "so that --check agrees"]);
    }
    refused(&root, &["gen", "--comments", "--format", "json"], &["JSON has no comments"]);
    put(&root, "apps/.patterns.yaml", "target: \"1.34\"\n");
    refused(&root, &["gen"], &["apps/cart.yaml belongs to apps/.patterns.yaml"]);
}

#[test]
fn two_descriptions_of_one_folder_make_nothing_twice() {
    let extra = "extra: [{apiVersion: v1, kind: ConfigMap, metadata: {name: both, namespace: SPACE}}]\n";
    let root =
        project("twice", &[(".patterns.yaml", &SETTINGS.replace("deploy/{environment}", "deploy/{environment}/"))]);
    put(&root, "apps/a.yaml", &app("a", &extra.replace("SPACE", "one")));
    put(&root, "apps/b.yaml", &app("b", &extra.replace("SPACE", "one")));
    let labels = ["apps/a.yaml:4", "apps/b.yaml:4"];
    refused(&root, &["gen"], &[&["ConfigMap/both would be generated twice"][..], &labels].concat());
    refused(&root, &["gen", "apps/a.yaml", "apps/b.yaml"], &["ConfigMap/both would be generated twice"]);
    put(&root, "apps/b.yaml", &app("b", &extra.replace("SPACE", "two")));
    refused(&root, &["gen"], &[&["two objects want the file deploy/dev/configmap-both.yaml"][..], &labels].concat());
    put(&root, ".patterns.yaml", &SETTINGS.replace("deploy/{environment}", "deploy/{environment}/{description}"));
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(root.join("deploy/dev/b/kustomization.yaml").exists());
    fs::remove_file(root.join("apps/b.yaml")).unwrap();
    assert_eq!(run(&root, &["gen"]).code, 0);
    assert!(root.join("deploy/prod/a").exists() && !root.join("deploy/prod/b").exists(), "its folders go, too");
}

#[test]
fn several_files_and_folders_are_one_stream() {
    let root = two_apps("stream");
    let both = run(&root, &["gen", "apps"]);
    assert_eq!(both.code, 0, "{}", both.stderr);
    let named = run(&root, &["gen", "apps/cart.yaml", "./apps/shop.yaml", "apps", "apps/cart.yaml"]);
    assert_eq!(named.stdout, both.stdout, "each once");
    let kinds: Vec<&str> = both.stdout.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds[..4], ["ServiceAccount", "ServiceAccount", "Service", "Service"], "in apply order");
    assert_eq!(run(&root, &["gen", "apps", "-e", "prod", "-o", "out"]).code, 0);
    assert_eq!(run(&root, &["gen", "apps", "-e", "prod", "--check", "out"]).code, 0);
    assert_eq!(tree(&root.join("out")).len(), 8);
    refused(&root, &["gen", "deploy"], &["deploy"]);
    refused(&root, &["gen", "out"], &["out contains no description; a description starts with `patterns: v1`"]);
    put(&root, "apps/broken.yaml", "patterns: v1\nname: [\n");
    refused(&root, &["gen", "apps"], &["apps/broken.yaml:"]);
}

#[test]
fn comments_say_what_made_each_document() {
    let more = "use: [{broker: {as: db, protocol: mysql, to: \"external/mysql.example.com:3306\"}}]\npatch: [{object: Service/shop, set: {/spec/type: ClusterIP}}]\nextra: [{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]\n";
    let root = project("comments", &[(".patterns.yaml", &format!("{SETTINGS}    comments: true\n"))]);
    put(&root, "apps/shop.yaml", &app("shop", more));
    assert_eq!(run(&root, &["gen"]).code, 0);
    let first = |path: &str| fs::read_to_string(root.join(path)).unwrap().lines().next().unwrap().to_owned();
    let by = "# apps/shop.yaml, document shop, environment dev: ";
    assert_eq!(first("deploy/dev/deployment-shop.yaml"), format!("{by}shape replicated"));
    assert_eq!(first("deploy/dev/service-shop.yaml"), format!("{by}shape replicated, patched"));
    assert_eq!(first("deploy/dev/configmap-x.yaml"), format!("{by}extra"));
    let stream = run(&root, &["gen", "apps/shop.yaml", "--comments"]).stdout;
    assert!(stream.contains("# apps/shop.yaml, document shop: use[0].db, pattern broker\n"), "{stream}");
    let again = run(&root, &["gen"]).stderr;
    assert_eq!(again, "nothing to write; 14 files are up to date\n", "a file with a comment is still the generator's");
    assert!(!run(&root, &["gen", "apps/shop.yaml"]).stdout.contains("# apps"));
}

#[test]
fn runs_at_once_do_not_disturb_each_other() {
    let root = two_apps("once");
    let children: Vec<_> = (0..6).map(|_| command(&root, &["gen"]).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for child in children {
        let run = run_of(child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    assert_eq!(run(&root, &["gen", "--check"]).code, 0);
    assert_eq!(tree(&root.join("deploy")).len(), 18);
}

#[test]
fn pull_is_for_descriptions_that_say_nothing() {
    let root = project("pull", &[(".patterns.yaml", "pull: [team, shared]\n")]);
    put(&root, "a.yaml", &app("a", ""));
    put(&root, "b.yaml", &app("b", "pull: [own]\n"));
    put(&root, "c.yaml", &app("c", "pull: []\n"));
    let secrets = |file: &str| {
        let text = run(&root, &["gen", file]).stdout;
        let rest = text.split("imagePullSecrets:\n").nth(1).unwrap_or_default().to_owned();
        rest.lines().map_while(|line| line.trim().strip_prefix("- name: ").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(secrets("a.yaml"), ["team", "shared"]);
    assert_eq!(secrets("b.yaml"), ["own"]);
    assert_eq!(secrets("c.yaml"), [""; 0]);
}

#[test]
fn a_number_of_replicas_gives_way_to_an_autoscaler() {
    let root = project("scale", &[]);
    for (shape, uses, wins) in [
        ("{replicas: 3}", "autoscale: 8", "`autoscale`"),
        ("{replicas: 3}", "autoscale: {as: more, max: 8}", "`more`"),
        ("{replicas: 3, max: 8}", "https: tls", "`max`"),
    ] {
        put(&root, "a.yaml", &app("shop", &format!("shape: {{replicated: {shape}}}\nuse: [{uses}]\n")));
        let run = run(&root, &["gen", "a.yaml"]);
        assert_eq!(run.code, 0, "{shape} {uses}: {}", run.stderr);
        assert!(run.stderr.starts_with(&format!("note: {wins} replaces `replicas` of shop;")), "{}", run.stderr);
        let deployment = run.stdout.split("---\n").find(|text| text.contains("kind: Deployment")).unwrap();
        assert!(!deployment.contains("\n  replicas:"), "{deployment}");
        assert!(run.stdout.contains("maxReplicas: 8"));
    }
}

const GHOSTUNNEL: &str = "ghostunnel/ghostunnel:v1.11.1-distroless";

#[test]
fn images_are_listed_with_what_says_so() {
    let root = two_apps("images");
    edit(&root, ".patterns.yaml", "# ours\n", "images: {topz: \"registry.example.com/none:1\"}\n");
    refused(&root, &["images"], &["no image role is called `topz`"]);
    edit(&root, ".patterns.yaml", "topz", "haproxy");
    let more = "use: [topz, {broker: {as: db, protocol: mysql, to: \"external/mysql.example.com:3306\"}}]\nimages: {agent: \"registry.example.com/agent:1\"}\nextra:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: x}\n    spec: {containers: [{name: x, image: \"registry.example.com/x:1\", resources: {limits: {memory: 1Mi}}}]}\n";
    put(&root, "apps/cart.yaml", &app("cart", more));
    let list = run(&root, &["images"]);
    assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = list
        .stdout
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec!["image", "from", "in"],
            vec![GHOSTUNNEL, "built-in https", "Deployment/shop"],
            vec!["registry.example.com/agent:1", "images.agent of apps/cart.yaml:5", "Deployment/cart"],
            vec!["registry.example.com/cart:1", "apps/cart.yaml:3", "Deployment/cart"],
            vec!["registry.example.com/none:1", "images.haproxy of .patterns.yaml:1", "Deployment/cart"],
            vec!["registry.example.com/shop:1", "apps/shop.yaml:3", "Deployment/shop"],
            vec!["registry.example.com/x:1", "apps/cart.yaml:10", "Pod/x"],
        ]
    );
    let json: serde_json::Value = serde_json::from_str(&run(&root, &["images", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["images"].as_array().unwrap().len(), 6);
    assert_eq!(json["images"][0]["from"], serde_json::json!({"kind": "built-in", "file": null, "line": null}));
    assert_eq!(json["images"][0]["role"], "https");
    assert_eq!(json["images"][3]["from"], serde_json::json!({"kind": "project", "file": ".patterns.yaml", "line": 1}));
    assert_eq!(
        json["images"][1]["used"][1],
        serde_json::json!({"description": "apps/cart.yaml", "environment": "prod", "object": "Deployment/cart", "container": "topz"})
    );
    let one = run(&root, &["images", "apps/shop.yaml", "-e", "dev", "--format", "plain"]);
    assert_eq!(one.stdout, format!("{GHOSTUNNEL}\nregistry.example.com/shop:1\n"));
}

#[test]
fn pins_keep_everything_else_of_the_settings() {
    let root = two_apps("pins");
    assert_eq!(run(&root, &["gen"]).code, 0);
    let pinned = run(&root, &["images", "--write"]);
    assert_eq!((pinned.code, pinned.stdout.as_str()), (0, ""));
    assert_eq!(pinned.stderr, format!(".patterns.yaml: images.https is {GHOSTUNNEL}\n"));
    let settings = || fs::read_to_string(root.join(".patterns.yaml")).unwrap();
    assert_eq!(settings(), format!("{SETTINGS}images:\n  https: \"{GHOSTUNNEL}\"\n"));
    assert_eq!(run(&root, &["gen", "--check"]).code, 0, "no Pod moves");
    assert_eq!(
        run(&root, &["images", "--write"]).stderr,
        ".patterns.yaml: nothing to pin: every role in use has an image there; --pins FILE replaces them\n"
    );
    let digest = "a".repeat(64);
    put(
        &root,
        "pins.txt",
        &format!("# ours\n{GHOSTUNNEL}@sha256:{digest} # today\n\nregistry.example.com/shop:1@sha256:{digest}\n"),
    );
    let pinned = run(&root.join("apps"), &["images", "--write", "--pins", "../pins.txt"]);
    let note = "note: registry.example.com/shop:1 is named by ../apps/shop.yaml:3; change it there to pin registry";
    assert!(pinned.code == 0 && pinned.stderr.contains(note), "{}", pinned.stderr);
    assert_eq!(settings(), format!("{SETTINGS}images:\n  https: \"{GHOSTUNNEL}@sha256:{digest}\"\n"));
    // another tag of the same repository
    put(&root, "pins.txt", "ghostunnel/ghostunnel:v2\n");
    assert_eq!(run(&root, &["images", "--write", "--pins", "pins.txt"]).code, 0);
    assert_eq!(settings(), format!("{SETTINGS}images:\n  https: \"ghostunnel/ghostunnel:v2\"\n"));
    for (pins, message) in [
        ("ghostunnel/ghostunnel\n", "this is not an image with a tag or digest"),
        ("https://example.com/a:1\n", "this is not an image with a tag or digest"),
        ("ghostunnel/ghostunel:v2\n", "did you mean ghostunnel/ghostunnel?"),
        ("ghostunnel/ghostunnel:v3\nghostunnel/ghostunnel:v4\n", "two references match ghostunnel/ghostunnel:v2"),
        ("ghostunnel/ghostunnel:v3\nghostunnel/ghostunnel:v3\n", "two references for ghostunnel/ghostunnel:v3"),
    ] {
        put(&root, "pins.txt", pins);
        refused(&root, &["images", "--write", "--pins", "pins.txt"], &[message]);
    }
    refused(&root, &["images", "--pins", "pins.txt"], &["--write"]);
    edit(&root, ".patterns.yaml", "images:\n  https:", "base: &base\n  https:");
    refused(&root, &["images", "--write"], &["has no setting `base`"]);
    // without settings they are made at the repository's root
    fs::remove_file(root.join(".patterns.yaml")).unwrap();
    let made = run(&root.join("apps"), &["images", "shop.yaml", "--write"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(settings(), format!("images:\n  https: \"{GHOSTUNNEL}\"\n"));
    assert!(!root.join("apps/.patterns.yaml").exists());
}

#[test]
fn the_schema_of_settings_knows_good_from_bad() {
    let run = crate::support::patterns(&["schema", "--settings"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    jsonschema::draft7::meta::validate(&schema).expect("a JSON Schema");
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let is_valid = |text: &str| validator.is_valid(&crate::support::documents(text)[0]);
    assert!(is_valid(SETTINGS));
    assert!(is_valid(
        "target: 1.34\npull: [a]\nimages: {https: \"a/b:1\"}\nlint: {profile: strict, rules: {sidecar: skip}}\n"
    ));
    for wrong in [
        "outputs: {into: a}",
        "outputs: [{into: a}]",
        "outputs: [{descriptions: a, into: b, environment: c}]",
        "pull: a",
        "lint: {profil: strict}",
        "catalog: []",
    ] {
        assert!(!is_valid(wrong), "{wrong}");
    }
}

/// What the last description has left behind is named, with the command that removes it: nothing is removed by itself,
/// because a wrong path looks the same.
#[test]
fn the_last_description_leaves_a_command_behind() {
    let settings = "outputs: [{descriptions: \"apps/*.yaml\", into: \"out put/{environment}\", environments: [dev]}, \
                    {descriptions: more.yaml, into: more}]\n";
    let root = project("last", &[(".patterns.yaml", settings)]);
    put(&root, "apps/shop.yaml", &app("shop", ""));
    put(&root, "more.yaml", &app("more", ""));
    assert_eq!(run(&root, &["gen"]).code, 0);
    put(&root, "more/notes.txt", "by hand");
    fs::remove_file(root.join("apps/shop.yaml")).unwrap();
    fs::remove_file(root.join("more.yaml")).unwrap();
    let before = tree(&root);
    let failed = run(&root, &["gen"]);
    assert_eq!((failed.code, tree(&root)), (2, before));
    let said = failed.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let commands: Vec<&str> = said.split("delete this entry and ").skip(1).collect();
    assert!(
        commands[0]
            .starts_with("what it made: rm -r 'out put/dev' error: cannot read more.yaml: there is no such file"),
        "{said}"
    );
    // many files beside another: which they are
    let search = "each file that it made; this shows the description of each: grep -r patterns/source: more";
    assert_eq!(commands[1], search);
    fs::remove_file(root.join("more/notes.txt")).unwrap();
    let failed = run(&root, &["gen"]).stderr;
    let command = failed.trim_end().rsplit("what it made: ").next().unwrap();
    let shell = Command::new("sh").arg("-c").arg(command).current_dir(&root).status().unwrap();
    assert!(shell.success() && !root.join("more").exists(), "{command}");
}
