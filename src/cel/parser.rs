//! From words to a tree: `cel-go/parser`, macros included.

mod macros;
mod primary;

use super::CompileError;
use super::ast::{At, Expr, Kind, Mode};
use super::lexer::{Token, tokens};
use macros::receiver_macro;

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
        _ => Err(parser.unexpected("the expression ends before this; an operator may be missing")),
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
                    return Err(self.unexpected("a field name must follow the dot"));
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
}
