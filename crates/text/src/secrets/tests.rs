use super::*;

fn hidden(text: &str) -> Vec<&str> {
    let mut found = in_value(text);
    found.sort_unstable_by_key(|range| (range.start, range.end));
    found.dedup();
    found.into_iter().map(|range| &text[range]).collect()
}

#[test]
fn secrets_show_themselves_by_their_form() {
    let text = "url: postgres://u:hunter2@db/x and http://a:80/b@c, -H 'Authorization: Bearer abc' amqp://u:$(P)@h \
                mongodb://u:p@ss@h1,h2 authorization: {a: b} \"authorization\": \"Basic eDp5\" git://u@h:1";
    let mut found = by_form(text);
    found.sort_unstable_by_key(|range| range.start);
    found.dedup();
    assert_eq!(found.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["hunter2", "abc", "p@ss", "eDp5"]);
}

/// Texts, and the secrets in each.
const SPELLINGS: &[(&str, &[&str])] = &[
    ("https://u:MARK9x@registry.example.com/x:1", &["MARK9x"]),
    ("u:MARK9x@registry.example.com/x:1", &["MARK9x"]),
    ("u:MARK9xYz@db", &["MARK9xYz"]),
    ("connect to u:MARK9xYz@db, please", &["MARK9xYz"]),
    ("root:MARK9x@/shop?parseTime=true", &["MARK9x"]),
    ("<password>MARK9x</password>", &["MARK9x"]),
    ("<c:Password type=\"plain\">\n  MARK9x\n</c:Password>", &["MARK9x"]),
    ("<users><default><password>0a1b</password></default></users>", &["0a1b"]),
    ("<property>\n<name>db.password</name>\n<value>MARK9x</value>\n</property>", &["MARK9x"]),
    ("https://MARK9x@o1.ingest.sentry.io/1", &["MARK9x"]),
    ("postgres://u:MA/RK9x@h/d", &["MA/RK9x"]),
    ("redis://:MARK9x@h:6379", &["MARK9x"]),
    ("user:MARK9x@tcp(h:3306)/d", &["MARK9x"]),
    ("Server=h;User Id=sa;Password=MARK9x;", &["MARK9x"]),
    ("host=h user=a password=MARK9x dbname=d", &["MARK9x"]),
    ("AccountName=a;AccountKey=MARK9x==;EndpointSuffix=core", &["MARK9x=="]),
    ("jdbc:mysql://h/d?user=a&password=MARK9x", &["MARK9x"]),
    ("jdbc:mysql://h/d?password=MARK9x&user=a", &["MARK9x"]),
    ("https://a.blob.core.windows.net/x?sv=1&sig=MARK9x", &["MARK9x"]),
    ("/h?token=MARK9x", &["MARK9x"]),
    ("a=b\\napi.key=MARK9x\\nc=d", &["MARK9x"]),
    ("{\"password\": \"MARK9x\", \"client_secret\":\"MARK8x\"}", &["MARK9x", "MARK8x"]),
    ("{\\\"password\\\":\\\"MARK9x\\\"}", &["MARK9x"]),
    ("{\"name\":\"DB_PASSWORD\",\"value\":\"MARK9x\"}", &["MARK9x"]),
    ("{\"value\":\"MARK9x\",\"name\":\"DB_PASSWORD\"}", &["MARK9x"]),
    ("{\"auths\":{\"h\":{\"auth\":\"bWFyazp4\"}}}", &["bWFyazp4"]),
    ("spring.datasource.password=MARK9x\napi.key=MARK8x", &["MARK9x", "MARK8x"]),
    ("db: {password: MARK9x}", &["MARK9x"]),
    ("users:\n  - name: a\n    pass: MARK9x y\n", &["MARK9x y"]),
    ("env:\n- name: DB_PASSWORD\n  value: MARK9x\n- name: B\n  value: c\n", &["MARK9x"]),
    ("requirepass MARK9x\nport 1\n", &["MARK9x"]),
    ("-----BEGIN RSA PRIVATE KEY-----\nMARK9x\n-----END RSA PRIVATE KEY-----", &["\nMARK9x\n"]),
    ("ghp_MARK41xabcdefghijklmnopqrstuvwxyz0", &["ghp_MARK41xabcdefghijklmnopqrstuvwxyz0"]),
    ("https://hooks.slack.com/services/T00/B00/MARK9x", &["T00/B00/MARK9x"]),
    ("X-Api-Key: MARK9x", &["MARK9x"]),
    ("wget --header='X-Api-Key: MARK9x' x", &["MARK9x"]),
    ("redis-cli -a MARK9x ping", &["MARK9x"]),
    ("python --password=MARK9x", &["MARK9x"]),
    ("export AWS_SECRET_ACCESS_KEY=MARK9x; mysql -pMARK8x -h db", &["MARK9x", "MARK8x"]),
    ("openssl pkcs12 -passin pass:MARK9x", &["MARK9x"]),
    ("kubectl create secret generic x --from-literal=user=MARK9x", &["MARK9x"]),
    ("echo MARK9x | docker login --password-stdin", &["MARK9x"]),
    ("--set adminPassword=MARK9x", &["MARK9x"]),
    ("-Djavax.net.ssl.keyStorePassword=MARK9x", &["MARK9x"]),
    ("--basic-auth=admin:MARK9x", &["admin:MARK9x"]),
    ("ALTER USER a PASSWORD = 'MARK9x'", &["MARK9x"]),
    ("CREATE USER 'a'@'%' IDENTIFIED BY 'MARK9x';", &["MARK9x"]),
    ("create user a identified by 'MARK9x it''s MARK8x';", &["MARK9x it''s MARK8x"]),
    ("CREATE USER a IDENTIFIED WITH mysql_native_password BY 'MARK9x'", &["MARK9x"]),
    ("CREATE USER a IDENTIFIED WITH mysql_native_password AS '*0AMARK9x'", &["*0AMARK9x"]),
    ("GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '*0AMARK9x'", &["*0AMARK9x"]),
    ("CREATE USER a IDENTIFIED BY MARK9x;", &["MARK9x"]),
    ("ALTER USER a IDENTIFIED BY \"MARK9x\"", &["MARK9x"]),
    ("mysql -e \"ALTER USER a IDENTIFIED BY \\\"MARK9x\\\"\"", &["MARK9x"]),
    ("CREATE ROLE a WITH LOGIN PASSWORD 'MARK9x';", &["MARK9x"]),
    ("CREATE ROLE a ENCRYPTED PASSWORD\n  'MARK9x';", &["MARK9x"]),
    ("ALTER USER a WITH PASSWORD ''MARK9x'';", &["MARK9x"]),
    ("alter user a with password 'MARK9x';", &["MARK9x"]),
    ("SET PASSWORD FOR 'a'@'h' = 'MARK9x';", &["MARK9x"]),
    ("SET PASSWORD FOR 'a'@'h' = PASSWORD('MARK9x');", &["MARK9x"]),
    ("SET PASSWORD = 'MARK9x';", &["MARK9x"]),
    ("machine example.com login a password MARK9x", &["MARK9x"]),
    ("machine example.com\n  login a\n  password MARK9x\nmachine b\n password MARK8x", &["MARK9x", "MARK8x"]),
    ("echo 'machine example.com login a password MARK9x' > ~/.netrc", &["MARK9x"]),
    ("db:5432:shop:app:MARK9x", &["MARK9x"]),
    ("*:*:*:app:MARK9x\n10.0.0.1:5432:*:b:MARK8x", &["MARK9x", "MARK8x"]),
    ("echo \"db:5432:*:app:MARK9x\" > ~/.pgpass", &["MARK9x"]),
    ("admin:$apr1$abcdefgh$MARK9xefghijklmnopqrs/", &["MARK9xefghijklmnopqrs/"]),
    ("admin:$2y$10$MARK9xefghijklmnopqrstuvwxyzABCDEFGHIJ", &["MARK9xefghijklmnopqrstuvwxyzABCDEFGHIJ"]),
    ("admin:$$apr1$$abcdefg/$$MARK9xefghijklmnopqrst", &["MARK9xefghijklmnopqrst"]),
    ("admin:{SHA}MARK9xefghijklmnopqrst=", &["MARK9xefghijklmnopqrst="]),
    ("rootpw: $6$abc.$MARK9xefghijklmnopqrst", &["MARK9xefghijklmnopqrst"]),
    ("password = \"\"\"MARK9x\"\"\"\n", &["MARK9x"]),
    ("password = \"\"\"\nMARK9x \"a\"\nMARK8x\"\"\"\nuser = 1", &["\nMARK9x \"a\"\nMARK8x"]),
    ("password = '''MARK9x'''", &["MARK9x"]),
    ("password = \\\"\\\"\\\"MARK9x\\\"\\\"\\\"", &["MARK9x"]),
    ("db: {password: ''MARK9x''}", &["MARK9x"]),
    ("db:\n  password: |-\n    MARK9x\n  user: a\n", &["MARK9x"]),
    ("db:\n  password: >\n    MARK9x\n    MARK8x\n  user: a\n", &["MARK9x\n    MARK8x"]),
    ("password:\n  MARK9x\nuser: a", &["MARK9x"]),
    ("password: |2- # a\n  MARK9x\n", &["MARK9x"]),
    ("- name: a\n  pass:\n    \"MARK9x\"\n", &["MARK9x"]),
    ("\"password\":\n  \"MARK9x\"", &["MARK9x"]),
    ("\"db:\\n  password: |-\\n    MARK9x\\n  user: a\"", &["MARK9x"]),
    ("env:\n- name: DB_PASSWORD\n  value: |-\n    MARK9x\n- name: B\n", &["MARK9x"]),
    ("db.password=MARK9x\\\n    MARK8x\nuser=a", &["MARK9x\\\n    MARK8x"]),
    ("db.password = \\\n    MARK9x\nuser=a", &["MARK9x"]),
    ("db.password: MARK9x\\\n    MARK8x\nuser=a", &["MARK9x\\\n    MARK8x"]),
    ("mysql -u root \\\n  -pMARK9x", &["MARK9x"]),
    ("app --password \"MARK9x\"", &["MARK9x"]),
    ("app --password \\\"MARK9x\\\"", &["MARK9x"]),
    ("mysql -p\"MARK9x\" -h db", &["MARK9x"]),
    ("mysql -p'MARK9x' -h db", &["MARK9x"]),
    ("\"mysql -p\\\"MARK9x\\\" -h db\"", &["MARK9x"]),
    ("\"curl -u \\\"bob:MARK9x\\\" https://a\"", &["bob:MARK9x"]),
    ("\"redis-cli -a \\\"MARK9x\\\" ping\"", &["MARK9x"]),
    ("\"PGPASSWORD=\\\"MARK9x\\\" psql\"", &["MARK9x"]),
    ("sh -c 'app --password=\"MARK9x\"'", &["MARK9x"]),
    ("app --api-token \\\n  MARK9x", &["MARK9x"]),
    ("\"app --api-token \\\n  MARK9x\"", &["MARK9x"]),
    ("[\"--password\",\"MARK9x\"]", &["MARK9x"]),
    ("[\"--password=MARK9x\", \"b\"]", &["MARK9x"]),
    ("[\"--password\", \"MARK9x\"]", &["MARK9x"]),
    ("f(\"--password\",\n  \"MARK9x\")", &["MARK9x"]),
    ("passwd: MARK9x", &["MARK9x"]),
    ("BASIC_AUTH=a:MARK9x", &["a:MARK9x"]),
    ("PASS=${DB_PASS:-MARK9x}", &["MARK9x"]),
    ("NEO4J_AUTH: neo4j/MARK9x", &["neo4j/MARK9x"]),
    ("RABBITMQ_ERLANG_COOKIE=MARK9x", &["MARK9x"]),
    ("AIRFLOW__CORE__FERNET_KEY=MARK9x", &["MARK9x"]),
    ("OPENAI_API_KEYS=MARK9x", &["MARK9x"]),
    ("RABBITMQ_PASSWORDS: MARK9x", &["MARK9x"]),
    ("\"db.password=MARK9x\\\\\\n  MARK8x\\nuser=a\"", &["MARK9x"]),
];

