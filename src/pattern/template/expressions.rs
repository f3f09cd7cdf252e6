//! Expressions of definitions: conditions, numbers and texts over the parameters of an entry.

use std::collections::{BTreeSet, HashSet};

use minijinja::Error;
use minijinja::value::{Serde, Value as Hole};
use serde_json::Value as Json;

use super::filters::{mebibytes, milliseconds, target};
use super::patience;
use super::values::{chain, fuelled, json_of, shown};
use crate::limits;

/// Whether a text is an expression.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compiles(expression: &str) -> Result<(), String> {
    patiently(expression, |text| fuelled().compile_expression(text).map(drop))
}

/// The variables that an expression speaks of; none where it is no expression.
pub(crate) fn names(expression: &str) -> HashSet<String> {
    let names = patiently(expression, |text| Ok(fuelled().compile_expression(text)?.undeclared_variables(false)));
    names.unwrap_or_default()
}

/// The variables that an expression speaks of, each with the attributes that it asks for: `document.port`. None where it
/// does not compile.
pub(crate) fn paths(expression: &str) -> BTreeSet<String> {
    let paths = patiently(expression, |text| {
        let environment = fuelled();
        let paths = environment.compile_expression(text)?.undeclared_variables(true);
        let is_function = |path: &String| environment.globals().any(|(name, _)| name == path);
        Ok(paths.into_iter().filter(|path| !is_function(path)).collect())
    });
    paths.unwrap_or_default()
}

/// Whether an expression over a context is true.
///
/// # Errors
/// An expression that does not compile or evaluate: a bug of the pattern.
pub(crate) fn holds(expression: &str, context: &Json) -> Result<bool, String> {
    value(expression, context, |value| Ok(value.is_true()))
}

/// The value of an expression over a context.
///
/// # Errors
/// As for [`holds`].
pub(crate) fn evaluate(expression: &str, context: &Json) -> Result<Json, String> {
    value(expression, context, json_of)
}

/// The same as text.
///
/// # Errors
/// As for [`holds`].
pub(crate) fn text_of(expression: &str, context: &Json) -> Result<String, String> {
    value(expression, context, shown)
}

/// What is read of the value of an expression.
fn value<T: Send + 'static>(
    expression: &str,
    context: &Json,
    read: fn(&Hole) -> Result<T, Error>,
) -> Result<T, String> {
    let context = context.clone();
    patiently(expression, move |text| evaluated(text, &context).and_then(|value| read(&value)))
}

/// Does something with an expression. Without loops and variables only a product can be larger than what it is made
/// from, so others need no limit of time.
fn patiently<T: Send + 'static>(
    expression: &str,
    compute: impl FnOnce(&str) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let limit = limits::EXPRESSION;
    if expression.len() as u64 > limit.most {
        return Err(format!("it has more than {limit} (limit {}, see `patterns explain limits`)", limit.name));
    }
    if !expression.contains('*') {
        return compute(expression).map_err(|error| chain(&error));
    }
    let text = expression.to_owned();
    let computed = patience::wait_for(move || compute(&text));
    computed?.map_err(|error| chain(&error))
}

fn evaluated(expression: &str, context: &Json) -> Result<Hole, Error> {
    let mut environment = fuelled();
    environment.add_filter("target", target);
    environment.add_filter("mebibytes", mebibytes);
    environment.add_filter("milliseconds", milliseconds);
    environment.compile_expression(expression)?.eval(Hole::from(Serde(context)))
}
