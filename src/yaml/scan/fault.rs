//! What to say where text stops being YAML: the bytes at fault, the mechanism, and something to type.

use super::super::read::Refusal;
use super::super::source::Span;
use super::cursor::Cursor;

/// Boxed, because results are passed on for every token and faults are rare.
pub(in super::super) type Fault = Box<Refusal>;

const QUOTE: &str = "quote it: ";

fn refuse(start: usize, end: usize, message: impl Into<String>) -> Refusal {
    Refusal::new(Span::new(start, end), message)
}

/// The character at `at`.
fn character_end(cursor: &Cursor<'_>, at: usize) -> usize {
    let next = cursor.slice(at, cursor.end()).chars().next();
    at + next.filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8)
}

/// From `at` to the end of its line, comment and trailing space left out.
fn rest_of_line<'src>(cursor: &Cursor<'src>, at: usize) -> &'src str {
    let line = cursor.slice(at, cursor.line_end(at));
    let line = line.find(" #").map_or(line, |comment| &line[..comment]);
    line.trim_end()
}

/// The text in the quotes that need least escaping.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// The key that the line of `at` begins with, as `key: `.
fn key_before<'src>(cursor: &Cursor<'src>, at: usize) -> Option<&'src str> {
    let line = cursor.slice(line_start(cursor, at), at);
    let line = line.trim_start_matches([' ', '-']);
    line.find(": ").map(|colon| &line[..colon + 2])
}

fn line_start(cursor: &Cursor<'_>, at: usize) -> usize {
    cursor.slice(0, at).rfind(['\n', '\r']).map_or(0, |found| found + 1)
}

/// Whether only space stands before `at` on its line.
fn begins_line(cursor: &Cursor<'_>, at: usize) -> bool {
    cursor.slice(line_start(cursor, at), at).trim_matches([' ', '-', '?']).is_empty()
}

fn indentation(cursor: &Cursor<'_>, at: usize) -> usize {
    let start = line_start(cursor, at);
    let line = cursor.slice(start, cursor.end());
    line.len() - line.trim_start_matches(' ').len()
}

/// A tab in indentation.
pub(super) fn tab(cursor: &Cursor<'_>) -> Fault {
    let tabs = cursor.slice(cursor.at, cursor.end());
    let length = tabs.len() - tabs.trim_start_matches('\t').len();
    Box::new(
        refuse(cursor.at, cursor.at + length, "a tab where YAML wants spaces")
            .because("how wide a tab is depends on who looks, so YAML does not count tabs as indentation")
            .help("indent with spaces; on an empty line, remove the tab"),
    )
}

/// A byte with which no value can begin.
pub(super) fn cannot_start(cursor: &Cursor<'_>, in_flow: bool) -> Fault {
    let at = cursor.at;
    let found = char::from(cursor.peek());
    match found {
        '\t' => tab(cursor),
        '|' | '>' if in_flow => Box::new(
            refuse(at, at + 1, format!("`{found}` cannot begin a block scalar inside brackets"))
                .help("write the text in double quotes, with `\\n` for line breaks"),
        ),
        _ => {
            let text = rest_of_line(cursor, at);
            let text = if in_flow { text.split([',', ']', '}']).next().unwrap_or(text) } else { text };
            Box::new(
                refuse(at, at + 1, format!("no value can begin with `{found}`"))
                    .because("YAML reserves the character")
                    .help(format!("{QUOTE}{}", quoted(text))),
            )
        }
    }
}

/// `*.example.com`, `*/5`, `&&`.
pub(super) fn not_a_name(cursor: &Cursor<'_>, start: usize) -> Fault {
    let sign = char::from(cursor.byte(start));
    let what = if sign == '*' { "an alias" } else { "an anchor" };
    let end = character_end(cursor, cursor.at).max(start + 1);
    let text = rest_of_line(cursor, start);
    let help = if text.len() > 1 { format!("{QUOTE}{}", quoted(text)) } else { format!("{QUOTE}\"{sign}\"") };
    Box::new(
        refuse(start, end, format!("`{sign}` begins {what}, and no name follows"))
            .because("a name is made of letters, digits, `_` and `-`")
            .help(help),
    )
}

/// A tag that cannot be read.
pub(super) fn bad_tag(cursor: &Cursor<'_>, start: usize) -> Fault {
    let end = character_end(cursor, cursor.at).max(start + 1);
    Box::new(
        refuse(start, end, "`!` begins a tag, and this is none")
            .help(format!("{QUOTE}{}", quoted(rest_of_line(cursor, start)))),
    )
}

/// `!e!x` without `%TAG !e!`.
pub(super) fn unknown_tag_handle(span: Span, handle: &str) -> Fault {
    Box::new(
        Refusal::new(span, format!("no `%TAG` directive says what `{handle}` stands for"))
            .help("quote the value if it is meant as text"),
    )
}

