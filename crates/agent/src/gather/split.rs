//! What each leaf is asked: the request itself, or its part of it.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::cli::GatherMode;

/// The body for each leaf; none for a leaf that has no part.
#[must_use]
pub fn parts(mode: GatherMode, body: &Bytes, leaves: usize) -> Vec<Option<Bytes>> {
    let whole = || vec![Some(body.clone()); leaves];
    match mode {
        GatherMode::Broadcast => whole(),
        GatherMode::Split => array(body, leaves).or_else(|| range(body, leaves)).unwrap_or_else(whole),
    }
}

/// An array in as many runs of neighbours as there are leaves, of lengths that differ by one at most.
fn array(body: &[u8], leaves: usize) -> Option<Vec<Option<Bytes>>> {
    let items: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    let runs = (0..leaves).map(|leaf| {
        let run = &items[items.len() * leaf / leaves..items.len() * (leaf + 1) / leaves];
        (!run.is_empty()).then(|| joined(run))
    });
    Some(runs.collect())
}

fn joined(items: &[&RawValue]) -> Bytes {
    let text: Vec<&str> = items.iter().map(|item| item.get()).collect();
    Bytes::from(format!("[{}]", text.join(",")))
}

/// `{"from": a, "to": b, …}`, b exclusive, as neighbouring ranges; whatever else it holds goes to all.
fn range(body: &[u8], leaves: usize) -> Option<Vec<Option<Bytes>>> {
    let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let (from, to) = (i128::from(fields.get("from")?.as_i64()?), i128::from(fields.get("to")?.as_i64()?));
    if from > to {
        return None;
    }
    let count = i128::try_from(leaves).ok()?;
    let border = |leaf: i128| i64::try_from(from + (to - from) * leaf / count).ok();
    (0..count)
        .map(|leaf| {
            let (from, to) = (border(leaf)?, border(leaf + 1)?);
            let mut part = fields.clone();
            part.insert("from".to_owned(), from.into());
            part.insert("to".to_owned(), to.into());
            Some((from < to).then(|| Bytes::from(Value::Object(part).to_string())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, leaves: usize) -> Vec<Option<String>> {
        let parts = parts(GatherMode::Split, &Bytes::from(body.to_owned()), leaves);
        parts.into_iter().map(|part| part.map(|part| String::from_utf8(part.to_vec()).unwrap())).collect()
    }

    fn all(parts: &[&str]) -> Vec<Option<String>> {
        parts.iter().map(|part| Some((*part).to_owned())).collect()
    }

    #[test]
    fn arrays_ranges_and_the_rest() {
        assert_eq!(split("[1,2.50,\"a\",{}, 5]", 3), all(&["[1]", "[2.50,\"a\"]", "[{},5]"]));
        assert_eq!(split("[1]", 2), [None, Some("[1]".to_owned())]);
        assert_eq!(split("[]", 2), [None, None]);
        assert_eq!(
            split(r#"{"from":0,"to":10,"q":"x"}"#, 2),
            all(&[r#"{"from":0,"to":5,"q":"x"}"#, r#"{"from":5,"to":10,"q":"x"}"#])
        );
        assert_eq!(split(r#"{"from":-9223372036854775808,"to":9223372036854775807}"#, 2).len(), 2);
        assert_eq!(split(r#"{"from":5,"to":1}"#, 1), all(&[r#"{"from":5,"to":1}"#]));
        assert_eq!(split("plain words", 2), all(&["plain words", "plain words"]));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_repeated(items in proptest::collection::vec(0u32.., 0..50), leaves in 1usize..12) {
            let body = Bytes::from(serde_json::to_vec(&items).unwrap());
            let parts = parts(GatherMode::Split, &body, leaves);
            let joined: Vec<u32> =
                parts.iter().flatten().flat_map(|part| serde_json::from_slice::<Vec<u32>>(part).unwrap()).collect();
            proptest::prop_assert_eq!(joined, items);
        }

        #[test]
        fn ranges_meet(from in -1000i64..1000, length in 0i64..5000, leaves in 1usize..12) {
            let body = Bytes::from(format!("{{\"from\":{from},\"to\":{}}}", from + length));
            let mut at = from;
            for part in parts(GatherMode::Split, &body, leaves).iter().flatten() {
                let part: Value = serde_json::from_slice(part).unwrap();
                proptest::prop_assert_eq!(part["from"].as_i64().unwrap(), at);
                at = part["to"].as_i64().unwrap();
            }
            proptest::prop_assert_eq!(at, from + length);
        }
    }
}
