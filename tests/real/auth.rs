//! The sidecar of `auth` through oauth2-proxy, with an issuer of the test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::generated::Generated;
use crate::program::{Running, echo, find, folder, free_port, get, run, serve};

const DESCRIPTION: &str = "\
patterns: v1
name: shop
app: {image: shop, port: 8080, bind: localhost, health: /health.txt}
use:
  - auth: {issuer: \"https://login.example.com\", client: shop, domains: [example.com], open: [/open.html]}
";

/// Who logs in: the e-mail address, and the `nonce` that the login was begun with.
type Login = Arc<Mutex<(&'static str, String)>>;

/// What the issuer answers: its endpoints, its key, or a token for who logs in.
fn issuer(request: &str, openssl: &Path, folder: &Path, login: &Login) -> String {
    let header = |name: &str| request.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let url = format!("http://{}", header("Host:"));
    if request.contains(" /.well-known/openid-configuration ") {
        return json!({
            "issuer": url, "authorization_endpoint": format!("{url}/login"), "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"), "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        })
        .to_string();
    }
    if request.contains(" /keys ") {
        let output =
            run(Command::new(openssl).args(["rsa", "-in", "key.pem", "-noout", "-modulus"]).current_dir(folder));
        let text = String::from_utf8(output.stdout).expect("hexadecimal digits");
        let digits = text.trim().strip_prefix("Modulus=").expect("a modulus").as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
        let modulus: Vec<u8> = digits.chunks(2).map(byte).collect();
        let key = json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus)});
        return json!({"keys": [key]}).to_string();
    }
    assert!(request.starts_with("POST /token ") && request.contains("code_verifier="), "{request}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let (email, nonce) = login.lock().expect("no test panicked").clone();
    let claims = json!({
        "iss": url, "aud": "shop", "sub": "1", "iat": now, "exp": now + 600, "email": email, "email_verified": true, "nonce": nonce,
    });
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(json!({"alg": "RS256", "kid": "1"})), encode(claims));
    let file = folder.join(format!("signed-{}", nonce.len()));
    std::fs::write(&file, &signed).expect("written");
    let signature = run(Command::new(openssl).args(["dgst", "-sha256", "-sign"]).arg(folder.join("key.pem")).arg(file));
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.stdout));
    json!({"access_token": "1", "token_type": "Bearer", "expires_in": 600, "id_token": token}).to_string()
}

/// The values of a header in an answer.
fn headers<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    answer.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix(name)).collect()
}

/// The value of a parameter in the query of a URL.
fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let pairs = url.split(['?', '&']).skip(1).filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// Logs in; the last answer of the proxy.
fn log_in(port: u16, email: &'static str, login: &Login) -> String {
    let begun = get(port, "/account", &[]);
    assert!(begun.starts_with("HTTP/1.1 302"), "{begun}");
    let to = headers(&begun, "Location: ").concat();
    assert_eq!(parameter(&to, "client_id"), "shop", "{to}");
    assert_eq!(parameter(&to, "scope"), "openid+email+profile", "{to}");
    assert_eq!(parameter(&to, "code_challenge_method"), "S256", "{to}");
    *login.lock().expect("no test panicked") = (email, parameter(&to, "nonce").to_owned());
    let path = format!("/oauth2/callback?code=1&state={}", parameter(&to, "state"));
    get(port, &path, &[&cookies(&begun)])
}

/// The cookies that an answer sets, as the header that sends them back.
fn cookies(answer: &str) -> String {
    let pairs = headers(answer, "Set-Cookie: ").into_iter().filter_map(|cookie| cookie.split(';').next());
    // one without a value ends a session
    let kept = pairs.filter(|pair| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty()));
    format!("Cookie: {}", kept.collect::<Vec<_>>().join("; "))
}

#[test]
fn oauth2_proxy_lets_those_in_who_logged_in() {
    let (Some(proxy), Some(openssl)) = (find("oauth2-proxy"), find("openssl")) else { return };
    let folder = folder("auth");
    run(Command::new(&openssl).args(["genrsa", "-out", "key.pem", "2048"]).current_dir(&folder));
    let login = Login::default();
    let answer = {
        let (openssl, folder, login): (PathBuf, PathBuf, Login) = (openssl, folder, Arc::clone(&login));
        move |request: &str| issuer(request, &openssl, &folder, &login)
    };
    let (behind, port) = (echo("shop"), free_port());
    let (here, listen, upstream) =
        (format!("http://127.0.0.1:{}", serve(answer)), format!("127.0.0.1:{port}"), format!("127.0.0.1:{behind}"));
    let replacements = [
        ("https://login.example.com", here.as_str()),
        ("0.0.0.0:4180", &listen),
        ("127.0.0.1:8080", &upstream),
        // what the kubelet makes of it
        ("$$", "$"),
    ];
    let mut command = Command::new(proxy);
    command.args(Generated::from(DESCRIPTION).container_args("auth", &replacements));
    command.env("OAUTH2_PROXY_CLIENT_SECRET", "s3cret");
    // 32 bytes in base64, as the parameter `secret` says
    command.env("OAUTH2_PROXY_COOKIE_SECRET", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let _running = Running::start(&mut command, port);

    for probed in ["/oauth2/ping", "/oauth2/ready"] {
        assert!(get(port, probed, &[]).starts_with("HTTP/1.1 200"), "{probed} is answered");
    }
    for open in ["/open.html", "/health.txt"] {
        assert!(get(port, open, &[]).contains(&format!("shop\nGET {open} ")), "{open} needs no login");
    }
    for closed in ["/", "/openxhtml", "/open.html/more", "/healthxtxt", "/ping", "/ready"] {
        assert!(get(port, closed, &[]).starts_with("HTTP/1.1 302"), "{closed} needs a login");
    }

    let admitted = log_in(port, "ann@example.com", &login);
    assert!(admitted.starts_with("HTTP/1.1 302"), "{admitted}");
    let page = get(port, "/account", &[&cookies(&admitted)]);
    assert!(page.contains("shop\nGET /account ") && page.contains("ann@example.com"), "{page}");
    let refused = log_in(port, "ann@elsewhere.example", &login);
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    let page = get(port, "/account", &[&cookies(&refused)]);
    assert!(page.starts_with("HTTP/1.1 302"), "{page}");
}
