//! The functions that expressions may call, by name: `functions.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::types::Type;

/// One signature of a function.
#[derive(Debug)]
pub struct Overload {
    /// Whether the first parameter is the receiver.
    pub is_member: bool,
    /// The types of the parameters.
    pub params: Vec<Type>,
    /// The type of what it returns.
    pub result: Type,
    /// The minor version of Kubernetes whose servers take it in new expressions.
    pub since: u8,
}

static FUNCTIONS: LazyLock<HashMap<&'static str, Vec<Overload>>> = LazyLock::new(|| {
    let mut functions: HashMap<&'static str, Vec<Overload>> = HashMap::new();
    for line in include_str!("functions.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((head, params, tail)) = line
            .split_once(" (")
            .and_then(|(head, rest)| rest.split_once(") ").map(|(params, tail)| (head, params, tail)))
        else {
            continue;
        };
        let Some((style, name)) = head.split_once(' ') else { continue };
        let (result, since) = tail.split_once(' ').unwrap_or((tail, "0"));
        functions.entry(name).or_default().push(Overload {
            is_member: style == "m",
            params: params.split_whitespace().map(Type::read).collect(),
            result: Type::read(result),
            since: since.parse().unwrap_or(0),
        });
    }
    functions
});

/// The signatures of a function; none if there is no such function.
pub fn overloads(name: &str) -> &'static [Overload] {
    // one signature serves all comparisons
    let name = if matches!(name, "_<=_" | "_>_" | "_>=_") { "_<_" } else { name };
    FUNCTIONS.get(name).map_or(&[], Vec::as_slice)
}

/// The names of all functions that can be written.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.keys().copied().filter(|name| !name.starts_with(['_', '@', '!', '-']))
}
