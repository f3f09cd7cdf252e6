//! `patterns explain <program>` and `patterns explain programs`.

use std::fmt::Write as _;

use crate::facts::Programs;

/// What is known of a program, as it is written.
pub fn text(name: &str) -> Option<&'static str> {
    Programs::built_in().text(name)
}

/// The form of a description, and the programs that are known.
pub fn list() -> String {
    let mut page = include_str!("../../facts/form.md").to_owned();
    let mut names: Vec<&str> = Programs::built_in().names().collect();
    names.sort_unstable();
    let mut line = String::new();
    for name in names {
        if line.len() + name.len() > 110 {
            let _ = writeln!(page, "{}", line.trim_end());
            line.clear();
        }
        let _ = write!(line, "{name}, ");
    }
    let _ = writeln!(page, "{}", line.trim_end_matches([',', ' ']));
    page
}
