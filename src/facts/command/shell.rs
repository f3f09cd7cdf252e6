//! The shell's language, read without running it: what `sh -c` is given, as a tree of commands.
//!
//! POSIX's grammar and the parts of bash that manifests use. Words keep the bytes that they come from. What cannot be
//! read (arrays, arithmetic) is an unknown word or command, never an error: the facts that follow from it are unknown
//! then. The text of a here-document is left out.

use std::ops::Range;

use super::starters;

/// How deep constructs may nest; what is deeper is unknown.
const DEPTH: usize = 40;

/// What bash takes for a TCP socket behind a redirection (its manual, "Redirections").
pub const TCP: &str = "/dev/tcp/";

/// A word of a command, quotes removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellWord {
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Its bytes in the script.
    pub range: Range<usize>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as written.
    Text(String),
    /// `$NAME`, `${NAME}`, and what holds where it is not set: `${NAME:-text}`.
    Variable {
        /// Its name.
        name: String,
        /// What is taken instead.
        default: Option<String>,
        /// Whether it is in quotes, so that blanks in its value do not part words.
        quoted: bool,
    },
    /// What is only known when it runs: `$(command)`, `$1`, `${NAME%.*}`.
    Unknown,
}

/// A command, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A program with its words; assignments before it.
    Simple {
        /// `NAME=value` before the program, or alone.
        assignments: Vec<(String, ShellWord)>,
        /// The program and its arguments.
        words: Vec<ShellWord>,
        /// The sockets that it opens by redirection: `</dev/tcp/db/5432`, as bash reads that.
        sockets: Vec<ShellWord>,
    },
    /// One after the other: `a; b`.
    Sequence(Vec<Command>),
    /// `a | b`
    Pipe(Vec<Command>),
    /// `a && b`
    And(Box<Command>, Box<Command>),
    /// `a || b`
    Or(Box<Command>, Box<Command>),
    /// `! a`
    Not(Box<Command>),
    /// `a &`
    Background(Box<Command>),
    /// `while a; do b; done`, `until a; do b; done`
    Loop {
        /// Whether it runs until the condition holds.
        until: bool,
        /// The condition.
        condition: Box<Command>,
        /// What it repeats.
        body: Box<Command>,
    },
    /// `for x in …; do a; done`; without an end for `for ((;;))`.
    For {
        /// Whether nothing ends it but a way out of its body.
        endless: bool,
        /// What it repeats.
        body: Box<Command>,
    },
    /// One of several: `if`, `case`. The last is empty where nothing may run.
    Branches {
        /// The conditions of `if`, which run in any case.
        conditions: Vec<Command>,
        /// What may run.
        branches: Vec<Command>,
    },
    /// `( a )`
    Subshell(Box<Command>),
    /// What another shell is given: `sh -c 'a'`.
    Shell {
        /// Its script.
        inner: Box<Command>,
        /// Whether it is stopped in time: `timeout 5 sh -c 'a'`.
        timed: bool,
        /// Whether nothing follows it: `exec sh -c 'a'`.
        replaces: bool,
    },
    /// `name() { a; }`
    Function(String, Box<Command>),
    /// What could not be read.
    Unknown,
}

impl Command {
    /// Whether a loop, a branch or a background command is in it, so that it is more than a row of commands.
    #[must_use]
    pub fn loops(&self) -> bool {
        match self {
            Self::Simple { .. } => false,
            Self::Sequence(all) | Self::Pipe(all) => all.iter().any(Self::loops),
            Self::And(left, right) => left.loops() || right.loops(),
            Self::Not(inner) | Self::Shell { inner, .. } => inner.loops(),
            _ => true,
        }
    }

    /// The last command of a row, and whether another one's output goes into it; nothing for what is not a row.
    #[must_use]
    pub fn last_of_row(&self) -> Option<(&[ShellWord], bool)> {
        match self {
            Self::Simple { words, .. } => Some((words, false)),
            Self::Sequence(all) if !self.loops() => all.last()?.last_of_row(),
            Self::Pipe(all) if !self.loops() => Some((all.last()?.last_of_row()?.0, true)),
            Self::And(_, right) if !self.loops() => right.last_of_row(),
            _ => None,
        }
    }
}

