use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::scaling::name_node;
use crate::facts::names::{Asked, asked, is_comment};
use crate::kube::selection::is_beside;
use crate::kube::{FolderScope, Index, Object};
use crate::rules::{Check, FindingsAnywhere, Rule};
use crate::text::Text;
use crate::words::{Forms, clip, edits_within};

/// A host name that is one edit away from a Service's.
pub static RULE: Rule = rule!("no_such_service.md", Warning, Check::Workspace(check));

/// Shorter names are too easily like others: `db` and `dc`.
const SHORTEST: usize = 5;
/// A label of a host name has no more letters.
const LABEL_LENGTH: usize = 63;

fn check(index: &Index<'_>, found: &mut FindingsAnywhere<'_>) {
    if index.kind("Service").is_empty() {
        return;
    }
    let mut services = None;
    let mut names = None;
    let mut said = HashSet::new();
    let may_be_told =
        |object: &&Object| !object.is_among_unseen && !index.kind_in(FolderScope::of(object), "Service").is_empty();
    for asked in index.all().iter().copied().filter(may_be_told).flat_map(asked) {
        let object = asked.file.object;
        let Some(label) = in_own_namespace(&asked).filter(|_| asked.file.is_final()) else { continue };
        if index.has(object, "Service", label) {
            continue;
        }
        // The Services' names are taken apart only once a host is none of them.
        let services = services.get_or_insert_with(|| Slips::of(index));
        let Some(service) = services.like(index, object, label) else { continue };
        // Read all other names of the run only once something is like a Service.
        if names.get_or_insert_with(|| every_name(index)).contains(label) || is_comment(asked.file.text(), asked.host) {
            continue;
        }
        if !said.insert((std::ptr::from_ref(object), label)) {
            continue;
        }
        found
            .about(object)
            .at_span(asked.file.span_of_part(asked.host), format!("Service `{}` does not exist", clip(label)))
            .here(format!("did you mean `{}`?", clip(&service.id.name)))
            .label(service.label(name_node(service), "the Service with a similar name"))
            .because(
                "a name without dots is looked up among the Services in the Pod's own namespace (kubernetes/website: \
                 concepts/services-networking/dns-pod-service); any other name does not resolve",
            )
            .help(format!("use `{}`, or add the Service to these files", clip(&service.id.name)));
    }
}

/// The Service that a host names in the namespace of the text.
fn in_own_namespace<'run>(asked: &Asked<'run>) -> Option<&'run str> {
    let own = asked.file.object.id.namespace.as_deref();
    let mut labels = asked.host.split('.');
    let service = labels.next().filter(|label| (SHORTEST..=LABEL_LENGTH).contains(&label.len()))?;
    match (labels.next(), labels.next()) {
        (None, _) => Some(service),
        (Some(namespace), None) if own == Some(namespace) => Some(service),
        (Some(namespace), Some("svc")) if own.is_none_or(|own| own == namespace) => Some(service),
        _ => None,
    }
}

/// The Services of the run by where they are and by what is left of their names without one letter.
struct Slips<'run> {
    /// Numbers of forms, in order, each with the number of a Service.
    sorted: Vec<(u64, usize)>,
    services: &'run [&'run Object],
    forms: Forms,
    places: RandomState,
}

impl<'run> Slips<'run> {
    fn of(index: &'run Index<'run>) -> Self {
        let services = index.kind("Service");
        let mut slips = Self { sorted: Vec::new(), services, forms: Forms::default(), places: RandomState::default() };
        for (number, service) in services.iter().enumerate() {
            let name = service.id.name.as_str();
            if (SHORTEST - 1..=LABEL_LENGTH + 1).contains(&name.len()) && name.is_ascii() {
                let of_service = slips.of_name(FolderScope::of(service), name).map(|form| (form, number));
                slips.sorted.extend(of_service);
            }
        }
        slips.sorted.sort_unstable();
        slips
    }

