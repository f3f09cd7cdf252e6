//! Parameters that name a file: what it holds arrives as it is, and nothing outside of the folder does.

use std::path::Path;

use crate::support::folder::{OwnFolder, own_folder};
use crate::support::{Run, documents, patterns};

const DESCRIPTION: &str = "patterns: v1
name: shop
app: {image: registry.example.com/shop:1, port: 8080}
use:
  - metrics: {from: statsd, map: FILE}
";

fn folder(test: &str) -> OwnFolder {
    let folder = own_folder(Path::new("files").join(test));
    std::fs::create_dir_all(folder.join("inner")).unwrap();
    folder
}

/// Expands a description in `folder` that names `file`.
fn generate(folder: &Path, file: &str) -> Run {
    let description = folder.join("inner/shop.yaml");
    std::fs::write(&description, DESCRIPTION.replace("FILE", &serde_json::to_string(file).unwrap())).unwrap();
    patterns(&["gen", description.to_str().unwrap()])
}

#[test]
fn the_content_arrives_intact_and_names_the_map() {
    let folder = folder("intact");
    let mut names = Vec::new();
    for text in [
        "a: b\n",
        "# no line break at the end",
        "",
        "a: 'yes'\r\nb: \"$(HOME) ${x} {{ y }} {% z %} \\u0000\"\t\n\n\n",
        "a: |\n  --- \n  ... \n  end   \nb: 'x\u{2028}y'\n",
        "#\u{1f600}: ' : #\n- x\n",
    ] {
        std::fs::write(folder.join("inner/map.yaml"), text).unwrap();
        let run = generate(&folder, "./map.yaml");
        assert_eq!(run.code, 0, "{text:?}: {}", run.stderr);
        let objects = documents(&run.stdout);
        let map = objects.iter().find(|object| object["kind"] == "ConfigMap").unwrap();
        assert_eq!(map["data"]["map.yaml"], text);
        assert_eq!(map["immutable"], true);
        let name = map["metadata"]["name"].as_str().unwrap().to_owned();
        assert!(run.stdout.contains(&format!("name: {name}\n")), "{name}");
        assert!(!names.contains(&name), "the name ends in the content's hash");
        names.push(name);
    }
}

#[test]
fn nothing_outside_of_the_folder_is_read() {
    let folder = folder("outside");
    std::fs::write(folder.join("secret.yaml"), "do not: show\n").unwrap();
    std::fs::write(folder.join("inner/latin.yaml"), b"a: \xe9\n").unwrap();
    std::fs::write(folder.join("inner/large.yaml"), "#".repeat(600 * 1024)).unwrap();
    std::fs::write(folder.join("inner/broken.yaml"), "a: [\n").unwrap();
    std::os::unix::fs::symlink(folder.join("secret.yaml"), folder.join("inner/link.yaml")).unwrap();
    std::os::unix::fs::symlink("shop.yaml", folder.join("inner/near.yaml")).unwrap();
    std::fs::create_dir(folder.join("inner/sub")).unwrap();
    let absolute = folder.join("inner/shop.yaml");
    for (file, reason) in [
        ("../secret.yaml", "in the description's folder or below"),
        ("sub/../../secret.yaml", "in the description's folder or below"),
        (absolute.to_str().unwrap(), "in the description's folder or below"),
        ("", "in the description's folder or below"),
        ("link.yaml", "leads out of the description's folder"),
        ("sub", "is not a file"),
        ("missing.yaml", "cannot read missing.yaml"),
        ("a\u{0}b", "in the description's folder or below"),
        ("latin.yaml", "is not UTF-8"),
        ("large.yaml", "larger than 512 KiB"),
        ("broken.yaml", "broken.yaml:"),
    ] {
        let run = generate(&folder, file);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{file:?}");
        assert!(run.stderr.contains(reason) && !run.stderr.contains("do not"), "{file:?}: {}", run.stderr);
    }
    assert_eq!(generate(&folder, "near.yaml").code, 0, "a link within the folder is none of our business");
    let run = crate::support::generate(&DESCRIPTION.replace("FILE", "map.yaml"));
    assert!(run.code == 2 && run.stderr.contains("standard input cannot name files"), "{}", run.stderr);
}
