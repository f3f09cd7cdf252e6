//! The types of expressions: `cel-go/common/types` and the opaque types of `k8s.io/apiserver/pkg/cel`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::text::Text;

/// A type.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the variants are CEL's types")]
pub enum Type {
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    Optional(Arc<Type>),
    /// The type of a type.
    Type(Arc<Type>),
    /// A type of a library, such as `Quantity`.
    Opaque(&'static str),
    Object(Fields),
    /// An object of a patch, by its name.
    Message(Arc<str>),
    /// A parameter of a function's signature.
    Var(u32),
}

/// The fields of an object by the names that expressions use.
#[derive(Clone, Debug)]
pub struct Fields(Arc<(&'static str, BTreeMap<Text, Field>)>);

/// A field of an object.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in the object: expressions write `self.__namespace__` for the field `namespace`.
    pub name: Text,
    /// Its type.
    pub of: Type,
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Fields {
    /// The fields of an object of this type name.
    #[must_use]
    pub fn new(name: &'static str, fields: BTreeMap<Text, Field>) -> Self {
        Self(Arc::new((name, fields)))
    }

    /// Fields whose names need no escape.
    #[must_use]
    pub fn plain(name: &'static str, fields: &[(&str, Type)]) -> Self {
        let field = |(name, of): &(&str, Type)| (Text::from(*name), Field { name: Text::from(*name), of: of.clone() });
        Self::new(name, fields.iter().map(field).collect())
    }

    /// The field of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0.1.get(name)
    }

    /// Adds a field, or sets it anew. What was kept of these fields before stays as it was.
    pub fn insert(&mut self, name: &str, field: Field) {
        Arc::make_mut(&mut self.0).1.insert(name.into(), field);
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.1.keys().map(Text::as_str)
    }
}

impl Type {
    /// A list of elements of a type.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    /// A map.
    #[must_use]
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// An object of a patch.
    #[must_use]
    pub fn message(name: &str) -> Self {
        Self::Message(name.into())
    }

    /// An optional value.
    #[must_use]
    pub fn optional(value: Self) -> Self {
        Self::Optional(Arc::new(value))
    }

    /// Reads a type of [`super::functions`]: `map<A,B>`.
    pub(super) fn read(text: &str) -> Self {
        let inner = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
        if let Some(element) = inner("list<") {
            return Self::list(Self::read(element));
        }
        if let Some(value) = inner("optional<") {
            return Self::optional(Self::read(value));
        }
        if let Some(of) = inner("type<") {
            return Self::Type(Arc::new(Self::read(of)));
        }
        if let Some((key, value)) = inner("map<").and_then(|pair| pair.split_once(',')) {
            return Self::map(Self::read(key), Self::read(value));
        }
        match text {
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "uint" => Self::Uint,
            "double" => Self::Double,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "timestamp" => Self::Timestamp,
            "duration" => Self::Duration,
            "A" => Self::Var(0),
            "B" => Self::Var(1),
            _ => OPAQUE.into_iter().find(|name| *name == text).map_or(Self::Dyn, Self::Opaque),
        }
    }
}

/// The opaque types of the server's libraries.
pub const OPAQUE: [&str; 12] = [
    "Quantity",
    "IP",
    "CIDR",
    "URL",
    "Semver",
    "Format",
    "Authorizer",
    "PathCheck",
    "GroupCheck",
    "ResourceCheck",
    "Decision",
    "Unknown",
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(value) => write!(f, "optional({value})"),
            Self::Type(of) => write!(f, "type({of})"),
            Self::Opaque(name) => f.write_str(name),
            Self::Object(fields) => f.write_str(fields.0.0),
            Self::Message(name) => f.write_str(name),
            Self::Var(_) => f.write_str("any"),
        }
    }
}

/// How many parts of types one check looks at most: types that hold themselves twice double with each level.
const FUEL: u32 = 2_000_000;

/// What the parameters of signatures have turned out to be.
#[derive(Debug, Default)]
pub struct Bindings {
    slots: Vec<Option<Type>>,
    /// The parameters in the order in which they were bound, to undo it.
    trail: Vec<u32>,
    used: std::cell::Cell<u32>,
}

