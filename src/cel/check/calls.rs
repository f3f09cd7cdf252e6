//! Calls of functions: which overload is meant, and what it returns.

use super::{Checked, Checker};
use crate::cel::ast::{Expr, Kind};
use crate::cel::functions::{self, Overload};
use crate::cel::types::Type;
use crate::cel::{CompileError, library};
use crate::words::nearest;

fn described(is_member: bool, types: &[String]) -> String {
    match types {
        [receiver, rest @ ..] if is_member => format!("({}) on {receiver}", rest.join(", ")),
        _ => format!("({})", types.join(", ")),
    }
}

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &mut Expr) -> Checked {
        let at = expr.at;
        let version = self.scope.version;
        let Kind::Call { function, target, args } = &mut expr.kind else { return Ok(Type::Dyn) };
        // `sets.contains(a, b)` is a function with one dot in its name
        if let Some(prefix) = target.as_deref().and_then(|target| target.qualified(1)) {
            let name = format!("{prefix}.{function}");
            if !functions::overloads(&name).is_empty() {
                *function = name;
                *target = None;
            }
        }
        let is_member = target.is_some();
        let mut types = Vec::new();
        if let Some(target) = target.as_deref_mut() {
            types.push(self.expr(target)?);
        }
        self.formats += usize::from(function == "format");
        let checked: Result<Vec<Type>, CompileError> = args.iter_mut().map(|arg| self.expr(arg)).collect();
        self.formats -= usize::from(function == "format");
        types.extend(checked?);
        let all = functions::overloads(function);
        let all = if function.starts_with("jsonpatch.") && !self.scope.has_patches { &[] } else { all };
        if all.is_empty() || !all.iter().any(|overload| overload.since <= version || version == 0) {
            let since = all.iter().map(|overload| overload.since).min().unwrap_or_default();
            let hint = if since > 0 {
                format!("; it comes with Kubernetes 1.{since}")
            } else {
                nearest(function, functions::names())
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
            };
            return Err(CompileError::new(at, format!("unknown function `{function}`{hint}")));
        }
        let fits = |overload: &&Overload| {
            overload.is_member == is_member
                && overload.params.len() == types.len()
                && (overload.since <= version || version == 0)
        };
        let mut only = None;
        let mut fitting = Vec::new();
        let mut result: Option<Type> = None;
        let mut count = 0;
        for overload in all.iter().filter(fits) {
            let before = self.bindings.mark();
            if let Some(found) = self.apply(overload, &types) {
                count += 1;
                only = Some(overload);
                if self.facts.is_some() {
                    fitting.push(overload);
                }
                result = match result {
                    Some(known) if known != found => Some(Type::Dyn),
                    _ => Some(found),
                };
            }
            self.bindings.undo(before);
        }
        let Some(mut result) = result else {
            let types: Vec<String> = types.iter().map(|of| self.resolve(of).to_string()).collect();
            return Err(CompileError::new(
                at,
                format!("`{}` does not take {}", library::spoken(function), described(is_member, &types)),
            ));
        };
        // what is left open stays open if several signatures fit
        if count == 1
            && let Some(bound) = only.and_then(|overload| self.apply(overload, &types))
        {
            result = bound;
        }
        library::check_literals(function, target.as_deref(), args)?;
        self.overloads = fitting;
        Ok(result)
    }

    /// The type of what a signature returns for these arguments, if they fit.
    pub(super) fn apply(&mut self, overload: &Overload, types: &[Type]) -> Option<Type> {
        let mut vars = [None, None];
        for (param, of) in overload.params.iter().zip(types) {
            let param = self.bindings.instantiate(param, &mut vars);
            if !self.bindings.assign(&param, of) {
                return None;
            }
        }
        let result = self.bindings.instantiate(&overload.result, &mut vars);
        Some(self.resolve(&result))
    }
}