#[test]
fn each_spelling_has_its_secret_found() {
    for (text, secrets) in SPELLINGS.iter().copied() {
        let found = hidden(text);
        assert!(secrets.iter().all(|secret| found.iter().any(|found| found.contains(secret))), "{text}: {found:?}");
        assert!(!masked(text).contains("MARK"), "{text}: {}", masked(text));
    }
}

/// Texts without any.
const NONE: &[&str] = &[
    "registry.example.com/x:1@sha256:0123456789abcdef0123456789abcdef",
    "shop:1.2@sha256:0123456789abcdef",
    "mailto:a@example.com",
    "git@github.com:shop/web.git",
    "https://git@example.com/x",
    "postgres://shop@db/x",
    "postgres://u:$(PASSWORD)@db/x",
    "https://example.com:8080/a@b",
    "enter your password: please",
    "password=$PASSWORD",
    "password: <password>",
    "<password></password>",
    "<password/><user>ann9Xy</user>",
    "<password>${DB_PASSWORD}</password>",
    "<passwordFile>/etc/password</passwordFile>",
    "<property><name>db.user</name><value>ann9Xy</value></property>",
    "<property><name>db.password</name></property><property><name>a</name><value>ann9Xy</value></property>",
    "redis:7.2@sha256:0123456789abcdef",
    "a:b@c",
    "app:v2@prod",
    "token=$(cat /run/token)",
    "--password-file=/run/x",
    "password=/run/secrets/x",
    "passwordPolicy: strict",
    "useToken: true",
    "token: {audience: vault}",
    "password = os.environ(\"X\")",
    "Basic authentication is used; Bearer tokens are not",
    "mkdir -p /var/lib/a; ssh -p 22 h",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "node:npm@10.2.3",
    "path: /api?key=a",
    "secretName=shop",
    "env.PASSWORD == .guess",
    "PASSWORD!=x",
    "mysql -u root -p shop",
    "http://h/x?page=1&sort=key",
    "password: xxxx",
    "password=XXXXXXXX",
    "password: xxxx-xxxx-xxxx",
    "password: \"••••\"",
    "password=\"[REDACTED]\"",
    "token: <redacted>",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIAXXXXXXXXXXXXXXXX",
    "postgres://u:xxxx@db/x",
    "Authorization: Bearer xxxxxxxx",
    "token:\n  audience: vault",
    "token:\n  \"audience\": vault",
    "password: # below\nuser: a",
    "password:\nuser: anna9",
    "password:\n  - name: anna9",
    "password:\n  Enter it here",
    "password=\\\n  --user anna9",
    "password = ''\nuser = 'anna9'",
    "password = \"\"\"\"\"\"",
    "the password 'hunter2' is an example",
    "IDENTIFIED BY '$PASSWORD'",
    "IDENTIFIED BY ''; GRANT a TO ''@'h'",
    "it is identified by its name",
    "WITH PASSWORD '$(cat /run/x)'",
    "a machine learning password manager",
    "machine a login b",
    "10:20:30:40:50",
    "arn:aws:iam::123456789012:role/shop",
    "2024-01-01T10:20:30:a:b",
    "a:80:b:c",
    "[::1]:80:a:b:c9x",
    "re.sub(x, '$1$2')",
    "passwd: files systemd\ngroup: files\nshadow: files",
    "passwd:     compat",
    "password: vault:secret/data/db#password",
    "password: env:DB_PASSWORD",
    "curl -s a; sort -u names",
    "mysql -p\"$PASS\" -h db",
    "\"mysql -p\\\"$PASS\\\" -h db\"",
    "\"PGPASSWORD=\\\"$PASS\\\" psql\"",
    "app --password=\"\" --user=\"ann9Xy\"",
    "app --password='' --user='ann9Xy'",
    "\"app --password=\\\"\\\" --user=\\\"ann9Xy\\\"\"",
    "[\"--token\",\"--user=ann9Xy\"]",
    "curl -s a | sort -u names",
    "curl -s a && apk add -u ann9Xy",
    "mysql -h db < a.sql\nmkdir -pv /var/lib/ann9Xy",
    "BASIC_AUTH=true PROXY_AUTH=proxy:8080 SMTP_AUTH=login AUTH=https://a:80",
    "max_tokens: 100",
    "until PGPASSWORD=\"$POSTGRES_PASSWORD\" psql -h db -c 'select 1'; do sleep 1; done",
    "MYSQL_PWD=\"$X\" mysql -u root",
    "export PGPASSWORD=\"$X\"",
    "local password=\"$1\"",
    "TOKEN=\"${GH_TOKEN:-}\"",
    "API_KEY=\"${API_KEY:-}\"; run",
    "PASS=${DB_PASS:?missing}",
    "PASS=${DB_PASS:?is missing}",
    "PASSWORD=\"\"",
    "PASSWORD=''",
    "SECRET=`cat /s`",
    "VAULT_TOKEN=$(vault login -field=token -method=kubernetes role=a)",
    "TOKEN=\"$(curl -s http://a/b | jq -r .token)\"",
    "printf 'a -access_key=%s -secret_key=%s' \"$A\" \"$B\"",
    "login(token=token)",
    "login(user=user, password=password, token=self.token)",
    "{\"username\": U, \"password\": QBIT_PASS}",
    "parser.add_argument(\"--password\", default=None)",
    "parser.add_argument('--token', help='the token')",
    "curl -L -o /tmp/x https://example.com/x\n# -u: skip the check (not needed)\nexec /tmp/x",
    "curl -u \"$USER:$PASS\" https://example.com",
    "curl -u ${USER}:${PASS} https://example.com",
    "wget --password=\"$PASS\" https://example.com",
    "mysql -p\"$PASS\" -h db",
    "redis-cli -a \"$PASS\" ping",
    "redis-cli --pass \"${PASS}\" ping",
    "if [ -z \"$PASSWORD\" ]; then exit 1; fi",
    "[[ $TOKEN == \"\" ]]",
    "$5$ for all",
    "",
];

