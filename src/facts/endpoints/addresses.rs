//! Rows of a description as facts: sockets, connections, files.

use std::cell::OnceCell;

use super::super::address::{self, Host};
use super::super::config::is_under;
use super::super::program::{Endpoint, Form, PathSetting as PlaceRow, Purpose};
use super::super::proof::{Certainty, Proof};
use super::values::Value;
use super::{Bind, Dial, Endpoints, Listen, PathFact, Reader};
use crate::kube::FastSet;
use crate::words::is_placeholder;

impl<'run> Reader<'_, 'run> {
    /// Each address that a row comes to: host, port, scheme, and what shows it.
    fn addresses(&self, row: &Endpoint, is_whole: &mut bool) -> Vec<Resolved<'run>> {
        let mut found = Vec::new();
        let switch = row.when.as_ref().map_or(Some(true), |when| self.holds(when));
        if switch == Some(false) {
            return found;
        }
        *is_whole &= switch.is_some();
        // an image that is built on the program's may bring other configuration
        let is_derived = !self.is_plain_image && self.texts.is_empty();
        let may_be_hidden = !row.key.is_empty() && (self.has_unseen_config || is_derived);
        *is_whole &= !may_be_hidden && (row.env.is_empty() || self.environment.is_whole());
        let parts = [row.host.as_ref(), row.port.as_ref()].map(|part| (part, OnceCell::new()));
        let told = |at: usize, beside| self.part(parts[at].0?, beside, &parts[at].1);
        for value in self.row(row) {
            let known = if value.is_known { None } else { behind_credentials(&value.text) };
            let mut all = address::read(row.form, known.as_deref().unwrap_or(&value.text));
            if !value.is_known && known.is_none() {
                // `$(POD_IP):8091`: the port is known all the same
                *is_whole &= !all.is_empty() && all.iter().all(|one| one.port.is_some());
                all.retain(|one| one.port.is_some() && one.host == Host::Unknown);
            }
            // `${PORT}`, `__PORT__`: what is there by then
            *is_whole &= !all.is_empty() || value.certainty != Certainty::Said || !is_placeholder(&value.text);
            if !row.list && row.form != Form::Text {
                all.truncate(1);
            }
            for one in all {
                let mut certainty = value.certainty;
                if switch.is_none() {
                    certainty = certainty.min(Certainty::Unknown);
                }
                let mut shown = None;
                let mut host = match &one.host {
                    Host::Absent => None,
                    host => Some(host.clone()),
                };
                if host.is_none()
                    && let Some(said) = told(0, value.entry)
                {
                    // a default beside what is written is no weaker for it
                    certainty = if said.is_known {
                        certainty.min(said.certainty.max(Certainty::Default))
                    } else {
                        Certainty::Unknown
                    };
                    if said.certainty == Certainty::Likely {
                        certainty = certainty.min(Certainty::Likely);
                    }
                    host = address::read(Form::Host, &said.text).pop().map(|address| address.host);
                    // what is written shows more than a default
                    if said.certainty == Certainty::Said && value.certainty != Certainty::Said {
                        shown = Some((said.place, said.by));
                    }
                }
                let mut port = one.port;
                let (mut place, mut by) = shown.unwrap_or_else(|| (value.place, value.by.clone()));
                if let Some(said) = told(1, value.entry)
                    && (one.port.is_none() || said.certainty == Certainty::Said)
                {
                    if !said.is_known {
                        *is_whole = false;
                        continue;
                    }
                    port = said.text.trim().parse().ok().or(port);
                    if said.certainty == Certainty::Said {
                        (place, by) = (said.place, said.by);
                        certainty = certainty.max(Certainty::Default);
                    } else {
                        certainty = certainty.min(said.certainty.max(Certainty::Likely));
                    }
                }
                if !self.invocation.always {
                    certainty = certainty.min(Certainty::Likely);
                }
                let is_default = value.certainty != Certainty::Said && place.piece.is_none() && by == value.by;
                let reason = if is_default { by } else { format!("`{by}`") };
                let scheme = one.scheme.clone();
                found.push(Resolved {
                    host,
                    port,
                    scheme,
                    certainty,
                    proof: Proof::new(place, reason),
                    is_unknown: one.is_unknown,
                    path: one.path.clone(),
                });
            }
        }
        found
    }

    pub(super) fn listens(&self, row: &Endpoint, found: &mut Endpoints<'run>) {
        let mut is_whole = found.is_whole;
        for one in self.addresses(row, &mut is_whole) {
            let Some(port) = one.port.filter(|port| *port != 0) else {
                is_whole &= !one.is_unknown;
                found.has_more |= one.is_unknown;
                continue;
            };
            let bind = match one.host {
                None | Some(Host::Absent | Host::Any) => Bind::All,
                Some(Host::Loopback) => Bind::Loopback,
                Some(Host::Unknown) => Bind::Unknown,
                Some(Host::Name(name)) => Bind::Named(name),
            };
            let several = if row.counts_up { self.arguments.positional.len().clamp(1, 64) } else { 1 };
            // an argument may say its own port, too
            is_whole &= !row.counts_up || !self.arguments.positional.iter().any(|word| word.text.contains('?'));
            for port in (port..=u16::MAX).take(several) {
                found.listens.push(Listen {
                    bind: bind.clone(),
                    port,
                    udp: row.udp,
                    speaks: row.speaks.clone(),
                    certainty: one.certainty,
                    proof: one.proof.clone(),
                });
            }
        }
        found.is_whole = is_whole;
    }

    pub(super) fn dials(&self, row: &Endpoint, found: &mut Endpoints<'run>) {
        let mut ignored = true;
        let groups = self.groups(row);
        for one in self.addresses(row, &mut ignored) {
            let (host, is_loopback) = match one.host {
                Some(Host::Name(name)) if groups.contains(name.as_str()) => continue,
                Some(Host::Name(name)) => (name, false),
                // 0.0.0.0 as a target reaches loopback, too
                Some(Host::Loopback | Host::Any) => ("localhost".to_owned(), true),
                // `:8080` as a target is the Pod itself for Go's dialler
                None | Some(Host::Absent) if one.port.is_some() => ("localhost".to_owned(), true),
                _ => continue,
            };
            found.dials.push(Dial {
                host,
                is_loopback,
                port: one.port,
                speaks: row.speaks.clone().or(one.scheme),
                path: one.path,
                is_asked: row.asked && one.certainty != Certainty::Said,
                is_needed: self.invocation.is_needed,
                certainty: one.certainty,
                proof: one.proof,
            });
        }
    }

    /// The names of the groups of hosts that the configuration defines.
    fn groups(&self, row: &Endpoint) -> FastSet<&str> {
        let Some(kind) = row.groups.as_deref() else { return FastSet::default() };
        let entries = self.texts.iter().flat_map(super::Text::entries);
        let names = entries.filter_map(|entry| {
            let mut segments = entry.key.iter().map(String::as_str).skip_while(|segment| *segment != kind);
            segments.nth(1)
        });
        names.collect()
    }

    /// Where a program writes unless it is told otherwise. What it needs at run time is where its image's own
    /// configuration says: another file in that one's place may say nothing of it, and then what was compiled in holds.
    fn place_by_default(&self, row: &PlaceRow, text: &str) -> Value<'run> {
        let is_scratch = row.purpose == Purpose::Scratch;
        let by_key = !row.key.is_empty() || is_scratch && !self.program.config.is_empty();
        let mut value = self.by_default(text.to_owned(), !row.env.is_empty(), by_key);
        let is_displaced = self.has_told_config || row.key.is_empty() && !self.texts.is_empty();
        if is_scratch && is_displaced && value.certainty == Certainty::Default {
            value.certainty = Certainty::Likely;
        }
        value
    }

    pub(super) fn places(&self, rows: &[PlaceRow], found: &mut Vec<PathFact<'run>>) {
        let counts = |row: &&PlaceRow| row.when.as_ref().is_none_or(|when| self.holds(when) == Some(true));
        for row in rows.iter().filter(counts) {
            let mut values = self.values(&row.option, &row.env, &row.key);
            if values.is_empty() {
                values = row.absent.iter().map(|text| self.place_by_default(row, text)).collect();
            }
            // `none`, `stdio:/dev/stdout` and paths below another folder are no place that is known
            values.retain(|value| row.purpose != Purpose::Scratch || is_place(&value.text));
            for mut value in values.into_iter().filter(|value| value.is_known) {
                if let Some(property) = &row.property {
                    let Some((_, path)) =
                        value.text.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case(property))
                    else {
                        continue;
                    };
                    value.text = path.to_owned();
                }
                let paths: Vec<&str> = if row.list { value.text.split(',').collect() } else { vec![&value.text] };
                for path in paths.into_iter().map(str::trim).filter(|path| !path.is_empty()) {
                    // nginx has a directive for each of several folders below one
                    let is_known = |known: &PathFact<'_>| {
                        known.path == path && known.purpose == row.purpose && known.certainty == value.certainty
                    };
                    if found.iter().any(is_known) {
                        continue;
                    }
                    found.push(PathFact {
                        path: path.to_owned(),
                        purpose: row.purpose,
                        certainty: value.certainty,
                        proof: Proof::new(
                            value.place,
                            if value.certainty == Certainty::Said {
                                format!("`{}`", value.by)
                            } else {
                                value.by.clone()
                            },
                        ),
                    });
                }
            }
        }
    }
}

struct Resolved<'run> {
    host: Option<Host>,
    port: Option<u16>,
    scheme: Option<String>,
    certainty: Certainty,
    proof: Proof<'run>,
    /// Whether a part of it could not be read.
    is_unknown: bool,
    path: String,
}

/// The scheme, host and port of a URL where all that is unknown is in front of its host or behind its port:
/// `postgres://$(USER):$(PASSWORD)@localhost:5432/$(NAME)`.
fn behind_credentials(text: &str) -> Option<String> {
    let is_plain = |part: &str| !part.contains(['$', '{', '(', ',']);
    let (scheme, rest) = text.split_once("://")?;
    // a path may hold an `@`, too
    let authority = rest.split(['/', '?', '#']).next()?;
    let (_, host) = authority.rsplit_once('@')?;
    (is_plain(scheme) && is_plain(host) && !host.is_empty()).then(|| format!("{scheme}://{host}"))
}

/// Whether a text is the path of a file or folder of the root file system.
fn is_place(text: &str) -> bool {
    text.starts_with('/') && !is_under(text, "/dev")
}
