//! Taking an address, and saying why it cannot be had.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

use super::super::http::Http;

/// What the kernel keeps of a connection that is not accepted or read yet, and how many of the first kind.
const RECEIVE_BUFFER: u32 = 64 * 1024;
const BACKLOG: u32 = 1024;

/// As tokio's `TcpListener::bind`, with small buffers.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Says why an address cannot be had, and what to do.
pub async fn taken(what: &str, flag: &str, address: SocketAddr, error: &std::io::Error) -> String {
    let variable = format!("PATTERNS_AGENT_{}", flag.trim_start_matches('-').to_uppercase().replace('-', "_"));
    let another = format!("give this one another: {flag} {}:PORT, or {variable}", address.ip());
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            let who = match neighbour(address).await {
                Some(role) => format!("another agent of this Pod, {role}, listens there"),
                None => "another container of this Pod probably listens there".to_owned(),
            };
            format!(
                "cannot listen on {address} ({what}): {error}. The containers of a Pod share its ports, and {who}; {another}"
            )
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("cannot listen on {address} ({what}): {error}. Ports below 1024 may need root; {another}")
        }
        _ => format!("cannot listen on {address} ({what}): {error}; {another}"),
    }
}

/// The role of the agent whose status server has an address: its metrics begin with it.
async fn neighbour(address: SocketAddr) -> Option<String> {
    const MOST: usize = 1024 * 1024;
    let ip = if address.ip().is_unspecified() { [127, 0, 0, 1].into() } else { address.ip() };
    let uri = format!("http://{}/metrics", SocketAddr::new(ip, address.port())).parse().ok()?;
    let time = Duration::from_secs(1);
    let answer = Http::new(time, MOST).get(uri, MOST, time).await.ok()?;
    let text = String::from_utf8_lossy(&answer.body);
    let (_, rest) = text.split_once("patterns_agent_")?;
    let (role, _) = rest.split_once("_connections")?;
    Some(role.replace('_', "-"))
}
