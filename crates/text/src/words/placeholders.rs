//! Text that is replaced before the API server sees it.

use super::capitals::{is_an_order, names_a_value};

/// Text that is replaced before the API server sees it: a program (`${REPLICAS}`, `$(PORT)`, `{{ port }}`,
/// `__NAMESPACE__`, `@VERSION@`, `%NAME%`, `kafka.$DOMAIN`, `<path:secret/data/db#password>`), a person (`<your-namespace>`, `PV_NAME`, `CHANGEME`), or SOPS.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    const MARKS: [&str; 7] = ["${", "$(", "{{", "<%", "@@", "#{", "ENC["];
    let shouted = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let signs = signs(text);
    let any = |wanted: u8| signs & wanted != 0;
    let has_mark = || MARKS.iter().any(|mark| text.contains(mark));
    any(DOLLAR | BRACE | LESS | AT | BRACKET) && has_mark()
        || any(DOLLAR) && (text.starts_with('$') || has_variable(text))
        || any(DOLLAR) && has_hole(text, "$$", "$$", |letter| letter.is_ascii_alphanumeric() || letter == '_')
        || any(UNDERSCORE) && has_hole(text, "__", "__", shouted)
        || any(PERCENT) && has_hole(text, "%", "%", shouted)
        || any(BRACKET) && has_hole(text, "[", "]", shouted)
        || any(BRACE) && has_hole(text, "{", "}", shouted)
        || any(AT)
            && has_hole(text, "@", "@", |letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'))
        || any(LESS) && (has_vault_path(text) || has_hole_in_angles(text))
        || any(DOLLAR) && is_expression_in_parentheses(text)
        || is_an_order(text)
        || refers_to_a_store(text)
        || any(UNDERSCORE | DASH) && names_a_value(text)
}

/// Whether a text as a whole names a value in a store that a program puts in its place: `ref+vault://secret/db#/password`
/// of vals, `secretref+awssecrets://db` of helmfile, `op://vault/item/field` of 1Password.
fn refers_to_a_store(text: &str) -> bool {
    // the first letter tells nearly always
    if !text.starts_with(['r', 's', 'o']) {
        return false;
    }
    let stores = ["ref+", "secretref+"].iter().find_map(|mark| text.strip_prefix(mark));
    let stores = stores.map(|rest| rest.strip_prefix("ref+").unwrap_or(rest));
    let address = stores.or_else(|| text.starts_with("op://").then_some(text)).and_then(|text| text.split_once("://"));
    address.is_some_and(|(store, rest)| !rest.is_empty() && store.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether SOPS has to decrypt a text first.
#[must_use]
pub fn is_encrypted(text: &str) -> bool {
    text.starts_with("ENC[")
}

/// Whether a text is an expression of Chainsaw as a whole: `($namespace)`, `(join('-', ['a', $namespace]))`
/// (kyverno/chainsaw: `website/docs/quick-start/resource-templating.md`).
fn is_expression_in_parentheses(text: &str) -> bool {
    // `($name)` or `(join(…))`, and no subshell: `(cd $HOME; make)`
    let begins = |rest: &str| {
        let word = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        rest.starts_with('$') || word.len() < rest.len() && word.starts_with('(')
    };
    text.strip_prefix('(').is_some_and(begins) && text.ends_with(')') && text.contains('$')
}

fn has_hole_in_angles(text: &str) -> bool {
    has_hole(text, "<", ">", |letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ' | ':'))
        || has_hole(text, "<<", ">>", |letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' '))
}

const DOLLAR: u8 = 1;
const BRACE: u8 = 2;
const LESS: u8 = 4;
const AT: u8 = 8;
const BRACKET: u8 = 16;
const UNDERSCORE: u8 = 32;
const PERCENT: u8 = 64;
const DASH: u8 = 128;

/// Which bytes a text holds that placeholders are marked with: most texts hold none, and one look at each byte tells.
fn signs(text: &str) -> u8 {
    const SIGNS: [u8; 256] = {
        let mut signs = [0; 256];
        signs[b'$' as usize] = DOLLAR;
        signs[b'{' as usize] = BRACE;
        signs[b'<' as usize] = LESS;
        signs[b'@' as usize] = AT;
        signs[b'[' as usize] = BRACKET;
        signs[b'_' as usize] = UNDERSCORE;
        signs[b'%' as usize] = PERCENT;
        signs[b'-' as usize] = DASH;
        signs
    };
    text.bytes().fold(0, |signs, byte| signs | SIGNS[usize::from(byte)])
}

/// Whether a long text holds any sign of a placeholder: a quick look before each of its values is tried.
#[must_use]
pub fn may_hold_placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let (mut ats, mut percents) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or_default();
        // the second letter tells nearly always
        let is_order = |word: &str| {
            next(1).eq_ignore_ascii_case(&word.as_bytes()[1])
                && bytes.get(at..at + word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        };
        let is_sign = match byte {
            b'$' | b'<' => true,
            b'{' => next(1) == b'{' || is_capital(next(1)),
            b'#' => next(1) == b'{',
            b'[' => is_capital(next(1)) && (is_capital(next(2)) || next(2) == b'_'),
            b'_' | b'-' if at > 0 => {
                is_capital(bytes[at - 1]) && is_capital(next(1)) || *byte == b'_' && next(1) == b'_'
            }
            b'_' => next(1) == b'_',
            b'@' => {
                ats += 1;
                ats > 1
            }
            b'%' => {
                percents += 1;
                percents > 1
            }
            b'c' | b'C' => is_order("change"),
            b'r' | b'R' => is_order("replace") || is_order("ref+"),
            b'o' => is_order("op://"),
            b'y' | b'Y' => is_order("your"),
            b'i' => is_order("insert_"),
            b't' | b'T' => is_order("todo"),
            b'f' | b'F' => is_order("fixme") || is_order("fillme"),
            b'p' | b'P' => is_order("placeholder"),
            b'E' => is_order("ENC["),
            _ => false,
        };
        if is_sign {
            return true;
        }
    }
    false
}

/// Whether a text holds a variable as shells write it: `kafka.$DOMAIN`, `cluster-$zone-a`. Not `pa$word`, nor `US$`.
fn has_variable(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let before = text[..at].chars().next_back();
        let is_apart = before.is_none_or(|letter| matches!(letter, '.' | '-' | '_' | '/' | ':' | '=' | ','));
        is_apart && end > 1 && rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
    })
}

