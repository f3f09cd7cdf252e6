//! What is not applied, and so left out of a folder: test data, copies of others' work, what tests expect.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Folders of files that are not applied: test data, and copies of others' work. They are left out unless the user
/// names one, or a path in one. A folder that holds a file of this name is one of them, too: a test of Chainsaw, whose
/// objects may be parts, or wrong on purpose (kyverno/chainsaw: `website/docs/quick-start`), and one of kuttl, whose steps
/// are merged into objects of earlier ones (kuttl.dev: docs/testing/steps): `00` is any number. `*` is any name:
/// Percona's operators keep there what a test compares with the cluster's objects, less what differs in each run
/// (percona/percona-server-mongodb-operator: `compare_kubectl` in `e2e-tests/functions`). `**` are a few folders, or none.
pub const LEFT_OUT: [&str; 21] = [
    ".chainsaw-test",
    ".kyverno-test",
    "00-assert.yaml",
    "Godeps",
    "__snapshot__",
    "__snapshots__",
    "_archived",
    CHAINSAW,
    "e2e-tests/*/compare",
    "golden",
    "node_modules",
    "src/test",
    "test-data",
    BELOW_TESTS[0],
    BELOW_TESTS[1],
    BELOW_TESTS[2],
    "test/data",
    "test_data",
    "testdata",
    "tests/data",
    "vendor",
];

/// Folders below one of tests: what they compare with what is made now (`test/datadog/baseline`), and what they are given
/// (`tests/upgrades/fixtures`).
const BELOW_TESTS: [&str; 3] = ["test/**/baseline", "test/**/expected", "test/**/fixtures"];

/// So many folders are between tests and such a folder at most.
const BETWEEN: usize = 3;

/// What a test of Chainsaw is in.
const CHAINSAW: &str = "chainsaw-test.yaml";

/// Whether a file holds what a test of an operator expects of objects, parts of which are conditions: the assertions of
/// kuttl (`00-assert.yaml`, `01-errors.yaml`; kuttl.dev: docs/testing/steps) and Chainsaw (`deployment-assert.yaml`). Those
/// of helm-unittest have another form (helm-unittest/helm-unittest: `DOCUMENT.md`). What a test has made of an input is
/// called `web.out.yaml`.
pub(super) fn is_expectation(path: &Path) -> bool {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let is_made = || stem.strip_suffix(".out").is_some_and(|name| has_input(path, name));
    if stem.ends_with("_test") && is_in_tests_of_a_chart(path) || is_made() {
        return true;
    }
    let mut words = stem.split(['-', '_', '.']);
    let is_numbered = words.clone().next().is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()));
    words.any(|word| matches!(word, "assert" | "asserts") || is_numbered && matches!(word, "error" | "errors"))
}

/// Whether a file is what a test makes of the file beside it: `labels.out.yaml` of `labels.in.yaml`.
fn has_input(path: &Path, name: &str) -> bool {
    ["yaml", "yml", "json"].iter().any(|end| path.with_file_name(format!("{name}.in.{end}")).is_file())
}

/// Whether a file is below `tests` of a chart.
fn is_in_tests_of_a_chart(path: &Path) -> bool {
    let is_of_a_chart = |folder: &Path| {
        folder.file_name().is_some_and(|name| name == "tests")
            && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    };
    path.ancestors().skip(1).any(is_of_a_chart)
}

/// What of [`LEFT_OUT`] a folder is by the names at the end of its path.
pub(super) fn by_name(folder: &Path) -> Option<&'static str> {
    let is_below_tests = |wanted: &str| {
        // `e2e/fixtures` holds what programs of tests apply
        let tests: &[&str] =
            if wanted == "baseline" { &["test", "tests", "e2e", "e2e-tests"] } else { &["test", "tests"] };
        let is_of_tests = |name: &OsStr| tests.iter().any(|tests| name == *tests);
        let mut names = folder.iter().rev();
        names.next().is_some_and(|name| name == wanted) && names.take(1 + BETWEEN).any(is_of_tests)
    };
    let ends_so = |known: &&str| {
        if let Some(name) = known.strip_prefix("test/**/") {
            return is_below_tests(name);
        }
        let mut names = folder.iter().rev();
        known.split('/').rev().all(|part| names.next().is_some_and(|name| part == "*" || name == part))
    };
    LEFT_OUT.into_iter().find(ends_so)
}

/// What of [`LEFT_OUT`] a folder is by the names of what is in it: a test of kuttl holds what is expected after one of its
/// steps. Whether what has a name is a file is asked of `is_file`.
pub(super) fn by_content<'a>(
    mut names: impl Iterator<Item = &'a str>,
    is_file: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let is_step = |name: &str| {
        let step = name.trim_start_matches(|sign: char| sign.is_ascii_digit());
        step.len() < name.len() && matches!(step, "-assert.yaml" | "-assert.yml" | "-errors.yaml" | "-errors.yml")
    };
    names.find_map(|name| {
        if is_step(name) {
            Some("00-assert.yaml")
        } else {
            Some(CHAINSAW).filter(|test| name == *test && is_file(name))
        }
    })
}

/// What of [`LEFT_OUT`] a folder is by its path or by what is in it.
pub(super) fn left_out(folder: &Path) -> Option<&'static str> {
    by_name(folder).or_else(|| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(LOOKED_AT);
        let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        by_content(names.iter().map(String::as_str).chain([CHAINSAW]), |name| folder.join(name).is_file())
    })
}

/// So many entries of a folder that is not searched are looked at.
const LOOKED_AT: usize = 1000;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_expectation;

    #[test]
    fn expectations_are_told_by_their_names() {
        for name in
            ["00-assert.yaml", "deployment-assert.yaml", "01-assert-second.yaml", "assert.yaml", "02-errors.yaml"]
        {
            assert!(is_expectation(Path::new(name)), "{name}");
        }
        for name in ["00-install.yaml", "errors.yaml", "error-pages.yaml", "assertions-service.yaml", "web.yaml"] {
            assert!(!is_expectation(Path::new(name)), "{name}");
        }
    }
}
