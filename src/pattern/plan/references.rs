//! References: parameters that name another document of the file, or a Service that is there already.
//!
//! Templates see `references.<param>`: name, host, port, scheme, shards, replicas and whether it is a document of
//! the file. What they see comes from the other document as it will be made, so the two cannot drift apart.

use serde::Deserialize;
use serde_json::Value as Json;

use super::prepare::Prepared;
use super::referent::{Referent, Resolved, referent};
use crate::describe::{Description, Place, Spanned, is_service_name};
use crate::diagnostic::Finding;

/// What a pattern's `x-reference` says about a parameter; `true` is none of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Mark {
    /// The parameter is a map of references by name, or a list of them.
    #[serde(default)]
    pub(super) each: bool,
    /// The port of a Service that is not a document of the file, where the reference says none.
    #[serde(default)]
    pub(super) port: Option<u16>,
    /// The parameter that says that port.
    #[serde(default)]
    pub(super) port_from: Option<String>,
    /// A Service that is not a document of the file is written as `service/<name>`: a bare name is a document's.
    #[serde(default)]
    pub(super) explicit: bool,
    /// The templates do without the port of a Service that is not a document.
    #[serde(default)]
    pub(super) portless: bool,
}

impl Mark {
    /// What a schema says, if its value is a reference at all.
    pub(super) fn of(schema: &Json) -> Option<Self> {
        match schema.get("x-reference")? {
            Json::Bool(true) => Some(Self::default()),
            mark => serde_json::from_value(mark.clone()).ok(),
        }
    }

    /// A reference whose port is 80 unless it says another.
    pub(super) fn web() -> Self {
        Self { port: Some(80), ..Self::default() }
    }

    /// The same, where a bare name is a document's.
    pub(super) fn web_document() -> Self {
        Self { explicit: true, ..Self::web() }
    }
}

/// The documents of a file by name. One that is wrong in itself is known by its name alone.
pub(crate) struct Directory<'a> {
    documents: Vec<(&'a Description, Option<&'a Prepared<'a>>)>,
}

impl<'a> Directory<'a> {
    pub(crate) fn new(descriptions: &'a [Description], prepared: &'a [Option<Prepared<'a>>]) -> Self {
        let prepared = prepared.iter().map(Option::as_ref);
        Self { documents: descriptions.iter().zip(prepared).collect() }
    }

    /// A document of the file; one that is wrong in itself has only its description.
    pub(crate) fn document(&self, name: &str) -> Option<(&'a Description, Option<&'a Prepared<'a>>)> {
        self.documents.iter().find(|(document, _)| document.name == name).copied()
    }

    /// The names of all documents of the file.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.documents.iter().map(|(document, _)| document.name.as_str())
    }

    /// Whether a document is wrong in itself, which has been reported.
    pub(crate) fn is_broken(&self) -> bool {
        self.documents.iter().any(|(_, prepared)| prepared.is_none())
    }

    /// Whether an entry names a document that is wrong in itself: what would follow from that is not news.
    pub(crate) fn names_broken(&self, value: &Spanned) -> bool {
        let is_broken = |text: &str| {
            let name = text.strip_prefix("service/").unwrap_or(text);
            let name = name.split_once(':').map_or(name, |(name, _)| name);
            self.documents.iter().any(|(document, prepared)| prepared.is_none() && document.name == name)
        };
        value.text().is_some_and(is_broken)
            || value.items().iter().any(|item| self.names_broken(item))
            || value.members().iter().any(|member| is_broken(&member.key) || self.names_broken(&member.value))
    }

    /// `{service: x, port: 1234}`.
    pub(super) fn spelt_out(&self, from: &Description, value: &Spanned, mark: &Mark) -> Resolved {
        let Some(service) = value.get("service") else { return Ok(None) };
        let port = value.get("port").and_then(|port| port.to_json().as_u64());
        let port = port.and_then(|port| u16::try_from(port).ok());
        let mark = Mark { port: port.or(mark.port), ..mark.clone() };
        let Some(name) = service.text() else { return Ok(None) };
        self.named(from, &format!("service/{name}"), &service.place, &mark)
    }

