//! Addresses and ranges: `library/ip.go` and `cidr.go` of the server.

use std::net::{IpAddr, Ipv6Addr};

use super::{Budget, Called, Fail, Item, Value, error, made};

/// Calls a function; `None` if it is not of this library, or the arguments have other types.
pub fn call(function: &str, is_member: bool, args: &[Item], budget: &mut Budget) -> Called {
    if let [Item { value: Value::String(text), .. }, ..] | [_, Item { value: Value::String(text), .. }] = args {
        budget.spend(text.len() / 10)?;
    }
    let value = match (function, args) {
        ("ip", [Item { value: Value::String(text), .. }]) if !is_member => Value::Ip(address(text)?),
        ("isIP", [Item { value: Value::String(text), .. }]) => Value::Bool(address(text).is_ok()),
        ("ip.isCanonical", [Item { value: Value::String(text), .. }]) => {
            Value::Bool(address(text)?.to_string() == **text)
        }
        ("cidr", [Item { value: Value::String(text), .. }]) if !is_member => range(text)?,
        ("isCIDR", [Item { value: Value::String(text), .. }]) => Value::Bool(range(text).is_ok()),
        (_, [Item { value: Value::Ip(address), .. }]) if is_member => match function {
            "family" => Value::Int(if address.is_ipv4() { 4 } else { 6 }),
            "isUnspecified" => Value::Bool(address.is_unspecified()),
            "isLoopback" => Value::Bool(address.is_loopback()),
            "isLinkLocalMulticast" => Value::Bool(is_link_local_multicast(*address)),
            "isLinkLocalUnicast" => Value::Bool(is_link_local(*address)),
            "isGlobalUnicast" => Value::Bool(
                !address.is_unspecified()
                    && !address.is_loopback()
                    && !address.is_multicast()
                    && !is_link_local(*address)
                    && !matches!(address, IpAddr::V4(four) if four.is_broadcast()),
            ),
            _ => return Ok(None),
        },
        ("ip", [Item { value: Value::Cidr(address, _), .. }]) => Value::Ip(*address),
        ("prefixLength", [Item { value: Value::Cidr(_, length), .. }]) => Value::Int(i64::from(*length)),
        ("masked", [Item { value: Value::Cidr(address, length), .. }]) => {
            Value::Cidr(masked(*address, *length), *length)
        }
        ("containsIP", [Item { value: Value::Cidr(address, length), .. }, other]) => {
            let other = match &other.value {
                Value::Ip(other) => *other,
                Value::String(text) => self::address(text)?,
                _ => return Ok(None),
            };
            Value::Bool(holds(*address, *length, other))
        }
        ("containsCIDR", [Item { value: Value::Cidr(address, length), .. }, other]) => {
            let other = match &other.value {
                Value::String(text) => range(text)?,
                value => value.clone(),
            };
            let Value::Cidr(other, other_length) = other else { return Ok(None) };
            Value::Bool(*length <= other_length && holds(*address, *length, other))
        }
        _ => return Ok(None),
    };
    made(value)
}

/// `netip.ParseAddr` without zones and without addresses of IPv4 in IPv6.
fn address(text: &str) -> Result<IpAddr, Fail> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) if six.to_ipv4_mapped().is_some() => {
            error(format!("IPv4-mapped IPv6 address \"{text}\" is not allowed"))
        }
        Ok(address) => Ok(address),
        Err(_) => error(format!("IP Address \"{text}\" parse error during conversion from string")),
    }
}

/// `netip.ParsePrefix`
fn range(text: &str) -> Result<Value, Fail> {
    let parsed = text.rsplit_once('/').and_then(|(before, digits)| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let has_zero = digits.len() > 1 && digits.starts_with('0');
        let length: u8 = digits.parse().ok().filter(|_| is_number && !has_zero)?;
        let address = address(before).ok()?;
        (length <= if address.is_ipv4() { 32 } else { 128 }).then_some(Value::Cidr(address, length))
    });
    match parsed {
        Some(range) => Ok(range),
        None => error("network address parse error during conversion from string"),
    }
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    }
}

fn mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

fn holds(range: IpAddr, length: u8, address: IpAddr) -> bool {
    let ((mine, width), (other, other_width)) = (bits(range), bits(address));
    width == other_width && (mine ^ other) & mask(length) == 0
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    let kept = bits(address).0 & mask(length);
    match address {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(kept >> 96).unwrap_or(0).into()),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(kept)),
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(six) => six.segments()[0] & 0xff0f == 0xff02,
    }
}
