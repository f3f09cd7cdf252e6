//! What is checked, each in its own protocol. No message contains a password.

use std::fmt;
use std::time::Duration;

use hyper::Uri;
use mysql_async::prelude::Queryable as _;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::super::http::Http;

/// The longest answer that is read.
const MAX_ANSWER: u64 = 64 * 1024;

/// Of a page of HTTP.
const MAX_PAGE: usize = 1024 * 1024;

/// The longest time that a connection may take; the check's own timeout is usually shorter.
const CONNECT: Duration = Duration::from_secs(30);

/// A server.
pub struct Target {
    scheme: Scheme,
    /// `host:port`, without what may be secret.
    address: String,
    query: Option<String>,
}

/// Who asks, where `--target` does not say it: a password in a variable needs no escapes.
#[derive(Default)]
pub struct Login {
    /// `--user`.
    pub user: Option<String>,
    /// `--password`.
    pub password: Option<String>,
}

impl Login {
    fn is_given(&self) -> bool {
        self.user.is_some() || self.password.is_some()
    }
}

enum Scheme {
    Tcp,
    Http(Http, Uri),
    Redis { login: Vec<String> },
    Memcached,
    Mysql { login: Option<Box<mysql_async::Opts>> },
    Postgres { login: Option<Box<tokio_postgres::Config>> },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Tcp => "tcp",
            Scheme::Http(..) => "http",
            Scheme::Redis { .. } => "redis",
            Scheme::Memcached => "memcached",
            Scheme::Mysql { .. } => "mysql",
            Scheme::Postgres { .. } => "postgres",
        };
        write!(f, "{scheme}://{}", self.address)
    }
}