/// `%YAML 1.2` and everything else that begins with `%` in the first column.
pub(super) fn directive(cursor: &Cursor<'_>, start: usize) -> Fault {
    let text = rest_of_line(cursor, start);
    let refusal = refuse(start, start + text.len().max(1), "kubectl does not understand this directive");
    Box::new(if text.starts_with("%YAML") {
        refusal.because("it reads YAML 1.1 and nothing else").help("remove the line")
    } else {
        refusal
            .because("`%` in the first column begins a directive")
            .help("remove the line, or indent and quote it if it is text")
    })
}

/// `%YAML 1.1` that is not followed by `---`.
pub(super) fn lone_directive(cursor: &Cursor<'_>, start: usize) -> Fault {
    Box::new(
        refuse(start, start + rest_of_line(cursor, start).len(), "this directive has no document")
            .because("kubectl cuts the file at `---` before it reads any YAML, which leaves the directive alone")
            .help("remove the line"),
    )
}

/// `a: - b`
pub(super) fn list_on_line(cursor: &Cursor<'_>) -> Fault {
    let at = cursor.at;
    let text = rest_of_line(cursor, at);
    let refusal = refuse(at, at + 1, "a list cannot begin here");
    Box::new(if begins_line(cursor, at) {
        refusal.because("the value above has not ended").help("indent the dash as its neighbours")
    } else {
        refusal
            .because("`- ` begins a list, and a list begins on a line of its own")
            .help(format!("put `{text}` on the next line, or {QUOTE}{}", quoted(text)))
    })
}

/// `a: ? b`
pub(super) fn question_mark(cursor: &Cursor<'_>) -> Fault {
    let text = rest_of_line(cursor, cursor.at);
    Box::new(
        refuse(cursor.at, cursor.at + 1, "`? ` begins a key, and none can begin here")
            .help(format!("{QUOTE}{}", quoted(text))),
    )
}

/// A `: ` where no key precedes it.
pub(super) fn colon(cursor: &Cursor<'_>) -> Fault {
    let at = cursor.at;
    if let Some(key) = key_before(cursor, at) {
        let start = line_start(cursor, at);
        let value = start + cursor.slice(start, at).find(key).unwrap_or(0) + key.len();
        let text = rest_of_line(cursor, value);
        return Box::new(
            refuse(at, at + 1, "a second `: ` on one line")
                .because("what stands before `: ` is a key, and a value cannot begin with a key on the same line")
                .help(format!("quote the value: {key}{}", quoted(text.trim_start()))),
        );
    }
    let line = cursor.slice(line_start(cursor, at), at);
    let key = line.trim_start();
    let start = at - key.len();
    Box::new(
        refuse(start, at, format!("`{}:` is indented as if it belonged to the value above", key.trim_end()))
            .because("the line above already has a value, and text that is indented deeper goes on with it")
            .help("indent it as the key it stands beside"),
    )
}

/// Text where only a key can stand.
pub(super) fn missing_colon(cursor: &Cursor<'_>, start: usize) -> Fault {
    let text = rest_of_line(cursor, start);
    let refusal = refuse(start, start + text.len().max(1), "a key without `:`");
    Box::new(if text.contains(':') {
        refusal.because("a key is followed by `: `, with a space, on its own line").help("put a space after the colon")
    } else {
        refusal
            .because("in this column stand the keys of a map")
            .help("write `key: value`, or indent the line if it goes on with the value above")
    })
}

/// A key of more than 1024 characters.
pub(super) fn long_key(cursor: &Cursor<'_>, start: usize) -> Fault {
    Box::new(
        refuse(start, cursor.at, "a key of more than 1024 characters")
            .because("kubectl gives up looking for its `:`")
            .help("put `? ` before the key, and `: ` before its value on the next line"),
    )
}

/// Deeper than go-yaml goes.
pub(super) fn too_deep(cursor: &Cursor<'_>) -> Fault {
    Box::new(refuse(cursor.at, cursor.at + 1, "nesting is deeper than 10000 levels").because("kubectl reads no deeper"))
}

/// `|b`
pub(super) fn block_header(cursor: &Cursor<'_>, start: usize) -> Fault {
    let sign = char::from(cursor.byte(start));
    let text = rest_of_line(cursor, start);
    let end = character_end(cursor, cursor.at).max(start + 1);
    Box::new(
        refuse(start, end, format!("`{sign}` begins a block scalar, and its text begins on the next line"))
            .because("after the sign may stand `-` or `+`, a digit from 1 to 9, and a comment")
            .help(format!("put the text on the next line, or {QUOTE}{}", quoted(text))),
    )
}

/// The end of the text comes before the closing quote.
pub(super) fn unclosed_quote(cursor: &Cursor<'_>, open: usize) -> Fault {
    let quote = char::from(cursor.byte(open));
    let refusal = refuse(open, open + 1, format!("this `{quote}` is never closed"));
    Box::new(if quote == '\'' {
        refusal.help("close it; inside single quotes, write `''` for a quote")
    } else {
        refusal.help("close it; inside double quotes, write `\\\"` for a quote")
    })
}

