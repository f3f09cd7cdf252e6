//! Each line of `tests.txt` is an expression and what becomes of it.

use super::{Budget, Evaluation, Fail, Fields, Item, Program, Scope, Type, Value, library};

/// On a stack as the program's, which bears what the parser takes.
fn outcome(text: &str) -> String {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, || evaluate(text)).unwrap().join().unwrap()
    })
}

fn evaluate(text: &str) -> String {
    let fields = Fields::plain("object", &[("name", Type::String), ("count", Type::Int)]);
    let scope = Scope {
        variables: vec![("o".to_owned(), Type::Object(fields)), ("d".to_owned(), Type::Dyn)],
        version: 0,
        ..Scope::default()
    };
    let program = match Program::compile(text, &scope) {
        Ok(program) => program,
        Err(error) if error.is_unsupported => return format!("unsupported: {error}"),
        Err(error) => return format!("compile [{}]: {error}", &text[error.at.start..error.at.end]),
    };
    let object = Value::object(vec![("name", Value::text("shop")), ("count", Value::Int(3))]);
    let dynamic = Value::object(vec![
        ("list", Value::list(vec![Value::Int(1).into(), Value::Int(2).into()])),
        ("secret", Value::Unknown("only a cluster knows")),
    ]);
    let bound: Vec<(&'static str, Item)> = vec![("o", object.into()), ("d", dynamic.into())];
    let mut evaluation = Evaluation::new(bound, None, Budget::new(Budget::OBJECT));
    match evaluation.run(&program) {
        Ok(item) => show(&item.value),
        Err(Fail::Error(error)) => format!("error: {error}"),
        Err(Fail::Unknown(why)) => format!("unknown: {why}"),
        Err(Fail::Exhausted) => "exhausted".to_owned(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::List(list) => {
            let items: Vec<String> = list.items.iter().map(|item| show(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<String> = map
                .entries
                .iter()
                .map(|(key, item)| format!("{}: {}", show(&key.value()), show(&item.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(item)) => format!("some({})", show(&item.value)),
        Value::Uint(value) => format!("{value}u"),
        other => library::plain(other),
    }
}

#[test]
fn expressions() {
    let mut wrong = Vec::new();
    for line in include_str!("tests.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (text, expected) = line.split_once(" ⇒ ").unwrap();
        let found = outcome(text.trim());
        if found != expected.trim() {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Expressions made to take time, memory or stack end soon.
#[test]
fn bounds() {
    let nested = |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
    assert!(outcome(&nested("(", ")", 300)).contains("nests deeper"));
    assert!(outcome(&nested("[", "]", 100_000 / 2 - 1)).contains("nests deeper"));
    assert!(outcome(&format!("1{}", "+1".repeat(40_000))).contains("nests deeper"));
    assert!(outcome(&"-".repeat(90_000)).contains("belongs here") || outcome(&"-".repeat(90_000)).contains("ends"));
    assert_eq!(outcome(&format!("true{}", "&&true".repeat(10_000))), "true");
    assert_eq!(outcome("lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))"), "exhausted");
    assert_eq!(outcome("lists.range(1000000000).size() == 0"), "exhausted");
    let doubling = (0..60).fold("'aaaaaaaaaa'".to_owned(), |text, _| format!("[{text}].map(x, x + x)[0]"));
    assert_eq!(outcome(&doubling), "exhausted");
    assert_eq!(
        outcome(
            "'aaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('a', lists.range(9000).map(x, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb').join()).size() > 0"
        ),
        "exhausted"
    );
    assert_eq!(
        outcome("lists.range(3000).map(x, 'aaaaaaaaaaaaaaaaaaaa').join().matches('^(([a-z]{10}){10}){10}b')"),
        "exhausted"
    );
    let growing = (0..60).fold("o".to_owned(), |text, _| format!("[{text}].map(x, {{x: x}})[0]"));
    assert!(outcome(&growing).starts_with("unsupported"), "{}", outcome(&growing));
}
