//! Names of Jobs: what a Job runs cannot be changed, so its name ends in the hash of its spec, and a changed one is
//! another Job. Templates end such a name in a mark, wherever they write it; the mark becomes the hash.

use serde_json::Value as Json;

use super::made::Made;
use crate::go::Quantity;
use crate::pattern::names::{JOB_MARK, short_hash};

/// Gives the Jobs of one document their names, and whatever speaks of them.
pub(crate) fn settle(made: &mut [Made]) {
    // a Job that speaks of another waits for its name
    loop {
        let is_ready = |made: &&Made| {
            let name = made.object["metadata"]["name"].as_str().unwrap_or_default();
            made.object["kind"] == "Job"
                && name.ends_with(JOB_MARK)
                && !made.object["spec"].to_string().contains(JOB_MARK)
        };
        let Some(job) = made.iter().find(is_ready) else { return };
        let name = job.object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let mut spec = job.object["spec"].clone();
        // may be changed, and says nothing about what runs
        if let Some(spec) = spec.as_object_mut() {
            for field in ["suspend", "parallelism", "ttlSecondsAfterFinished", "activeDeadlineSeconds"] {
                spec.shift_remove(field);
            }
        }
        in_one_spelling(&mut spec);
        spec.sort_all_objects();
        let whole = name.replace(JOB_MARK, &format!("-{}", short_hash(spec.to_string().as_bytes())));
        for made in made.iter_mut() {
            replace(&mut made.object, &name, &whole);
        }
    }
}

/// Gives quantities one spelling: `1` and `1000m` run the same.
fn in_one_spelling(value: &mut Json) {
    const QUANTITIES: [&str; 2] = ["requests", "limits"];
    let one = |value: &mut Json| {
        if let Some(quantity) = Quantity::of_json(value) {
            *value = Json::String(canonical(quantity));
        }
    };
    match value {
        Json::Array(items) => items.iter_mut().for_each(in_one_spelling),
        Json::Object(members) => {
            for (key, value) in members {
                match value {
                    Json::Object(amounts) if QUANTITIES.contains(&key.as_str()) => amounts.values_mut().for_each(one),
                    value if key == "sizeLimit" => one(value),
                    value => in_one_spelling(value),
                }
            }
        }
        _ => {}
    }
}

/// A quantity in the shorter of the two forms that Kubernetes writes: a whole number with the largest suffix of its kind
/// (kubernetes/apimachinery: pkg/api/resource/quantity.go, `CanonicalizeBytes`). A server compares the numbers alone.
fn canonical(quantity: Quantity) -> String {
    const UNIT: i128 = 1_000_000_000;
    const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    let nano = quantity.nano();
    let decimal = suffixed(nano, 1000, &DECIMAL);
    let binary = (nano % UNIT == 0).then(|| suffixed(nano / UNIT, 1024, &BINARY));
    binary.filter(|binary| binary.len() <= decimal.len()).unwrap_or(decimal)
}

/// A number with the largest of the suffixes that leaves it whole.
fn suffixed(mut number: i128, step: i128, suffixes: &[&str]) -> String {
    let mut at = 0;
    while number != 0 && number % step == 0 && at + 1 < suffixes.len() {
        number /= step;
        at += 1;
    }
    format!("{number}{}", if number == 0 { "" } else { suffixes[at] })
}

fn replace(value: &mut Json, from: &str, to: &str) {
    match value {
        Json::String(text) if text.contains(from) => *text = text.replace(from, to),
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Json::Object(members) => members.values_mut().for_each(|value| replace(value, from, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_have_one_spelling() {
        for (spellings, expected) in [
            (vec![json!("1"), json!(1), json!("1000m"), json!("1.0"), json!("1e0")], "1"),
            (vec![json!("500m"), json!("0.5"), json!(0.5)], "500m"),
            (
                vec![
                    json!("1Gi"),
                    json!("1024Mi"),
                    json!("1048576Ki"),
                    json!("1073741824"),
                    json!(1_073_741_824),
                    json!("1073741824000m"),
                    json!("1.073741824G"),
                ],
                "1Gi",
            ),
            (vec![json!("1500Mi"), json!("1572864k"), json!(1_572_864_000)], "1500Mi"),
            (vec![json!("10G"), json!("9765625Ki"), json!("10e9")], "10G"),
            (vec![json!("1G"), json!("1000M"), json!("1000000000")], "1G"),
            (vec![json!("0"), json!(0), json!("0Mi")], "0"),
        ] {
            for spelling in spellings {
                let mut spec = json!({"resources": {"limits": {"cpu": spelling}}, "sizeLimit": spelling});
                in_one_spelling(&mut spec);
                assert_eq!(
                    spec,
                    json!({"resources": {"limits": {"cpu": expected}}, "sizeLimit": expected}),
                    "{spelling}"
                );
            }
        }
    }
}