/// Reads a script.
#[must_use]
pub fn parse(script: &str) -> Command {
    Parser::new(script, 0, Base::Shifted(0)).all()
}

/// The words of a text without operators, as `shlex` splits them, and their bytes; nothing where it is more than words.
#[must_use]
pub fn words(text: &str) -> Option<Vec<(String, Range<usize>)>> {
    let word = |token| match token {
        Token::Word(word) => Some((word.literal()?.to_owned(), word.range)),
        Token::Operator(_) | Token::Socket(_) => None,
    };
    tokens(text).into_iter().map(word).collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(ShellWord),
    /// `;`, `&`, `&&`, `||`, `|`, `(`, `)`, `;;`, a line break.
    Operator(&'static str),
    /// A redirection from or to a socket.
    Socket(ShellWord),
}

/// Splits a script into words and operators. Other redirections, here-documents and comments are left out.
fn tokens(script: &str) -> Vec<Token> {
    let bytes = script.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut redirects = false;
    // the ends of the here-documents that begin behind this line
    let mut documents: Vec<String> = Vec::new();
    while at < bytes.len() {
        let rest = &script[at..];
        let operator = ["\n", ";;", ";", "&&", "||", "|", "(", ")"].into_iter().find(|sign| rest.starts_with(sign));
        if rest.starts_with([' ', '\t', '\r']) {
            at += 1;
        } else if rest.starts_with("\\\n") {
            at += 2;
        } else if rest.starts_with('#') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("<<") && !rest.starts_with("<<<") {
            at += if rest.starts_with("<<-") { 3 } else { 2 };
            at += script[at..].find(|sign| sign != ' ').unwrap_or(0);
            let (delimiter, end) = word(script, at);
            at = end.max(at);
            documents.push(delimiter.literal().unwrap_or_default().to_owned());
        } else if rest.starts_with('\n') && !documents.is_empty() {
            tokens.push(Token::Operator(";"));
            at += 1;
            for delimiter in documents.drain(..) {
                at = behind_document(script, at, &delimiter);
            }
        } else if rest.starts_with(['<', '>']) || (rest.starts_with("&>") && !rest.starts_with("&&")) {
            at += rest.find(|sign| !matches!(sign, '<' | '>' | '&' | '|')).unwrap_or(rest.len());
            redirects = true;
        } else if let Some(operator) = operator {
            tokens.push(Token::Operator(if operator == "\n" { ";" } else { operator }));
            at += operator.len();
        } else if rest.starts_with('&') {
            tokens.push(Token::Operator("&"));
            at += 1;
        } else {
            let (word, end) = word(script, at);
            let is_descriptor = bytes.get(end).is_some_and(|next| matches!(next, b'<' | b'>'))
                && script[at..end].bytes().all(|byte| byte.is_ascii_digit());
            if !is_descriptor {
                match (std::mem::take(&mut redirects), word.parts.first()) {
                    (false, _) => tokens.push(Token::Word(word)),
                    (true, Some(Part::Text(start))) if start.starts_with(TCP) => tokens.push(Token::Socket(word)),
                    (true, _) => {}
                }
            }
            at = end.max(at + 1);
        }
    }
    tokens
}

/// Where the here-document that begins at a place ends: behind the line that is its delimiter.
fn behind_document(script: &str, start: usize, delimiter: &str) -> usize {
    let mut at = start;
    for line in script[start..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\n', '\r']).trim_start_matches('\t') == delimiter {
            break;
        }
    }
    at
}

