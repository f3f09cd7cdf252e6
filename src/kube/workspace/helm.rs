//! Templates of Helm and ytt: not what is applied until they are rendered.

use std::path::Path;

use super::file::File;
use crate::yaml::{Document, Style, Value};

/// Whether a path lies in the `templates` folder of a chart.
pub(super) fn is_chart_template(path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| {
        folder.file_name().is_some_and(|name| name == "templates")
            && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    })
}

/// Whether a template is Helm's: it lies in the folder of a chart, or asks for what only Helm has. A helmfile may, too, and
/// is none.
pub(super) fn is_of_helm(path: Option<&Path>, text: &str) -> bool {
    let is_helmfile =
        |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("helmfile"));
    let is_in_chart = |path: &Path| path.ancestors().skip(1).any(|folder| folder.join("Chart.yaml").is_file());
    let asks_helm = [".Values.", ".Release.", ".Chart."].iter().any(|part| text.contains(part));
    path.is_some_and(is_in_chart) || asks_helm && !path.is_some_and(is_helmfile)
}

/// Whether template actions are what makes a file unreadable.
pub(super) fn is_template(file: &File) -> bool {
    !file.refusals.is_empty() && file.source.text.lines().any(|line| has_bare_action(line) || has_bare_hole(line))
}

/// `{{` (or Jinja's `{%`) where YAML would look for structure: at the start of a line, a value or an item.
/// Quoted ones and those inside longer texts, as in alerts and dashboards, are plain text to YAML.
fn has_bare_action(line: &str) -> bool {
    line.match_indices("{{").chain(line.match_indices("{%")).any(|(at, _)| {
        let before = line[..at].trim_end();
        before.is_empty() || before.ends_with([':', '-'])
    })
}

/// A value or an item that begins with a placeholder which YAML takes for a mistake: `%DOMAIN%`, `@VERSION@`. `sed` and
/// build tools fill those in.
fn has_bare_hole(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim_start();
    ['%', '@'].into_iter().any(|sign| {
        let name = value.strip_prefix(sign).and_then(|rest| rest.split_once(sign)).map(|(name, _)| name);
        name.is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        })
    })
}

/// What YAML takes for comments and is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Values, `image: #{IMAGE}`, as Octopus and the tasks that replace tokens in pipelines write them, or `##IMAGE##`.
    /// What is there once they are filled in is not seen.
    Values,
    /// The code of a template of ytt (carvel.dev: ytt, "Annotations"). What it makes is applied, not what is left without
    /// it.
    Ytt,
}

/// What is hidden in the comments of a file, if anything is.
pub(super) fn hidden(file: &File) -> Option<Hidden> {
    if file.objects.is_empty() && file.refusals.is_empty() {
        return None;
    }
    let text = file.source.text.as_bytes();
    let (mut has_hole, mut has_double, mut has_code) = (false, false, false);
    for at in memchr::memchr_iter(b'#', text) {
        has_hole |= text.get(at + 1) == Some(&b'{');
        has_double |= text.get(at + 1) == Some(&b'#');
        has_code |= text.get(at + 1) == Some(&b'@');
    }
    let is_filled_in = has_hole && has_line_outside_texts(file, has_silent_hole)
        || has_double && has_line_outside_texts(file, has_hole_between_hashes);
    if is_filled_in {
        Some(Hidden::Values)
    } else {
        (has_code && has_line_outside_texts(file, is_ytt_line)).then_some(Hidden::Ytt)
    }
}

/// A value or an item that is nothing but such a hole.
fn has_silent_hole(line: &str) -> bool {
    let Some((before, hole)) = line.split_once("#{") else { return false };
    let (indent, before) = (before.ends_with(char::is_whitespace), before.trim());
    let hole = hole.trim_end();
    let name = hole.strip_suffix("}#").or_else(|| hole.strip_suffix('}'));
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte))
    };
    indent && before.ends_with([':', '-']) && !before.starts_with('#') && name.is_some_and(is_name)
}

/// A value or an item that begins with a name in capitals between signs of comments: `name: ##NAME##`.
fn has_hole_between_hashes(line: &str) -> bool {
    let Some((before, hole)) = line.split_once("##") else { return false };
    let (indent, before) = (before.ends_with(char::is_whitespace), before.trim());
    let name = hole.split_once("##").map_or("", |(name, _)| name);
    let is_of_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    indent
        && before.ends_with([':', '-'])
        && !before.starts_with('#')
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(is_of_name)
}

