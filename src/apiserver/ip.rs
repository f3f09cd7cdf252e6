//! Addresses and ranges: `k8s.io/apimachinery/pkg/util/validation/ip.go` with strict reading, the default
//! since 1.36, and the lenient reader that came before it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::field::Field;
use crate::kube::versions::Change;

/// Reads an address as Go did before 1.17: leading zeroes in IPv4 are skipped (`ParseIPSloppy`).
pub fn parse_sloppy(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let (head, tail) = text.rsplit_once(':').unwrap_or(("", text));
        if tail.contains('.') {
            let four = parse_ipv4_sloppy(tail)?;
            return format!("{head}:{four}").parse::<Ipv6Addr>().ok().map(IpAddr::V6);
        }
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    parse_ipv4_sloppy(text).map(IpAddr::V4)
}

fn parse_ipv4_sloppy(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part
            .trim_start_matches('0')
            .parse::<u32>()
            .map_or_else(|_| part.bytes().all(|byte| byte == b'0').then_some(0), |value| u8::try_from(value).ok())?;
    }
    parts.next().is_none().then(|| octets.into())
}

/// Whether an address is of IPv6 and not an IPv4 address in its clothes.
pub fn is_ipv6(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_none())
}

/// `IsValidIPForLegacyField`; true if nothing is wrong.
pub fn check_address(field: Field) -> bool {
    let rule = address(field.str()).filter(|_| field.has_change(Change::StrictAddresses) || !is_lenient(field.str()));
    if let Some(rule) = rule {
        field.invalid(rule);
    }
    rule.is_none()
}

fn is_lenient(text: &str) -> bool {
    parse_sloppy(text).is_some()
}

/// `IsValidCIDRForLegacyField`
pub fn check_cidr(field: Field) {
    if let Some(rule) = cidr(field.str(), field.has_change(Change::StrictAddresses)) {
        field.invalid(rule);
    }
}

/// What strict reading has against an address.
fn address(text: &str) -> Option<&'static str> {
    match parse_sloppy(text) {
        None => Some("is not an IP address such as 10.9.8.7 or 2001:db8::1"),
        Some(IpAddr::V6(six)) if six.to_ipv4_mapped().is_some() => {
            Some("is an IPv4 address written as IPv6: write the IPv4 address")
        }
        Some(_) if text.parse::<IpAddr>().is_err() => Some("has a number with a leading 0, which readers disagree on"),
        Some(_) => None,
    }
}

/// `IsValidIP`: the canonical form alone.
pub fn canonical_address(text: &str) -> Option<&'static str> {
    address(text).or_else(|| {
        let canonical = parse_sloppy(text).is_some_and(|address| address.to_string() == text);
        (!canonical).then_some("is not in the canonical form of RFC 5952")
    })
}

/// A range and its address as written.
#[derive(Clone, Copy, Debug)]
pub struct Cidr {
    /// The address before the slash.
    pub address: IpAddr,
    /// The number after it.
    pub length: u8,
}

impl Cidr {
    /// `ParseCIDRSloppy`
    #[must_use]
    pub fn parse_sloppy(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address = parse_sloppy(address)?;
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let max = if address.is_ipv4() { 32 } else { 128 };
        let length = length.trim_start_matches('0').parse::<u32>().unwrap_or(0);
        u8::try_from(length).ok().filter(|length| *length <= max).map(|length| Self { address, length })
    }

    fn bits(address: IpAddr) -> (u128, u8) {
        match address {
            IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, 32),
            IpAddr::V6(six) => (u128::from(six), 128),
        }
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }

    /// Whether it holds another address of its family.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let ((mine, width), (other, other_width)) = (Self::bits(self.address), Self::bits(address));
        width == other_width && (mine ^ other) & self.mask() == 0
    }

    /// Whether bits are set behind its length.
    #[must_use]
    pub fn has_host_bits(self) -> bool {
        Self::bits(self.address).0 & !self.mask() != 0
    }
}

