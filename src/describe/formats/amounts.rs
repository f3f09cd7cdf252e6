//! Times, sizes, shares and ports.

use super::Mistake;
use crate::apiserver;
use crate::go::Quantity;
use crate::go::duration::milliseconds;

/// Seconds of a duration such as `90s`, `15m` or `1h30m`; whole seconds only.
///
/// # Errors
/// What is wrong with the text.
pub fn duration_seconds(text: &str) -> Result<u64, Mistake> {
    let mistake = || Mistake::new("a duration is an integer with s, m or h, such as 30s, 5m or 1h30m");
    // of what Go reads, whole seconds, minutes and hours alone: a description has no other times
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b's' | b'm' | b'h'));
    let has_unit = text.ends_with(['s', 'm', 'h']) && !text.contains("ms");
    let milliseconds = if is_whole && has_unit { milliseconds(text) } else { None };
    milliseconds.map(|time| time / 1000).filter(|seconds| *seconds <= 31_536_000).ok_or_else(mistake)
}

/// A duration that something waits, or takes: none of it would be taken for a default, or refused.
pub(super) fn interval(text: &str) -> Option<Mistake> {
    match duration_seconds(text) {
        Err(mistake) => Some(mistake),
        Ok(0) => Some(Mistake::new("this takes at least a second").help("write 1s or more, or leave it out")),
        Ok(_) => None,
    }
}

/// A duration that may be less than a second.
pub(super) fn timeout(text: &str) -> Option<Mistake> {
    let is_milliseconds =
        text.strip_suffix("ms").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_milliseconds && milliseconds(text).is_some_and(|time| (1..=u64::from(u32::MAX)).contains(&time)) {
        return None;
    }
    duration_seconds(text).err().map(|_| Mistake::new("a timeout is an integer with ms, s or m, such as 800ms or 2s"))
}

/// The time of a Lease: long enough that two thirds of it leave room for a second try at renewing.
pub(super) fn lease(text: &str) -> Option<Mistake> {
    match duration_seconds(text) {
        Err(mistake) => Some(mistake),
        Ok(seconds) if (6..=3600).contains(&seconds) => None,
        Ok(_) => Some(
            Mistake::new("a lease must be between 6 seconds and an hour")
                .because("the leader renews within two thirds of it, which must leave time for a second try"),
        ),
    }
}

/// What the API server takes for a schedule.
pub(super) fn cron(text: &str) -> Option<Mistake> {
    apiserver::schedule(text)
        .map(|wrong| Mistake::new(format!("this schedule {wrong}")).help(r#"write "0 3 * * *" for 3:00 every day"#))
}

pub(super) fn time_zone(text: &str) -> Option<Mistake> {
    (!apiserver::is_time_zone(text)).then(|| Mistake::new("unknown time zone").help("write Europe/Berlin"))
}

pub(super) fn percent(text: &str) -> Option<Mistake> {
    let value = text.strip_suffix('%').and_then(|digits| digits.parse::<u32>().ok());
    value
        .is_none_or(|value| !(1..=100).contains(&value))
        .then(|| Mistake::new("a share is a whole percentage from 1% to 100%"))
}

pub(super) fn quantity(text: &str) -> Option<Mistake> {
    match Quantity::parse(text).map(Quantity::sign) {
        Some(1) => None,
        Some(0) if text.starts_with(|first: char| first.is_ascii_digit()) => Some(Mistake::new("this must be above 0")),
        _ => Some(Mistake::new("a quantity is a number with a unit, such as 250m, 1.5 or 512Mi")),
    }
}

/// A quantity of bytes, of which there are no thousandths.
pub(super) fn memory(text: &str) -> Option<Mistake> {
    quantity(text).or_else(|| thousandths(text)).or_else(|| bytes(text))
}

fn thousandths(text: &str) -> Option<Mistake> {
    let digits = text.strip_suffix('m')?;
    Some(
        Mistake::new(format!("`{text}` is thousandths of a byte"))
            .because("`m` is milli; the units of memory are Ki, Mi, Gi, and k, M, G")
            .help(format!("write {digits}Mi")),
    )
}

/// A number without a unit, which `1e3` has not either, is bytes, and few mean so little.
fn bytes(text: &str) -> Option<Mistake> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b'e' | b'E'));
    let is_whole = is_plain && !text.ends_with(['e', 'E']);
    let number = Quantity::parse(text).filter(|_| is_whole)?.value();
    if number >= 1 << 20 {
        return None;
    }
    let mistake = Mistake::new(format!("`{text}` is {number} bytes, less than a mebibyte"));
    Some(mistake.help(format!("write it with a unit, such as {number}Mi")))
}

/// A port's number and its protocol: `9000`, `53/udp`.
#[must_use]
pub fn port_of(text: &str) -> Option<(u16, &'static str)> {
    let (number, protocol) = match text.split_once('/') {
        None | Some((_, "tcp")) => (text.split('/').next()?, "TCP"),
        Some((number, "udp")) => (number, "UDP"),
        Some(_) => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| *number > 0 && digits).map(|number| (number, protocol))
}

pub(super) fn port(text: &str) -> Option<Mistake> {
    if let Ok(number) = text.parse::<u16>() {
        return Some(Mistake::new("a port is a number, not text").help(format!("write {number}, without quotes")));
    }
    port_of(text).is_none().then(|| Mistake::new("a port is a number from 1 to 65535").help("write 9000, or 53/udp"))
}
