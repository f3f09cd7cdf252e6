//! Folders of patterns of the user's own (`--catalogue`), and what is said when they are wrong.

use crate::support::{documents, patterns};

/// Every folder below `tests/catalogues` is refused, with a message that is a snapshot.
#[test]
fn mistakes() {
    let folders = std::fs::read_dir("tests/catalogues").unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = folders
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    for name in names {
        let run = patterns(&["gen", "tests/catalogues/use.yaml", "--catalogue", &format!("tests/catalogues/{name}")]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        insta::with_settings!({omit_expression => true}, {
            insta::assert_snapshot!(name, run.stderr);
        });
    }
}

#[test]
fn a_folder_of_templates_is_a_pattern() {
    let run = patterns(&["gen", "examples/own-pattern/shop.yaml"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let objects = documents(&run.stdout);
    let pod = &objects.iter().find(|object| object["kind"] == "Deployment").unwrap()["spec"]["template"]["spec"];
    assert_eq!(pod["initContainers"][0]["name"], "local-cache");
    assert_eq!(pod["initContainers"][0]["args"][2], "--memory-limit=128");
    assert_eq!(pod["containers"][0]["env"][1]["name"], "LOCAL_CACHE_PORT");
    let again = ["gen", "examples/own-pattern/shop.yaml", "--catalogue", "examples/own-pattern/patterns"];
    assert_eq!(patterns(&again).stdout, run.stdout, "a folder that is named twice is one");
}

#[test]
fn explain_knows_the_folder() {
    let catalogue = ["--catalogue", "examples/own-pattern/patterns"];
    let page = patterns(&[&["explain", "local-cache"][..], &catalogue].concat());
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains("megabytes  number, default 64, may be given alone"), "{}", page.stdout);
    let source = patterns(&[&["explain", "--source", "local-cache"][..], &catalogue].concat());
    assert!(source.stdout.starts_with("# examples/own-pattern/patterns/sidecar/local-cache/pattern.yaml"));
    let images = patterns(&[&["explain", "--images"][..], &catalogue].concat());
    let row = images.stdout.lines().find(|row| row.starts_with("local-cache ")).expect("its own row");
    assert!(row.contains(" memcached:1.6.45 "), "{row}");
    assert_eq!(patterns(&["explain", "local-cache"]).code, 2, "not without it");
}
