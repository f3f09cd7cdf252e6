//! Macros: `all`, `exists`, `map`, `transformMap` and the others that go through lists and maps.

use super::SORT_BY;
use super::{Checked, Checker};
use crate::cel::CompileError;
use crate::cel::ast::{At, Macro, MacroKind};
use crate::cel::types::Type;

impl Checker<'_> {
    pub(super) fn comprehension(&mut self, at: At, of: &mut Macro) -> Checked {
        if of.kind == MacroKind::SortBy && (1..SORT_BY).contains(&self.scope.version) {
            let message = format!("there is no function `sortBy`; it comes with Kubernetes 1.{SORT_BY}");
            return Err(CompileError::new(at, message));
        }
        let range_type = self.expr(&mut of.range)?;
        let range = self.resolve(&range_type);
        if let MacroKind::OptMap | MacroKind::OptFlatMap = of.kind {
            return self.optional_map(range, of);
        }
        let (first, second) = match &range {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Var(_) => (Type::Dyn, Type::Dyn),
            other => {
                return Err(CompileError::new(
                    of.range.at,
                    format!("{other} has no elements; a list or a map is expected here"),
                ));
            }
        };
        let is_map = matches!(range, Type::Map(..));
        let bound: Vec<Type> = match of.variables.len() {
            2 => vec![first.clone(), second.clone()],
            _ => vec![if is_map { first.clone() } else { second.clone() }],
        };
        let element = bound.first().cloned().unwrap_or(Type::Dyn);
        let count = self.locals.len();
        for (name, of) in of.variables.iter().zip(bound) {
            self.locals.push((name.clone(), of));
        }
        let checked = self.body(of);
        self.locals.truncate(count);
        let body = checked?;
        Ok(match of.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => Type::Bool,
            MacroKind::Map | MacroKind::TransformList => Type::list(body),
            MacroKind::Filter => Type::list(element),
            MacroKind::TransformMap => Type::map(first, body),
            MacroKind::TransformMapEntry => match self.resolve(&body) {
                map @ Type::Map(..) => map,
                Type::Dyn => Type::map(Type::Dyn, Type::Dyn),
                other => {
                    return Err(CompileError::new(
                        of.body.at,
                        format!("a map with one entry is expected here, but this is {other}"),
                    ));
                }
            },
            MacroKind::SortBy => {
                if is_map || !has_order(&self.resolve(&body)) {
                    return Err(CompileError::new(at, "sortBy needs a list, and keys that have an order"));
                }
                range
            }
            MacroKind::OptMap | MacroKind::OptFlatMap => body,
        })
    }

    /// `optMap` and `optFlatMap`.
    fn optional_map(&mut self, range: Type, of: &mut Macro) -> Checked {
        let value = match range {
            Type::Optional(value) => (*value).clone(),
            Type::Dyn | Type::Var(_) => Type::Dyn,
            other => {
                return Err(CompileError::new(
                    of.range.at,
                    format!("an optional value is expected here, but this is {other}"),
                ));
            }
        };
        let count = self.locals.len();
        self.locals.extend(of.variables.first().map(|name| (name.clone(), value)));
        let checked = self.expr(&mut of.body);
        self.locals.truncate(count);
        let result = checked?;
        if of.kind == MacroKind::OptMap {
            return Ok(Type::optional(result));
        }
        match self.resolve(&result) {
            result @ (Type::Optional(_) | Type::Dyn) => Ok(result),
            other => {
                Err(CompileError::new(of.body.at, format!("optFlatMap needs an optional value, but this is {other}")))
            }
        }
    }

    fn body(&mut self, of: &mut Macro) -> Checked {
        if let Some(filter) = &mut of.filter {
            self.boolean(filter)?;
        }
        match of.kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne | MacroKind::Filter => {
                self.boolean(&mut of.body)?;
                Ok(Type::Bool)
            }
            _ => self.expr(&mut of.body),
        }
    }
}

/// Whether elements can be sorted by values of a type.
fn has_order(of: &Type) -> bool {
    matches!(
        of,
        Type::Dyn
            | Type::Int
            | Type::Uint
            | Type::Double
            | Type::Bool
            | Type::String
            | Type::Bytes
            | Type::Timestamp
            | Type::Duration
            | Type::Var(_)
    )
}
