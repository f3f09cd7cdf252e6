//! What is between operators: literals, names, lists, maps and messages.

use super::super::CompileError;
use super::super::ast::{At, Element, Expr, FieldValue, Kind, Literal, MapEntry, Mode};
use super::super::lexer::Token;
use super::{Parser, RESERVED};

impl Parser {
    pub(super) fn primary(&mut self) -> Result<Expr, CompileError> {
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
                    _ => return Err(self.unexpected("a number is expected here")),
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
            Token::Mark(mark) => Err(self.unexpected(format!("a value is expected here, not `{mark}`"))),
        }
    }

    fn named(&mut self, at: At) -> Result<Expr, CompileError> {
        let Token::Ident(name) = self.peek().clone() else {
            return Err(self.unexpected("a name is expected here"));
        };
        let literal = match name.as_str() {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        };
        if literal.is_none() && RESERVED.contains(&name.as_str()) {
            return Err(self.unexpected(format!("`{name}` is a reserved word and cannot be a name")));
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
                    "has() takes a field: has(object.spec.replicas)",
                )),
            };
        }
        Ok(Expr::new(at, Kind::Call { function: name, target: None, args }))
    }

    /// The fields of a message.
    pub(super) fn fields(&mut self) -> Result<Vec<FieldValue>, CompileError> {
        self.next += 1;
        let mut fields = Vec::new();
        while !self.is("}") {
            let optional = self.take("?");
            let Token::Ident(name) = self.peek().clone() else {
                return Err(self.unexpected("a field name is expected here"));
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
            entries.push(MapEntry { key, value: self.expr()?, optional });
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(Expr::new(at.to(self.last_at()), Kind::Map(entries)))
    }
}
