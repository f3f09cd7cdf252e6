//! Conditions and keys in jq's language, checked before anything runs them.
//!
//! They end up in the configuration of a program that runs [gojq](https://github.com/itchyny/gojq). What is allowed
//! here is what jq and gojq agree about and what looks at one message alone: paths, literals, comparisons,
//! arithmetic, `and`, `or`, `//`, `if`, and calls of pure functions.

use jaq_core::load::lex::{Lexer, StrPart};
use jaq_core::load::parse::{BinaryOp, Parser, Term};
use jaq_core::path::Part;

/// Functions of jq and gojq that depend on nothing but the message, and how many arguments they take.
const FUNCTIONS: &[(&str, usize)] = &[
    ("true", 0),
    ("false", 0),
    ("null", 0),
    ("not", 0),
    ("length", 0),
    ("type", 0),
    ("keys", 0),
    ("has", 1),
    ("contains", 1),
    ("inside", 1),
    ("startswith", 1),
    ("endswith", 1),
    ("ltrimstr", 1),
    ("rtrimstr", 1),
    ("test", 1),
    ("test", 2),
    ("ascii_downcase", 0),
    ("ascii_upcase", 0),
    ("tostring", 0),
    ("tonumber", 0),
    ("floor", 0),
    ("any", 0),
    ("any", 1),
    ("all", 0),
    ("all", 1),
    ("map", 1),
    ("select", 1),
    ("first", 0),
    ("last", 0),
    ("min", 0),
    ("max", 0),
    ("add", 0),
    ("join", 1),
    ("split", 1),
    ("index", 1),
    ("IN", 1),
    ("empty", 0),
    ("error", 1),
];

/// What is wrong with an expression, in one sentence.
///
/// # Errors
/// The first thing that jq, gojq or we do not take.
pub fn check(text: &str) -> Result<(), String> {
    let tokens = Lexer::new(text).lex().map_err(|errors| match errors.first() {
        Some((_, found)) if found.starts_with('\'') => "jq strings use double quotes".to_owned(),
        Some((_, found)) => format!("jq cannot read `{}`", start(found)),
        None => "jq cannot read this".to_owned(),
    })?;
    let term = Parser::new(&tokens).parse(Parser::term).map_err(|errors| match errors.first() {
        Some((expected, Some(found))) => format!("jq expects {} at `{}`", expected.as_str(), start(found.0)),
        Some((expected, None)) => format!("jq expects {} at the end", expected.as_str()),
        None => "jq cannot read this".to_owned(),
    })?;
    term_is_pure(&term)
}

/// The beginning of what could not be read.
fn start(text: &str) -> String {
    text.chars().take(20).collect()
}

fn term_is_pure(term: &Term<&str>) -> Result<(), String> {
    match term {
        Term::Id | Term::Num(_) => Ok(()),
        Term::Str(None, parts) => parts.iter().try_for_each(|part| match part {
            StrPart::Term(term) => term_is_pure(term),
            StrPart::Str(_) | StrPart::Char(_) => Ok(()),
        }),
        Term::Arr(inner) => inner.as_deref().map_or(Ok(()), term_is_pure),
        Term::BinOp(left, operator, right) => {
            operator_is_pure(operator)?;
            term_is_pure(left)?;
            term_is_pure(right)
        }
        Term::IfThenElse(branches, otherwise) => {
            for (condition, then) in branches {
                term_is_pure(condition)?;
                term_is_pure(then)?;
            }
            otherwise.as_deref().map_or(Ok(()), term_is_pure)
        }
        Term::Neg(inner) | Term::TryCatch(inner, None) => term_is_pure(inner),
        Term::Call(name, arguments) => {
            if !FUNCTIONS.contains(&(*name, arguments.len())) {
                let known = FUNCTIONS.iter().find(|(known, _)| known == name);
                return Err(match known {
                    Some((_, count)) => format!("`{name}` takes {count} arguments here, not {}", arguments.len()),
                    None => format!("`{name}` is not allowed here"),
                });
            }
            arguments.iter().try_for_each(term_is_pure)
        }
        Term::Path(inner, path) => {
            term_is_pure(inner)?;
            path.0.iter().try_for_each(|(part, _)| match part {
                Part::Index(at) => term_is_pure(at),
                Part::Range(from, to) => from.iter().chain(to).try_for_each(term_is_pure),
            })
        }
        _ => Err("an expression reads one message, with paths, comparisons, `and`, `or`, `not` and function calls"
            .to_owned()),
    }
}

fn operator_is_pure(operator: &BinaryOp<&str>) -> Result<(), String> {
    match operator {
        BinaryOp::Pipe(None)
        | BinaryOp::Comma
        | BinaryOp::Alt
        | BinaryOp::Or
        | BinaryOp::And
        | BinaryOp::Math(_)
        | BinaryOp::Cmp(_) => Ok(()),
        BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
            Err("an expression only reads a message; to compare, write `==`".to_owned())
        }
        BinaryOp::Pipe(Some(_)) => Err("variables are not allowed here".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn conditions_that_look_at_a_message() {
        for text in [
            ".visibility == \"public\"",
            ".owner",
            ".a.b[0][\"x y\"]? == 3",
            "(.size > 100) and (.tags | any(. == \"cat\")) | not",
            ".name | test(\"^a\"; \"i\")",
            "if .a then .b else .c end",
            ".a // \"none\" | ascii_downcase | startswith(\"x\")",
            ".path == \"${HOME}\"",
            "\"\\(.a)-\\(.b)\"",
            ".a # why",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_jq_or_does_more_than_look() {
        for text in [
            "",
            ".a ==",
            ".a == 'x'",
            ".a = 1",
            ".a |= 1",
            "env.HOME",
            "$ENV.HOME",
            "input",
            "halt",
            "visibility == \"x\"",
            ". as $x | $x",
            "reduce .[] as $x (0; . + 1)",
            "def f: 1; f",
            "test(\"a\"; \"b\"; \"c\")",
            ".a\"",
            "(.a",
            "import \"x\" as x; .a",
            "{a: env}",
            "@sh \"x\"",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
