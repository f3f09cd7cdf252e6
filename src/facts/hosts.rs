//! Lists of a StatefulSet's Pods by name: `cache-0.cache, cache-1.cache`.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::config::ConfigFile;
use super::nginx;
use super::text::address_at;
use crate::kube::{FastMap, FastSet};

/// Pods of one StatefulSet that a text names, by the DNS names that a governing Service gives them
/// (kubernetes/website: concepts/workloads/controllers/statefulset, "Stable Network ID").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodNames<'text> {
    /// The StatefulSet.
    pub set: &'text str,
    /// Its governing Service.
    pub service: &'text str,
    /// The namespace, where the names say it.
    pub namespace: Option<&'text str>,
    /// Ordinal and text of each name, in order, the first of each ordinal.
    pub pods: Vec<(u32, &'text str)>,
}

/// The lists of Pods that a text holds.
#[must_use]
pub fn pod_names(text: &str) -> Vec<PodNames<'_>> {
    let mut lists: Vec<PodNames<'_>> = Vec::new();
    let mut places: FastMap<(&str, &str), usize> = FastMap::default();
    let mut known: FastSet<(usize, u32)> = FastSet::default();
    let mut end = 0;
    for dash in ordinals(text) {
        if dash < end {
            continue;
        }
        let word = address_at(text, dash);
        end = word.end;
        let Some(address) = word.address else { continue };
        let mut labels = address.host.split('.');
        let (Some(pod), Some(service)) = (labels.next(), labels.next()) else { continue };
        let Some((set, ordinal)) = pod.rsplit_once('-') else { continue };
        let has_zeros = ordinal.len() > 1 && ordinal.starts_with('0');
        let Ok(ordinal) = ordinal.parse::<u32>() else { continue };
        if has_zeros || set.is_empty() || service.is_empty() {
            continue;
        }
        let namespace = labels.next().filter(|label| *label != "svc");
        let place = *places.entry((set, service)).or_insert_with(|| {
            lists.push(PodNames { set, service, namespace, pods: Vec::new() });
            lists.len() - 1
        });
        if known.insert((place, ordinal)) {
            lists[place].pods.push((ordinal, address.host));
        }
    }
    lists
}

/// Where a text holds the dash of `-0.` or the like: what every name of a StatefulSet's Pod does, and most texts do not.
pub(super) fn ordinals(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    pairs(bytes, b'-', b'0'..=b'9').filter(move |dash| {
        let digits = bytes[dash + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        bytes.get(dash + 1 + digits) == Some(&b'.')
    })
}

/// Where a byte is right before one of several: in texts that have many of the first, and few of both.
pub(super) fn pairs(bytes: &[u8], first: u8, seconds: RangeInclusive<u8>) -> impl Iterator<Item = usize> {
    // compared all at once
    const TOGETHER: usize = 64;
    let (least, count) = (*seconds.start(), seconds.end() - seconds.start());
    let is_pair = move |one: u8, two: u8| u8::from(one == first) & u8::from(two.wrapping_sub(least) <= count);
    let has_any =
        move |piece: &[u8; TOGETHER + 1]| (0..TOGETHER).fold(0, |any, at| any | is_pair(piece[at], piece[at + 1])) != 0;
    // up to the end there may be one
    let (mut at, mut end) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            if let Some(found) = (at..end).find(|at| is_pair(bytes[*at], bytes[*at + 1]) != 0) {
                at = found + 1;
                return Some(found);
            }
            at = end;
            while bytes.get(at..).and_then(|rest| rest.first_chunk()).is_some_and(|piece| !has_any(piece)) {
                at += TOGETHER;
            }
            end = (at + TOGETHER).min(bytes.len().saturating_sub(1));
            if at >= end {
                return None;
            }
        }
    })
}

/// What a proxy's configuration says of hashing in a word: mcrouter and memcached's own proxy, then Envoy.
const WORDS: [&str; 8] = [
    "PoolRoute",
    "mcp.pool(",
    "RING_HASH",
    "MAGLEV",
    "envoy.filters.network.redis_proxy",
    "ring_hash_lb_config",
    "maglev_lb_config",
    "redis_proxy",
];

static HASH: Words = words(|| finders(&["hash"]));
static DISTRIBUTION: Words = words(|| finders(&["distribution:"]));
static BALANCE: Words = words(|| finders(&["balance "]));
static BY_WORD: Words = words(|| finders(&WORDS));

/// Whether a file sends each request to the server that its key belongs to.
#[must_use]
pub fn hashes(file: &ConfigFile<'_>) -> bool {
    let lines = file.lines();
    let may_hash = !is_json(lines) && [&HASH, &DISTRIBUTION, &BALANCE].iter().any(|words| mentions_any(lines, words));
    (may_hash || mentions_any(lines, &BY_WORD)) && is_hashing(file.text())
}

