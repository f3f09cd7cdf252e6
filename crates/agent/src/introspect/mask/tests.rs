//! Planted secrets, and what must stay readable.

use std::path::Path;

use super::{Mask, is_secret_file};

const MASK: Mask = Mask { key: [7; 16] };

/// Every planted value contains `s3cr`, in files of the forms that programs read.
#[test]
fn no_planted_value_is_shown() {
    let planted = [
        "requirepass s3cr-redis\nmasterauth s3cr-redis\nuser default on >s3cr ~* +@all",
        "pwd = s3cr\npassphrase=s3cr\nDB_PASSWD=s3cr\nexport API_TOKEN=\"s3cr\"\nPGPASSWORD=s3cr psql",
        "headers:\n  Authorization: Bearer s3cr\n  authorization: Basic s3cr=\n  X-Api: s3cr\n  Cookie: sid=s3cr",
        "jwt: eyJs3cr.s3cr.s3cr\naws_access_key_id = AKIAs3cr\naws_secret_access_key = s3cr/s3cr",
        "dsn: postgres://u:s3cr@db:5432/x\nurl: https://h/?token=s3cr\nhost: u:s3cr@db\nserver: s3cr@db",
        "db.example.com:5432:shop:shop:s3cr\n*:*:*:*:s3cr\nmachine h login u password s3cr",
        "secret:\n- s3cr\n- s3cr2\n- name: s3cr\nsecrets:\n  - s3cr\n  - {a: s3cr}\n  port: s3cr",
        "tokens:\n  s3cr: alice\nkeys: [s3cr, s3cr]\nclient_secret: |\n  s3cr\n  timeout: s3cr",
        "{\"a\": {\"password\": \"s3cr\"}}",
        "{\n  \"password\": \"s3cr\",\n  \"timeout\": \"s3cr\",\n  \"level\": \"s3cr\"\n}",
        "-----BEGIN PRIVATE KEY-----\ns3crAAAA\n-----END PRIVATE KEY-----",
        "<password>s3cr</password>\n<add key=\"x\" value=\"s3cr\"/>",
        "# requirepass s3cr\n; pwd=s3cr\n// token: s3cr\nport: 80 # s3cr\nport: 80, password: s3cr",
        "env:\n- name: DB\n  value: s3cr\n- {name: X, value: s3cr}",
        "admin:$apr1$s3cr\nadmin:s3cr\ns3cr\n- s3cr\ns3cr s3cr\ns3cr = 5\ns3cr: true",
        "proxy_set_header Authorization \"Basic s3cr\";\nserver s3cr:80;\nset $token s3cr;",
        "auth_file: /s3cr1234\npath: /hooks/T01234/s3cr1234\nlisten: s3cr\nsize: s3cr\nmode: s3cr",
        "connectionString=Server=db;User=a;Pwd=s3cr;\nconnection.string: s3cr\nspring.datasource.password=s3cr",
        "pin: s3cr\nlicense_key: s3cr\nsigning-key: s3cr\nsession.salt=s3cr\nOTP_SEED=s3cr\nwebhook: https://h/s3cr",
    ];
    for text in planted {
        let shown = MASK.configuration(text);
        assert!(!shown.contains("s3cr"), "{text}\nis shown as\n{shown}");
    }
}

/// A number below a key that sounds secret is one, wherever comments and brackets are.
#[test]
fn all_below_a_secret_key_is_masked() {
    for text in [
        "secret:\n# a comment\n  max: 48151\n\n  # another\n  size: 48151",
        "secret:\n  a: b\n# a comment\n  max: 48151",
        "  secret:\n// a comment\n    max: 48151",
        "\"secret\":\n{\n\"port\": 48151\n}\n",
        "    \"secret\":\n{\n\"port\": 48151,\n\"size\": 48151\n}\n",
        "\"secret\":\n\n{\n\"port\": 48151\n}\n",
        "  \"secret\":\n[\n48151\n]\n",
        "SECRET=\"a\nsize: 48151\nmax=48151\"\n",
        "secret: 'a\n  port: 48151\n'\n",
    ] {
        let shown = MASK.configuration(text);
        assert!(!shown.contains("48151"), "{text}\nis shown as\n{shown}");
    }
    let after = "secret:\n  max: 1\n# a comment\nport: 8080\n";
    assert!(MASK.configuration(after).contains("port: 8080"));
}

/// One of letters alone looks like any other word.
#[test]
fn words_that_are_passwords_are_masked() {
    for line in [
        "password: hunter",
        "pass hunter",
        "listen: hunter",
        "level: hunter",
        "size=hunter",
        "hunter",
        "- hunter",
        "value: hunter",
        "admin:hunter",
        "mode = hunter",
        "host: hunter",
        "a: {b: hunter}",
        "version: hunter",
    ] {
        assert!(!MASK.configuration(line).contains("hunter"), "{line}");
    }
}