#[test]
fn what_is_no_secret_is_left() {
    for text in NONE.iter().copied() {
        assert_eq!(hidden(text), [""; 0], "{text}");
    }
}

#[test]
fn words_end_at_each_sign_that_ends_one() {
    for byte in 0..=u8::MAX {
        assert_eq!(ENDS[usize::from(byte)], b" \n\t\r\"';|&`()".contains(&byte), "{byte}");
    }
    let of = |text: &str| {
        let mut found = Vec::new();
        of_words(text, &mut Words::default(), &mut found);
        found.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
    };
    for end in [" ", "\n", "\t", "\r", "\"", "'", ";", "|", "&", "`", "(", ")"] {
        assert_eq!(of(&format!("a{end}--password=MARK9x{end}b")), ["MARK9x"], "{end:?}");
    }
}

#[test]
fn names_are_told_from_what_programs_make() {
    for name in ["shop-db", "registry2", "regcred", "app", "shop-db-2024", "My", "GIT", "v2", "db1-eu"] {
        assert!(reads_as_name(name), "{name}");
    }
    for text in ["hunter2x", "MARK9x", "a1b2c3", "p@ss", "", "QmFzZQ==", "4f9c2e", "xK9"] {
        assert!(!reads_as_name(text), "{text}");
    }
}

