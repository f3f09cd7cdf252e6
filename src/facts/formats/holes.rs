//! What is yet to be put into a configuration, or is left out of it.

use crate::facts::program::Format;
use crate::words;

/// Whether more than a value of a text is yet to be put in: it is a placeholder or encrypted as a whole, or a line is
/// nothing but what others come in the place of or are left out at.
#[must_use]
pub fn is_to_be_filled_in(format: Format, text: &str) -> bool {
    let whole = text.trim();
    let is_word = !whole.contains(char::is_whitespace) && words::is_placeholder(whole);
    is_word
        || whole.starts_with("ENC[")
        || whole.lines().any(|line| is_hole(format, line.trim()))
        || leaves_blocks_out(format, whole)
}

/// Whether a comment is nothing but `...`, in the place of blocks that are left out: a configuration may have any number
/// of these. Within a longer comment it belongs to what that shows, and where each setting is a line, those that are
/// there are what the program reads.
fn leaves_blocks_out(format: Format, text: &str) -> bool {
    let is_comment = |line: Option<&str>| line.is_some_and(|line| line.trim_start().starts_with('#'));
    let (mut lines, mut before) = (text.lines().peekable(), None);
    matches!(format, Format::Nginx | Format::Haproxy | Format::Caddyfile)
        && std::iter::from_fn(|| {
            let line = lines.next()?;
            let is_alone = !is_comment(before.replace(line)) && !is_comment(lines.peek().copied());
            Some(is_alone && line.trim().strip_prefix('#').is_some_and(|comment| is_ellipsis(comment.trim())))
        })
        .any(|leaves_out| leaves_out)
}

fn is_ellipsis(text: &str) -> bool {
    matches!(text, "..." | "…" | "[...]")
}

/// Whether a line of a configuration is nothing but what other lines come in the place of, or leaves them out (`...`).
fn is_hole(format: Format, line: &str) -> bool {
    let between = |open: &str, close: &str| line.starts_with(open) && line.ends_with(close);
    match format {
        // an array of tables
        Format::Toml if line.starts_with("[[") => false,
        // the end of a document; an item of a list is one value
        Format::Yaml if line == "..." || line.starts_with('-') => false,
        // `{$NAME}` is a variable, with all that it says
        Format::Caddyfile if between("{$", "}") => true,
        // templates that the program fills in by itself are texts of HCL and YAML
        Format::Hcl | Format::Yaml => words::is_hole_of_lines(line),
        _ => is_ellipsis(line) || between("{{", "}}") || between("<path:", ">") || words::is_hole_of_lines(line),
    }
}
