//! Text that is replaced before the API server sees it.

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
        || any(UNDERSCORE | DASH) && names_a_value(text)
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

/// Whether a value is nothing but the name of a value, in capitals: `namespace: NAMESPACE`, `storage: SIZE`, or has one
/// among its words: `disk-HOSTNAME`, `REPLACEME-canary`, `shop.LB_IP_DASHED.example.com`. It proves something only
/// where the server refuses it.
#[must_use]
pub fn is_name_of_a_value(text: &str) -> bool {
    LAST.contains(&text)
        || is_left_to_the_reader(text)
        || text.split(BETWEEN_WORDS).any(|word| is_word_for_a_value(word, text))
}

/// Whether a text says in other ways that its reader has to write it: `...`, `...base64-encoded-key...`,
/// `FILLED BY THE OPERATOR`, `FILLED_BY_OPERATOR`, the address `A.B.C.D`, also within a host.
fn is_left_to_the_reader(text: &str) -> bool {
    let is_of_dots = text.starts_with("...") && text.ends_with("...") || text.starts_with('…') && text.ends_with('…');
    let is_shouted = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_sentence = text.contains([' ', '_'])
        && text.split([' ', '_']).all(is_shouted)
        && text.split([' ', '_']).any(|word| DONE.contains(&word));
    is_of_dots || is_sentence || text.contains("A.B.C.D") && is_address_of_letters(text)
}

/// What says of a value who writes it.
const DONE: [&str; 7] = ["FILLED", "REPLACED", "GENERATED", "INJECTED", "PROVIDED", "POPULATED", "OVERRIDDEN"];

/// Whether `A.B.C.D` is four labels by itself.
fn is_address_of_letters(text: &str) -> bool {
    text.split("A.B.C.D").zip(text.split("A.B.C.D").skip(1)).any(|(before, after)| {
        let is_end = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_ascii_alphanumeric());
        is_end(before.chars().next_back()) && is_end(after.chars().next())
    })
}

/// What is between the words of a host or a name.
const BETWEEN_WORDS: [char; 4] = ['-', '.', '/', ':'];

/// Whether one word of a value is the name of a value or an order to write one, or joins such a name to others with
/// underscores where the rest is in small letters (`gke.GKE_LB_IP_DASHED.example.com`).
fn is_word_for_a_value(word: &str, text: &str) -> bool {
    let is_in_capitals = || word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if word.len() < 4 || !word.starts_with(|first: char| first.is_ascii_uppercase()) || !is_in_capitals() {
        return false;
    }
    let firsts = || LAST.iter().chain(&["MY", "YOUR"]);
    let is_of_two = || firsts().filter_map(|first| word.strip_prefix(first)).any(|rest| LAST.contains(&rest));
    let has_value_among_small = || {
        text.bytes().any(|byte| byte.is_ascii_lowercase())
            && word.contains('_')
            && word.split('_').any(|part| LAST.contains(&part))
    };
    LAST.contains(&word) || is_an_order(word) || is_of_two() || has_value_among_small()
}

/// Whether a value of a text in YAML may be such a name: a quick look.
#[must_use]
pub fn may_hold_name_of_a_value(raw: &str) -> bool {
    if ["...", "…", "A.B.C.D"].iter().any(|mark| raw.contains(mark)) {
        return true;
    }
    let bytes = raw.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let mut start = 0;
    bytes.iter().enumerate().any(|(at, byte)| {
        if byte.is_ascii_uppercase() || *byte == b'_' {
            // the shortest are `ID` and `IP`
            return at > start
                && is_end(bytes.get(at + 1))
                && start.checked_sub(1).is_none_or(|at| is_end(bytes.get(at)));
        }
        start = at + 1;
        false
    })
}

/// Whether YAML reads a hole as a map because it is not quoted: `name: {NAME}`.
#[must_use]
pub fn is_hole_in_braces(raw: &str) -> bool {
    raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(names_a_hole)
}

fn names_a_hole(inside: &str) -> bool {
    let inside = inside.trim();
    inside.starts_with(|first: char| first.is_ascii_uppercase())
        && inside.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_')
}

/// Whether a text ends with one of these: what is before the text that YAML does not expect after a map.
#[must_use]
pub fn ends_with_hole_in_braces(text: &str) -> bool {
    let inside = text.strip_suffix('}').and_then(|rest| rest.rsplit_once('{'));
    inside.is_some_and(|(_, inside)| names_a_hole(inside))
}

/// Whether a text holds one of these.
#[must_use]
pub fn holds_hole_in_braces(raw: &str) -> bool {
    raw.split('{').skip(1).filter_map(|rest| rest.split_once('}')).any(|(inside, _)| names_a_hole(inside))
}

