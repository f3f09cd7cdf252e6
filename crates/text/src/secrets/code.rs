//! What a program passes on under the name of a secret without being one: `connect(password=pw)`, `{password: pw}`,
//! `login(token=get_token())`. The code around it tells that it is code: it calls something there, and the text gives the
//! variable its value, or imports modules. What a log prints in that form, `Config(user=a, password=hunter2)`, has neither,
//! and a string in code is for a shell or a person to read.

use super::assigned::floor;

/// So much before an argument is looked at for what it is code by, in bytes.
const NEAR: usize = 4096;

/// So much before an argument is looked at for what it is an argument of, and of a text's beginning for imports.
const NEXT: usize = 2048;

/// So many places of a variable are looked at.
const PLACES: usize = 64;

/// Whether what begins at `value` is an expression that a call or an object of a program gets under the name before it.
pub(super) fn is_passed_on(text: &str, name: usize, value: usize) -> bool {
    let is_name = text[name..].starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let head = text[..name].trim_end_matches(['"', '\'']);
    let is_key = head.len() < name;
    let before = head.trim_end();
    let Some(expression) = Expression::of(&text[value..]).filter(|_| is_name) else { return false };
    let opening = match before.as_bytes().last() {
        Some(b'(' | b',' | b'{') => opening(&text.as_bytes()[name.saturating_sub(NEXT)..name]),
        _ => return false,
    };
    let near = || &text[floor(text, name.saturating_sub(NEAR))..name];
    let end = text[value + expression.length..].trim_start().chars().next();
    match (opening, end) {
        (Some(Opening::Call), Some(',' | ')')) if !is_key => expression.is_made || is_code(head, expression.root),
        (Some(Opening::Object), Some(',' | '}')) => {
            is_declared(near(), expression.root) || is_key && is_code(head, expression.root)
        }
        _ => false,
    }
}

/// A variable, what one has, or what a call or an index of it gives.
struct Expression<'text> {
    root: &'text str,
    length: usize,
    /// Whether it has `()` or a text in brackets, which no secret does.
    is_made: bool,
}

impl<'text> Expression<'text> {
    fn of(text: &'text str) -> Option<Self> {
        let root = word(text);
        let path = text.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_.".contains(letter));
        let mut length = path.unwrap_or(text.len());
        if root.is_empty() || root.starts_with(|first: char| first.is_ascii_digit()) || text[..length].ends_with('.') {
            return None;
        }
        let mut is_made = false;
        while let Some(part) = in_brackets(&text[length..]) {
            is_made |= part == 2 || text[length..length + part].contains(['"', '\'']);
            length += part;
            let behind = &text[length..];
            let member = behind.strip_prefix('.').map_or(0, |member| word(member).len() + 1);
            length += if member > 1 { member } else { 0 };
        }
        Some(Self { root, length, is_made })
    }
}

/// How long the brackets are that a text begins with, on one line.
fn in_brackets(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(256) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth == 1 => return Some(at + 1),
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'\n' => return None,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').map_or(text, |end| &text[..end])
}

enum Opening {
    /// `connect(`
    Call,
    /// `{`
    Object,
}

/// What is open at the end of a text.
fn opening(text: &[u8]) -> Option<Opening> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'{' => return Some(Opening::Object),
            b'(' => {
                let before = at.checked_sub(1).map(|at| text[at])?;
                return (before.is_ascii_alphanumeric() || before == b'_').then_some(Opening::Call);
            }
            b'[' => return None,
            _ => {}
        }
    }
    None
}

/// Whether the end of a text is code, or the text gives a variable its value near its end.
fn is_code(text: &str, root: &str) -> bool {
    let near = &text[floor(text, text.len().saturating_sub(NEAR))..];
    let is_of_import = || {
        let line = near.find('\n').map_or(near.len(), |end| end + 1);
        let start = &text[..floor(text, NEXT.min(text.len() - near.len()))];
        let from = first_import(near).or_else(|| first_import(start).map(|_| line));
        from.is_some_and(|from| !ends_in_a_string(&near[from..]))
    };
    matches!(root, "self" | "cls" | "this") || is_declared(near, root) || is_assigned(near, root) || is_of_import()
}

/// Where the first statement of a text is that only code has: an import, or a function.
fn first_import(text: &str) -> Option<usize> {
    let named = |rest: &str| word(rest).starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_import = |line: &str| {
        line.strip_prefix("import ").is_some_and(named)
            || line.strip_prefix("from ").is_some_and(|rest| named(rest) && rest.contains(" import "))
            || line.strip_prefix("def ").is_some_and(|rest| named(rest) && rest.contains('('))
    };
    let mut end = 0;
    let mut statements = text.split_inclusive(['\n', ';']).filter_map(|line| {
        let start = end + line.len() - line.trim_start_matches([' ', '\t', '"', '\'']).len();
        end += line.len();
        is_import(&text[start..end]).then_some(start)
    });
    let of_command =
        ["-c \"import ", "-c 'import ", "-c \"from ", "-c 'from "].iter().filter_map(|start| text.find(start));
    statements.next().into_iter().chain(of_command.map(|at| at + "-c \"".len())).min()
}

/// Whether code ends within a string, which is for others to read: `print("login(password=hunter2)")`. A comment counts as
/// code: that is what it often was.
fn ends_in_a_string(code: &str) -> bool {
    const QUOTES: [&[u8]; 5] = [b"\"\"\"", b"'''", b"\"", b"'", b"`"];
    let bytes = code.as_bytes();
    let mut open: Option<&[u8]> = None;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let is_first = || at == 0 || bytes[at - 1].is_ascii_whitespace();
        at += match open {
            _ if rest[0] == b'\\' => 2,
            Some(quote) if rest.starts_with(quote) => {
                open = None;
                quote.len()
            }
            Some(quote) => {
                // a line ends a string of one line
                open = Some(quote).filter(|quote| rest[0] != b'\n' || quote.len() > 1 || quote[0] == b'`');
                1
            }
            None if rest[0] == b'#' || rest.starts_with(b"//") && is_first() => {
                rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
            }
            None => {
                open = QUOTES.into_iter().find(|quote| rest.starts_with(quote));
                open.map_or(1, <[u8]>::len)
            }
        };
    }
    open.is_some()
}

/// Where a word is in a text.
fn places<'text>(text: &'text str, root: &'text str) -> impl Iterator<Item = usize> + 'text {
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_word =
        move |at: &usize| !text[..*at].ends_with(is_inside) && !text[at + root.len()..].starts_with(is_inside);
    text.match_indices(root).map(|(at, _)| at).take(PLACES).filter(is_word)
}

/// Whether a text declares a variable: `const pw`, `let pw`, `var pw`.
fn is_declared(text: &str, root: &str) -> bool {
    places(text, root).any(|at| {
        let before = text[..at].trim_end_matches(' ');
        let declares =
            |keyword: &&str| before.strip_suffix(*keyword).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric));
        before.len() < at && ["const", "let", "var"].iter().any(declares)
    })
}

/// Whether a statement of a text gives a variable its value: `pw = …`.
fn is_assigned(text: &str, root: &str) -> bool {
    places(text, root).any(|at| {
        let behind = text[at + root.len()..].trim_start_matches(' ');
        let before = text[..at].trim_end_matches([' ', '\t', '"', '\'']);
        let is_first = before.is_empty() || before.ends_with(['\n', ';', ':']);
        is_first && behind.starts_with('=') && !behind.starts_with("==")
    })
}