/// Reads the word at a place: the word and where it ends.
fn word(script: &str, start: usize) -> (ShellWord, usize) {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    let mut at = start;
    let mut quoted_empty = false;
    let flush = |text: &mut String, parts: &mut Vec<Part>| {
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(text)));
        }
    };
    while let Some(sign) = script[at..].chars().next() {
        match sign {
            '\'' => {
                quoted_empty = true;
                let rest = &script[at + 1..];
                let end = rest.find('\'').unwrap_or(rest.len());
                text.push_str(&rest[..end]);
                at = (at + end + 2).min(script.len());
            }
            '"' => {
                quoted_empty = true;
                at += 1;
                while let Some(inner) = script[at..].chars().next() {
                    match inner {
                        '"' => break,
                        '\\' => {
                            at += 1;
                            let Some(next) = script[at..].chars().next() else { break };
                            match next {
                                '\n' => {}
                                '"' | '\\' | '$' | '`' => text.push(next),
                                other => text.extend(['\\', other]),
                            }
                            at += next.len_utf8();
                        }
                        '$' | '`' => {
                            flush(&mut text, &mut parts);
                            let (mut part, end) = expansion(script, at);
                            if let Part::Variable { quoted, .. } = &mut part {
                                *quoted = true;
                            }
                            push(part, &mut text, &mut parts);
                            at = end;
                        }
                        other => {
                            text.push(other);
                            at += other.len_utf8();
                        }
                    }
                }
                at = (at + 1).min(script.len());
            }
            '\\' => {
                at += 1;
                if let Some(next) = script[at..].chars().next() {
                    if next != '\n' {
                        text.push(next);
                    }
                    at += next.len_utf8();
                }
            }
            '$' | '`' => {
                flush(&mut text, &mut parts);
                let (part, end) = expansion(script, at);
                push(part, &mut text, &mut parts);
                at = end;
            }
            ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
            other => {
                text.push(other);
                at += other.len_utf8();
            }
        }
    }
    flush(&mut text, &mut parts);
    if parts.is_empty() && quoted_empty {
        parts.push(Part::Text(String::new()));
    }
    (ShellWord { parts, range: start..at }, at)
}

fn push(part: Part, text: &mut String, parts: &mut Vec<Part>) {
    match part {
        Part::Text(more) => text.push_str(&more),
        part => parts.push(part),
    }
}

/// Reads what a `$` or a backquote begins: the part and where it ends.
fn expansion(script: &str, at: usize) -> (Part, usize) {
    let rest = &script[at..];
    if let Some(inner) = rest.strip_prefix('`') {
        return (Part::Unknown, at + 1 + inner.find('`').map_or(inner.len(), |end| end + 1));
    }
    if rest.starts_with("$(") {
        return (Part::Unknown, closing(script, at + 2, '(', ')'));
    }
    if rest.starts_with("${") {
        let end = closing(script, at + 2, '{', '}');
        let inner = script[at + 2..end].strip_suffix('}').unwrap_or(&script[at + 2..end]);
        let name_end = inner.find(|sign: char| !is_name(sign)).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(name_end);
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return (Part::Unknown, end);
        }
        let default = [":-", "-", ":=", "="].iter().find_map(|sign| rest.strip_prefix(sign));
        return match default {
            Some(default) if !default.contains(['$', '`', '"', '\'', '\\']) => {
                (Part::Variable { name: name.to_owned(), default: Some(default.to_owned()), quoted: false }, end)
            }
            None if rest.is_empty() || rest.starts_with(":?") || rest.starts_with('?') => {
                (Part::Variable { name: name.to_owned(), default: None, quoted: false }, end)
            }
            _ => (Part::Unknown, end),
        };
    }
    let name_end = rest[1..].find(|sign: char| !is_name(sign)).unwrap_or(rest.len() - 1);
    let name = &rest[1..=name_end];
    if name.is_empty() {
        // `$?`, `$!`, `$@`, a `$` by itself
        let special = rest[1..].chars().next().filter(|sign| matches!(sign, '?' | '!' | '@' | '*' | '#' | '$' | '-'));
        return match special {
            Some(_) => (Part::Unknown, at + 2),
            None => (Part::Text("$".to_owned()), at + 1),
        };
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return (Part::Unknown, at + 2);
    }
    (Part::Variable { name: name.to_owned(), default: None, quoted: false }, at + 1 + name.len())
}