/// Whether text that YAML takes for no value begins with what a program fills in: `%DOMAIN%`, `@VERSION@`, `%{name}`,
/// `%(name)s`, and the verbs of `printf` (`%s`, `%[1]d`).
#[must_use]
pub fn begins_with_hole(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let word_until = |rest: &str, close: &str| {
        let end = rest.find(|letter: char| !is_letter(letter)).unwrap_or(rest.len());
        rest.starts_with(char::is_alphabetic) && rest[end..].starts_with(close)
    };
    if let Some(rest) = text.strip_prefix('@') {
        return rest.starts_with('@') || word_until(rest, "@");
    }
    let Some(rest) = text.strip_prefix('%') else { return false };
    let number = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let verb =
        number.filter(|(number, _)| number.bytes().all(|digit| digit.is_ascii_digit())).map_or(rest, |(_, rest)| rest);
    let is_verb = verb.starts_with(['s', 'd', 'v', 'q']) && !verb[1..].starts_with(is_letter);
    let in_braces = rest.strip_prefix('{').is_some_and(|rest| rest.contains('}'));
    let in_brackets = rest.strip_prefix('(').is_some_and(|rest| word_until(rest, ")"));
    is_verb || in_braces || in_brackets || rest.starts_with('%') || word_until(rest, "%")
}

/// Whether a line is nothing but what a program puts other lines in the place of: `${BLOCK}`, `$BLOCK`, `__BLOCK__`,
/// `[[BLOCK]]`, `<#if tls>`, `</#if>`, `<% end %>`, `{% endif %}`, `%{ endif }`, `#{block}`.
#[must_use]
pub fn is_hole_of_lines(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ").trim_start();
    let is_name = |text: &str| {
        text.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
    let between = |open: &str, close: &str| {
        line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|inside| !inside.contains(open))
    };
    let named = |open: &str, close: &str| {
        line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|inside| is_name(inside.trim()))
    };
    between("${", "}")
        || line.strip_prefix('$').is_some_and(is_name)
        || named("__", "__")
        || named("[[", "]]")
        || named("#{", "}")
        || between("<#", ">")
        || between("</#", ">")
        || between("<%", "%>")
        || between("{%", "%}")
        || between("%{", "}")
}

/// Whether a file says by its name that it is a template: `web.template.yaml`, `template.yml`, `web_tmpl.yaml`,
/// `web.ftl.yaml`.
#[must_use]
pub fn names_a_template(file: &str) -> bool {
    // FreeMarker, Jinja, Go, Mustache, Handlebars, ERB and Terraform
    const LANGUAGES: [&str; 9] = ["ftl", "j2", "jinja", "jinja2", "gotmpl", "mustache", "hbs", "erb", "tftpl"];
    let name = file.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let ends_so = |word: &str, separators: &[char]| {
        stem.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with(separators))
    };
    // `pod-template` may hold a PodTemplate
    ends_so("template", &['.'])
        || LANGUAGES.iter().any(|language| stem.strip_suffix(language).is_some_and(|before| before.ends_with('.')))
        || ["tmpl", "tpl"].iter().any(|word| ends_so(word, &['.', '-', '_']))
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
            b'r' | b'R' => is_order("replace"),
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

/// Words that values are named after in documentation.
const LAST: [&str; 44] = [
    "NAME",
    "NAMESPACE",
    "ID",
    "DOMAIN",
    "HOST",
    "HOSTNAME",
    "FQDN",
    "URL",
    "URI",
    "IP",
    "ADDRESS",
    "CIDR",
    "PORT",
    "PROJECT",
    "REGION",
    "ZONE",
    "LOCATION",
    "CLUSTER",
    "ACCOUNT",
    "EMAIL",
    "ARN",
    "BUCKET",
    "REGISTRY",
    "REPOSITORY",
    "REPO",
    "IMAGE",
    "TAG",
    "VERSION",
    "SHA",
    "DIGEST",
    "CAPACITY",
    "SIZE",
    "QUANTITY",
    "COUNT",
    "NUMBER",
    "REPLICAS",
    "LIMIT",
    "REQUEST",
    "CPU",
    "MEMORY",
    "PLACEHOLDER",
    "HERE",
    "VALUE",
    "BASE64",
];

/// Words that ask for another: `CHANGEME`, `your-domain.example.com`, and the name of a value in capitals where the
/// value belongs, as documentation writes it (`gs://BUCKET_NAME`). Capitals alone prove nothing: `MY_APP` may be the
/// name itself.
fn is_an_order(text: &str) -> bool {
    const ORDERS: [&str; 8] =
        ["changeme", "change-me", "replaceme", "replace-me", "fillmein", "todo", "fixme", "placeholder"];
    // an underscore in small letters, since a name may begin with `replace-`
    const STARTS: [&str; 7] = ["your-", "your_", "Your-", "Your_", "replace_", "insert_", "changeme_"];
    let is_order = |order: &str| {
        let dashed = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
        text.len() == order.len() && text.bytes().map(dashed).eq(order.bytes())
    };
    // the first letter tells nearly always
    let first = text.as_bytes().first().map_or(0, u8::to_ascii_lowercase);
    matches!(first, b'c' | b'f' | b'i' | b'p' | b'r' | b't' | b'y')
        && (ORDERS.iter().any(|order| is_order(order)) || STARTS.iter().any(|start| text.starts_with(start)))
}