/// Whether a text holds what argocd-vault-plugin fills in: `<path:secret/data/db#password | base64encode>`, or
/// `<password | base64encode>` where an annotation names the path (argocd-vault-plugin: docs/howitworks.md).
fn has_vault_path(text: &str) -> bool {
    // `base64encode` as well
    const CHANGES: [&str; 6] = ["base64", "jsonPath", "jsonParse", "yamlParse", "indent", "sha256sum"];
    text.split('<').skip(1).filter_map(|part| part.split_once('>')).any(|(inside, _)| {
        let mut parts = inside.split('|');
        let name = parts.next().unwrap_or_default();
        let is_path = name.strip_prefix("path:").is_some_and(|path| path.contains('#'));
        let is_changed =
            parts.next().is_some_and(|change| CHANGES.iter().any(|known| change.trim().starts_with(known)));
        is_path || is_changed && name.starts_with(char::is_alphabetic)
    })
}

/// Whether a text holds a word between two marks.
fn has_hole(text: &str, open: &str, close: &str, is_inside: impl Fn(char) -> bool) -> bool {
    let inside = text.split_once(open).and_then(|(_, rest)| rest.rsplit_once(close));
    let is_word = |word: &str| word.starts_with(char::is_alphabetic) && word.chars().all(&is_inside);
    inside.is_some_and(|(inside, _)| inside.split(close).map(str::trim).any(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACEHOLDERS: [&str; 41] = [
        "step-$$name$$",
        "($namespace)",
        "(join('-', ['a', $namespace]))",
        "${A}",
        "x-$(B)",
        "{{ c }}",
        "__NAMESPACE__",
        "a-__X_1__-b",
        "@VERSION@",
        "v@V@.1",
        "<your-namespace>",
        "<Name>.example.com",
        "#{Env}#",
        "ENC[AES256_GCM,data:x]",
        "%NAMESPACE%",
        "<<host>>",
        "gcr.io/[PROJECT_ID]/shop",
        "PV_NAME",
        "KSA_NAME",
        "FILESTORE_CAPACITY",
        "YOUR_DOMAIN",
        "YOUR-BUCKET",
        "REPLACE_ME_WITH_THE_SECRET",
        "AUTOMATIC_REPLACE",
        "<< your namespace >>",
        "shop.YOUR_DOMAIN.example.com",
        "your-namespace",
        "CHANGEME",
        "change_me",
        "kafka.$DOMAIN",
        "cluster-$zone",
        "a-$zone-b",
        "registry/$REPO:1",
        "http://x:$PORT",
        "<path:secret/data/x#key>",
        "<path:secret/data/x/common#ca-pem | base64encode>",
        "<path:secret/data/x#key#3>",
        "https://<path:ssm#host>/a",
        "<path:vaults/My Vault/items/x#y>",
        "<ca-pem | base64encode>",
        "<ca-pem|base64decode|jsonPath {.a}>",
    ];

    const TEXTS: [&str; 38] = [
        "(a)",
        "(US$) 5",
        "a__b__c",
        "__init__",
        "me@example.com",
        "a@b.c, d@e.f",
        "a < b",
        "<>",
        "1 <2> 3",
        "->",
        "",
        "_",
        "@",
        "__",
        "My_App",
        "MY_APP",
        "SHOP",
        "SHOP-DB",
        "ALWAYS",
        "Pv_Name",
        "x_NAME_y",
        "NAME",
        "ID",
        "100%",
        "%20a%20b",
        "yours",
        "change",
        "[0]",
        "a[b]",
        "DB_CONFIG",
        "pa$word",
        "US$",
        "cost: 5$ or $5",
        "a.$1",
        "a-$",
        "^a.$",
        "a < b | c > d",
        "<path:/a>",
    ];

    #[test]
    fn placeholders_are_told_from_text() {
        for text in PLACEHOLDERS {
            assert!(is_placeholder(text), "{text}");
            assert!(may_hold_placeholder(text), "{text}");
        }
        for text in TEXTS {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
