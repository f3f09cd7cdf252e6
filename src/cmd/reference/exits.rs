//! What each command's exit code means.

use super::table;

/// Commands, and what 0, 1 and 2 say of them.
const CODES: [(&str, [&str; 3]); 7] = [
    (
        "`gen`",
        ["written, or `--check` finds no difference", "`--check` differs", "anything wrong with the description"],
    ),
    (
        "`lint`",
        [
            "no findings at or above `--fail-on`",
            "findings at or above `--fail-on`, or YAML that kubectl refuses, unless they are ignored or in the baseline; with `--diff`, changes and nothing else",
            "a file that cannot be read or rendered, bad usage",
        ],
    ),
    (
        "`policy test`",
        [
            "every example has the expected result",
            "an example has another result, or a policy does not compile",
            "a folder that cannot be read, or one without examples",
        ],
    ),
    (
        "`import`",
        [
            "imported",
            "something was lost or could not be read, or there is no workload",
            "a file that exists already, bad usage",
        ],
    ),
    ("`read`", ["read", "kubectl would refuse it", "a file that cannot be read"]),
    (
        "`lsp`",
        [
            "the editor ended the session",
            "the editor went away without `shutdown`",
            "a stream that is not the Language Server Protocol",
        ],
    ),
    ("all others", ["printed or written", "never", "what they are asked for does not exist or is invalid"]),
];

/// The page of exit codes, by command.
pub fn page() -> String {
    let rows = CODES.iter().map(|(command, [clean, findings, failed])| {
        [(*command).to_owned(), (*clean).to_owned(), (*findings).to_owned(), (*failed).to_owned()]
    });
    "# Exit codes\n\nA pipe that closes early, as in `patterns lint | head`, changes none of them.\n\n".to_owned()
        + &table(["command", "0", "1", "2"], rows)
}