/// Whether the name of a value in capitals is where the value belongs, as documentation writes it (`gs://BUCKET_NAME`).
/// Capitals alone prove nothing: `MY_APP` may be what an author wants to call it.
fn names_a_value(text: &str) -> bool {
    const FIRST: [&str; 6] = ["YOUR", "REPLACE", "CHANGE", "INSERT", "ENTER", "FILL"];
    shouted_parts(text).any(|part| {
        let first = part.split(['_', '-']).next().unwrap_or_default();
        let last = part.rsplit_once('_').map(|(_, last)| last);
        last.is_some_and(|last| LAST.contains(&last))
            || first.len() < part.len() && (FIRST.contains(&first) || part.contains("REPLACE"))
    })
}

/// The parts of a text of several words in capitals: `BUCKET_NAME`.
fn shouted_parts(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut end = 0;
    memchr::memchr2_iter(b'_', b'-', bytes).filter_map(move |at| {
        // Most are between small letters, and need no look at the rest.
        let is_small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
        if at < end || is_small(bytes.get(at + 1)) || at.checked_sub(1).is_some_and(|at| is_small(bytes.get(at))) {
            return None;
        }
        let start = bytes[..at].iter().rposition(|byte| !is_inside(byte)).map_or(0, |last| last + 1);
        end = bytes[at..].iter().position(|byte| !is_inside(byte)).map_or(text.len(), |first| at + first);
        text.get(start..end).filter(|part| part.bytes().all(|letter| !letter.is_ascii_lowercase()))
    })
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
    const CHANGES: [&str; 7] =
        ["base64encode", "base64decode", "jsonPath", "jsonParse", "yamlParse", "indent", "sha256sum"];
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
    fn names_of_values_are_told_from_other_capitals() {
        for text in [
            "NAMESPACE",
            "ID",
            "REPLACEME-canary",
            "hello.GKE_LB_IP_DASHED.sslip.io",
            "bootstrap-token-YOUR_TOKEN_ID",
            "disk-wipe-HOSTNAME",
            "NAMESPACE-kibana.dev.example.com",
            "CLUSTERNAMESPACE",
            "MY-REGISTRY.EXAMPLE/IMAGE",
            "CLUSTER-NAME",
            "https://HOST/path",
            "shop:VERSION",
            "...",
            "…",
            "...base64-encoded-key...",
            "FILLED BY THE OPERATOR",
            "FILLED_BY_OPERATOR",
            "TO BE REPLACED",
            "A.B.C.D",
            "whatever.A.B.C.D.nip.io",
            "https://A.B.C.D:8443",
            "nifi.MYDOMAIN.com",
        ] {
            assert!(is_name_of_a_value(text), "{text}");
            assert!(may_hold_name_of_a_value(&format!("name: {text}\n")), "{text}");
        }
        for text in [
            "",
            "SHOP",
            "SHOP-DB",
            "API-GATEWAY",
            "shop-API",
            "web-PROD",
            "SHOP_SETTINGS",
            "My_App",
            "user-ID",
            "NAMESPACES-a",
            "..",
            "a...b",
            "STAND_BY",
            "SET BY DEFAULT",
            "FILLED",
            "AA.B.C.D",
            "A.B.C.DE",
            "A.B.C",
            "aNAME",
            "Name",
            "V1.2",
            "shop_NAME",
        ] {
            assert!(!is_name_of_a_value(text), "{text}");
        }
    }

    #[test]
    fn lines_that_are_filled_in_are_told_from_text() {
        for line in [
            "${BLOCK}",
            "    ${SCHEDULING_BLOCK}",
            "  - ${ITEMS}",
            "$BLOCK",
            "__BLOCK__",
            "[[ block ]]",
            "<#if staging>",
            "    </#if>",
            "<#list hosts as host>",
            "<% if tls %>",
            "{% endif %}",
            "%{ if tls }",
            "#{block}",
        ] {
            assert!(is_hole_of_lines(line), "{line}");
        }
        for line in ["", "block", "a ${b}", "${a} ${b}", "$", "$ a", "<a>", "__", "${a}: b", "100%", "[a]"] {
            assert!(!is_hole_of_lines(line), "{line}");
        }
    }

    #[test]
    fn templates_are_told_by_their_names() {
        for name in ["a.ftl.yaml", "b/a.j2.yml", "a.template.yaml", "tpl.yaml", "a_tmpl.yaml", "a.tftpl.yaml"] {
            assert!(names_a_template(name), "{name}");
        }
        for name in ["ftl.yaml", "gift-ftl.yaml", "a.yaml", "pod-template.yaml", "erb.yaml", "x.ftl/a.yaml"] {
            assert!(!names_a_template(name), "{name}");
        }
    }

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
