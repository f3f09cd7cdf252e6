//! Text as a string of another program's configuration language, for templates that are not YAML. What such a
//! language cannot write is refused: nothing may end its string or be expanded in it.

use minijinja::value::Value as Hole;
use minijinja::{Environment, Error, ErrorKind};

/// Makes the languages known to templates, as filters.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("nginx", |text: &str| nginx(text).map(Hole::from_safe_string));
    environment.add_filter("nginx_with_variables", |text: &str| nginx_with_variables(text).map(Hole::from_safe_string));
    environment.add_filter("vcl", |text: &str| vcl(text).map(Hole::from_safe_string));
}

/// A string of nginx's configuration. There is no way to write a literal `$`
/// (nginx/nginx: `src/core/ngx_conf_file.c`, `src/http/ngx_http_script.c`).
fn nginx(text: &str) -> Result<String, Error> {
    if text.contains('$') {
        return Err(refuse("nginx would expand `$` as a variable"));
    }
    nginx_with_variables(text)
}

/// A string of nginx's configuration in which `$name` stands for a variable of nginx.
fn nginx_with_variables(text: &str) -> Result<String, Error> {
    if text.contains(char::is_control) {
        return Err(refuse("nginx's configuration cannot contain control characters"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A string of VCL, which knows no escapes: it ends at the next quote or line
/// (varnishcache/varnish-cache: `lib/libvcc/vcc_token.c`).
fn vcl(text: &str) -> Result<String, Error> {
    if text.contains(|c: char| c == '"' || c.is_control()) {
        return Err(refuse("a string of VCL holds neither `\"` nor control characters"));
    }
    Ok(format!("\"{text}\""))
}

fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::BadEscape, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{nginx, nginx_with_variables, vcl};

    #[test]
    fn what_ends_a_string_is_escaped_or_refused() {
        assert_eq!(nginx(r#"a"; return 200 \x"#).unwrap(), r#""a\"; return 200 \\x""#);
        assert_eq!(nginx_with_variables("$request_uri").unwrap(), "\"$request_uri\"");
        assert!(nginx("$host").is_err() && nginx("a\nb").is_err() && nginx_with_variables("a\0").is_err());
        assert_eq!(vcl(r"a\;}").unwrap(), r#""a\;}""#);
        assert!(vcl("a\"b").is_err() && vcl("a\nb").is_err());
    }
}