    /// The numbers of a name's forms in a folder and namespace: of those without a letter first.
    fn of_name(&self, place: FolderScope<'_>, name: &str) -> impl Iterator<Item = u64> + use<> {
        let place = self.places.hash_one(place);
        let mut forms = self.forms.of(name);
        let whole = forms.next();
        forms.chain(whole).map(move |form| form ^ place)
    }

    /// A Service beside an object whose name is a slip of this one.
    fn like(&self, index: &Index<'run>, object: &'run Object, host: &str) -> Option<&'run Object> {
        let place = FolderScope::of(object);
        let known = self.of_name(place, host).flat_map(|form| {
            let from = self.sorted.partition_point(|(known, _)| *known < form);
            self.sorted[from..].iter().take_while(move |(known, _)| *known == form)
        });
        let mut known = known.map(|(_, number)| self.services[*number]);
        known.find(|service| {
            is_slip(host, &service.id.name)
                && FolderScope::of(service) == place
                && service.keeps(&["metadata.name", "metadata.namespace"])
                && is_beside(index, object, service)
        })
    }
}

/// Whether one name is the other with one letter wrong, in a word that is long enough to be misspelt. Names that
/// differ in a number, or in a short part such as `-a` and `-b`, are different names.
fn is_slip(host: &str, service: &str) -> bool {
    if edits_within(1, host, service) != Some(1) {
        return false;
    }
    let (mut ours, mut theirs): (Vec<&str>, Vec<&str>) = (host.split('-').collect(), service.split('-').collect());
    while ours.last() == theirs.last() && ours.pop().is_some() {
        theirs.pop();
    }
    let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    match (ours.get(same..), theirs.get(same..)) {
        (Some([ours]), Some([theirs])) => {
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
            ours.len().min(theirs.len()) >= SHORTEST - 1 && letters(ours) != letters(theirs)
        }
        // a hyphen more or less: `shop-api` and `shopapi`
        _ => host.replace('-', "") == service.replace('-', ""),
    }
}

/// Every name in the run that may be a host or lead to one: of objects, containers, hosts of Pods.
fn every_name<'run>(index: &Index<'run>) -> HashSet<&'run str> {
    let mut names: HashSet<&str> = index.all().iter().map(|object| object.id.name.as_str()).collect();
    for pod in index.all().iter().flat_map(|object| object.pods()) {
        names.extend(pod.containers().map(|view| view.container.name.as_str()));
        names.extend(pod.spec.hostname.as_deref());
        names.extend(pod.spec.subdomain.as_deref());
        let aliases = pod.spec.host_aliases.iter().flatten().flat_map(|alias| alias.hostnames.iter().flatten());
        names.extend(aliases.map(Text::as_str));
    }
    // names that a mesh resolves (istio.io: reference/config/networking/service-entry)
    for entry in index.kind("ServiceEntry") {
        let hosts =
            entry.document.at(entry.node, &["spec", "hosts"]).map_or(&[][..], |list| entry.document.items(list));
        names.extend(hosts.iter().filter_map(|host| entry.document.str(*host)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips() {
        for (host, service) in [
            ("postgress", "postgres"),
            ("postgrse", "postgres"),
            ("reddis", "redis"),
            ("shop-databse", "shop-database"),
            ("shopapi", "shop-api"),
            ("rabbitmq-servce-east", "rabbitmq-service-east"),
        ] {
            assert!(is_slip(host, service) && is_slip(service, host), "{host} {service}");
        }
        for (host, service) in [
            ("redis-a", "redis-b"),
            ("shop-db1", "shop-db2"),
            ("shop-1", "shop-2"),
            ("redis-rw", "redis-ro"),
            ("redis", "redis-a"),
            ("kafka", "kafka2"),
            ("postgres", "postgres"),
            ("web-v1-api", "web-v2-api"),
        ] {
            assert!(!is_slip(host, service) && !is_slip(service, host), "{host} {service}");
        }
    }
}
