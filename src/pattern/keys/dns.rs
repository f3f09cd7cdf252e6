//! `dns`: where Pods ask for names, in place of the cluster's DNS or beside it.

use serde_json::{Map, Value as Json, json};

use crate::describe::{Description, Member, Spanned};
use crate::diagnostic::Finding;
use crate::pattern::objects;
use crate::pattern::objects::made::Objects;
use crate::pattern::plan::prepare::Prepared;

/// What is wrong in `dns` itself.
pub(crate) fn check(description: &Description) -> Vec<Finding> {
    let Some(dns) = &description.dns else { return Vec::new() };
    let mut findings = Vec::new();
    if source(&dns.value) == Some("none") && dns.value.get("servers").is_none_or(|servers| servers.items().is_empty()) {
        findings.push(
            Finding::error(dns.value.place.label(""), "these Pods would have no nameserver")
                .because("the API server refuses the policy None without a nameserver")
                .help("dns: {from: none, servers: [192.0.2.53]}"),
        );
    }
    for server in dns.value.get("servers").map(Spanned::items).unwrap_or_default() {
        if server.text().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err()) {
            findings.push(
                Finding::error(server.place.label(""), "a nameserver is an IP address").help("servers: [192.0.2.53]"),
            );
        }
    }
    for host in dns.value.get("hosts").map(Spanned::members).unwrap_or_default() {
        if host.value.text().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err()) {
            findings.push(
                Finding::error(host.value.place.label(""), "an entry of `hosts` maps a name to an IP address")
                    .help("hosts: {ldap.example.com: 192.0.2.7}"),
            );
        }
    }
    findings
}

/// Names with an address of their own, by address, as `/etc/hosts` has them.
fn hosts(dns: &Spanned) -> Vec<Json> {
    let mut hosts: Vec<(String, Vec<&str>)> = Vec::new();
    for member in dns.get("hosts").map(Spanned::members).unwrap_or_default() {
        let address = member.value.text().unwrap_or_default();
        match hosts.iter_mut().find(|(there, _)| there == address) {
            Some((_, names)) => names.push(&member.key),
            None => hosts.push((address.to_owned(), vec![&member.key])),
        }
    }
    hosts.into_iter().map(|(ip, hostnames)| json!({"ip": ip, "hostnames": hostnames})).collect()
}

/// Where names come from: `cluster`, `node` or `none`.
fn source(dns: &Spanned) -> Option<&str> {
    dns.text().or_else(|| dns.get("from")?.text())
}

/// Gives the Pods of the document their policy and configuration.
pub(crate) fn apply(prepared: &Prepared<'_>, objects: &mut Objects) -> Vec<Finding> {
    let description = prepared.description;
    let Some(dns) = &description.dns else { return Vec::new() };
    let policy = match source(&dns.value) {
        Some("node") => Some("Default"),
        Some("none") => Some("None"),
        _ => None,
    };
    let (config, hosts) = (config(&dns.value), hosts(&dns.value));
    let mut applied = false;
    for object in objects.iter_mut().filter(|object| objects::is_workload(object)) {
        for template in objects::templates(object) {
            let Some(spec) = template.get_mut("spec").and_then(Json::as_object_mut) else { continue };
            spec.extend(policy.map(|policy| ("dnsPolicy".to_owned(), json!(policy))));
            if !hosts.is_empty() {
                spec.insert("hostAliases".to_owned(), json!(hosts));
            }
            if !config.is_empty() {
                spec.insert("dnsConfig".to_owned(), Json::Object(config.clone()));
            }
            applied = true;
        }
    }
    if applied {
        return Vec::new();
    }
    let finding = Finding::error(dns.key_place.label(""), "the Pods of this shape cannot have `dns`")
        .label(description.shape.place.label("generates its Pods differently"));
    vec![finding.help("leave `dns` out")]
}

fn config(dns: &Spanned) -> Map<String, Json> {
    let mut config = Map::new();
    for (key, field) in [("servers", "nameservers"), ("searches", "searches")] {
        let list = dns.get(key).filter(|list| !list.items().is_empty());
        config.extend(list.map(|list| (field.to_owned(), list.to_json())));
    }
    let option = |member: &Member| match member.value.to_json() {
        Json::Bool(_) => json!({"name": member.key}),
        Json::String(text) => json!({"name": member.key, "value": text}),
        value => json!({"name": member.key, "value": value.to_string()}),
    };
    let options: Vec<Json> = dns.get("options").map(Spanned::members).unwrap_or_default().iter().map(option).collect();
    if !options.is_empty() {
        config.insert("options".to_owned(), Json::Array(options));
    }
    config
}