#[test]
fn numbers_under_names_that_are_not_known_are_masked_too() {
    let shown =
        MASK.configuration("pin: 48151623\nunknown: 48151623\nkey.timeout: 48151623\nsecret:\n  port: 48151623");
    assert!(!shown.contains("48151623"), "{shown}");
}

#[test]
fn what_is_harmless_is_shown() {
    for line in [
        "workers: 4",
        "  max_clients = 100",
        "maxClients=100",
        "\"port\": 8080,",
        "listen 8080;",
        "timeout: 30s",
        "MEMORY_LIMIT=512Mi",
        "level: debug",
        "log-format: \"json\"",
        "enabled: true",
        "anything: false",
        "listen = 0.0.0.0:80",
        "listen [::1]:80",
        "host: db.example.com",
        "- interval: 5",
        "log_file: /var/log/app.log",
        "server:",
        "{",
        "  },",
        "retries: 0",
        "password: \"\"",
        "ratio: 0.5",
    ] {
        assert_eq!(MASK.configuration(line), line);
    }
}

#[test]
fn equal_values_have_equal_hashes_within_one_process_only() {
    let of = |key: u8| Mask::new([key; 16]).configuration("a: hunter2\nb: hunter2\nc: hunter3");
    let shown = of(1);
    let lines: Vec<_> = shown.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(lines[0], lines[1]);
    assert_ne!(lines[0], lines[2]);
    assert!(lines[0].starts_with("(7 bytes, "), "{shown}");
    assert_ne!(shown, of(2));
}

#[test]
fn logs_lose_their_credentials() {
    for line in [
        "GET / Authorization: Bearer s3cr",
        "authorization=\"Basic s3cr\"",
        "login with password s3cr failed",
        "password is s3cr",
        "{\"token\":\"s3cr\",\"a\":1}",
        "token=s3cr&a=1",
        "Set-Cookie: s3cr",
        "pwd:s3cr",
        "connecting to postgres://u:s3cr@db/x",
        "GET https://h/p?sig=s3cr",
        "user u:s3cr@db",
        "jwt eyJs3crAAAAAAA",
        "using AKIAs3crAAAAAAAA1234",
        "-----BEGIN s3cr",
        "x-api-key: s3cr",
        "requirepass s3cr",
        "got 0123s3crabcdef456789abcd",
        "{\"msg\":\"x\",\"auth\":{\"key\":\"s3cr\",\"more\":[\"s3cr\"]},\"n\":1}",
        "{\"password\":[\"a]b\",\"s3cr\", \"s3cr\"]}",
        "{\\\"secret\\\":{\\\"a\\\":\\\"}\\\",\\\"b\\\":\\\"s3cr\\\"}}",
        "tokens: [s3cr, s3cr",
        "my_token -> s3cr",
        "password := s3cr",
        "passphrase for key: s3cr",
        "hash $2y$10$s3cr",
    ] {
        let shown = MASK.log_line(line);
        assert!(!shown.contains("s3cr"), "{line}: {shown}");
    }
    for line in [
        "2026-01-02T03:04:05.678Z INFO listening on 0.0.0.0:8080",
        "GET /healthz 200 in 3 ms",
        "worker 17 started",
        "{\"level\":\"info\",\"msg\":\"one item done\",\"n\":3}",
        "{\"labels\":{\"app\":\"shop\"},\"ports\":[80, 81]}",
        "see https://example.com/docs/page",
        "a,b;c",
        "",
    ] {
        assert_eq!(MASK.log_line(line), line);
    }
}

/// Values of several lines, blocks without indentation, and what looks like a key and its value and is none. Each has
/// words and numbers that are shown elsewhere.
#[test]
fn a_secret_of_several_lines_is_one() {
    for text in [
        "password = \"\"\"\nlevel = 48151623\nport: 48151623\n\"\"\"",
        "token = '''\nport = 48151623\n'''\n",
        "private_key = <<EOF\nport = 48151623\nEOF\n",
        "greeting = <<-TEXT\nport = 48151623\nTEXT",
        "secret=abc\\\nport=48151623\\\nsize=48151623",
        "{\n\"secret\": {\n\"port\": 48151623,\n\"a\": {\n\"b\": 1\n},\n\"size\": 48151623\n}\n}",
        "auth {\nport 48151623;\n}",
        "[passwords]\nmax = 48151623\nport = 48151623",
        "[db.credentials]\nport = 48151623",
        "[users]\nmax = 48151623",
        "users:\n  min: 48151623\n  max: 48151623\nother: a",
        "users: {\nmax: 48151623\n}",
        "root: 48151623\nserver: 48151623\nhost=48151623\nmode: 48151623\nenv: 48151623",
        "root:48151623\ndebug:correct48151623",
        "passphrase: >-\n  port 48151623",
        "psk=48151623\npw: 48151623\nwifi.psk: 48151623",
    ] {
        let shown = MASK.configuration(text);
        assert!(!shown.contains("48151623"), "{text}\nis shown as\n{shown}");
    }
    for text in ["correct horse battery staple", "hunter", "alice hunter", "hunter alice", "- correct horse"] {
        let shown = MASK.configuration(text);
        assert!(!text.split(' ').any(|word| word.len() > 2 && shown.contains(word)), "{text}: {shown}");
    }
}

