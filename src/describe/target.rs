//! Where an ambassador leads: `service/x`, `external/host:port`, `tls/host:port`, `cloudsql/project:region:instance`.

use super::formats::{self, Mistake};

/// A target in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `service`, `external`, `tls` or `cloudsql`.
    pub kind: &'static str,
    /// Host name or IPv4 address; of a service, its DNS name.
    pub host: String,
    /// Port, if it is written.
    pub port: Option<u16>,
    /// Connection name of a Cloud SQL instance.
    pub instance: Option<String>,
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        // a document's name, as `shard` takes it
        if formats::is_service_name(text.split(':').next().unwrap_or_default()) && !text.contains('/') {
            let (host, port) = address(text)?;
            return Ok(Self { kind: "service", host, port, instance: None });
        }
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        match kind {
            "service" => {
                let (host, port) = address(rest)?;
                Ok(Self { kind: "service", host, port, instance: None })
            }
            "external" | "tls" => {
                let (host, port) = address(rest)?;
                if port.is_none() {
                    return Err(Mistake::new("this address has no port").help(format!("write {kind}/{host}:<port>")));
                }
                let kind = if kind == "tls" { "tls" } else { "external" };
                Ok(Self { kind, host, port, instance: None })
            }
            "cloudsql" if is_instance(rest) => {
                Ok(Self { kind: "cloudsql", host: String::new(), port: None, instance: Some(rest.to_owned()) })
            }
            "cloudsql" => Err(Mistake::new("a Cloud SQL instance is named by its connection name")
                .help("write cloudsql/<project>:<region>:<instance>")),
            _ => Err(Mistake::new("this address has no kind").help(
                "write service/<name>, external/<host>:<port>, tls/<host>:<port> or cloudsql/<project>:<region>:<instance>",
            )),
        }
    }
}

/// A host with or without a port.
fn address(text: &str) -> Result<(String, Option<u16>), Mistake> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => {
            let number = port.parse::<u16>().ok().filter(|number| *number > 0 && !port.starts_with(['0', '+']));
            (host, Some(number.ok_or_else(|| Mistake::new("a port is a number from 1 to 65535"))?))
        }
        None => (text, None),
    };
    if host.starts_with('-') || formats::check("dns-subdomain", host).is_some() {
        return Err(Mistake::new("a host is a lower-case DNS name or an IPv4 address"));
    }
    Ok((host.to_owned(), port))
}

/// A host and its port, as lists of shards name them.
#[must_use]
pub(super) fn check_shard(text: &str) -> Option<Mistake> {
    match address(text) {
        Err(mistake) => Some(mistake),
        Ok((host, None)) => Some(Mistake::new("this address has no port").help(format!("write {host}:<port>"))),
        Ok(_) => None,
    }
}

/// `project:region:instance`; a project of a domain has a colon of its own (`example.com:project`).
fn is_instance(text: &str) -> bool {
    let ok = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
    };
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.len(), 3 | 4) && parts.into_iter().all(ok) && text.len() <= 255
}