    /// A document of the file, or a Service of the namespace, with or without its port. Text of another form (`cloudsql/…`) is not a reference.
    pub(crate) fn named(&self, from: &Description, text: &str, place: &Place, mark: &Mark) -> Resolved {
        let name = text.strip_prefix("service/").unwrap_or(text);
        let (name, port) = match name.split_once(':').map(|(name, port)| (name, port.parse::<u16>())) {
            Some((name, Ok(port))) => (name, Some(port)),
            _ => (name, None),
        };
        if name.contains(['/', ':']) {
            return Ok(None);
        }
        if let Some((to, prepared)) = self.documents.iter().find(|(document, _)| document.name == name) {
            // a document that is wrong in itself has been reported
            let Some(prepared) = prepared else { return Ok(None) };
            let target = referent(from, to, prepared, place)?;
            return match (port, target.port) {
                (Some(port), Some(own)) if port != own => Err(Box::new(
                    Finding::error(place.label(""), format!("`{name}` does not listen on {port}"))
                        .label(to.name_place.label(format!("its Service listens on {own}")))
                        .help("leave the port out: it is known"),
                )),
                _ => Ok(Some(target)),
            };
        }
        if !text.starts_with("service/")
            && let Some(finding) = from.left_out.refuse(name, place)
        {
            return Err(Box::new(finding.help(format!("for a Service of that name, write service/{name}"))));
        }
        if !is_service_name(name) {
            return Err(Box::new(
                Finding::error(place.label(""), format!("`{name}` cannot be the name of a document or a Service"))
                    .help("write the name of a document of this file, or service/<name>"),
            ));
        }
        if !text.starts_with("service/")
            && let Some(meant) = self.misspelt(name)
        {
            return Err(Box::new(
                Finding::error(
                    place.label(format!("did you mean `{}`?", meant.name)),
                    format!("no document of this file is called `{name}`"),
                )
                .label(meant.name_place.label("this name is similar"))
                .help(format!("for a Service of that name, write service/{name}")),
            ));
        }
        if mark.explicit && !text.starts_with("service/") {
            let said = port.map_or_else(|| "<port>".to_owned(), |port| port.to_string());
            return Err(Box::new(
                Finding::error(place.label(""), format!("no document of this file is called `{name}`"))
                    .help(format!("for a Service that is applied elsewhere, write service/{name}:{said}")),
            ));
        }
        let port = port.or(mark.port);
        if port.is_none() && !mark.portless {
            return Err(Box::new(
                Finding::error(place.label(""), format!("the port of the Service `{name}` is missing"))
                    .because("it is not a document in this file, so its ports are unknown")
                    .help(format!("service/{name}:<port>")),
            ));
        }
        Ok(Some(Referent {
            name: name.to_owned(),
            host: Some(name.to_owned()),
            port,
            namespace: None,
            scheme: None,
            shards: Vec::new(),
            replicas: None,
            known: false,
        }))
    }