/// What comes after a secret is read again as what it is.
#[test]
fn a_secret_ends() {
    for (text, last) in [
        ("password = \"\"\"\na\n\"\"\"\nport = 80", "port = 80"),
        ("secret=abc\\\ndef\nport=80", "port=80"),
        ("{\n\"secret\": {\n\"a\": 1\n},\n\"port\": 80", "\"port\": 80"),
        ("secret:\n  a: b\nport: 80", "port: 80"),
        ("[passwords]\na = b\n[server]\nport = 80", "port = 80"),
        ("max_users: 100\nport: 80", "port: 80"),
        ("max_users: 100", "max_users: (3 bytes, "),
        ("auth: none\nport: 80", "port: 80"),
    ] {
        let shown = MASK.configuration(text);
        assert!(shown.lines().last().unwrap().starts_with(last), "{text}\nis shown as\n{shown}");
    }
}

#[test]
fn files_that_are_secrets_are_known_by_their_names() {
    for name in [
        "password",
        ".pgpass",
        "db-password.txt",
        "token",
        "/etc/secrets/level",
        "tls.key",
        "id.pem",
        ".htpasswd",
        ".netrc",
        "credentials.json",
        "api_key",
        "secret.yaml",
        "PASSWORD",
        "/run/secret/a.conf",
    ] {
        assert!(is_secret_file(Path::new(name)), "{name}");
    }
    for name in
        ["app.conf", "/etc/app/keyboard.yaml", "settings.toml", "/etc/authors/list", "compass.conf.d/a", "design.ini"]
    {
        assert!(!is_secret_file(Path::new(name)), "{name}");
    }
}

/// A password is what a person makes it: spaces, separators and quotes included.
#[test]
fn logs_lose_whole_values() {
    for line in [
        r#"password: "hunter two""#,
        "password 'hunter two' refused",
        "password=a:hunter,b;hunter&c=hunter",
        r#"{\"password\":\"hunter\"}"#,
        r#"{"msg":"{\"token\": \"hun\\\"hunter\"}"}"#,
        "q=password%3Dhunter",
        "config/password/hunter",
        "<password>hunter</password>",
        "{Password:hunter Port:80}",
        "map[password:hunter]",
        "{'password': b'a hunter'}",
        "Cookie: a=1; sid=hunter",
        "authorization: AWS4 Credential=a, Signature=hunter",
        "password for alice is hunter",
        "PASSWORD is set to \"hunter\"",
        "Basic aHVudGVy hunter".split_at(14).0,
        "root:a/b:hunter@tcp(db:3306)/x",
        "curl -u alice:hunter@example.com",
        "host=db user=a password='a hunter' port=5",
        "Server=db;User Id=a;Pwd=hunter;",
        "\u{1b}[31mpassword\u{1b}[0m=hunter",
        "pw=hunter",
        "redis://:hunter@h",
        "mongodb+srv://a:hunter@h/?x",
        "auth token: hunter",
        "new password (hunter)",
        "--password hunter",
        "exec: mysql -u root -phunter shop",
        "[\"mysql\", \"-uroot\", \"-phunter\"]",
        "MYSQL_PWD=hunter mysql",
        "running sshpass -p hunter ssh a",
        "redis-cli -a hunter ping",
        "curl -s -u alice:hunter https://a",
        "login -p 'a hunter'",
        "ldapsearch -x -w hunter",
        "--db-password=hunter",
        "passphrase\thunter",
        "pass\u{a0}hunter",
    ] {
        let shown = MASK.log_line(line);
        assert!(!shown.contains("hunter") && !shown.contains("aHVudGVy"), "{line}: {shown}");
    }
}

/// Whatever the bytes, and in time that grows with the line.
#[test]
fn long_lines_take_no_long_time() {
    let start = std::time::Instant::now();
    for part in ["a:", "basic:", "password ", "password=\"", "a://", "\\\"", "is ", "=\u{e9}", "token is ", "'"] {
        let line = part.repeat(64 * 1024 / part.len());
        assert!(!MASK.log_line(&line).is_empty());
        assert!(!MASK.configuration(&line).is_empty());
        let lines = format!("secret {{\n{}", format!("{part}\n").repeat(5_000));
        assert!(!MASK.configuration(&lines).is_empty());
    }
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}
