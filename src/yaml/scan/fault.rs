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

/// The same, up to the next comma or bracket if brackets are open.
fn rest_of_value<'src>(cursor: &Cursor<'src>, at: usize, in_flow: bool) -> &'src str {
    let line = rest_of_line(cursor, at);
    if in_flow { line.split([',', ']', '}']).next().unwrap_or(line) } else { line }
}

/// The text in the quotes that need least escaping.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// The same for a value that is already, but wrongly, in quotes.
fn requoted(value: &str) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted(inner.unwrap_or(value))
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

/// Where the last line before `at` that is not blank begins; `at` begins a line.
fn line_above(cursor: &Cursor<'_>, at: usize) -> Option<usize> {
    let above = cursor.slice(0, at).trim_end();
    (!above.is_empty()).then(|| line_start(cursor, above.len()))
}

fn indentation(cursor: &Cursor<'_>, at: usize) -> usize {
    let start = line_start(cursor, at);
    let line = cursor.slice(start, cursor.end());
    line.len() - line.trim_start_matches(' ').len()
}

/// Where the first key or text of a line stands, dashes passed.
fn content_column(cursor: &Cursor<'_>, line: usize) -> usize {
    let text = cursor.slice(line, cursor.end());
    let mut rest = text.trim_start_matches(' ');
    while let Some(after) = rest.strip_prefix("- ") {
        rest = after.trim_start_matches(' ');
    }
    text.len() - rest.len()
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
            let text = rest_of_value(cursor, at, in_flow);
            let name = if found == '`' { "a backtick".to_owned() } else { format!("`{found}`") };
            Box::new(
                refuse(at, at + 1, format!("no value can begin with {name}"))
                    .because("YAML reserves the character")
                    .help(format!("{QUOTE}{}", quoted(text))),
            )
        }
    }
}

