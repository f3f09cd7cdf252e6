//! `.patterns.yaml`: the settings of a project.

use std::path::Path;
use std::process::Command;

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{binary, files, patterns, relative};

/// Every project below `tests/projects` is refused, with a message that is a snapshot.
#[test]
fn mistakes() {
    for path in files("tests/projects", "shop.yaml") {
        let name = relative(&path);
        let run = patterns(&["gen", &name]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        let snapshot = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(snapshot, run.stderr);
        });
    }
}

const SHOP: &str =
    "patterns: v1\nname: shop\napp: {image: 'registry.example.com/shop:1', port: 8080}\nuse: [https: shop-tls]\n";

/// A project of its own in a folder that the test may write to.
fn project(name: &str, files: &[(&str, &str)]) -> OwnFolder {
    let root = own_folder(format!("project-{name}"));
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

/// The image of `https` that comes out of `gen` in `folder`.
fn https(folder: &Path, file: &str) -> String {
    let mut command = Command::new(binary());
    command.args(["gen", file]).current_dir(folder).env("NO_COLOR", "1");
    if file == "-" {
        let input = folder.join("stdin.txt");
        std::fs::write(&input, SHOP).unwrap();
        command.stdin(std::fs::File::open(input).unwrap());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| Some(line.split_once("image: ")?.1.to_owned())).unwrap()
}

#[test]
fn the_nearest_settings_count_alone() {
    let root = project(
        "nearest",
        &[
            (".patterns.yaml", "images: {https: 'registry.example.com/outer:1'}\n"),
            ("repository/.git/HEAD", ""),
            ("repository/plain/shop.yaml", SHOP),
            ("settings/.patterns.yaml", "images: {https: 'registry.example.com/inner:1'}\n"),
            ("settings/deep/er/shop.yaml", SHOP),
            ("empty/.patterns.yaml", "# nothing yet\n"),
            ("empty/shop.yaml", SHOP),
            ("other/shop.yaml", SHOP),
        ],
    );
    assert_eq!(https(&root, "other/shop.yaml"), "registry.example.com/outer:1");
    assert_eq!(https(&root, "settings/deep/er/shop.yaml"), "registry.example.com/inner:1");
    assert_eq!(https(&root.join("settings/deep"), "er/shop.yaml"), "registry.example.com/inner:1");
    assert_eq!(https(&root.join("settings/deep"), "-"), "registry.example.com/inner:1", "the working directory");
    assert!(https(&root, "empty/shop.yaml").starts_with("ghostunnel/"), "never merged with others");
    assert!(https(&root, "repository/plain/shop.yaml").starts_with("ghostunnel/"), "not beyond the repository");
}

#[test]
fn a_description_overrides_its_project() {
    let own = format!("{SHOP}images: {{https: 'registry.example.com/own:1'}}\n");
    let root = project(
        "override",
        &[(".patterns.yaml", "images: {https: 'registry.example.com/outer:1'}\n"), ("shop.yaml", &own)],
    );
    assert_eq!(https(&root, "shop.yaml"), "registry.example.com/own:1");
}

#[test]
fn the_oldest_server_judges() {
    let newer = "extra: [{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: {hostnameOverride: pod, \
                 containers: [{name: pod, image: 'registry.example.com/pod:1', resources: {limits: {memory: 1Mi}}}]}}]\n";
    let text = format!("{SHOP}{newer}");
    let root = project(
        "target",
        &[("shop.yaml", &text), ("newer/.patterns.yaml", "target: 1.36\n"), ("newer/shop.yaml", &text)],
    );
    let code = |args: &[&str]| {
        let run = Command::new(binary()).arg("gen").args(args).current_dir(&root).output().unwrap();
        (run.status.code(), String::from_utf8(run.stderr).unwrap().contains("hostnameOverride"))
    };
    assert_eq!(code(&["shop.yaml"]), (Some(2), true), "1.33 is the oldest");
    assert_eq!(code(&["shop.yaml", "--target", "1.36"]), (Some(0), false));
    assert_eq!(code(&["newer/shop.yaml"]), (Some(0), false), "from the project");
    assert_eq!(code(&["newer/shop.yaml", "--target", "1.33"]), (Some(2), true), "the command line wins");
    assert_eq!(code(&["shop.yaml", "--target", "1.32"]).0, Some(2));
    std::fs::write(root.join("newer/shop.yaml"), format!("{text}target: \"1.33\"\n")).unwrap();
    assert_eq!(code(&["newer/shop.yaml"]), (Some(2), true), "the description wins");
}