#[test]
fn texts_are_masked_once_where_secrets_overlap() {
    assert_eq!(masked("a://u:hunter2@h"), "a://u:…@h");
    assert_eq!(replaced("abcdef", vec![2..4, 1..3]), "a…ef");
    assert_eq!(masked("plain"), "plain");
}

#[test]
fn long_texts_take_time_in_proportion() {
    let pieces = [
        "a@",
        "a:b@c ",
        "x=",
        "\"name\":",
        "://",
        "token: ",
        "-----BEGIN ",
        "value=a,",
        "\\\"",
        "token:\n ",
        "token: |\n  ",
        "name: |\n  ",
        "token=\\\n",
        "token='''",
        "token=''a",
        "IDENTIFIED BY '",
        "PASSWORD(''a",
        "PASSWORD FOR ",
        "user password '",
        "machine a ",
        "machine login password ",
        "a:1:b:c:",
        ":*",
        "$6$a",
        "{SHA}",
        "--password=\"a",
        "-\"",
        "-\\\"",
        "--token \\\n",
    ];
    for piece in pieces {
        let text = piece.repeat(200_000 / piece.len());
        let start = std::time::Instant::now();
        let _ = in_value(&text);
        assert!(start.elapsed().as_secs() < 5, "{piece}: {:?}", start.elapsed());
    }
}