fn is_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// Where what was opened before `at` is closed, quotes left alone; the end of the script where it never is.
fn closing(script: &str, at: usize, open: char, close: char) -> usize {
    let mut depth = 1;
    let mut quote = None;
    let mut signs = script[at..].char_indices();
    while let Some((offset, sign)) = signs.next() {
        match (quote, sign) {
            (None, '\'' | '"') => quote = Some(sign),
            (Some(open), sign) if sign == open => quote = None,
            (None | Some('"'), '\\') => drop(signs.next()),
            (None, sign) if sign == open => depth += 1,
            (None, sign) if sign == close => {
                depth -= 1;
                if depth == 0 {
                    return at + offset + sign.len_utf8();
                }
            }
            _ => {}
        }
    }
    script.len()
}

struct Parser<'script> {
    script: &'script str,
    /// What its bytes are in the script that it is a part of.
    base: Base,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// What the bytes of a script are in the script that it is a part of.
#[derive(Clone)]
enum Base {
    /// It is written as it is, from this byte on.
    Shifted(usize),
    /// It is made of these bytes, but written in another way.
    Made(Range<usize>),
}

impl Base {
    fn of(&self, range: &Range<usize>) -> Range<usize> {
        match self {
            Self::Shifted(by) => range.start + by..range.end + by,
            Self::Made(whole) => whole.clone(),
        }
    }
}

