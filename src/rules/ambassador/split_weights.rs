use crate::facts::config::ConfigFile;
use crate::facts::nginx::{Directive, directives, upstream_host};
use crate::kube::{FastMap, FastSet, FolderScope, Index, Object};
use crate::origin;
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::words::clip;

/// nginx splits clients into more than a whole, or sends a share to no server.
pub static RULE: Rule = rule!("split_weights.md", Error, Check::Workspace(check));

/// The directive.
const SPLIT: &str = "split_clients";

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    routes(index, found);
    for object in index.kind("ConfigMap").iter().filter(|object| object.keeps(&["data"])) {
        let document = &object.document;
        let Some(data) = document.get(object.node, "data") else { continue };
        for entry in document.entries(data) {
            let node = entry.value();
            // dashboards and scripts of several lines are not made for this
            if document.is_late(node) && !document.raw(node).contains(SPLIT) {
                continue;
            }
            let (Some(name), Some(text)) = (document.str(entry.key), document.str(node)) else { continue };
            if text.contains(SPLIT) && !is_generated(object) {
                let file = ConfigFile::of_text(object, node, name, text);
                judge(&file, index, found);
            }
        }
    }
}

/// Whether `patterns gen` made an object: it has checked the names in the description, and what it does not know there is
/// outside of it on purpose.
fn is_generated(object: &Object) -> bool {
    let annotations = object.document.at(object.node, &["metadata", "annotations"]);
    annotations.is_some_and(|annotations| object.document.get(annotations, origin::SOURCE).is_some())
}

/// A share of a route that goes to a Service that is not there: the gateway answers 500 for it.
fn routes(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    for object in index
        .kind("HTTPRoute")
        .iter()
        .filter(|object| object.keeps(&["metadata.namespace", "spec"]) && !is_generated(object))
    {
        let document = &object.document;
        let items = |node, field: &str| document.get(node, field).map_or(&[][..], |list| document.items(list));
        let Some(spec) = document.get(object.node, "spec") else { continue };
        for rule in items(spec, "rules") {
            let shares = items(*rule, "backendRefs");
            for share in shares.iter().filter(|_| shares.len() > 1) {
                let text = |field: &str| document.get(*share, field).and_then(|node| document.str(node));
                let is_service =
                    text("kind").is_none_or(|kind| kind == "Service") && text("group").is_none_or(str::is_empty);
                let Some((node, name)) =
                    document.get(*share, "name").and_then(|node| Some((node, document.str(node)?)))
                else {
                    continue;
                };
                let others = index.kind_in(FolderScope::of(object), "Service");
                let is_here = text("namespace").is_none_or(|named| object.id.namespace.as_deref() == Some(named));
                let is_open = !is_service || !is_here || others.is_empty() || crate::rules::text::is_placeholder(name);
                // at least one of the shares shows that the Services of this route are among the files
                let known = shares
                    .iter()
                    .filter_map(|share| document.get(*share, "name"))
                    .filter_map(|node| document.str(node));
                let shows = known.into_iter().any(|known| index.has(object, "Service", known));
                if is_open || !shows || index.has(object, "Service", name) {
                    continue;
                }
                found
                    .about(object)
                    .at(node, format!("a share of this split goes to the Service `{}`, which does not exist", clip(name)))
                    .here("no such Service in this folder and namespace")
                    .because("a gateway answers 500 for the share of a backend that does not exist (Gateway API: HTTPRoute, backendRefs)")
                    .help("correct the name, or add the Service");
            }
        }
    }
}

fn judge(file: &ConfigFile<'_>, index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    let all = directives(file.text());
    let mut around = Around::of(&all);
    for (at, split) in all.iter().enumerate().filter(|(_, directive)| directive.name() == "split_clients") {
        let parts = around.inside.get(&at).cloned().unwrap_or_default();
        if let Some(part) = overflow(&parts) {
            let span = file.span_of_part(part.name());
            found
                .about(file.object)
                .at_span(span, "the shares of this split add up to more than 100 %")
                .here("one too many")
                .because("nginx exits at startup: \"percent total is greater than 100%\" (ngx_http_split_clients_module); `*` takes the rest and comes last")
                .help("make the percentages add up to 100 at most, and put `*` last");
        }
        for part in parts {
            missing_server(file, &mut around, split, part, index, found);
        }
    }
}