/// Whether a proxy's configuration sends each request to the server that its key belongs to.
#[must_use]
pub fn is_hashing(text: &str) -> bool {
    let is_code = |line: &&str| !line.trim_start().starts_with(['#', '/']);
    let nginx = |line: &str| {
        let mut words = line.split_whitespace();
        words.any(|word| word.ends_with('{') || word == "hash" || word == "upstream")
            && line.split([';', '{']).any(|part| {
                let part = part.trim();
                part.strip_prefix("hash ").is_some_and(|key| key.trim_start().starts_with(['$', '"']))
            })
    };
    let twemproxy = |line: &str| {
        let line = line.trim();
        line.strip_prefix("distribution:").is_some_and(|kind| matches!(kind.trim(), "ketama" | "modula"))
    };
    let haproxy = |line: &str| {
        let line = line.trim();
        line.starts_with("balance uri")
            || line.starts_with("balance hdr")
            || line.starts_with("balance url_param")
            || line.starts_with("hash-type consistent")
    };
    let by_word = |line: &str| WORDS.iter().any(|word| line.contains(word));
    // most texts are of none of them, and the lines of one need not be read for all
    let is_json = is_json(text);
    let has_hash = !is_json && mentions_any(text, &HASH);
    let any = |is: &dyn Fn(&str) -> bool| text.lines().filter(is_code).any(is);
    has_hash && any(&nginx)
        || !is_json && mentions_any(text, &DISTRIBUTION) && any(&twemproxy)
        || !is_json && (has_hash || mentions_any(text, &BALANCE)) && any(&haproxy)
        || mentions_any(text, &BY_WORD) && any(&by_word)
}

/// Whether a text begins as an object in JSON does: dashboards are large, and no configuration of nginx, twemproxy or
/// `HAProxy`.
fn is_json(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|inside| inside.trim_start().starts_with('"'))
}

/// Words that are looked for in many texts.
type Words = LazyLock<Vec<Finder<'static>>>;

const fn words(make: fn() -> Vec<Finder<'static>>) -> Words {
    LazyLock::new(make)
}

fn finders(words: &'static [&'static str]) -> Vec<Finder<'static>> {
    words.iter().map(Finder::new).collect()
}

/// Most texts are no proxy's configuration, and large ones seldom are: a search for bytes is much faster than reading.
fn mentions_any(text: &str, words: &Words) -> bool {
    words.iter().any(|word| word.find(text.as_bytes()).is_some())
}

static BY_ADDRESS: Words = words(|| finders(&["hash", "split_clients", "balance source", "source_ip: true"]));

/// What in a proxy's configuration chooses a server by the client's address.
#[must_use]
pub fn by_address<'run>(file: &ConfigFile<'run>) -> Option<&'run str> {
    if is_json(file.lines()) || !mentions_any(file.lines(), &BY_ADDRESS) {
        return None;
    }
    let text = file.text();
    let all = nginx::directives(text);
    let of_nginx = all.iter().find(|directive| match directive.name() {
        "ip_hash" => directive.inside.last().is_some_and(|head| all[*head].name() == "upstream"),
        "hash" | "split_clients" => {
            let key = directive.words.get(1).map(|key| key.trim_matches(['"', '\'']));
            matches!(key, Some("$remote_addr" | "$binary_remote_addr" | "${remote_addr}"))
        }
        _ => false,
    });
    let first_line =
        |start: &str| text.lines().map(str::trim).find(|line| line.starts_with(start) && !line.starts_with('#'));
    of_nginx
        .and_then(|directive| first_line(directive.name()))
        .or_else(|| first_line("balance source"))
        .or_else(|| first_line("source_ip: true"))
        .or_else(|| first_line("- source_ip: true"))
}

#[cfg(test)]
mod tests {
    use super::{is_hashing, pairs, pod_names};

    #[test]
    fn pairs_are_found_wherever_they_are() {
        let texts = [String::new(), ":".to_owned(), ":1".to_owned(), "a:1:/:a::2".repeat(40), "x".repeat(300) + ":9"];
        for text in texts.iter().flat_map(|text| (0..70.min(text.len() + 1)).map(move |from| &text.as_bytes()[from..]))
        {
            let plain =
                text.windows(2).enumerate().filter(|(_, two)| two[0] == b':' && (b'/'..=b'9').contains(&two[1]));
            let plain: Vec<usize> = plain.map(|(at, _)| at).collect();
            assert_eq!(pairs(text, b':', b'/'..=b'9').collect::<Vec<_>>(), plain, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn lists_of_pods() {
        let lists = pod_names("cache-0.cache:11211:1 cache-2.cache.shop.svc.cluster.local:11211 x-01.y db.example.com");
        assert_eq!(lists.len(), 1);
        assert_eq!((lists[0].set, lists[0].service), ("cache", "cache"));
        assert_eq!(lists[0].pods.iter().map(|(ordinal, _)| *ordinal).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn hashing() {
        for text in [
            "upstream a { hash $request_uri consistent; }",
            "  hash $arg_id;",
            "a:\n  distribution: ketama",
            "lb_policy: MAGLEV",
        ] {
            assert!(is_hashing(text), "{text}");
        }
        for text in ["# hash $x;", "hash: abc", "lb_policy: ROUND_ROBIN", "ip_hash;", "map_hash_bucket_size 64;"] {
            assert!(!is_hashing(text), "{text}");
        }
    }
}