/// What strict or lenient reading has against a range.
pub fn cidr(text: &str, is_strict: bool) -> Option<&'static str> {
    let Some(range) = Cidr::parse_sloppy(text) else {
        return Some("is not a range such as 10.9.8.0/24 or 2001:db8::/64");
    };
    if !is_strict {
        return None;
    }
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    if address.parse::<IpAddr>().is_err() || (length.len() > 1 && length.starts_with('0')) {
        return Some("has a number with a leading 0, which readers disagree on");
    }
    if matches!(range.address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some()) {
        return Some("is an IPv4 range written as IPv6: write the IPv4 range");
    }
    range.has_host_bits().then_some("has bits set beyond its prefix length")
}

/// `IsValidCIDR`: the canonical form alone.
pub fn canonical_cidr(text: &str) -> Option<&'static str> {
    cidr(text, true).or_else(|| {
        let range = Cidr::parse_sloppy(text)?;
        (format!("{}/{}", range.address, range.length) != text).then_some("is not in the canonical form of RFC 5952")
    })
}

/// `ValidateEndpointIP`: addresses that no endpoint can have.
pub fn endpoint(address: IpAddr) -> Option<&'static str> {
    // An address of IPv6 that holds one of IPv4 is judged as that.
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    if address.is_unspecified() {
        return Some("is the unspecified address");
    }
    if address.is_loopback() {
        return Some("is a loopback address (127.0.0.0/8, ::1)");
    }
    let (unicast, multicast) = match address {
        IpAddr::V4(four) => (four.is_link_local(), four.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(six) => (six.segments()[0] & 0xffc0 == 0xfe80, six.segments()[0] & 0xff0f == 0xff02),
    };
    if unicast {
        return Some("is a link-local address (169.254.0.0/16, fe80::/10)");
    }
    multicast.then_some("is a link-local multicast address (224.0.0.0/24, ff02::/16)")
}

/// `GetWarningsForIP`
pub fn address_warning(text: &str) -> Option<String> {
    let lenient = parse_sloppy(text)?;
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) if six.to_ipv4_mapped().is_none() => {
            let canonical = six.to_string();
            (canonical != text).then(|| format!("`{text}` is not in the canonical form of RFC 5952, `{canonical}`"))
        }
        Ok(IpAddr::V4(_)) => None,
        _ => Some(format!("`{text}` is not a standard address; write `{lenient}`")),
    }
}

/// `GetWarningsForCIDR`, the first of them.
pub fn cidr_warning(text: &str) -> Option<String> {
    let range = Cidr::parse_sloppy(text)?;
    if range.has_host_bits() {
        return Some(format!("`{text}` can mean the range or the one address"));
    }
    let canonical = format!("{}/{}", range.address, range.length);
    (canonical != text).then(|| format!("`{text}` is not in canonical form, `{canonical}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["10.0.0.1", "::1", "2001:db8::1", "2001:DB8::1"] {
            assert_eq!(address(good), None, "{good}");
        }
        for bad in
            ["", "10.0.0", "10.0.0.256", "10.0.0.01", "::ffff:1.2.3.4", "a", "1.2.3.4 ", "10.0.0.1/8", "fe80::1%eth0"]
        {
            assert!(address(bad).is_some(), "{bad}");
        }
        assert!(canonical_address("2001:DB8::1").is_some() && canonical_address("2001:db8::1").is_none());
        for bad in ["0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.5", "::", "::1", "fe80::1", "ff02::1"] {
            assert!(parse_sloppy(bad).and_then(endpoint).is_some(), "{bad}");
        }
        assert!(parse_sloppy("224.0.1.1").and_then(endpoint).is_none());
    }

    #[test]
    fn ranges() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "2001:db8::/32", "::/0"] {
            assert_eq!(cidr(good, true), None, "{good}");
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "010.0.0.0/8",
            "2001:db8::1/32",
            "a/8",
            "::/129",
        ] {
            assert!(cidr(bad, true).is_some(), "{bad}");
        }
        for lenient in ["10.0.0.1/8", "10.0.0.0/08", "010.0.0.0/8", "2001:db8::1/32", "::ffff:1.2.3.0/120"] {
            assert_eq!(cidr(lenient, false), None, "{lenient}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "a/8", "::/129"] {
            assert!(cidr(bad, false).is_some(), "{bad}");
        }
    }
}
