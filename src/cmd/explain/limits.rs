//! `patterns explain limits`: every limit on input.

use std::fmt::Write as _;

use crate::limits::ALL;

/// The limits, each with what it counts.
pub fn list() -> String {
    let width = ALL.iter().map(|limit| limit.name.len()).max().unwrap_or(0);
    let mut page = "limits\nPast a limit, the error or the summary says which.\n\n".to_owned();
    for limit in ALL {
        let _ = writeln!(page, "  {:width$}  {:>8}  {}", limit.name, limit.to_string(), limit.counts);
    }
    page
}
