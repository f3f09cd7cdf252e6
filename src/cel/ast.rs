//! The tree of an expression.

/// Bytes of an expression's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its bytes.
    pub at: At,
    /// What it is.
    pub kind: Kind,
    /// Its number among the facts that the check finds out.
    pub number: usize,
}

impl Expr {
    /// A node that is not checked yet.
    #[must_use]
    pub fn new(at: At, kind: Kind) -> Self {
        Self { at, kind, number: 0 }
    }

    /// `a.b.c`, if the tree is nothing but so many names at most.
    #[must_use]
    pub fn qualified(&self, most: usize) -> Option<String> {
        let most = most.checked_sub(1)?;
        match &self.kind {
            Kind::Ident(name) => Some(name.clone()),
            Kind::Select { operand, field, mode: Mode::Plain } => Some(format!("{}.{field}", operand.qualified(most)?)),
            _ => None,
        }
    }
}

/// What a node is. Operators are calls of the functions that cel-go gives them: `_+_`, `!_`, `@in`.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `1`, `'text'`, `null`
    Literal(Literal),
    /// `object`
    Ident(String),
    /// `a.b`
    Select { operand: Box<Expr>, field: String, mode: Mode },
    /// `a[b]`, `a[?b]`
    Index { operand: Box<Expr>, index: Box<Expr>, optional: bool },
    /// `f(a)`, `a.f(b)`
    Call { function: String, target: Option<Box<Expr>>, args: Vec<Expr> },
    /// `a && b && …`
    And(Vec<Expr>),
    /// `a || b || …`
    Or(Vec<Expr>),
    /// `a ? b : c`
    Conditional(Box<[Expr; 3]>),
    /// `[a, ?b]`
    List(Vec<Element>),
    /// `{a: b, ?c: d}`
    Map(Vec<MapEntry>),
    /// `list.all(x, …)` and its relatives
    Macro(Box<Macro>),
    /// `Object.spec{replicas: 3, ?paused: b}`
    Message { name: String, fields: Vec<FieldValue> },
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
}

/// How a field is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `a.b`
    Plain,
    /// `has(a.b)`
    Test,
    /// `a.?b`
    Optional,
}

/// An element of a list literal.
#[derive(Clone, Debug)]
pub struct Element {
    pub value: Expr,
    /// `[?a]`: absent if the value is.
    pub optional: bool,
}

/// An entry of a map literal.
#[derive(Clone, Debug)]
pub struct MapEntry {
    pub key: Expr,
    pub value: Expr,
    /// `{?a: b}`: absent if the value is.
    pub optional: bool,
}

/// A field of a message.
#[derive(Clone, Debug)]
pub struct FieldValue {
    pub name: String,
    pub value: Expr,
    /// `T{?a: b}`: absent if the value is.
    pub optional: bool,
}

/// A macro over the elements of a list or map, or over the value of an optional.
#[derive(Clone, Debug)]
pub struct Macro {
    pub kind: MacroKind,
    /// What it goes through.
    pub range: Expr,
    /// One variable, or two for index and element, or key and value.
    pub variables: Vec<String>,
    /// Which elements count, where that can be said.
    pub filter: Option<Expr>,
    /// What is evaluated for each element.
    pub body: Expr,
}

/// Which macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformList,
    TransformMap,
    TransformMapEntry,
    OptMap,
    OptFlatMap,
    SortBy,
}

impl At {
    /// From the beginning of one to the end of another.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}
