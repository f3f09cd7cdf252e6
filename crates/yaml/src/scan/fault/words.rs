//! Faults of single words: characters, names, quotes, escapes, tags and directives.

#![expect(clippy::unnecessary_box_returns, reason = "a fault is boxed where it is made and passed on as it is")]

use super::super::cursor::Cursor;
use super::{Fault, character_end, quote_it, refuse, rest_of_line, rest_of_value};
use crate::refusal::{Refusal, beginning};
use crate::source::Span;

/// A tab in indentation.
pub(in super::super) fn tab(cursor: &Cursor<'_>) -> Fault {
    let tabs = cursor.slice(cursor.at, cursor.end());
    let length = tabs.len() - tabs.trim_start_matches('\t').len();
    Box::new(
        refuse(cursor.at, cursor.at + length, "a tab is used for indentation")
            .because("the width of a tab depends on the editor, so YAML does not allow tabs as indentation")
            .help("indent with spaces; on an empty line, remove the tab"),
    )
}

/// A byte with which no value can begin.
pub(in super::super) fn cannot_start(cursor: &Cursor<'_>, in_flow: bool) -> Fault {
    let at = cursor.at;
    let found = char::from(cursor.peek());
    match found {
        '\t' => tab(cursor),
        '|' | '>' if in_flow => Box::new(
            refuse(at, at + 1, format!("`{found}` cannot begin a block scalar inside brackets"))
                .help("write the text in double quotes, with `\\n` for line breaks"),
        ),
        _ => {
            let text = rest_of_value(cursor, at, in_flow);
            let name = if found == '`' { "a backtick".to_owned() } else { format!("`{found}`") };
            Box::new(
                refuse(at, at + 1, format!("no value can start with {name}"))
                    .because("YAML reserves the character")
                    .help(quote_it(text)),
            )
        }
    }
}

/// `*.example.com`, `*/5`, `&&`.
pub(in super::super) fn not_a_name(cursor: &Cursor<'_>, start: usize, in_flow: bool) -> Fault {
    let sign = char::from(cursor.byte(start));
    let what = if sign == '*' { "an alias" } else { "an anchor" };
    let text = rest_of_value(cursor, start, in_flow);
    let end = start + text.split([' ', '\t']).next().map_or(1, str::len).max(1);
    Box::new(
        refuse(start, end, format!("`{sign}` starts {what}, but no name follows"))
            .because("a name is made of letters, digits, `_` and `-`")
            .help(quote_it(text)),
    )
}

/// A tag that cannot be read.
pub(in super::super) fn bad_tag(cursor: &Cursor<'_>, start: usize) -> Fault {
    let end = character_end(cursor, cursor.at).max(start + 1);
    Box::new(refuse(start, end, "`!` starts a tag, but this is not a tag").help(quote_it(rest_of_line(cursor, start))))
}

/// `!e!x` without `%TAG !e!`.
pub(in super::super) fn unknown_tag_handle(span: Span, handle: &str) -> Fault {
    Box::new(
        Refusal::new(span, format!("no `%TAG` directive says what `{}` stands for", beginning(handle, 40)))
            .help("quote the value if it is meant as text"),
    )
}

/// `%YAML 1.2` and everything else that begins with `%` in the first column.
pub(in super::super) fn directive(cursor: &Cursor<'_>, start: usize) -> Fault {
    let text = rest_of_line(cursor, start);
    let refusal = refuse(start, start + text.len().max(1), "kubectl does not understand this directive");
    Box::new(if text.starts_with("%YAML") {
        refusal.because("it supports only YAML 1.1").help("remove the line")
    } else {
        refusal
            .because("`%` in the first column starts a directive")
            .help("remove the line, or indent and quote it if it is text")
    })
}

/// `%YAML 1.1` that is not followed by `---`.
pub(in super::super) fn lone_directive(cursor: &Cursor<'_>, start: usize) -> Fault {
    Box::new(
        refuse(start, start + rest_of_line(cursor, start).len(), "this directive has no document")
            .because("kubectl splits the file at `---` before it parses any YAML, which leaves the directive alone")
            .help("remove the line"),
    )
}

/// `|b`
pub(in super::super) fn block_header(cursor: &Cursor<'_>, start: usize) -> Fault {
    let sign = char::from(cursor.byte(start));
    let text = rest_of_line(cursor, start);
    let end = character_end(cursor, cursor.at).max(start + 1);
    Box::new(
        refuse(start, end, format!("`{sign}` starts a block scalar, whose text must start on the next line"))
            .because("the sign may be followed by `-` or `+`, a digit from 1 to 9, and a comment")
            .help(format!("put the text on the next line, or {}", quote_it(text))),
    )
}

/// The end of the text comes before the closing quote.
pub(in super::super) fn unclosed_quote(cursor: &Cursor<'_>, open: usize) -> Fault {
    let quote = char::from(cursor.byte(open));
    let refusal = refuse(open, open + 1, format!("this `{quote}` is never closed"));
    Box::new(if quote == '\'' {
        refusal.help("close it; inside single quotes, write `''` for a quote")
    } else {
        refusal.help("close it; inside double quotes, write `\\\"` for a quote")
    })
}

/// `"\d"`
pub(in super::super) fn unknown_escape(cursor: &Cursor<'_>) -> Fault {
    let at = cursor.at;
    let end = character_end(cursor, at + 1).max(at + 1);
    let escape = cursor.slice(at, end);
    let refusal = refuse(at, end, format!("kubectl's YAML has no escape `{escape}`"));
    Box::new(if escape == "\\/" {
        refusal.because("it is YAML 1.2 and JSON; kubectl reads YAML 1.1").help("write `/`")
    } else {
        refusal.help(format!("write `\\{escape}` for a backslash, or use single quotes, which have no escapes"))
    })
}

/// `"\u12"`
pub(in super::super) fn short_escape(cursor: &Cursor<'_>, digits: usize) -> Fault {
    let at = cursor.at;
    let hex = cursor.slice(at + 2, cursor.end()).bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let escape = cursor.slice(at, at + 2);
    Box::new(
        refuse(at, at + 2 + hex, format!("`{escape}` needs {digits} hexadecimal digits"))
            .help(format!("write all digits, or `\\{escape}` for a backslash")),
    )
}

/// `"\ud800"`
pub(in super::super) fn no_character(cursor: &Cursor<'_>, length: usize, code: u32) -> Fault {
    let refusal = refuse(cursor.at, cursor.at + length, "");
    Box::new(if (0xD800..0xE000).contains(&code) {
        let mut refusal = refusal
            .because("`\\ud800` to `\\udfff` are halves of a character, which only JSON joins")
            .help("write the character itself, or `\\U` with eight digits");
        "kubectl's YAML does not join surrogate escapes".clone_into(&mut refusal.message);
        refusal
    } else {
        let mut refusal = refusal.help("the last character is `\\U0010ffff`");
        "there is no such character".clone_into(&mut refusal.message);
        refusal
    })
}