    /// A document that is one slip of the pen away. Names that differ in digits alone are different on purpose.
    fn misspelt(&self, name: &str) -> Option<&Description> {
        let letters = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let slips = if name.len() < 6 { 1 } else { 2 };
        let names = self.documents.iter().map(|(document, _)| *document);
        names.filter(|document| document.name.len() > 2).find(|document| {
            document.name.len().abs_diff(name.len()) <= 4 * slips
                && strsim::osa_distance(&document.name, name) <= slips
                && letters(&document.name) != letters(name)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::describe::{Options, read};
    use crate::pattern::Catalogue;
    use crate::pattern::plan::document::Document;
    use crate::yaml::Source;

    /// What `text` leads to from the first document of a description.
    fn resolve(description: &str, text: &str, mark: &Mark) -> Result<Json, String> {
        let source = Arc::new(Source::from_text("shop.yaml", description));
        let (descriptions, findings) = read(&source, None, &Options::default());
        assert!(findings.is_empty(), "{findings:?}");
        let catalogue = Catalogue::built_in();
        let prepare = |description| Document::fill(&catalogue, description)?.prepare();
        let prepared: Result<Vec<_>, Vec<Finding>> = descriptions.iter().map(prepare).collect();
        let prepared: Vec<_> = prepared.unwrap().into_iter().map(Some).collect();
        let directory = Directory::new(&descriptions, &prepared);
        let from = &descriptions[0];
        directory
            .named(from, text, &from.name_place, mark)
            .map(|target| json!(target))
            .map_err(|finding| finding.message)
    }

    const SHOP: &str = "
patterns: v1
name: shop
app: {image: 'registry.example.com/shop:1', port: 8080, health: /}
use: [https: shop-tls]
---
patterns: v1
name: cache
app: {image: 'redis:8', port: 6379}
shape: {sharded: 3}
---
patterns: v1
name: copies
namespace: other
app: {image: 'redis:8', port: 6379}
shape: {sharded: {shards: 2, replicas: 2}}
---
patterns: v1
name: idle
app: {image: 'registry.example.com/idle:1'}
";

    #[test]
    fn a_document_is_seen_as_it_will_be_made() {
        let shop = resolve(SHOP, "shop", &Mark::default()).unwrap();
        let expected = json!({"name": "shop", "host": "shop", "port": 443, "namespace": null, "scheme": "https", "shards": [],
            "replicas": null, "known": true});
        assert_eq!(shop, expected, "through the pattern in front of it");
        let cache = resolve(SHOP, "cache", &Mark::default()).unwrap();
        assert_eq!(cache["shards"], json!(["cache-0.cache", "cache-1.cache", "cache-2.cache"]));
        assert_eq!((&cache["port"], &cache["host"]), (&json!(6379), &json!("cache")));
        let copies = resolve(SHOP, "service/copies", &Mark::default()).unwrap();
        assert_eq!(copies["shards"], json!(["copies-s0.other", "copies-s1.other"]));
        assert_eq!((&copies["host"], &copies["replicas"]), (&Json::Null, &json!(2)));
    }

    #[test]
    fn other_names_are_services() {
        let portless = Mark { portless: true, ..Mark::default() };
        let expected = json!({"name": "mysql", "host": "mysql", "port": null, "namespace": null, "scheme": null, "shards": [],
            "replicas": null, "known": false});
        assert_eq!(resolve(SHOP, "service/mysql", &portless), Ok(expected));
        assert_eq!(resolve(SHOP, "api", &Mark::web()).unwrap()["port"], 80);
        assert_eq!(resolve(SHOP, "service/api:8080", &Mark::web()).unwrap()["port"], 8080);
        assert_eq!(resolve(SHOP, "shop-next", &Mark::web()).unwrap()["known"], false);
        assert_eq!(resolve(SHOP, "service/api", &Mark::web_document()).unwrap()["port"], 80);
        assert_eq!(resolve(SHOP, "cloudsql/a:b:c", &Mark::default()), Ok(Json::Null), "no reference at all");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let message = |name: &str| resolve(SHOP, name, &Mark::default()).unwrap_err();
        assert_eq!(message("cahce"), "no document of this file is called `cahce`");
        assert_eq!(message("cache:6380"), "`cache` does not listen on 6380");
        assert_eq!(message("service/cahce"), "the port of the Service `cahce` is missing");
        assert_eq!(message("My Cache"), "`My Cache` cannot be the name of a document or a Service");
        let bare = |name: &str| resolve(SHOP, name, &Mark::web_document()).unwrap_err();
        assert_eq!(bare("zzzz"), "no document of this file is called `zzzz`");
        assert_eq!(bare("zzzz:81"), "no document of this file is called `zzzz`");
        assert_eq!(message("idle"), "nothing can connect to `idle`: it listens on no port");
    }
}
