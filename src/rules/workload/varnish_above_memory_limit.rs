use crate::go::Quantity;
use crate::kube::ContainerView;
use crate::rules::{Check, Findings, Rule, parts};

/// Varnish may keep more than its container may use.
pub static RULE: Rule = rule!("varnish_above_memory_limit.md", Error, Check::Container(check));

fn check(view: ContainerView<'_>, found: &mut Findings<'_>) {
    let container = view.container;
    let mut words = container.command.iter().chain(&container.args).flatten();
    let mut variables = container.env.iter().flatten();
    if !words.any(|word| word.contains("malloc,")) && !variables.any(|variable| variable.name == "VARNISH_SIZE") {
        return;
    }
    let limits = view.container.resources.as_ref().and_then(|resources| resources.limits.as_ref());
    let Some(limit) = limits.and_then(|limits| limits.get("memory")).and_then(|amount| bytes(&amount.0)) else {
        return;
    };
    let Some(shown) = view.at(&["resources", "limits", "memory"]) else { return };
    let words = parts::words(&view).flat_map(|(word, node)| word.split_whitespace().map(move |word| (word, node)));
    let storage = words.filter_map(|(word, node)| Some((word.split_once("malloc,")?.1, node)));
    let variable = parts::variables(&view).find(|(variable, _)| variable.name == "VARNISH_SIZE");
    let variable = variable
        .and_then(|(variable, node)| Some((variable.value.as_deref()?, view.pod.object.document.get(node, "value")?)));
    for (size, node) in storage.chain(variable) {
        let Some(kept) = varnish_bytes(size).filter(|kept| *kept >= limit) else { continue };
        let name = &view.container.name;
        found
            .at(node, format!("`{name}` is killed when its cache is full: its cache may take {}, and the limit is {}", size_of(kept), size_of(limit)))
            .here("the cache alone, without varnish's other memory")
            .and(shown, "what the container may use")
            .because("malloc storage counts only objects; headers, threads and fragmentation come on top (varnish-cache.org: \"Sizing your cache\")")
            .help("keep malloc at 75 % of the memory limit");
    }
}

/// Bytes in the largest binary unit that holds a whole number of them: `256Mi`.
fn size_of(bytes: u64) -> String {
    let units = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{}{name}", bytes / unit))
}

fn bytes(amount: &str) -> Option<u64> {
    u64::try_from(Quantity::parse(amount)?.value()).ok()
}

/// Sizes of varnishd: `256M` are binary megabytes.
fn varnish_bytes(size: &str) -> Option<u64> {
    let size = size.trim_end_matches(['b', 'B']);
    let number = size.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(size.len());
    let factor: f64 = match size[number..].to_ascii_lowercase().as_str() {
        "" => 1.0,
        "k" => 1024.0,
        "m" => 1_048_576.0,
        "g" => 1_073_741_824.0,
        _ => return None,
    };
    whole(size[..number].parse::<f64>().ok()? * factor)
}

fn whole(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (number.is_finite() && (0.0..1e18).contains(&number)).then_some(number as u64)
}
