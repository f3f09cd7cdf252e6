//! What a document's own patterns talk to, and who of its file talks to it, beside what `isolate` lets through: a policy
//! that cuts it off is only noticed when it is in force.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value as Json;

use super::peers::{ANYONE, is_cidr};
use crate::describe::{App, Description, Spanned};
use crate::pattern::plan::document::apps;
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::references::Directory;
use crate::pattern::plan::resolver::Resolver;

/// Formats of parameters that say where something leads out of the Pod.
const FORMATS: [&str; 5] = ["url", "http-url", "target", "log-target", "bus"];

/// Something that an entry needs to reach.
enum Need<'a> {
    /// A document of the file.
    Document(String),
    /// A Service that is there already.
    Service(String),
    /// A host elsewhere.
    Host(String),
    /// The API server, and what for.
    ApiServer(&'a str),
}

/// What to know of documents whose policies cut them off from what their file says that they need.
pub(crate) fn notes(descriptions: &[Description], prepared: &[Option<Prepared<'_>>]) -> Vec<String> {
    let directory = Directory::new(descriptions, prepared);
    let mut notes = Vec::new();
    for document in prepared.iter().flatten() {
        let needs = needs(document, &directory);
        notes.extend(kept_from(document.description, &needs));
        for (entry, need) in &needs {
            let Need::Document(name) = need else { continue };
            let Some((to, _)) = directory.document(name) else { continue };
            notes.extend(kept_out(document.description, entry, to));
        }
    }
    notes
}

/// What a document needs, each with the entry that needs it.
fn needs<'a>(document: &'a Prepared<'_>, directory: &Directory<'_>) -> Vec<(&'a str, Need<'a>)> {
    let description = document.description;
    let mut needs = Vec::new();
    for filled in std::iter::once(&document.shape).chain(&document.uses) {
        let entry = filled.entry.name.as_str();
        let mut resolver = Resolver::new(directory, description);
        let references = resolver.references(filled);
        let mut names = BTreeSet::new();
        add_names(&references, &mut names);
        needs.extend(
            names
                .into_iter()
                .filter(|(name, _)| *name != description.name)
                .map(|(name, is_known)| (entry, if is_known { Need::Document(name) } else { Need::Service(name) })),
        );
        needs.extend(hosts(filled).into_iter().map(|host| (entry, Need::Host(host))));
        if filled.definition.name == "elected" {
            needs.push((entry, Need::ApiServer("without it no Pod can become the leader")));
        }
    }
    if apps(description, &document.shape, &document.uses).any(App::has_rights) {
        needs.push(("rights", Need::ApiServer("its `rights` are for nothing else")));
    }
    needs
}

/// The names in resolved references, and whether they are documents.
fn add_names(references: &Json, names: &mut BTreeSet<(String, bool)>) {
    match references {
        Json::Object(members) => match (members.get("name"), members.get("known")) {
            (Some(Json::String(name)), Some(Json::Bool(is_known))) => {
                names.insert((name.clone(), *is_known));
            }
            _ => members.values().for_each(|value| add_names(value, names)),
        },
        Json::Array(items) => items.iter().for_each(|item| add_names(item, names)),
        _ => {}
    }
}

/// The hosts outside of the Pod to which an entry's own parameters lead, as `host:port`.
fn hosts(filled: &Filled) -> BTreeSet<String> {
    let properties = filled.definition.params["properties"].as_object();
    let leads_out = |schema: &Json| schema["format"].as_str().is_some_and(|format| FORMATS.contains(&format));
    let params = properties.into_iter().flatten().filter(|(_, schema)| leads_out(schema));
    let texts = params.filter_map(|(param, _)| filled.given.get(param)?.text());
    texts.flat_map(|text| text.split(',')).filter_map(host).collect()
}

/// The host and port of an address elsewhere: `https://host/path`, `tls/host:port`, `forward/host:port`.
fn host(text: &str) -> Option<String> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => text.split_once('/').filter(|(kind, _)| ["external", "tls", "forward"].contains(kind))?,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let is_here = |host: &str| host.is_empty() || host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let port = port.or(match scheme {
        "https" => Some("443"),
        "http" => Some("80"),
        _ => None,
    });
    (!is_here(host)).then(|| port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// What `to` may cover beside what it names.
struct Ways<'a> {
    names: Vec<&'a str>,
    /// Addresses, which may be those of anything.
    has_addresses: bool,
    /// Pods or namespaces, in which documents and Services may be.
    has_pods: bool,
}