/// A state of the bindings to return to.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize, usize);

impl Bindings {
    /// A parameter that nothing is known of yet.
    pub fn fresh(&mut self) -> Type {
        self.slots.push(None);
        Type::Var(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
    }

    /// The present state.
    pub fn mark(&self) -> Mark {
        Mark(self.slots.len(), self.trail.len())
    }

    /// Forgets what was bound since.
    pub fn undo(&mut self, Mark(slots, trail): Mark) {
        for number in self.trail.drain(trail..) {
            if let Some(slot) = self.slots.get_mut(number as usize) {
                *slot = None;
            }
        }
        self.slots.truncate(slots);
    }

    /// Whether the types have grown beyond what is looked at; what was resolved since is wrong.
    pub fn is_exhausted(&self) -> bool {
        self.used.get() > FUEL
    }

    /// A signature's type with its own parameters; `vars` are those of its `A` and `B`.
    pub fn instantiate(&mut self, of: &Type, vars: &mut [Option<Type>; 2]) -> Type {
        match of {
            Type::Var(number) => match vars.get_mut(*number as usize) {
                Some(Some(var)) => var.clone(),
                Some(slot) => {
                    let var = self.fresh();
                    *slot = Some(var.clone());
                    var
                }
                None => of.clone(),
            },
            Type::List(element) => Type::list(self.instantiate(element, vars)),
            Type::Optional(value) => Type::optional(self.instantiate(value, vars)),
            Type::Type(of) => Type::Type(Arc::new(self.instantiate(of, vars))),
            Type::Map(key, value) => {
                let key = self.instantiate(key, vars);
                Type::map(key, self.instantiate(value, vars))
            }
            other => other.clone(),
        }
    }

    /// A type with its parameters filled in; those that stayed open are `dyn` when `close` is set.
    pub fn resolve(&self, of: &Type, close: bool) -> Type {
        self.used.set(self.used.get().saturating_add(1));
        match of {
            _ if self.is_exhausted() => Type::Dyn,
            Type::Var(number) => match self.slots.get(*number as usize) {
                Some(Some(bound)) => self.resolve(bound, close),
                _ if close => Type::Dyn,
                _ => of.clone(),
            },
            Type::List(element) => Type::list(self.resolve(element, close)),
            Type::Optional(value) => Type::optional(self.resolve(value, close)),
            Type::Type(of) => Type::Type(Arc::new(self.resolve(of, close))),
            Type::Map(key, value) => Type::map(self.resolve(key, close), self.resolve(value, close)),
            other => other.clone(),
        }
    }

    /// Whether a value of type `from` can be where `to` is asked for; binds parameters on the way
    /// (`isAssignable` in `cel-go/checker/types.go`).
    pub fn assign(&mut self, to: &Type, from: &Type) -> bool {
        let (to, from) = (self.resolve(to, false), self.resolve(from, false));
        match (&to, &from) {
            (Type::Var(a), Type::Var(b)) if a == b => true,
            (Type::Var(number), other) | (other, Type::Var(number)) => {
                if occurs(*number, other) {
                    return false;
                }
                if let Some(slot) = self.slots.get_mut(*number as usize) {
                    *slot = Some(other.clone());
                    self.trail.push(*number);
                }
                true
            }
            (Type::Dyn, _) | (_, Type::Dyn) | (Type::Type(_), Type::Type(_)) => true,
            // null stands for objects, times and what the libraries make
            (Type::Null, other) | (other, Type::Null) => matches!(
                other,
                Type::Null
                    | Type::Object(_)
                    | Type::Message(_)
                    | Type::Timestamp
                    | Type::Duration
                    | Type::Opaque(_)
                    | Type::Optional(_)
            ),
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.assign(a, b),
            (Type::Map(a, b), Type::Map(c, d)) => self.assign(a, c) && self.assign(b, d),
            (a, b) => a == b,
        }
    }
}

fn occurs(number: u32, of: &Type) -> bool {
    match of {
        Type::Var(other) => *other == number,
        Type::List(inner) | Type::Optional(inner) | Type::Type(inner) => occurs(number, inner),
        Type::Map(key, value) => occurs(number, key) || occurs(number, value),
        _ => false,
    }
}