/// `*.example.com`, `*/5`, `&&`.
pub(super) fn not_a_name(cursor: &Cursor<'_>, start: usize, in_flow: bool) -> Fault {
    let sign = char::from(cursor.byte(start));
    let what = if sign == '*' { "an alias" } else { "an anchor" };
    let text = rest_of_value(cursor, start, in_flow);
    let end = start + text.split([' ', '\t']).next().map_or(1, str::len).max(1);
    Box::new(
        refuse(start, end, format!("`{sign}` begins {what}, and no name follows"))
            .because("a name is made of letters, digits, `_` and `-`")
            .help(format!("{QUOTE}{}", quoted(text))),
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
    let line = line_start(cursor, at);
    let key = cursor.slice(line, at).trim_start();
    let start = at - key.len();
    if let Some(above) = line_above(cursor, line)
        && indentation(cursor, above) == start - line
        && !cursor.slice(above, line).contains(':')
    {
        return missing_colon(cursor, above + (start - line));
    }
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
    // The beginning is enough to find it by.
    let shown: usize = cursor.slice(start, cursor.at).chars().take(40).map(char::len_utf8).sum();
    Box::new(
        refuse(start, start + shown, "a key of more than 1024 characters")
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

/// Something in an open block collection that is no entry of it. `last` is the token before it.
pub(super) fn in_block(cursor: &Cursor<'_>, start: usize, last: Span, opened: Option<usize>, is_map: bool) -> Fault {
    let line = line_start(cursor, start);
    let (last_start, last_end) = (last.start as usize, last.end as usize);
    if begins_line(cursor, start) && line >= last_end {
        return misplaced_line(cursor, start, opened, is_map);
    }
    let quote = char::from(cursor.byte(last_start));
    if matches!(quote, '"' | '\'') && last_start < line {
        return Box::new(
            refuse(last_start, last_start + 1, format!("this `{quote}` is not closed on its line"))
                .because("the next quote, on a later line, closes it, and more text follows there")
                .help(format!("close it with `{quote}` where the text ends")),
        );
    }
    let value = match key_before(cursor, start) {
        Some(key) => {
            let key_start = line + cursor.slice(line, start).find(key).unwrap_or(0);
            rest_of_line(cursor, key_start + key.len())
        }
        None => rest_of_line(cursor, line),
    };
    Box::new(
        refuse(start, start + rest_of_line(cursor, start).len().max(1), "text after the end of a value")
            .because("the closing quote or bracket ends the value")
            .help(format!("remove it, or quote the whole value: {}", requoted(value.trim()))),
    )
}

/// A line whose indentation or form fits nothing above.
fn misplaced_line(cursor: &Cursor<'_>, start: usize, opened: Option<usize>, is_map: bool) -> Fault {
    let text = rest_of_line(cursor, start);
    let end = start + text.len().max(1);
    let is_entry = text == "-" || text.starts_with("- ");
    let found = indentation(cursor, start);
    let wanted = opened.map_or(0, |opened| cursor.slice(line_start(cursor, opened), opened).chars().count());
    if found == wanted {
        return Box::new(match (is_map, is_entry) {
            (true, true) => refuse(start, end, "a dash in the column of a map's keys")
                .because("the key above has its value already, or this list would be it")
                .help("indent the list under its key"),
            (true, false) => refuse(start, end, "this is no key, and it stands in the column of a map's keys")
                .help("write `key: value`, or indent the line if it goes on with the value above"),
            (false, _) => refuse(start, end, "a line without a dash in the column of a list's dashes")
                .because("all that stands in the column of a list's dashes is an entry of the list")
                .help("begin the line with `- `, or indent it under the entry above"),
        });
    }
    let what = if is_entry { "dash" } else { "key" };
    let above = line_above(cursor, line_start(cursor, start)).map_or(wanted, |line| content_column(cursor, line));
    let spaces = |count: usize| if count == 1 { "1 space".to_owned() } else { format!("{count} spaces") };
    let mut help = if wanted == 0 { "do not indent it".to_owned() } else { format!("indent it by {}", spaces(wanted)) };
    if above > wanted {
        help = format!("{help}, or indent it by {} like the line above", spaces(above));
    }
    Box::new(
        refuse(start, end, format!("this line is indented by {}, and no {what} above it is", spaces(found)))
            .because("indentation says which map or list a line belongs to, and this one fits none that is open")
            .help(help),
    )
}

/// Brackets, and no comma.
pub(super) fn no_comma(cursor: &Cursor<'_>, here: Span, last: Span, opened: usize) -> Fault {
    let start = here.start as usize;
    let bracket = char::from(cursor.byte(opened));
    let closing = if bracket == '{' { '}' } else { ']' };
    let is_on_later_line = line_start(cursor, start) > opened;
    let is_end = start >= cursor.end() || cursor.slice(start, cursor.end()).trim().is_empty();
    if is_end || (is_on_later_line && indentation(cursor, start) <= indentation(cursor, opened)) {
        return unclosed_bracket(bracket, closing, opened);
    }
    let end = (here.end as usize).max(character_end(cursor, start));
    let last_start = last.start as usize;
    if cursor.byte(start) == b':' && last_start >= opened && last_start < line_start(cursor, start) {
        // Without the comma, the key on this line became part of the text before it.
        let end = last_start + rest_of_line(cursor, last_start).len();
        return Box::new(
            refuse(last_start, end, format!("expected `,` or `{closing}` after this"))
                .because("without it the value goes on with the next line")
                .help("end the line with `,`"),
        );
    }
    if cursor.byte(start) == b'{' && start > 0 && cursor.byte(start - 1) == b'$' {
        let text = format!("{}}}", rest_of_value(cursor, start - 1, true));
        return Box::new(
            refuse(start - 1, end, "`{` begins a map here, and `$` does not change that")
                .help(format!("{QUOTE}{}", quoted(&text))),
        );
    }
    Box::new(
        refuse(start, end, format!("expected `,` or `{closing}` before this"))
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