impl<'a> Ways<'a> {
    /// What the entries of `to` or `from` say.
    fn of(entries: &'a Spanned) -> Self {
        let name_of =
            |item: &'a Spanned| item.text().or_else(|| item.members().first().map(|member| member.key.as_str()));
        let names: Vec<&str> = entries.items().iter().filter_map(name_of).collect();
        let is_address = |name: &&str| is_cidr(name) || name.rsplit_once(':').is_some_and(|(peer, _)| is_cidr(peer));
        let is_pods = |name: &&str| name.starts_with("pods") || name.starts_with("namespace/");
        Self { has_addresses: names.iter().any(is_address), has_pods: names.iter().any(is_pods), names }
    }

    fn is_open(&self) -> bool {
        self.names.contains(&ANYONE)
    }

    /// Whether it lets through what it does not name.
    fn is_wide(&self) -> bool {
        self.is_open() || self.has_addresses || self.has_pods
    }

    fn leads_to(&self, need: &Need<'_>) -> bool {
        let is_named = |name: &str| self.names.contains(&name);
        self.is_open()
            || self.has_addresses
            || match need {
                Need::Document(name) => is_named(name) || self.has_pods,
                Need::Service(_) | Need::ApiServer(_) => self.has_pods,
                Need::Host(_) => false,
            }
    }
}

/// What the `to` of a document keeps it from.
fn kept_from(description: &Description, needs: &[(&str, Need<'_>)]) -> Vec<String> {
    let Some(to) = description.isolate.as_ref().and_then(|isolate| isolate.get("to")) else { return Vec::new() };
    let ways = Ways::of(to);
    let name = &description.name;
    let mut notes = Vec::new();
    for (entry, need) in needs.iter().filter(|(_, need)| !ways.leads_to(need)) {
        notes.push(match need {
            Need::Document(to) => {
                format!("note: `isolate.to` of {name} blocks access to {to}, where `{entry}` leads; add {to} to `to`")
            }
            Need::Service(to) => format!(
                "note: `isolate.to` of {name} blocks access to the Service {to}, where `{entry}` leads; add the Pods \
                 behind it to `to`, such as pods/<label>=<value>:<port>"
            ),
            Need::Host(host) => {
                let port = host.rsplit_once(':').map_or("*", |(_, port)| port);
                format!(
                    "note: `isolate.to` of {name} blocks access to {host}, where `{entry}` leads; add its addresses to \
                     `to`, such as 203.0.113.0/24:{port}"
                )
            }
            Need::ApiServer(why) => format!(
                "note: `isolate.to` of {name} blocks access to the API server, and {why}; add its address to `to`, such \
                 as 203.0.113.1/32:6443 (kubectl get endpointslices -n default)"
            ),
        });
    }
    let is_by_name = |(_, need): &(&str, Need<'_>)| match need {
        Need::Document(_) | Need::Service(_) => true,
        Need::Host(host) => host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host).parse::<IpAddr>().is_err(),
        Need::ApiServer(_) => false,
    };
    if needs.iter().any(is_by_name) && !ways.names.contains(&"dns") && !ways.is_wide() {
        notes.push(format!(
            "note: `isolate.to` of {name} blocks access to the cluster's DNS, so no name is resolved; add dns to `to`"
        ));
    }
    notes
}

/// What to know of a document whose `from` does not name another one that leads to it.
fn kept_out(from: &Description, entry: &str, to: &Description) -> Option<String> {
    let named = to.isolate.as_ref()?.get("from")?;
    let ways = Ways::of(named);
    let (name, target) = (from.name.as_str(), &to.name);
    let namespaces = || ways.names.iter().filter_map(|name| name.strip_prefix("namespace/"));
    let is_there = |namespace: &str| from.namespace.as_deref() == namespace.split('/').next();
    let has_own_pods = ways.names.iter().any(|name| name.starts_with("pods"));
    if ways.is_open() || ways.has_addresses || has_own_pods || ways.names.contains(&name) || namespaces().any(is_there)
    {
        return None;
    }
    let unless = match (&from.namespace, namespaces().next()) {
        (None, Some(namespace)) => {
            format!(", unless it is applied to the namespace {}", namespace.split('/').next().unwrap_or_default())
        }
        _ => String::new(),
    };
    Some(format!(
        "note: `isolate.from` of {target} keeps out {name}, whose `{entry}` leads there; add {name} to `from`{unless}"
    ))
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_outside_of_the_pod() {
        assert_eq!(host("https://git.example.com/x.git").as_deref(), Some("git.example.com:443"));
        assert_eq!(host("https://u@git.example.com:8443").as_deref(), Some("git.example.com:8443"));
        assert_eq!(host("tls/db.example.com:5432").as_deref(), Some("db.example.com:5432"));
        assert_eq!(host("forward/logs.example.com:24224").as_deref(), Some("logs.example.com:24224"));
        assert_eq!(host("git@git.example.com:x.git"), None);
        assert_eq!(host("http://localhost:80/x"), None);
        assert_eq!(host("service/x:80"), None);
        assert_eq!(host("stdout"), None);
    }
}