impl Target {
    /// Reads `--target`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str, given: Login, query: Option<String>) -> Result<Self, String> {
        let wrong =
            "--target must be tcp, http, redis, memcached, mysql or postgres://[user[:password]@]host[:port][/…]";
        let uri: Uri = text.parse().map_err(|_| wrong.to_owned())?;
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong.to_owned())?;
        let default = match scheme.as_str() {
            "http" => Some(80),
            "redis" => Some(6379),
            "memcached" => Some(11211),
            "mysql" => Some(3306),
            "postgres" | "postgresql" => Some(5432),
            _ => None,
        };
        let port = uri.port_u16().or(default).ok_or_else(|| wrong.to_owned())?;
        let address = format!("{host}:{port}");
        let userinfo = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user);
        if given.is_given() && matches!(scheme.as_str(), "tcp" | "http" | "memcached") {
            return Err("--user and --password are for redis, mysql and postgres targets".to_owned());
        }
        let has_login = userinfo.is_some() || given.is_given();
        let scheme = match scheme.as_str() {
            "tcp" => Scheme::Tcp,
            "http" => Scheme::Http(Http::new(CONNECT, MAX_PAGE), uri.clone()),
            "redis" if given.is_given() => Scheme::Redis { login: redis_words(given.user, given.password) },
            "redis" => Scheme::Redis { login: redis_login(userinfo) },
            "memcached" => Scheme::Memcached,
            "mysql" => {
                let login = has_login.then(|| mysql_login(text, given)).transpose();
                Scheme::Mysql { login: login.map_err(|_| wrong.to_owned())?.map(Box::new) }
            }
            "postgres" | "postgresql" => {
                let login = has_login.then(|| postgres_login(text, given)).transpose();
                Scheme::Postgres { login: login.map_err(|_| wrong.to_owned())?.map(Box::new) }
            }
            _ => return Err(wrong.to_owned()),
        };
        match (&scheme, &query) {
            (Scheme::Tcp | Scheme::Http(..) | Scheme::Memcached, Some(_)) => {
                Err("--query is for redis, mysql and postgres targets".to_owned())
            }
            (Scheme::Mysql { login: None } | Scheme::Postgres { login: None }, Some(_)) => {
                Err("--query needs a user in --target: who would run it?".to_owned())
            }
            _ => Ok(Self { scheme, address, query }),
        }
    }

    /// Asks the server.
    ///
    /// # Errors
    /// Why it is not healthy.
    pub async fn check(&self) -> Result<(), String> {
        match &self.scheme {
            Scheme::Tcp => self.connect().await.map(drop),
            Scheme::Http(http, uri) => match http.get(uri.clone(), MAX_PAGE, CONNECT).await {
                Ok(answer) if answer.status.is_success() || answer.status.is_redirection() => Ok(()),
                Ok(answer) => Err(format!("answered {}", answer.status)),
                Err(error) => Err(error.to_string()),
            },
            Scheme::Redis { login } => self.redis(login).await,
            Scheme::Memcached => self.memcached().await,
            Scheme::Mysql { login: None } => self.mysql_greeting().await,
            Scheme::Mysql { login: Some(login) } => self.mysql(login).await,
            Scheme::Postgres { login: None } => self.postgres_greeting().await,
            Scheme::Postgres { login: Some(login) } => self.postgres(login).await,
        }
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        TcpStream::connect(&self.address).await.map_err(|error| format!("{}: {error}", self.address))
    }

    /// `PING`, or the query; any answer but an error will do.
    async fn redis(&self, login: &[String]) -> Result<(), String> {
        let mut stream = BufReader::new(self.connect().await?.take(MAX_ANSWER));
        let query: Vec<String> = match &self.query {
            Some(query) => query.split_whitespace().map(str::to_owned).collect(),
            None => vec!["PING".to_owned()],
        };
        let commands = if login.is_empty() { vec![query] } else { vec![login.to_vec(), query] };
        for command in commands {
            let mut wire = format!("*{}\r\n", command.len());
            for word in &command {
                wire.extend([&format!("${}\r\n", word.len()), word.as_str(), "\r\n"]);
            }
            stream.get_mut().get_mut().write_all(wire.as_bytes()).await.map_err(|error| error.to_string())?;
            let line = line(&mut stream).await?;
            match line.as_bytes().first() {
                Some(b'-') => return Err(format!("answered {}", line.trim_start_matches('-'))),
                Some(b'+' | b':' | b'$' | b'*' | b'_' | b'%' | b'~' | b',' | b'#') => {}
                _ => return Err("does not speak Redis' protocol".to_owned()),
            }
        }
        Ok(())
    }

    async fn memcached(&self) -> Result<(), String> {
        let mut stream = BufReader::new(self.connect().await?.take(MAX_ANSWER));
        stream.get_mut().get_mut().write_all(b"version\r\n").await.map_err(|error| error.to_string())?;
        let line = line(&mut stream).await?;
        if line.starts_with("VERSION ") { Ok(()) } else { Err("does not speak memcached's protocol".to_owned()) }
    }

    /// The server speaks first: protocol 10 and its version, or an error packet (too many connections, host blocked).
    /// Over loopback only: a server counts connections without login against other hosts (`max_connect_errors`).
    async fn mysql_greeting(&self) -> Result<(), String> {
        let mut stream = self.connect().await?;
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.map_err(|error| format!("no greeting: {error}"))?;
        match head[4] {
            10 => Ok(()),
            0xff => {
                let length = usize::from(head[0]) | usize::from(head[1]) << 8;
                let mut error = vec![0; length.saturating_sub(1).min(512)];
                stream.read_exact(&mut error).await.map_err(|error| error.to_string())?;
                // After the error's number.
                Err(format!("answered {}", String::from_utf8_lossy(error.get(2..).unwrap_or_default())))
            }
            _ => Err("does not speak MySQL's protocol".to_owned()),
        }
    }

    async fn mysql(&self, login: &mysql_async::Opts) -> Result<(), String> {
        let mut connection =
            mysql_async::Conn::new(login.clone()).await.map_err(|error| format!("{}: {error}", self.address))?;
        let query = self.query.as_deref().unwrap_or("SELECT 1");
        let result = connection.query_drop(query).await.map_err(|error| error.to_string());
        // Said goodbye to, the server counts no aborted connection.
        let _ = connection.disconnect().await;
        result
    }

    /// Asks whether it would speak TLS; a PostgreSQL server answers one letter, without logging a failed login.
    async fn postgres_greeting(&self) -> Result<(), String> {
        let mut stream = self.connect().await?;
        // SSLRequest: length 8, code 80877103 (PostgreSQL, "Message Formats").
        let request = [0, 0, 0, 8, 4, 210, 22, 47];
        stream.write_all(&request).await.map_err(|error| error.to_string())?;
        let mut answer = [0];
        stream.read_exact(&mut answer).await.map_err(|error| format!("no answer: {error}"))?;
        if matches!(answer, [b'S' | b'N']) { Ok(()) } else { Err("does not speak PostgreSQL's protocol".to_owned()) }
    }

    async fn postgres(&self, login: &tokio_postgres::Config) -> Result<(), String> {
        let plain = |error: tokio_postgres::Error| super::super::cluster::chain(&error);
        let (client, connection) = login.connect(tokio_postgres::NoTls).await.map_err(plain)?;
        let connection = tokio::spawn(connection);
        let result = client.simple_query(self.query.as_deref().unwrap_or("SELECT 1")).await;
        drop(client);
        // Ends by itself once the client is gone.
        let _ = connection.await;
        result.map(drop).map_err(plain)
    }
}

fn mysql_login(url: &str, given: Login) -> Result<mysql_async::Opts, mysql_async::UrlError> {
    let login = mysql_async::OptsBuilder::from_opts(mysql_async::Opts::from_url(url)?);
    let login = if given.user.is_some() { login.user(given.user) } else { login };
    Ok(if given.password.is_some() { login.pass(given.password) } else { login }.into())
}

fn postgres_login(url: &str, given: Login) -> Result<tokio_postgres::Config, tokio_postgres::Error> {
    let mut login: tokio_postgres::Config = url.parse()?;
    if let Some(user) = given.user {
        login.user(user);
    }
    if let Some(password) = given.password {
        login.password(password);
    }
    Ok(login)
}

/// `AUTH [user] password`, or nothing.
fn redis_login(userinfo: Option<&str>) -> Vec<String> {
    let Some(userinfo) = userinfo else { return Vec::new() };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = userinfo.split_once(':').unwrap_or(("", userinfo));
    redis_words(Some(decoded(user)), Some(decoded(password)))
}

fn redis_words(user: Option<String>, password: Option<String>) -> Vec<String> {
    let words = std::iter::once("AUTH".to_owned()).chain(user).chain(password);
    words.filter(|word| !word.is_empty()).collect()
}

async fn line(stream: &mut BufReader<tokio::io::Take<TcpStream>>) -> Result<String, String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.map_err(|error| error.to_string())?;
    if line.is_empty() {
        return Err("closed the connection without an answer".to_owned());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().chars().take(200).collect())
}