/// `"\d"`
pub(super) fn unknown_escape(cursor: &Cursor<'_>) -> Fault {
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
pub(super) fn short_escape(cursor: &Cursor<'_>, digits: usize) -> Fault {
    let at = cursor.at;
    let hex = cursor.slice(at + 2, cursor.end()).bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let escape = cursor.slice(at, at + 2);
    Box::new(
        refuse(at, at + 2 + hex, format!("`{escape}` wants {digits} hexadecimal digits"))
            .help(format!("write all digits, or `\\{escape}` for a backslash")),
    )
}

/// `"\ud800"`
pub(super) fn no_character(cursor: &Cursor<'_>, length: usize, code: u32) -> Fault {
    let refusal = refuse(cursor.at, cursor.at + length, "");
    Box::new(if (0xD800..0xE000).contains(&code) {
        let mut refusal = refusal
            .because("`\\ud800` to `\\udfff` are halves of a character; only JSON puts them together")
            .help("write the character itself, or `\\U` with eight digits");
        "kubectl's YAML does not join surrogate escapes".clone_into(&mut refusal.message);
        refusal
    } else {
        let mut refusal = refusal.help("the last character is `\\U0010ffff`");
        "there is no such character".clone_into(&mut refusal.message);
        refusal
    })
}

/// Something in an open block collection that is no entry of it.
pub(super) fn in_block(
    cursor: &Cursor<'_>,
    start: usize,
    last_end: usize,
    opened: Option<usize>,
    is_map: bool,
) -> Fault {
    let text = rest_of_line(cursor, start);
    let end = start + text.len().max(1);
    let (what, entry) = if is_map { ("map", "key") } else { ("list", "dash") };
    if begins_line(cursor, start) && line_start(cursor, start) > last_end.saturating_sub(1) {
        let found = indentation(cursor, start);
        let wanted = opened.map_or(0, |opened| cursor.slice(line_start(cursor, opened), opened).chars().count());
        let refusal =
            refuse(start, end, format!("this line belongs to no {what}: no {entry} above has its indentation"));
        let spaces = |count: usize| if count == 1 { "1 space".to_owned() } else { format!("{count} spaces") };
        return Box::new(if found == wanted {
            refuse(start, end, format!("a {what} is open in this column, and this is no entry of it")).help(if is_map {
                "write `key: value`"
            } else {
                "begin the line with `- `"
            })
        } else {
            refusal.help(format!("this line is indented by {}, the {what} above by {}", spaces(found), spaces(wanted)))
        });
    }
    let line = cursor.slice(line_start(cursor, start), cursor.line_end(start)).trim();
    let value =
        key_before(cursor, start).map_or(line, |key| line.trim_start_matches(['-', ' ']).trim_start_matches(key));
    Box::new(
        refuse(start, end, "text after the end of a value")
            .because("the closing quote or bracket ends the value")
            .help(format!("remove it, or quote the whole value: {}", quoted(value))),
    )
}

/// Brackets, and no comma.
pub(super) fn no_comma(cursor: &Cursor<'_>, here: Span, opened: usize) -> Fault {
    let start = here.start as usize;
    let bracket = char::from(cursor.byte(opened));
    let closing = if bracket == '{' { '}' } else { ']' };
    let is_on_later_line = line_start(cursor, start) > opened;
    let is_end = start >= cursor.end() || cursor.slice(start, cursor.end()).trim().is_empty();
    if is_end || (is_on_later_line && indentation(cursor, start) <= indentation(cursor, opened)) {
        return unclosed_bracket(bracket, closing, opened);
    }
    let end = (here.end as usize).max(character_end(cursor, start));
    Box::new(
        refuse(start, end, format!("expected `,` or `{closing}`"))
            .help(format!("separate entries with `,`, or quote text that contains `{bracket}`, `{closing}` or `: `")),
    )
}

fn unclosed_bracket(bracket: char, closing: char, opened: usize) -> Fault {
    Box::new(
        refuse(opened, opened + 1, format!("this `{bracket}` is never closed"))
            .help(format!("close it with `{closing}`, or quote the value if the bracket is text")),
    )
}

/// A place where a value must stand, and none does.
pub(super) fn no_value(cursor: &Cursor<'_>, here: Span, opened: Option<usize>) -> Fault {
    let start = here.start as usize;
    let end = (here.end as usize).max(character_end(cursor, start));
    let bracket = opened.map(|at| (at, cursor.byte(at)));
    if let (true, Some((at, sign @ (b'[' | b'{')))) = (cursor.slice(start, cursor.end()).trim().is_empty(), bracket) {
        return unclosed_bracket(char::from(sign), if sign == b'{' { '}' } else { ']' }, at);
    }
    let text = cursor.slice(start, end);
    let refusal = match text {
        "" | "---" | "..." => refuse(start, end, "a document cannot begin here"),
        _ => refuse(start, end, format!("expected a value before `{text}`")),
    };
    Box::new(match text {
        "..." => refusal.help("remove the line"),
        "," => refusal.help("remove the comma, or write the value"),
        _ => refusal.help(format!("{QUOTE}{}", quoted(rest_of_line(cursor, start)))),
    })
}

/// More was asked for than there is.
pub(super) fn at_end(cursor: &Cursor<'_>) -> Fault {
    Box::new(refuse(cursor.end(), cursor.end(), "the document ends too early"))
}
