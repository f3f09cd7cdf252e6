//! Words that messages share.

/// Text of the user's, short enough for a message.
#[must_use]
pub fn clip(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut clipped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        clipped.push('…');
    }
    clipped.replace("\\\"", "\"").replace("\\'", "'")
}

/// The name most like `name`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let likeness = |other: &str| {
        if other.to_lowercase() == lower { 1.0 } else { strsim::normalized_damerau_levenshtein(name, other) }
    };
    let best =
        known.into_iter().map(|other| (likeness(other), other)).fold(
            None,
            |best: Option<(f64, &str)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            },
        );
    best.filter(|(likeness, _)| *likeness > 0.55).map(|(_, other)| other)
}

/// `a, b and c`, each in backticks.
#[must_use]
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Whether a variable or key of this name holds a secret: `DB_PASSWORD`, `api-token`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PWD",
        "PASS",
        "TOKEN",
        "SECRET",
        "SECRET_KEY",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "ACCESS_KEY",
    ];
    let upper = name.to_ascii_uppercase().replace(['-', '.'], "_");
    WORDS.iter().any(|word| upper.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}