/// The directives of a text, as a split asks for them.
struct Around<'a, 'text> {
    all: &'a [Directive<'text>],
    /// Those inside another one, by its place.
    inside: FastMap<usize, Vec<&'a Directive<'text>>>,
    /// What stands for the host in a `proxy_pass`.
    targets: FastSet<&'a str>,
    /// The place of each upstream, and how many shares go to it so far.
    upstreams: FastMap<&'a str, (usize, usize)>,
    /// Whether another host of the upstreams is a Service of the run; nothing where it was not asked.
    holds_another: Option<bool>,
}

impl<'a, 'text> Around<'a, 'text> {
    fn of(all: &'a [Directive<'text>]) -> Self {
        let mut inside: FastMap<usize, Vec<&Directive<'_>>> = FastMap::default();
        let (mut targets, mut upstreams) = (FastSet::default(), FastMap::default());
        for (at, directive) in all.iter().enumerate() {
            if let Some(outer) = directive.inside.last() {
                inside.entry(*outer).or_default().push(directive);
            }
            let Some(word) = directive.words.get(1) else { continue };
            match directive.name() {
                "proxy_pass" => {
                    let target = word.trim_matches(['"', '\'']).rsplit_once("//");
                    targets.extend(target.map(|(_, host)| host));
                }
                "upstream" => {
                    upstreams.entry(*word).or_insert((at, 0));
                }
                _ => {}
            }
        }
        Self { all, inside, targets, upstreams, holds_another: None }
    }
}

/// Of how many shares that go to one upstream its servers are looked at.
const MOST: usize = 8;

/// The part with which a split exceeds the whole, counted in hundredths of a percent as nginx does.
fn overflow<'a, 'text>(parts: &[&'a Directive<'text>]) -> Option<&'a Directive<'text>> {
    let mut sum = 0_u32;
    for part in parts {
        let share = match part.name() {
            "*" => 10_000_u32.saturating_sub(sum),
            percent => hundredths(percent)?,
        };
        sum = sum.saturating_add(share);
        if sum > 10_000 {
            return Some(part);
        }
    }
    None
}

fn hundredths(percent: &str) -> Option<u32> {
    let number = percent.strip_suffix('%')?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part = match part.len() {
        0 => 0,
        1 => part.parse::<u32>().ok()? * 10,
        2 => part.parse::<u32>().ok()?,
        _ => return None,
    };
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(part)
}

/// A share that goes to a Service that is not there: nginx looks up the hosts of its upstreams at start.
fn missing_server(
    file: &ConfigFile<'_>,
    around: &mut Around<'_, '_>,
    split: &Directive<'_>,
    part: &Directive<'_>,
    index: &Index<'_>,
    found: &mut FindingsAnywhere<'_>,
) {
    let Some(value) = part.words.get(1).map(|value| value.trim_matches(['"', '\''])) else { return };
    let variable = split.words.get(2).copied().unwrap_or_default();
    let is_target = around.targets.contains(variable);
    let Some((upstream, shares)) = around.upstreams.get_mut(value).filter(|(_, shares)| is_target && *shares < MOST)
    else {
        return;
    };
    *shares += 1;
    let inside = around.inside.get(upstream).map_or(&[][..], Vec::as_slice);
    for server in inside.iter().filter(|server| server.name() == "server") {
        let Some(host) = upstream_host(server) else { continue };
        let name = host.host.split('.').next().unwrap_or_default();
        let is_service = !host.is_loopback() && (host.host == name || host.host.split('.').nth(2) == Some("svc"));
        let namespace = host.host.split('.').nth(1);
        let is_own = namespace.is_none() || namespace == file.object.id.namespace.as_deref();
        if !is_service || !is_own || index.has(file.object, "Service", name) {
            continue;
        }
        let holds_another = &mut around.holds_another;
        if !*holds_another.get_or_insert_with(|| self::holds_another(file, around.all, index)) {
            continue;
        }
        found
            .about(file.object)
            .at_span(
                file.span_of_part(host.host),
                format!("a share of the requests goes to `{}`, which does not exist", clip(host.host)),
            )
            .here("no Service has this name")
            .because("nginx resolves the hosts of an upstream at startup, and exits if one does not resolve")
            .help(format!("add a Service `{}`, or correct the name", clip(name)));
    }
}

/// Whether another host of this configuration's upstreams is a Service of the run: then the run holds the Services
/// that are split between, and one that is missing is missing.
fn holds_another(file: &ConfigFile<'_>, all: &[Directive<'_>], index: &Index<'_>) -> bool {
    let servers = all.iter().filter(|server| server.name() == "server");
    let hosts = servers.filter_map(upstream_host);
    hosts.into_iter().any(|host| {
        let name = host.host.split('.').next().unwrap_or_default();
        index.has(file.object, "Service", name)
    })
}
