//! Words in the names of options and variables, and schemes of URLs, that say what an address is for.

/// Words in the name of an option or variable that says where the program itself listens.
pub(super) const LISTENS: [&str; 8] =
    ["LISTEN", "BIND", "BIND_ADDR", "HTTP_ADDR", "HTTP_ADDRESS", "METRICS_ADDR", "PROBE_ADDR", "SERVE"];

/// Words in the name of something that is not an address to connect to: how others reach it, or whom it admits.
pub(super) const NEITHER: [&str; 21] = [
    "PUBLIC",
    "EXTERNAL",
    "ISSUER",
    "BASE",
    "ROOT",
    "SITE",
    "SELF",
    "OWN",
    "NO",
    "DOMAIN",
    "HOSTNAME",
    "COOKIE",
    "AUDIENCE",
    "UI",
    "LINK",
    "LINKS",
    "DASHBOARD",
    "CONSOLE",
    "FRONTEND",
    "WEBSITE",
    "HOMEPAGE",
];

/// Words in the name of an address that the program itself never connects to, whatever server the name mentions.
pub(super) const FOR_OTHERS: [&str; 11] = [
    "ADVERTISE",
    "ADVERTISED",
    "ANNOUNCE",
    "ANNOUNCED",
    "CALLBACK",
    "REDIRECT",
    "ORIGIN",
    "ORIGINS",
    "CORS",
    "ALLOWED",
    "ALLOWLIST",
];

/// What the name of a URL that people read ends with, before `URL` if it has that: `SUPPORT_URL`, `TERMS`. The last is where
/// the JVM's flags come from (`-Dusing.aikars.flags=https://…` of every Minecraft server).
pub(super) const FOR_PEOPLE: [&str; 14] = [
    "DOCS",
    "DOCUMENTATION",
    "HELP",
    "SUPPORT",
    "CONTACT",
    "FEEDBACK",
    "TERMS",
    "PRIVACY",
    "IMPRINT",
    "LOGO",
    "ICON",
    "FAVICON",
    "AVATAR",
    "FLAGS",
];

/// What the name of an address to connect to ends with.
pub(super) const ADDRESSES: [&str; 22] = [
    "URL",
    "URLS",
    "URI",
    "DSN",
    "HOST",
    "HOSTS",
    "ADDR",
    "ADDRESS",
    "ADDRESSES",
    "ENDPOINT",
    "ENDPOINTS",
    "SERVER",
    "SERVERS",
    "BROKER",
    "BROKERS",
    "UPSTREAM",
    "UPSTREAMS",
    "TARGET",
    "TARGETS",
    "BACKEND",
    "PROXY",
    "NODES",
];

/// What a program's own address is named after.
pub(super) const OWN: [&str; 17] = [
    "HTTP",
    "HTTPS",
    "SERVER",
    "APP",
    "METRICS",
    "HEALTH",
    "ADMIN",
    "WEB",
    "TELEMETRY",
    "PROBE",
    "STATUS",
    "DEBUG",
    "PROMETHEUS",
    "GRPC",
    "RPC",
    "API",
    "JMX",
];

/// Kinds of servers that clients name their variables after.
pub(super) const KINDS: [(&str, &str); 22] = [
    ("DB", "database"),
    ("DATABASE", "database"),
    ("POSTGRES", "postgres"),
    ("POSTGRESQL", "postgres"),
    ("PG", "postgres"),
    ("MYSQL", "mysql"),
    ("MARIADB", "mysql"),
    ("SQL", "database"),
    ("MSSQL", "mssql"),
    ("JDBC", "database"),
    ("REDIS", "redis"),
    ("VALKEY", "redis"),
    ("CACHE", "cache"),
    ("MEMCACHE", "memcache"),
    ("MEMCACHED", "memcache"),
    ("MONGO", "mongodb"),
    ("MONGODB", "mongodb"),
    ("AMQP", "amqp"),
    ("RABBITMQ", "amqp"),
    ("KAFKA", "kafka"),
    ("STATSD", "statsd"),
    ("ELASTICSEARCH", "http"),
];

/// Schemes of URLs that only a client is given.
pub(super) const CLIENT_SCHEMES: [&str; 18] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "redis",
    "rediss",
    "valkey",
    "mongodb",
    "mongodb+srv",
    "amqp",
    "amqps",
    "memcache",
    "memcached",
    "sqlserver",
    "nats",
    "kafka",
    "mssql",
    "clickhouse",
];
