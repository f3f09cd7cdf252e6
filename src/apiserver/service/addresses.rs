//! Addresses of Services.

use super::Service;
use crate::apiserver::field::Field;
use crate::apiserver::ip;
use crate::kube::FastSet;

/// `ValidateServiceClusterIPsRelatedFields`
pub(super) fn cluster_ips(service: &Service) {
    let spec = service.spec;
    let (single, list) = (spec.child("clusterIP"), spec.child("clusterIPs"));
    let first = list.items().next();
    if single.is_empty() && !list.is_empty() {
        list.invalid("needs its first address in `clusterIP` too");
    }
    if let Some(first) = first
        && !single.is_empty()
        && first.str() != single.str()
    {
        list.invalid("must begin with the address of `clusterIP`");
    }
    let (families, policy) = (spec.child("ipFamilies"), spec.child("ipFamilyPolicy"));
    let mut seen = FastSet::default();
    for family in families.items() {
        family.one_of(family.str(), &["IPv4", "IPv6"]);
        if seen.contains(&family.str()) {
            family.duplicate(family.str());
        }
        seen.insert(family.str());
    }
    if policy.is_set() {
        policy.one_of(policy.str(), &["SingleStack", "PreferDualStack", "RequireDualStack"]);
    }
    if list.is_empty() && !single.is_empty() && single.str() != "None" {
        // One address stands for a list of one.
        let only = single.as_item_of(list, 0);
        ip::check_address(only);
        family_of(only, families.items().next());
    }
    for (index, address) in list.items().enumerate() {
        if index == 0 && address.str() == "None" {
            if list.len() > 1 {
                list.invalid("cannot contain anything besides None");
            }
            continue;
        }
        ip::check_address(address);
    }
    if list.len() > 2 {
        list.invalid("has more than 2 addresses, one of each family");
    }
    let addresses: Vec<_> = list.items().map(|address| ip::parse_sloppy(address.str())).collect();
    if let [Some(one), Some(other)] = addresses.as_slice()
        && ip::is_ipv6(*one) == ip::is_ipv6(*other)
    {
        list.invalid("has two addresses of one family");
    }
    for (address, family) in list.items().zip(families.items()).filter(|_| !service.is_headless()) {
        family_of(address, Some(family));
    }
    let is_default_single = policy.str() == "SingleStack" || !policy.is_set() && !selectorless_headless(service);
    if is_default_single && (list.len() == 2 || families.len() == 2) {
        policy.invalid("must be PreferDualStack or RequireDualStack for two families");
    }
}

/// Whether an address is of the family that is at its place.
fn family_of(address: Field, family: Option<Field>) {
    let Some(family) = family else { return };
    let is_ipv6 = ip::parse_sloppy(address.str()).map(ip::is_ipv6);
    if is_ipv6.is_some_and(|six| six != (family.str() == "IPv6")) {
        address.invalid(format!("is not an {} address, as `ipFamilies` requires", family.str()));
    }
}

fn selectorless_headless(service: &Service) -> bool {
    service.is_headless() && service.spec.child("selector").is_empty()
}
