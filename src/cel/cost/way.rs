//! How the cost of a call depends on the signature that it takes.

use crate::cel::functions::Overload;
use crate::cel::types::Type;

/// The ways in which calls are estimated, where the name of the function alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// By the name; 1 for names that nothing is known of.
    Plain,
    /// Nothing but its arguments: `&&` and `||`.
    Sum,
    /// The dearer side.
    Conditional,
    /// Concatenation of texts.
    AddText,
    /// Concatenation of lists.
    AddList,
    /// Equality, and the order of texts.
    Compare,
    /// A list is searched.
    InList,
    IndexList,
    IndexMap,
    Matches,
    Contains,
    /// `startsWith`, `endsWith`
    Affix,
    Format,
    Quote,
    StringToBytes,
    BytesToString,
    /// The address of a range.
    CidrIp,
    /// A function of ranges that reads the other side from a text.
    OfText,
    /// Each element of one list is compared with each of another, so many times.
    Sets(f64),
    Slice,
    Flatten,
    Range,
    Reverse,
    Distinct,
    /// A list is sorted, at a price for each comparison.
    Sort(f64),
    /// A list is sorted by keys.
    SortBy(f64),
}

impl Way {
    /// Of a signature, on servers of this minor version.
    pub fn of(function: &str, is_member: bool, overload: &Overload, version: u8) -> Self {
        let first = overload.params.first();
        let last = overload.params.last();
        let is_text = matches!(first, Some(Type::String | Type::Bytes));
        let is_list = matches!(first, Some(Type::List(_)));
        match function {
            "_==_" | "_!=_" => Self::Compare,
            "_<_" | "_<=_" | "_>_" | "_>=_" if is_text => Self::Compare,
            "_+_" if is_text => Self::AddText,
            "_+_" if is_list => Self::AddList,
            "@in" if matches!(last, Some(Type::List(_))) => Self::InList,
            // cel-go 0.29 was the first to count the function that has no receiver
            "matches" if is_member || version == 0 || version >= 37 => Self::Matches,
            "contains" => Self::Contains,
            "startsWith" | "endsWith" => Self::Affix,
            "format" => Self::Format,
            "strings.quote" => Self::Quote,
            "bytes" if matches!(first, Some(Type::String)) => Self::StringToBytes,
            "string" if matches!(first, Some(Type::Bytes)) => Self::BytesToString,
            "ip" if is_member => Self::CidrIp,
            "containsIP" | "containsCIDR" if matches!(last, Some(Type::String)) => Self::OfText,
            "sets.contains" | "sets.intersects" => Self::Sets(1.0),
            "sets.equivalent" => Self::Sets(2.0),
            "slice" => Self::Slice,
            "flatten" => Self::Flatten,
            "lists.range" => Self::Range,
            "reverse" => Self::Reverse,
            "distinct" => Self::Distinct,
            "sort" => match first {
                Some(Type::List(item)) => Self::Sort(price(item)),
                _ => Self::Plain,
            },
            _ => Self::Plain,
        }
    }

    /// Of sorting by keys of a type.
    pub fn of_keys(of: &Type) -> Vec<Self> {
        match of {
            Type::Dyn => vec![Self::SortBy(price(&Type::Int)), Self::SortBy(price(&Type::String))],
            other => vec![Self::SortBy(price(other))],
        }
    }
}

/// What it costs to compare two elements while a list is sorted.
fn price(of: &Type) -> f64 {
    if matches!(of, Type::String | Type::Bytes) { 2.0 + super::TEXT } else { 2.0 }
}
