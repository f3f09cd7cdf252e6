//! Which files of a folder a run reads, whichever way the folder is written.

use std::os::unix::fs::symlink;

use crate::support::folder::Folder;

const BAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  country: no\n";

/// The files in which a run from a folder below finds something, as it calls them.
fn found(folder: &Folder, below: &str, path: &str) -> Vec<String> {
    let run = std::process::Command::new(crate::support::binary())
        .args(["lint", "--format", "concise", path])
        .current_dir(folder.0.join(below))
        .output()
        .unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    let mut files: Vec<String> = out.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
    files.dedup();
    files
}

#[test]
fn ignore_files_count_wherever_a_run_begins() {
    let folder = Folder::new("search", "ignored");
    folder
        .file(".gitignore", "/shop/made/\n*.local.yaml\n")
        .file("shop/.ignore", "old\n!kept.local.yaml\n")
        .file("shop/deep/.gitignore", "/b.yaml\n[z-a]\n");
    let files = [
        "a.yaml",
        "a.local.yaml",
        "kept.local.yaml",
        "made/a.yaml",
        "old/a.yaml",
        "deep/a.yaml",
        "deep/b.yaml",
        ".c.yml",
    ];
    for file in files {
        folder.file(&format!("shop/{file}"), BAD);
    }
    symlink("shop", folder.0.join("link")).unwrap();
    symlink("..", folder.0.join("shop/deep/up")).unwrap();
    let names = [".c.yml", "a.yaml", "deep/a.yaml", "kept.local.yaml"];
    let whole = folder.0.canonicalize().unwrap().join("shop").display().to_string();
    let places = [
        ("", "shop", "shop/"),
        ("", "./shop", "shop/"),
        ("", "shop/", "shop/"),
        ("", ".", "shop/"),
        ("", "link", "link/"),
        ("shop", ".", ""),
        ("shop", "../shop", "../shop/"),
        ("shop/deep", "..", "../"),
        ("", whole.as_str(), &format!("{whole}/")),
    ];
    for (below, path, prefix) in places {
        assert_eq!(found(&folder, below, path), names.map(|name| format!("{prefix}{name}")), "{below} {path}");
    }
    assert_eq!(found(&folder, "shop/deep", "."), ["a.yaml"]);
    assert_eq!(found(&folder, "shop", "made"), ["made/a.yaml"], "a folder by name");
    assert_eq!(found(&folder, "shop", "made/a.yaml"), ["made/a.yaml"], "a file by name");
}

/// A pattern without meaning would leave out nothing in silence: said of the files above, which the run did not list.
#[test]
fn a_pattern_above_that_means_nothing_is_said() {
    let folder = Folder::new("search", "unclear");
    folder.file("shop/a.yaml", BAD).file(".gitignore", "[z-a]\n");
    let run = folder.run(&["lint", "shop"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains(".gitignore: cannot be searched"), "{}", run.stderr);
    assert!(run.stdout.contains("shop/a.yaml"), "{}", run.stdout);
    let run = folder.run(&["lint", "."]);
    assert_eq!(run.code, 1, "{}", run.stderr);
}

/// A Service whose name a script fills in.
const EMPTY: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name:\nspec:\n  ports: [{port: 80}]\n";

/// What tests compare with is left out below a folder of tests, and a name that is empty there is one to fill in.
#[test]
fn tests_have_baselines_and_names_to_fill_in() {
    let folder = Folder::new("search", "tests");
    for file in
        ["test/shop/baseline/manifests/a.yaml", "e2e/baseline/a.yaml", "baseline/a.yaml", "a/b/c/d/baseline/a.yaml"]
    {
        folder.file(file, BAD);
    }
    assert_eq!(found(&folder, "", "."), ["a/b/c/d/baseline/a.yaml", "baseline/a.yaml"]);
    for path in
        ["e2e-tests/shop/conf/a.yaml", "tests/a.yaml", "my_test/a.yaml", "latest/a.yaml", "contests/a.yaml", "b.yaml"]
    {
        let folder = Folder::new("search", &path.replace('/', "-"));
        folder.file(path, EMPTY);
        let is_of_tests = path.starts_with("e2e-tests/") || path.starts_with("tests/") || path.starts_with("my_test/");
        let run = folder.run(&["lint", "."]);
        assert_eq!(run.code, i32::from(!is_of_tests), "{path}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.contains("1 file with placeholders"), is_of_tests, "{path}: {}", run.stderr);
    }
}

/// A folder is one that is left out by its name, by what is in it, and never by a folder in the place of that.
#[test]
fn folders_are_left_out_by_what_is_in_them() {
    let folder = Folder::new("search", "left-out");
    for file in ["a/vendor/a.yaml", "b/a.yaml", "c/a.yaml", "d/a.yaml", "e/a.yaml", "f/below/a.yaml"] {
        folder.file(file, BAD);
    }
    folder.file("b/chainsaw-test.yaml", "").file("c/chainsaw-test.yaml/a.yaml", BAD).file("e/7-errors.yml", "");
    folder.file("real/test.yaml", "").file("f/00-assert.yaml", "");
    symlink("../real/test.yaml", folder.0.join("d/chainsaw-test.yaml")).unwrap();
    assert_eq!(found(&folder, "", "."), ["c/a.yaml"]);
    let run = folder.run(&["lint", "."]);
    assert!(run.stderr.contains("6 folders left out (00-assert.yaml, chainsaw-test.yaml, vendor)"), "{}", run.stderr);
    assert_eq!(found(&folder, "", "f"), ["f/below/a.yaml"], "one that is named");
    assert_eq!(found(&folder, "f/below", "."), ["a.yaml"], "a folder of a place in one");
}
