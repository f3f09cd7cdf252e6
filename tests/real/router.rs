//! The router in front of shards, and clients that shard by themselves.

use std::path::Path;

use crate::envoy;
use crate::generated::{Generated, replace};
use crate::program::{Running, echo, find, free_port, get};

const TILES: &str = "\
patterns: v1
name: tiles
app: {image: tiles, port: 8080}
shape: {sharded: {shards: 3, router: {protocol: http}}}
---
patterns: v1
name: map
app: {image: map, port: 3000}
use: [shard: {to: tiles, protocol: http}]
";

/// Starts Envoy with a generated configuration, its shards on loopback.
fn start(test: &str, envoy: &Path, config: &str, listener: (&str, u16), shards: &[u16]) -> (Running, u16) {
    let port = free_port();
    let mut config = replace(
        config,
        &format!("address: {}\n        port_value: {}", listener.0, listener.1),
        &format!("address: 127.0.0.1\n        port_value: {port}"),
    );
    for (at, shard) in shards.iter().enumerate() {
        let name = format!("address: tiles-{at}.tiles\n                port_value: 8080");
        config = replace(&config, &name, &format!("address: localhost\n                port_value: {shard}"));
    }
    (envoy::start(test, envoy, &config, port).0, port)
}

fn holders(port: u16) -> Vec<String> {
    let holder = |path: usize| {
        let answer = get(port, &format!("/tiles/{path}"), &[]);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.lines().find(|line| line.starts_with("shard-")).expect("the shard's name").to_owned()
    };
    (0..60).map(holder).collect()
}

#[test]
fn the_router_and_a_client_agree_on_every_shard() {
    let Some(envoy) = find("envoy") else { return };
    let tiles = Generated::from(TILES);
    let shards = [echo("shard-0"), echo("shard-1"), echo("shard-2")];
    let (_router, port) =
        start("router", &envoy, &tiles.file("tiles-sharded-", "envoy.yaml"), ("\"0.0.0.0\"", 8080), &shards);
    let by_router = holders(port);
    assert_eq!(by_router, holders(port), "the same shard each time");
    for shard in ["shard-0", "shard-1", "shard-2"] {
        assert!(by_router.iter().any(|holder| holder == shard), "{shard} gets nothing: {by_router:?}");
    }
    let (_client, port) =
        start("router-client", &envoy, &tiles.file("map-shard-", "envoy.yaml"), ("\"127.0.0.1\"", 18080), &shards);
    assert_eq!(by_router, holders(port), "one ring for all");
}
