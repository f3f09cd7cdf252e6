//! `demo`: Metaparticle's histogram demonstrations, so that examples run: leaves that draw random numbers, a merge
//! container that counts them, and a source of items. A seed repeats the numbers; leaves of one seed differ.
//!
//! `uniform-original` is what was published as the uniform histogram: the merge function of the digits was kept, so it
//! adds up the first ten *samples* of every leaf. `uniform` is the histogram.

use std::f64::consts::TAU;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Failure;
use super::cli::{DemoArgs, DemoKind, DemoPart};
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report};

/// Numbers that a leaf draws.
const SAMPLES: usize = 100;

/// Bars of a histogram, and their width.
const BARS: usize = 10;
const WIDTH: f64 = 20.0;

/// Items of the source.
const ITEMS: usize = 10;

/// Serves until SIGTERM.
///
/// # Errors
/// An address in use.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let port = match args.part {
        DemoPart::Leaf => 3000,
        DemoPart::Merge => 3100,
        DemoPart::Source => 8080,
    };
    let listen = args.listen.unwrap_or_else(|| ([0, 0, 0, 0], port).into());
    let demo = Arc::new(Demo { kind: args.kind, seed: args.seed, leaf: args.leaf });
    let mut servers = Servers::new("demo");
    status::start(&mut servers, args.status.status, Arc::clone(&demo) as _).await?;
    let router = match args.part {
        DemoPart::Leaf => Router::new().fallback(leaf),
        DemoPart::Merge => Router::new().fallback(merge),
        DemoPart::Source => {
            let items = Router::new().route("/items", get(items)).route("/items/{name}", get(item));
            Router::new().merge(items.clone()).nest("/api/v1", items)
        }
    };
    let router = router.route("/healthz", get(|| async { "ok\n" })).with_state(demo);
    // A merge container is sent the answers of all leaves.
    let limits = Limits { body: 4 * 1024 * 1024, bodies: 16 * 1024 * 1024, ..Limits::SMALL };
    servers.serve("demo", "--listen", listen, router, limits).await?;
    servers.until(&mut termination).await?;
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

struct Demo {
    kind: DemoKind,
    seed: u64,
    leaf: u64,
}

impl Report for Demo {
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Answers in the protocol that it is asked in.
async fn leaf(State(demo): State<Arc<Demo>>, body: Bytes) -> Json<Value> {
    let result = json!({ "n": numbers(demo.kind, &draw(demo.kind, demo.seed, demo.leaf)) });
    let call: Value = serde_json::from_slice(&body).unwrap_or_default();
    if call["jsonrpc"] == "2.0" {
        return Json(json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }));
    }
    Json(result)
}

async fn merge(State(demo): State<Arc<Demo>>, body: Bytes) -> Response {
    let given: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(responses) = given["responses"].as_array() else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "no \"responses\"" }))).into_response();
    };
    let of = |response: &Value| -> Vec<f64> {
        response["body"]["n"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    Json(merged(demo.kind, &responses.iter().map(of).collect::<Vec<_>>())).into_response()
}

/// The numbers of one leaf: samples, or how often each digit occurred in them.
fn draw(kind: DemoKind, seed: u64, leaf: u64) -> Vec<f64> {
    // Through the generator once, so that leaf 2 of seed 1 is not leaf 1 of seed 2.
    let seed = fastrand::Rng::with_seed(seed).u64(..).wrapping_add(leaf);
    let mut rng = fastrand::Rng::with_seed(seed);
    match kind {
        DemoKind::Gaussian => (0..SAMPLES).map(|_| gaussian(&mut rng, 25.0, 100.0)).collect(),
        DemoKind::Uniform | DemoKind::UniformOriginal => (0..SAMPLES).map(|_| 200.0 * rng.f64()).collect(),
        DemoKind::Digits => {
            // Rounded, so that 0 and 100 are half as likely as the others, as published.
            let numbers = (0..SAMPLES).map(|_| format!("{:.0}", (100.0 * rng.f64()).round()));
            count(numbers.flat_map(|number| number.bytes().collect::<Vec<_>>()))
        }
        DemoKind::LastDigit => {
            let numbers = (0..SAMPLES).map(|_| (5 * rng.u32(0..=20)).to_string());
            count(numbers.filter_map(|number| number.bytes().last()))
        }
    }
}

/// Box and Muller's.
fn gaussian(rng: &mut fastrand::Rng, sigma: f64, mean: f64) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    mean + sigma * radius * (TAU * rng.f64()).cos()
}

