//! Names of variables, keys and headers that hold secrets.

/// Words at the end of a name that say what it holds, as words of their own.
const WORDS: [&str; 48] = [
    "PASSWORD",
    "PASSWORDS",
    "PGPASSWORD",
    "PGPASS",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "PASS",
    "PW",
    "TOKEN",
    "SECRET",
    "SECRET_KEY",
    "SECRET_KEY_BASE",
    "API_KEY",
    "API_KEYS",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "ACCOUNT_KEY",
    "ACCOUNTKEY",
    "ENCRYPTION_KEY",
    "ERLANG_COOKIE",
    "FERNET_KEY",
    "SIGNING_KEY",
    "MASTER_KEY",
    "SESSION_KEY",
    "SHARED_KEY",
    "AUTH_KEY",
    "HMAC_KEY",
    "LICENSE_KEY",
    "CREDENTIALS",
    "CREDENTIAL",
    "CREDS",
    "REQUIREPASS",
    "MASTERAUTH",
    "JWT",
    "JWT_KEY",
    "BINDPW",
    "ROOTPW",
    "USERPW",
    "DBPW",
    "ROOTPASS",
    "USERPASS",
    "ADMINPASS",
    "DBPASS",
    "BASIC_AUTH",
    "NEO4J_AUTH",
    "ELASTIC_AUTH",
];

/// What ends a name without anything before it, `DATASOURCEPASSWORD`: no other word ends so.
const ENDS: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "APIKEY", "SECRET", "SECRETKEY", "PRIVATEKEY", "SECRETACCESSKEY"];

/// Names of Secrets, not what is in them.
const NAMED: [&str; 3] = ["PULLSECRET", "TLSSECRET", "CERTSECRET"];

/// What tells clusters apart and keeps no one out: etcd makes the ids of a cluster and its members from it
/// (etcd.io/docs/v3.5/op-guide/clustering).
const PUBLIC: &str = "INITIAL_CLUSTER_TOKEN";

/// Whether a variable or key of this name holds a secret: `DB_PASSWORD`, `api-token`, `dbPassword`, `DBPASSWORD`,
/// `TOKEN_2`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches(['_', '-']);
    // the last letters tell nearly always
    let [.., before, last] = name.as_bytes() else { return false };
    let last = [before.to_ascii_uppercase(), last.to_ascii_uppercase()];
    if !matches!(
        &last,
        b"RD"
            | b"WD"
            | b"SE"
            | b"SS"
            | b"PW"
            | b"EN"
            | b"ET"
            | b"EY"
            | b"LS"
            | b"AL"
            | b"DS"
            | b"TH"
            | b"WT"
            | b"YS"
            | b"IE"
    ) {
        return false;
    }
    let mut upper = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for letter in name.chars() {
        if was_small && letter.is_ascii_uppercase() {
            upper.push('_');
        }
        was_small = letter.is_ascii_lowercase();
        upper.push(if matches!(letter, '-' | '.' | '/') { '_' } else { letter.to_ascii_uppercase() });
    }
    let mut words = WORDS.iter().filter_map(|word| upper.strip_suffix(word));
    let is_end = |ends: &[&str]| ends.iter().any(|end| upper.ends_with(end));
    let is_secret = words.any(|rest| rest.is_empty() || rest.ends_with('_')) || is_end(&ENDS) && !is_end(&NAMED);
    is_secret && upper.strip_suffix(PUBLIC).is_none_or(|rest| !rest.is_empty() && !rest.ends_with('_'))
}

/// Whether an HTTP header of this name holds a secret: `Authorization`, `X-Api-Key`.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie"].iter().any(|header| name.eq_ignore_ascii_case(header))
        || is_secret_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_go_by_short_names_too() {
        for name in
            ["LDAP_BINDPW", "olcRootPW", "ROOTPW", "userpw", "DB_USERPASS", "MYSQL_DBPASS", "JWT_KEY", "ADMIN_PW"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "RABBITMQ_ERLANG_COOKIE",
            "AIRFLOW__CORE__FERNET_KEY",
            "FLOWER_BASIC_AUTH",
            "NEO4J_AUTH",
            "OPENAI_API_KEYS",
            "ADMIN_PASSWORDS",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["COOKIE", "SESSION_COOKIE", "MAX_TOKENS", "KEYS", "HOST_KEYS", "AUTH", "REQUIRE_AUTH", "AUTH_BASIC"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
        for name in ["ETCD_INITIAL_CLUSTER_TOKEN", "--initial-cluster-token", "initialClusterToken"] {
            assert!(!is_secret_name(name), "{name}");
        }
        for name in ["CLUSTER_TOKEN", "K3S_CLUSTER_TOKEN", "INITIAL_TOKEN", "--initial-admin-token"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["BYPASS", "COMPASS", "PUBLIC_KEY", "SSH_KEY", "CACHE_KEY", "ENCOMPASS_URL", "KEY"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
