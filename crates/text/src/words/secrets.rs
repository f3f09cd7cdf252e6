//! Names of variables, keys and headers that hold secrets.

/// Whether a variable or key of this name holds a secret: `DB_PASSWORD`, `api-token`, `dbPassword`, `DBPASSWORD`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "PASSWORD",
        "PGPASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PWD",
        "PASS",
        "TOKEN",
        "SECRET",
        "SECRET_KEY",
        "SECRET_KEY_BASE",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "ACCESS_KEY",
        "ACCOUNT_KEY",
        "ACCOUNTKEY",
        "ENCRYPTION_KEY",
    ];
    // what ends a name without anything before it, `DATASOURCEPASSWORD`: no other word ends so
    const ENDS: &[&str] = &["PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "APIKEY", "SECRET", "SECRETKEY", "PRIVATEKEY"];
    // names of Secrets, not what is in them
    const NAMED: &[&str] = &["PULLSECRET", "TLSSECRET", "CERTSECRET"];
    let mut upper = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for letter in name.chars() {
        if was_small && letter.is_ascii_uppercase() {
            upper.push('_');
        }
        was_small = letter.is_ascii_lowercase();
        upper.push(if matches!(letter, '-' | '.') { '_' } else { letter.to_ascii_uppercase() });
    }
    let mut words = WORDS.iter().filter_map(|word| upper.strip_suffix(word));
    let is_end = |ends: &[&str]| ends.iter().any(|end| upper.ends_with(end));
    words.any(|rest| rest.is_empty() || rest.ends_with('_')) || is_end(ENDS) && !is_end(NAMED)
}

/// Whether an HTTP header of this name holds a secret: `Authorization`, `X-Api-Key`.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    ["authorization", "cookie"].iter().any(|header| name.eq_ignore_ascii_case(header)) || is_secret_name(name)
}