/// Whether a line is of a form, of those that are no part of a text of several lines: an object's text may be a template,
/// too.
fn has_line_outside_texts(file: &File, is_wanted: fn(&str) -> bool) -> bool {
    let mut texts: Vec<_> = file.documents.iter().flat_map(|document| long_texts(document)).collect();
    texts.sort_unstable();
    let mut start = 0;
    file.source.text.split_inclusive('\n').any(|line| {
        let at = start;
        start += line.len();
        is_wanted(line) && {
            let before = texts.partition_point(|(begin, _)| *begin <= at);
            before == 0 || texts[before - 1].1 <= at
        }
    })
}

/// Where texts of several lines are.
fn long_texts(document: &Document) -> Vec<(usize, usize)> {
    let (mut found, mut open) = (Vec::new(), vec![document.root()]);
    while let Some(node) = open.pop() {
        if document.style(node) == Style::Alias {
            continue;
        }
        match document.value(node) {
            Value::Str(_) => {
                let range = document.span(node).range();
                if document.raw(node).contains('\n') {
                    found.push((range.start, range.end));
                }
            }
            Value::List(items) => open.extend(items),
            Value::Map(entries) => open.extend(entries.iter().map(|entry| entry.value())),
            _ => {}
        }
    }
    found
}

/// Code in a line of its own, or in the place of a value or an item: `#@ load(…)`, `#@overlay/match …`, `name: #@ name`.
fn is_ytt_line(line: &str) -> bool {
    const STATEMENTS: [&str; 7] = ["load(", "def ", "if ", "for ", "if/end ", "end", "else:"];
    const ANNOTATIONS: [&str; 6] = ["overlay/", "data/", "yaml/", "schema/", "library/", "assert/"];
    let Some((before, code)) = line.split_once("#@") else { return false };
    let before = before.trim();
    let statement = code.trim_start();
    match before.is_empty() {
        true if code.starts_with(' ') => STATEMENTS.iter().any(|word| statement.starts_with(word)),
        true => ANNOTATIONS.iter().any(|word| statement.starts_with(word)) || statement.starts_with("load("),
        false => before.ends_with([':', '-']) && code.starts_with(' ') && !statement.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::{has_bare_hole, has_hole_between_hashes, has_silent_hole, is_ytt_line};

    #[test]
    fn holes_that_yaml_cannot_read_are_seen() {
        for line in ["  namespace: %DOMAIN%", "- @image.tag@", "a: @VERSION@-alpine", "%NAME%"] {
            assert!(has_bare_hole(line), "{line}");
        }
        for line in ["a: 50%", "a: %", "mail: a@b.example", "- '%A%'", "a: %d %", "@import: x", "a: %a b%"] {
            assert!(!has_bare_hole(line), "{line}");
        }
    }

    #[test]
    fn holes_that_yaml_takes_for_comments_are_seen() {
        for line in ["image: #{IMAGE}", "  -  #{ARGUMENT}", "a:\t#{a.b-c}#", "- name: #{NAME}  ", "port: #{Port}"] {
            assert!(has_silent_hole(line), "{line}");
        }
        for line in ["# a: #{A}", "a: b #{A}", "a: \"#{A}\"", "a: #{ a comment }", "a:#{A}", "a: # {A}", "a: #{}"] {
            assert!(!has_silent_hole(line), "{line}");
        }
    }

    #[test]
    fn names_between_hashes_are_holes() {
        for line in ["name: ##CRNAME##", "  - ##ITEM_1##", "image: ##REPO##/web:##TAG##", "a:  ##X##  "] {
            assert!(has_hole_between_hashes(line), "{line}");
        }
        for line in
            ["a: b ##X##", "# a: ##X##", "a: ## X ##", "a: ##", "a: ####", "a: ## NOTE", "## SECTION ##", "a:##X##"]
        {
            assert!(!has_hole_between_hashes(line), "{line}");
        }
    }

    #[test]
    fn lines_of_ytt_are_told_from_comments() {
        for line in [
            "#@ load(\"@ytt:data\", \"data\")",
            "#@load(\"@ytt:data\", \"data\")",
            "  #@ if data.values.debug:",
            "  #@ end",
            "#@overlay/match by=overlay.all",
            "#@ def labels():",
            "#@data/values-schema",
            "name: #@ data.values.name",
            "  - #@ port",
            "  key:   #@ \"a\" + b",
        ] {
            assert!(is_ytt_line(line), "{line}");
        }
        for line in [
            "#@ the owner of this",
            "# @param a",
            "#@",
            "name: a #@ b",
            "name: web",
            "mail: a@b #@",
            "name: #@",
            "#@todo",
        ] {
            assert!(!is_ytt_line(line), "{line}");
        }
    }
}
