//! The Common Expression Language as the API server runs it: cel-go with the libraries of `k8s.io/apiserver/pkg/cel`.
//!
//! An expression is parsed, checked against the types of its variables and evaluated at a bounded cost, as on the
//! server. There are two additions. A value can be unknown, because only a cluster knows it, and anything that depends
//! on it is then unknown too, with the reason. And each value keeps the bytes of the manifest that it was read from, so
//! that a finding can point at them.
//!
//! It was written for this project because it needs both, and because existing interpreters check neither types nor
//! costs: an invalid expression would be accepted, and nested loops would never end.

mod ast;
mod check;
mod cost;
mod eval;
mod functions;
mod lexer;
mod library;
mod opaque;
mod parser;
mod tree;
mod types;
mod value;

use std::fmt;

pub use ast::At;
pub use check::Scope;
pub use cost::Bound;
pub use eval::{Budget, Evaluation, Fail, Variables};
pub use parser::RESERVED;
pub use tree::{Branch, Tree};
pub use types::{Field, Fields, Type};
pub use value::{Item, Key, List, ListKind, Map, Origin, Value};

/// An expression that compiled.
#[derive(Debug)]
pub struct Program {
    pub(crate) expr: ast::Expr,
    /// The type of its result.
    pub result: Type,
}

/// Why an expression does not compile.
#[derive(Clone, Debug)]
pub struct CompileError {
    /// The bytes of the expression.
    pub at: At,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Whether the server may still take it: nothing is wrong, but it is not evaluated here.
    pub is_unsupported: bool,
}

impl CompileError {
    fn new(at: At, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), is_unsupported: false }
    }

    /// About the whole of an expression.
    #[must_use]
    pub fn about(text: &str, message: impl Into<String>) -> Self {
        Self::new(At { start: 0, end: text.len() }, message)
    }

    fn unsupported(at: At, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), is_unsupported: true }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Program {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// What the server would refuse, at the bytes of the expression.
    pub fn compile(text: &str, scope: &Scope) -> Result<Self, CompileError> {
        let mut expr = parser::parse(text)?;
        let result = check::check(&mut expr, scope)?;
        Ok(Self { expr, result })
    }

    /// Reads and checks an expression about `self`, whose values are at most as large as `bound` says. Returns its cost
    /// at most, too, as the server estimates it; nothing where that is not known.
    ///
    /// # Errors
    /// What the server would refuse, at the bytes of the expression.
    pub fn compile_and_estimate(text: &str, scope: &Scope, bound: &Bound) -> Result<(Self, Option<u64>), CompileError> {
        let mut expr = parser::parse(text)?;
        let (result, facts) = check::check_with_facts(&mut expr, scope)?;
        let cost = facts.and_then(|facts| cost::estimate(&expr, &facts, bound, scope.version));
        Ok((Self { expr, result }, cost))
    }

    /// Whether it reads this variable.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        check::uses(&self.expr, name)
    }
}

/// Parses a time in the format of a field with `format: date-time`, or a date.
#[must_use]
pub fn timestamp(text: &str) -> Option<Value> {
    library::timestamp(text).map(|(seconds, nanos)| Value::Timestamp(seconds, nanos))
}

/// Reads a duration as Go does, in nanoseconds: `1h30m`.
#[must_use]
pub fn duration_of_go(text: &str) -> Option<i64> {
    library::duration(text)
}

/// A quantity as the server writes it back: `1` for `1000m`.
#[must_use]
pub fn canonical_quantity(text: &str) -> Option<String> {
    opaque::Quantity::parse(text.trim()).map(opaque::Quantity::canonical)
}

#[cfg(test)]
mod tests;
