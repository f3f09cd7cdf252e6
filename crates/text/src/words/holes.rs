//! Holes that templates leave in YAML itself: in place of a value that is not quoted, of lines, and of whole files.

/// Whether YAML reads a hole as a map or a list because it is not quoted: `name: {NAME}`, `name: [NAME]`.
#[must_use]
pub fn is_hole_in_braces(raw: &str) -> bool {
    let between = |open: char, close: char| raw.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    between('{', '}').or_else(|| between('[', ']')).is_some_and(names_a_hole)
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

/// Whether text within brackets begins with a variable that `envsubst` fills in: `${NAME}`, `${NAME:-web}`.
#[must_use]
pub fn begins_with_variable(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let name = inside.map(|inside| inside.split_once(":-").map_or(inside, |(name, _)| name));
    name.is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
    })
}

/// Whether a line is nothing but what a program puts other lines in the place of: `${BLOCK}`, `$BLOCK`, `__BLOCK__`,
/// `[[BLOCK]]`, `<BLOCK>`, `<#if tls>`, `</#if>`, `<% end %>`, `{% endif %}`, `%{ endif }`, `#{block}`.
#[must_use]
pub fn is_hole_of_lines(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ").trim_start();
    let is_name = |text: &str| {
        text.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
    // others are of XML
    let is_in_capitals =
        |text: &str| is_name(text) && text.len() > 1 && !text.contains(|letter: char| letter.is_lowercase());
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
        || line.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(is_in_capitals)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_filled_in_are_told_from_text() {
        for line in [
            "${BLOCK}",
            "    ${SCHEDULING_BLOCK}",
            "  - ${ITEMS}",
            "$BLOCK",
            "__BLOCK__",
            "[[ block ]]",
            "<BLOCK_1>",
            "    <TLS-SECTION>",
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
        for line in [
            "",
            "block",
            "a ${b}",
            "${a} ${b}",
            "$",
            "$ a",
            "<a>",
            "<P>",
            "<Block>",
            "<A B>",
            "<A>: b",
            "__",
            "${a}: b",
            "100%",
            "[a]",
        ] {
            assert!(!is_hole_of_lines(line), "{line}");
        }
    }

    #[test]
    fn variables_in_brackets_are_told_from_maps() {
        for text in ["${ROUTES}]", "${ROUTES}, ${MORE}]", "${routes:-a}", "${A1}/x"] {
            assert!(begins_with_variable(text), "{text}");
        }
        for text in ["{A}", "$A", "${}", "${a: b}", "${1}", "${a", "${ a }"] {
            assert!(!begins_with_variable(text), "{text}");
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
}
