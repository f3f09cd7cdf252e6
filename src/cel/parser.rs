//! From words to a tree: `cel-go/parser`, macros included.

use super::CompileError;
use super::ast::{At, Element, Entry, Expr, FieldValue, Kind, Literal, Macro, MacroKind, Mode};
use super::lexer::{Token, tokens};

/// How deep an expression nests at most, as in cel-go.
const DEPTH: usize = 250;

/// How long an expression is at most, in bytes; the server takes 100,000 characters.
const LENGTH: usize = 100_000;

/// Words of the language, which name nothing (`celReservedSymbols` in `k8s.io/apiserver/pkg/cel/escaping.go`).
pub const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expr, CompileError> {
    if text.len() > LENGTH {
        return Err(CompileError::new(
            At { start: 0, end: 1 },
            format!("the expression is longer than {LENGTH} bytes"),
        ));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let expr = parser.expr()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("the expression has ended before this; an operator is missing")),
    }
}

struct Parser {
    tokens: Vec<(Token, At)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn at(&self) -> At {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(At::default(), |(_, at)| *at)
    }

    fn last_at(&self) -> At {
        self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(At::default(), |(_, at)| *at)
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.peek(), Token::Mark(found) if *found == mark)
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), CompileError> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected(format!("`{mark}` is missing here"))) }
    }

    fn unexpected(&self, message: impl Into<String>) -> CompileError {
        let at = self.at();
        // the end of a text has no bytes to underline
        let at = if at.start == at.end { self.last_at() } else { at };
        CompileError::new(at, message)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, CompileError>) -> Result<T, CompileError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.unexpected(format!("the expression nests deeper than {DEPTH} levels")));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn expr(&mut self) -> Result<Expr, CompileError> {
        self.deeper(|parser| {
            let condition = parser.or()?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.or()?;
            parser.expect(":")?;
            let no = parser.expr()?;
            Ok(Expr::new(condition.at.to(no.at), Kind::Conditional(Box::new([condition, yes, no]))))
        })
    }

    fn or(&mut self) -> Result<Expr, CompileError> {
        self.logical("||", Kind::Or, |parser| parser.logical("&&", Kind::And, Self::relation))
    }

    fn logical(
        &mut self,
        mark: &str,
        kind: fn(Vec<Expr>) -> Kind,
        read: impl Fn(&mut Self) -> Result<Expr, CompileError>,
    ) -> Result<Expr, CompileError> {
        let first = read(self)?;
        if !self.is(mark) {
            return Ok(first);
        }
        let mut at = first.at;
        let mut terms = vec![first];
        while self.take(mark) {
            let term = read(self)?;
            at = at.to(term.at);
            terms.push(term);
        }
        Ok(Expr::new(at, kind(terms)))
    }

    fn relation(&mut self) -> Result<Expr, CompileError> {
        self.binary(
            |token| match token {
                Token::Mark("<") => Some("_<_"),
                Token::Mark("<=") => Some("_<=_"),
                Token::Mark(">=") => Some("_>=_"),
                Token::Mark(">") => Some("_>_"),
                Token::Mark("==") => Some("_==_"),
                Token::Mark("!=") => Some("_!=_"),
                Token::Ident(word) if word == "in" => Some("@in"),
                _ => None,
            },
            Self::sum,
        )
    }

    fn sum(&mut self) -> Result<Expr, CompileError> {
        self.binary(
            |token| match token {
                Token::Mark("+") => Some("_+_"),
                Token::Mark("-") => Some("_-_"),
                _ => None,
            },
            |parser| {
                parser.binary(
                    |token| match token {
                        Token::Mark("*") => Some("_*_"),
                        Token::Mark("/") => Some("_/_"),
                        Token::Mark("%") => Some("_%_"),
                        _ => None,
                    },
                    Self::unary,
                )
            },
        )
    }

    fn binary(
        &mut self,
        operator: fn(&Token) -> Option<&'static str>,
        read: impl Fn(&mut Self) -> Result<Expr, CompileError>,
    ) -> Result<Expr, CompileError> {
        let mut left = read(self)?;
        let mut count = 0;
        while let Some(function) = operator(self.peek()) {
            count += 1;
            if count > DEPTH {
                return Err(self.unexpected(format!("the expression nests deeper than {DEPTH} levels")));
            }
            self.next += 1;
            let right = read(self)?;
            left = Expr::new(
                left.at.to(right.at),
                Kind::Call { function: function.to_owned(), target: None, args: vec![left, right] },
            );
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, CompileError> {
        let at = self.at();
        for (mark, function) in [("!", "!_"), ("-", "-_")] {
            let mut count = 0_usize;
            while self.is(mark) {
                if mark == "-" && matches!(self.tokens.get(self.next + 1), Some((Token::Int(_) | Token::Double(_), _)))
                {
                    break;
                }
                self.next += 1;
                count += 1;
            }
            if count > 0 {
                // as in cel-go, pairs cancel out
                let operand = self.member()?;
                let at = at.to(operand.at);
                if count.is_multiple_of(2) {
                    return Ok(Expr::new(at, operand.kind));
                }
                let kind = Kind::Call { function: function.to_owned(), target: None, args: vec![operand] };
                return Ok(Expr::new(at, kind));
            }
        }
        self.member()
    }

    fn member(&mut self) -> Result<Expr, CompileError> {
        let mut expr = self.primary()?;
        let mut count = 0;
        loop {
            count += 1;
            if count > DEPTH {
                return Err(self.unexpected(format!("the expression nests deeper than {DEPTH} levels")));
            }
            if self.take(".") {
                let optional = self.take("?");
                let field_at = self.at();
                let Token::Ident(field) = self.peek().clone() else {
                    return Err(self.unexpected("a field's name belongs after the dot"));
                };
                if matches!(field.as_str(), "true" | "false" | "null" | "in") {
                    return Err(self.unexpected(format!("`{field}` cannot follow a dot; write [\"{field}\"]")));
                }
                self.next += 1;
                if self.is("(") && !optional {
                    let args = self.arguments()?;
                    let at = expr.at.to(self.last_at());
                    expr = receiver_macro(at, field_at, expr, field, args)?;
                } else {
                    let mode = if optional { Mode::Optional } else { Mode::Plain };
                    expr = Expr::new(expr.at.to(field_at), Kind::Select { operand: Box::new(expr), field, mode });
                }
            } else if self.take("[") {
                let optional = self.take("?");
                let index = self.expr()?;
                self.expect("]")?;
                expr = Expr::new(
                    expr.at.to(self.last_at()),
                    Kind::Index { operand: Box::new(expr), index: Box::new(index), optional },
                );
            } else if self.is("{")
                && let Some(name) = expr.qualified(DEPTH)
            {
                let fields = self.fields()?;
                expr = Expr::new(expr.at.to(self.last_at()), Kind::Message { name, fields });
            } else {
                return Ok(expr);
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, CompileError> {
        self.expect("(")?;
        let mut args = Vec::new();
        if !self.is(")") {
            args.push(self.expr()?);
            while self.take(",") {
                args.push(self.expr()?);
            }
        }
        self.expect(")")?;
        Ok(args)
    }

    fn primary(&mut self) -> Result<Expr, CompileError> {
        let at = self.at();
        let literal = |literal| Ok(Expr::new(at, Kind::Literal(literal)));
        match self.peek().clone() {
            Token::Mark("-") => {
                self.next += 1;
                let at = at.to(self.at());
                let value = match self.peek() {
                    Token::Double(value) => Literal::Double(-value),
                    Token::Int(value) => match 0_i64.checked_sub_unsigned(*value) {
                        Some(value) => Literal::Int(value),
                        None => return Err(CompileError::new(at, "this number does not fit into 64 bits")),
                    },
                    _ => return Err(self.unexpected("a number belongs here")),
                };
                self.next += 1;
                Ok(Expr::new(at, Kind::Literal(value)))
            }
            Token::Int(value) => {
                self.next += 1;
                let value = i64::try_from(value);
                let value = value.map_err(|_| CompileError::new(at, "this number does not fit into 64 bits"))?;
                literal(Literal::Int(value))
            }
            Token::Uint(value) => {
                self.next += 1;
                literal(Literal::Uint(value))
            }
            Token::Double(value) => {
                self.next += 1;
                literal(Literal::Double(value))
            }
            Token::String(text) => {
                self.next += 1;
                literal(Literal::String(text))
            }
            Token::Bytes(bytes) => {
                self.next += 1;
                literal(Literal::Bytes(bytes))
            }
            Token::Mark("(") => {
                self.next += 1;
                let inner = self.expr()?;
                self.expect(")")?;
                Ok(Expr::new(at.to(self.last_at()), inner.kind))
            }
            Token::Mark("[") => self.list(at),
            Token::Mark("{") => self.map(at),
            Token::Mark(".") => {
                self.next += 1;
                self.named(at)
            }
            Token::Ident(_) => self.named(at),
            Token::End => Err(self.unexpected("the expression ends where a value belongs")),
            Token::Mark(mark) => Err(self.unexpected(format!("a value belongs here, not `{mark}`"))),
        }
    }

    fn named(&mut self, at: At) -> Result<Expr, CompileError> {
        let Token::Ident(name) = self.peek().clone() else {
            return Err(self.unexpected("a name belongs here"));
        };
        let literal = match name.as_str() {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        };
        if literal.is_none() && RESERVED.contains(&name.as_str()) {
            return Err(self.unexpected(format!("`{name}` is a reserved word and names nothing")));
        }
        self.next += 1;
        if let Some(literal) = literal {
            return Ok(Expr::new(at, Kind::Literal(literal)));
        }
        if !self.is("(") {
            return Ok(Expr::new(at.to(self.last_at()), Kind::Ident(name)));
        }
        let mut args = self.arguments()?;
        let at = at.to(self.last_at());
        if name == "has" && args.len() == 1 {
            return match args.pop().map(|arg| (arg.at, arg.kind)) {
                Some((_, Kind::Select { operand, field, mode: Mode::Plain })) => {
                    Ok(Expr::new(at, Kind::Select { operand, field, mode: Mode::Test }))
                }
                found => Err(CompileError::new(
                    found.map_or(at, |(at, _)| at),
                    "has() asks whether a field is there: has(object.spec.replicas)",
                )),
            };
        }
        Ok(Expr::new(at, Kind::Call { function: name, target: None, args }))
    }

    /// The fields of a message.
    fn fields(&mut self) -> Result<Vec<FieldValue>, CompileError> {
        self.next += 1;
        let mut fields = Vec::new();
        while !self.is("}") {
            let optional = self.take("?");
            let Token::Ident(name) = self.peek().clone() else {
                return Err(self.unexpected("a field's name belongs here"));
            };
            if matches!(name.as_str(), "true" | "false" | "null" | "in") {
                return Err(self.unexpected(format!("`{name}` cannot name a field here")));
            }
            self.next += 1;
            self.expect(":")?;
            fields.push(FieldValue { name, value: self.expr()?, optional });
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(fields)
    }

    fn list(&mut self, at: At) -> Result<Expr, CompileError> {
        self.next += 1;
        let mut elements = Vec::new();
        while !self.is("]") {
            let optional = self.take("?");
            elements.push(Element { value: self.expr()?, optional });
            if !self.take(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(Expr::new(at.to(self.last_at()), Kind::List(elements)))
    }

    fn map(&mut self, at: At) -> Result<Expr, CompileError> {
        self.next += 1;
        let mut entries = Vec::new();
        while !self.is("}") {
            let optional = self.take("?");
            let key = self.expr()?;
            self.expect(":")?;
            entries.push(Entry { key, value: self.expr()?, optional });
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(Expr::new(at.to(self.last_at()), Kind::Map(entries)))
    }
}

/// A call on a receiver: one of the macros, if name and number of arguments fit, or a function.
fn receiver_macro(
    at: At,
    name_at: At,
    target: Expr,
    function: String,
    mut args: Vec<Expr>,
) -> Result<Expr, CompileError> {
    use MacroKind as M;
    let (kind, variables, has_filter) = match (function.as_str(), args.len()) {
        ("all", 2) => (M::All, 1, false),
        ("all", 3) => (M::All, 2, false),
        ("exists", 2) => (M::Exists, 1, false),
        ("exists", 3) => (M::Exists, 2, false),
        ("exists_one" | "existsOne", 2) => (M::ExistsOne, 1, false),
        ("exists_one" | "existsOne", 3) => (M::ExistsOne, 2, false),
        ("map", 2) => (M::Map, 1, false),
        ("map", 3) => (M::Map, 1, true),
        ("filter", 2) => (M::Filter, 1, false),
        ("transformList", 3) => (M::TransformList, 2, false),
        ("transformList", 4) => (M::TransformList, 2, true),
        ("transformMap", 3) => (M::TransformMap, 2, false),
        ("transformMap", 4) => (M::TransformMap, 2, true),
        ("transformMapEntry", 3) => (M::TransformMapEntry, 2, false),
        ("transformMapEntry", 4) => (M::TransformMapEntry, 2, true),
        ("optMap", 2) => (M::OptMap, 1, false),
        ("optFlatMap", 2) => (M::OptFlatMap, 1, false),
        ("sortBy", 2) => (M::SortBy, 1, false),
        _ => {
            let call = Kind::Call { function, target: Some(Box::new(target)), args };
            return Ok(Expr::new(at, call));
        }
    };
    let rest = args.split_off(variables);
    let mut names = Vec::new();
    for arg in args {
        match arg.kind {
            Kind::Ident(name) if !names.contains(&name) => names.push(name),
            Kind::Ident(_) => return Err(CompileError::new(arg.at, "the two variables need different names")),
            _ => {
                return Err(CompileError::new(
                    arg.at,
                    format!("{function}() needs the name of a variable here: .{function}(x, …)"),
                ));
            }
        }
    }
    let mut rest = rest.into_iter();
    let filter = if has_filter { rest.next() } else { None };
    let Some(body) = rest.next() else { return Err(CompileError::new(name_at, "an argument is missing")) };
    Ok(Expr::new(at, Kind::Macro(Box::new(Macro { kind, range: target, variables: names, filter, body }))))
}
