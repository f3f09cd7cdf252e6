//! Calls on a receiver, among them the macros.

use super::super::CompileError;
use super::super::ast::{At, Expr, Kind, Macro, MacroKind};

/// A call on a receiver: one of the macros, if name and number of arguments fit, or a function.
pub(super) fn receiver_macro(
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
                    format!("{function}() needs a variable name here: .{function}(x, …)"),
                ));
            }
        }
    }
    let mut rest = rest.into_iter();
    let filter = if has_filter { rest.next() } else { None };
    let Some(body) = rest.next() else { return Err(CompileError::new(name_at, "an argument is missing")) };
    Ok(Expr::new(at, Kind::Macro(Box::new(Macro { kind, range: target, variables: names, filter, body }))))
}