fn count(digits: impl Iterator<Item = u8>) -> Vec<f64> {
    let mut counts = vec![0.0; 10];
    for digit in digits {
        if let Some(count) = counts.get_mut(usize::from(digit.wrapping_sub(b'0'))) {
            *count += 1.0;
        }
    }
    counts
}

fn merged(kind: DemoKind, leaves: &[Vec<f64>]) -> Value {
    match kind {
        DemoKind::Gaussian | DemoKind::Uniform => {
            let bar =
                |number: &f64, bar: u32| *number >= f64::from(bar) * WIDTH && *number < f64::from(bar + 1) * WIDTH;
            let bars = (0..).take(BARS).map(|at| leaves.iter().flatten().filter(|number| bar(number, at)).count());
            json!(bars.collect::<Vec<_>>())
        }
        DemoKind::Digits | DemoKind::LastDigit | DemoKind::UniformOriginal => numbers(kind, &sums(leaves)),
    }
}

/// Counts without a decimal point, samples with theirs.
fn numbers(kind: DemoKind, numbers: &[f64]) -> Value {
    match kind {
        DemoKind::Digits | DemoKind::LastDigit => {
            json!(numbers.iter().map(|count| format!("{count:.0}").parse::<u64>().unwrap_or(0)).collect::<Vec<_>>())
        }
        _ => json!(numbers),
    }
}

fn sums(leaves: &[Vec<f64>]) -> Vec<f64> {
    (0..BARS).map(|at| leaves.iter().filter_map(|leaf| leaf.get(at)).sum()).collect()
}

async fn items() -> Json<Value> {
    let names: Vec<_> = (0..ITEMS).map(|item| format!("item-{item}")).collect();
    Json(json!({ "kind": "ItemList", "apiVersion": "v1", "items": names }))
}

async fn item(State(demo): State<Arc<Demo>>, Path(name): Path<String>) -> Response {
    let number = name.strip_prefix("item-").and_then(|number| number.parse::<usize>().ok());
    match number.filter(|number| *number < ITEMS && name == format!("item-{number}")) {
        Some(number) => {
            let data = json!({ "item": number, "seed": demo.seed });
            Json(json!({ "kind": "Item", "apiVersion": "v1", "data": data })).into_response()
        }
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "no such item" }))).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(kind: DemoKind) -> Vec<f64> {
        let leaves: Vec<_> = (0..10).map(|leaf| draw(kind, 42, leaf)).collect();
        serde_json::from_value(merged(kind, &leaves)).unwrap()
    }

    #[test]
    fn histograms_have_the_published_shapes() {
        let total = |bars: &[f64]| bars.iter().sum::<f64>();
        let gaussian = histogram(DemoKind::Gaussian);
        assert!(total(&gaussian) >= 995.0 && gaussian[4] + gaussian[5] > 450.0 && gaussian[0] < 10.0, "{gaussian:?}");
        let uniform = histogram(DemoKind::Uniform);
        assert!(
            uniform.iter().all(|bar| (60.0..140.0).contains(bar)) && (999.5..1000.5).contains(&total(&uniform)),
            "{uniform:?}"
        );
        // Sums of ten numbers around 100, not counts.
        let original = histogram(DemoKind::UniformOriginal);
        assert!(original.iter().all(|bar| (400.0..1600.0).contains(bar)), "{original:?}");
        let digits = histogram(DemoKind::Digits);
        assert!((1860.0..1960.0).contains(&total(&digits)) && digits[0] < 150.0, "{digits:?}");
        let last = histogram(DemoKind::LastDigit);
        assert!((999.5..1000.5).contains(&(last[0] + last[5])) && last[0] > 420.0 && last[5] > 400.0, "{last:?}");
    }

    #[test]
    fn seeds_repeat_and_leaves_differ() {
        assert_eq!(draw(DemoKind::Gaussian, 1, 2), draw(DemoKind::Gaussian, 1, 2));
        assert_ne!(draw(DemoKind::Gaussian, 1, 2), draw(DemoKind::Gaussian, 1, 3));
        assert_ne!(draw(DemoKind::Gaussian, 1, 2), draw(DemoKind::Gaussian, 2, 1));
    }
}