/// Words that end a list.
const ENDS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'script> Parser<'script> {
    fn new(script: &'script str, depth: usize, base: Base) -> Self {
        Self { script, base, tokens: tokens(script), at: 0, depth }
    }

    fn all(mut self) -> Command {
        let mut all = Vec::new();
        while self.at < self.tokens.len() {
            all.push(self.list());
            if self.at < self.tokens.len() {
                // a stray `)`, `fi`, `done`
                all.push(Command::Unknown);
                self.at += 1;
            }
        }
        if all.len() == 1 { all.remove(0) } else { Command::Sequence(all) }
    }

    fn operator(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) => Some(operator),
            _ => None,
        }
    }

    /// The word at the place, if it is one text.
    fn keyword(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(ShellWord { parts, range })) => match parts.as_slice() {
                // a quoted keyword is longer than its text
                [Part::Text(text)] if range.len() == text.len() => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.keyword() == Some(keyword);
        self.at += usize::from(is);
        is
    }

    fn takes_operator(&mut self, operator: &str) -> bool {
        let is = self.operator() == Some(operator);
        self.at += usize::from(is);
        is
    }

    fn skip_breaks(&mut self) {
        while self.operator() == Some(";") {
            self.at += 1;
        }
    }

    /// Commands up to a keyword or operator that ends them.
    fn list(&mut self) -> Command {
        let mut all = Vec::new();
        loop {
            self.skip_breaks();
            let ends = self.keyword().is_some_and(|word| ENDS.contains(&word));
            if ends || self.at >= self.tokens.len() || matches!(self.operator(), Some(")" | ";;")) {
                break;
            }
            let before = self.at;
            let command = self.and_or();
            if self.takes_operator("&") {
                all.push(Command::Background(Box::new(command)));
            } else {
                all.push(command);
            }
            if self.at == before {
                all.push(Command::Unknown);
                self.at += 1;
            }
        }
        if all.len() == 1 { all.remove(0) } else { Command::Sequence(all) }
    }

    fn and_or(&mut self) -> Command {
        let mut all = vec![self.pipe()];
        loop {
            let is_and = match self.operator() {
                Some("&&") => true,
                Some("||") => false,
                _ => return and(all),
            };
            self.at += 1;
            self.skip_breaks();
            let right = self.pipe();
            if is_and {
                all.push(right);
            } else {
                all = vec![Command::Or(Box::new(and(all)), Box::new(right))];
            }
        }
    }

    fn pipe(&mut self) -> Command {
        if self.takes("!") {
            return Command::Not(Box::new(self.pipe_of()));
        }
        self.pipe_of()
    }

    fn pipe_of(&mut self) -> Command {
        let first = self.command();
        let mut all = vec![first];
        while self.takes_operator("|") {
            self.skip_breaks();
            all.push(self.command());
        }
        if all.len() == 1 { all.remove(0) } else { Command::Pipe(all) }
    }

    fn command(&mut self) -> Command {
        if self.depth >= DEPTH {
            self.at = self.tokens.len();
            return Command::Unknown;
        }
        self.depth += 1;
        let command = self.compound();
        self.depth -= 1;
        // a loop or group whose output goes to a socket
        while matches!(self.tokens.get(self.at), Some(Token::Socket(_))) {
            self.at += 1;
        }
        command
    }

    fn compound(&mut self) -> Command {
        if self.operator() == Some("(") {
            if matches!(self.tokens.get(self.at + 1), Some(Token::Operator("("))) {
                return self.arithmetic();
            }
            self.at += 1;
            let inner = self.list();
            return if self.takes_operator(")") { Command::Subshell(Box::new(inner)) } else { Command::Unknown };
        }
        let Some(keyword) = self.keyword().map(str::to_owned) else { return self.simple() };
        match keyword.as_str() {
            "{" => {
                self.at += 1;
                let inner = self.list();
                if self.takes("}") { inner } else { Command::Unknown }
            }
            "if" => self.branches(),
            "while" | "until" => {
                self.at += 1;
                let condition = Box::new(self.list());
                if !self.takes("do") {
                    return Command::Unknown;
                }
                let body = Box::new(self.list());
                if self.takes("done") {
                    Command::Loop { until: keyword == "until", condition, body }
                } else {
                    Command::Unknown
                }
            }
            "for" | "select" => self.for_loop(),
            "case" => self.case(),
            "function" => {
                self.at += 1;
                let name = self.keyword().unwrap_or_default().to_owned();
                self.at += 1;
                if self.takes_operator("(") {
                    self.takes_operator(")");
                }
                self.skip_breaks();
                Command::Function(name, Box::new(self.command()))
            }
            _ if matches!(self.tokens.get(self.at + 1), Some(Token::Operator("(")))
                && matches!(self.tokens.get(self.at + 2), Some(Token::Operator(")"))) =>
            {
                self.at += 3;
                self.skip_breaks();
                Command::Function(keyword, Box::new(self.command()))
            }
            _ => self.simple(),
        }
    }

    /// `(( … ))`: what it says is not read.
    fn arithmetic(&mut self) -> Command {
        self.skip_parentheses();
        Command::Unknown
    }

    /// Leaves the place behind balanced parentheses; tells whether anything but `;` was in them.
    fn skip_parentheses(&mut self) -> bool {
        let mut depth = 0;
        let mut says = false;
        while let Some(token) = self.tokens.get(self.at) {
            match token {
                Token::Operator("(") => depth += 1,
                Token::Operator(")") => depth -= 1,
                Token::Operator(";" | ";;") => {}
                _ => says = true,
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        says
    }

    fn branches(&mut self) -> Command {
        let (mut conditions, mut branches) = (Vec::new(), Vec::new());
        while self.takes("if") || self.takes("elif") {
            conditions.push(self.list());
            if !self.takes("then") {
                return Command::Unknown;
            }
            branches.push(self.list());
            if conditions.len() > self.tokens.len() {
                return Command::Unknown;
            }
        }
        branches.push(if self.takes("else") { self.list() } else { Command::Sequence(Vec::new()) });
        if self.takes("fi") { Command::Branches { conditions, branches } } else { Command::Unknown }
    }

    fn for_loop(&mut self) -> Command {
        self.at += 1;
        let mut endless = false;
        if self.operator() == Some("(") {
            endless = !self.skip_parentheses();
        } else {
            while self.at < self.tokens.len() && self.operator().is_none() && self.keyword() != Some("do") {
                self.at += 1;
            }
        }
        self.skip_breaks();
        if !self.takes("do") {
            return Command::Unknown;
        }
        let body = Box::new(self.list());
        if self.takes("done") { Command::For { endless, body } } else { Command::Unknown }
    }

    fn case(&mut self) -> Command {
        while self.at < self.tokens.len() && self.keyword() != Some("in") {
            self.at += 1;
        }
        self.at += 1;
        let mut branches = Vec::new();
        loop {
            self.skip_breaks();
            if self.takes("esac") {
                break;
            }
            // the patterns
            while self.at < self.tokens.len() && !self.takes_operator(")") {
                self.at += 1;
            }
            if self.at >= self.tokens.len() {
                return Command::Unknown;
            }
            branches.push(self.list());
            if !self.takes_operator(";;") && self.keyword() != Some("esac") {
                return Command::Unknown;
            }
        }
        branches.push(Command::Sequence(Vec::new()));
        Command::Branches { conditions: Vec::new(), branches }
    }

    fn simple(&mut self) -> Command {
        let (mut assignments, mut words, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match self.tokens.get(self.at) {
                Some(Token::Word(word)) => match assignment(word).filter(|_| words.is_empty()) {
                    Some(assigned) => assignments.push(assigned),
                    None => words.push(word.clone()),
                },
                Some(Token::Socket(word)) => sockets.push(word.clone()),
                _ => break,
            }
            self.at += 1;
        }
        if self.operator() == Some("(") {
            // an array, or what is not a shell at all
            self.skip_parentheses();
            return Command::Unknown;
        }
        if words.is_empty() && assignments.is_empty() && sockets.is_empty() {
            return Command::Unknown;
        }
        if assignments.is_empty()
            && sockets.is_empty()
            && let Some(shell) = self.shell(&words)
        {
            return shell;
        }
        let moved = |word: &mut ShellWord| word.range = self.base.of(&word.range);
        assignments.iter_mut().map(|(_, word)| word).chain(&mut words).chain(&mut sockets).for_each(moved);
        Command::Simple { assignments, words, sockets }
    }

    /// What another shell is given, where the words start one with `-c`.
    fn shell(&self, words: &[ShellWord]) -> Option<Command> {
        let texts: Vec<&str> = words.iter().map(|word| word.literal().unwrap_or("$")).collect();
        let starters::ShellAt { script, timed, replaces } = starters::shell_at(&texts)?;
        let word = &words[script];
        let written = match word.parts.as_slice() {
            [Part::Text(text)] => {
                let quoted = word.range.start + 1..word.range.end.saturating_sub(1);
                [word.range.clone(), quoted].into_iter().find(|range| self.script.get(range.clone()) == Some(text))
            }
            _ => None,
        };
        let base = match (&self.base, written) {
            (Base::Shifted(by), Some(range)) => Base::Shifted(by + range.start),
            (base, _) => Base::Made(base.of(&word.range)),
        };
        // what the outer shell puts in is put in again by the inner one
        let mut source = String::new();
        for part in &word.parts {
            match part {
                Part::Text(text) => source.push_str(text),
                Part::Variable { name, default: None, .. } => source.extend(["${", name.as_str(), "}"]),
                Part::Variable { name, default: Some(default), .. } => {
                    source.extend(["${", name.as_str(), ":-", default.as_str(), "}"]);
                }
                Part::Unknown => source.push_str("$?"),
            }
        }
        let inner =
            if self.depth < DEPTH { Parser::new(&source, self.depth + 1, base).all() } else { Command::Unknown };
        Some(Command::Shell { inner: Box::new(inner), timed, replaces })
    }
}

/// Commands that each run after the one before has succeeded: `a && b && c`. From the right it comes to the same, and
/// whoever asks for the left side of each looks at one command.
fn and(mut all: Vec<Command>) -> Command {
    let last = all.pop().unwrap_or(Command::Unknown);
    all.into_iter().rfold(last, |right, left| Command::And(Box::new(left), Box::new(right)))
}

/// `NAME=value`
fn assignment(word: &ShellWord) -> Option<(String, ShellWord)> {
    let Some(Part::Text(first)) = word.parts.first() else { return None };
    let (name, rest) = first.split_once('=')?;
    let is_variable =
        !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|sign: char| sign.is_ascii_digit());
    if !is_variable {
        return None;
    }
    let mut parts = word.parts.clone();
    parts[0] = Part::Text(rest.to_owned());
    let start = (word.range.start + name.len() + 1).min(word.range.end);
    Some((name.to_owned(), ShellWord { parts, range: start..word.range.end }))
}
