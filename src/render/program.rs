//! Running Helm and kustomize: for a bounded time, with bounded output, and without the user's settings or a network.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::watch::{self, Watch};
use crate::limits;

/// What is kept of a program's messages.
const MESSAGES: u64 = 64 << 10;
/// How often it looks for a signal to end.
const LOOK: Duration = Duration::from_millis(50);
/// What is shown of them.
const SHOWN: usize = 2000;

/// Where a program is. Folders of `PATH` that are relative do not count: a chart's own folder may be one.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// Runs a program to its end and returns what it prints.
///
/// # Errors
/// In words: that it could not start, failed, took too long or printed too much.
pub fn run(program: &Path, args: &[OsString]) -> Result<String, String> {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let home = Home::new().map_err(|error| format!("no folder for {name} to work in: {error}"))?;
    let _watch = Watch::begin().map_err(|error| format!("signals cannot be watched for {name}: {error}"))?;
    let mut child =
        command(program, args, &home.0).spawn().map_err(|error| format!("{name} does not start: {error}"))?;
    let output = collect(&mut child, &name);
    if output.is_err() {
        end(&mut child);
    }
    if let Some(signal) = watch::asked_to_end() {
        // what it would have done without us
        drop(home);
        watch::end_by(signal);
    }
    let (is_good, out, messages) = output?;
    if !is_good {
        return Err(format!("{name} fails: {}", shown(&messages)));
    }
    String::from_utf8(out).map_err(|_| format!("the output of {name} is not UTF-8"))
}

/// A program that knows nothing of the user and reaches nothing: no plugins, no repositories, no cluster.
fn command(program: &Path, args: &[OsString], home: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(home).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).env("TMPDIR", home);
    for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "XDG_CONFIG_HOME"] {
        command.env(name, home);
    }
    command.env("KUBECONFIG", home.join("none"));
    // What would be fetched is refused before the call. This is for what we do not know of.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // with what it starts it can be ended together
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Ends a program that has not been waited for, and all that it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Which pipe was read to its end, and what it held.
type Piped = (bool, io::Result<Vec<u8>>);

/// Waits for a program: whether it succeeded, what it printed, and its messages.
fn collect(child: &mut Child, name: &str) -> Result<(bool, Vec<u8>, Vec<u8>), String> {
    let end = Instant::now() + Duration::from_secs(limits::RENDER_SECONDS.most);
    let too_long = || {
        let limit = limits::RENDER_SECONDS;
        format!("{name} takes longer than {limit} seconds (limit {}, see `patterns explain limits`)", limit.name)
    };
    let ended = || format!("{name} was killed");
    let (send, pipes) = mpsc::channel::<Piped>();
    if let Some(out) = child.stdout.take() {
        read(out, true, limits::INPUT.most + 1, send.clone());
    }
    if let Some(err) = child.stderr.take() {
        read(err, false, MESSAGES, send.clone());
    }
    drop(send);
    let (mut out, mut messages) = (Vec::new(), Vec::new());
    loop {
        match pipes.recv_timeout(end.saturating_duration_since(Instant::now()).min(LOOK)) {
            Ok((is_output, bytes)) => {
                let bytes = bytes.map_err(|error| format!("the output of {name} cannot be read: {error}"))?;
                if bytes.len() as u64 > limits::INPUT.most {
                    let limit = limits::INPUT;
                    return Err(format!(
                        "{name} prints more than {limit} (limit {}, see `patterns explain limits`)",
                        limit.name
                    ));
                }
                if is_output { out = bytes } else { messages = bytes }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) if watch::asked_to_end().is_some() => return Err(ended()),
            Err(mpsc::RecvTimeoutError::Timeout) if Instant::now() < end => {}
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(too_long()),
        }
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status.success(), out, messages)),
            Ok(None) if watch::asked_to_end().is_some() => return Err(ended()),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => return Err(too_long()),
            Err(error) => return Err(format!("{name} cannot be waited for: {error}")),
        }
    }
}

/// Reads a pipe beside the others. Past `most` the rest of messages is dropped, so that the program is not kept waiting;
/// too much output ends it.
fn read(mut pipe: impl Read + Send + 'static, is_output: bool, most: u64, send: mpsc::Sender<Piped>) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = pipe.by_ref().take(most).read_to_end(&mut bytes);
        let _ = send.send((is_output, result.map(|_| bytes)));
        if !is_output {
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
    });
}

fn shown(messages: &[u8]) -> String {
    let text = String::from_utf8_lossy(messages);
    // what kustomize warns of before it fails is another matter, and `--debug` is an option that we do not have
    let is_aside = |line: &str| line.starts_with("# Warning:") || line == "Use --debug flag to render out invalid YAML";
    let lines = || text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let is_all_aside = lines().all(is_aside);
    let lines = lines().filter(|line| is_all_aside || !is_aside(line));
    let text = lines.map(of_log).collect::<Vec<_>>().join("\n  ");
    let text: String = text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).take(SHOWN).collect();
    if text.is_empty() { "without a word".to_owned() } else { text }
}

/// What a line of klog, as `kubectl` writes them, says: `E1128 20:36:15.071834 8117 run.go:72] "command failed" err="…"`.
fn of_log(line: &str) -> String {
    let said = line.split_once("] ").filter(|(head, _)| {
        let mut parts = head.split_whitespace();
        let is_day = |day: &str| {
            day.strip_prefix(['E', 'F', 'I', 'W']).is_some_and(|day| day.len() == 4 && day.parse::<u16>().is_ok())
        };
        parts.next().is_some_and(is_day) && head.rsplit_once(':').is_some_and(|(_, line)| line.parse::<u32>().is_ok())
    });
    let Some((_, said)) = said else { return line.to_owned() };
    let error = said.split_once("err=\"").and_then(|(_, error)| error.strip_suffix('"'));
    error.unwrap_or(said).replace("\\\"", "\"").replace("\\n", "\n  ")
}

/// A folder that is there while a program runs.
struct Home(PathBuf);

impl Home {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let folder = std::env::temp_dir();
        // a name that is taken may be a trap, or what a process of this number once left behind
        for _ in 0..1000 {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("patterns-render-{}-{count}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<String, String> {
        run(Path::new("/bin/sh"), &["-c".into(), script.into()])
    }

    #[test]
    fn output_and_messages_are_told_apart() {
        assert_eq!(shell("echo out; echo err >&2").as_deref(), Ok("out\n"));
        assert_eq!(shell("echo out; echo bad >&2; exit 3"), Err("sh fails: bad".to_owned()));
        assert_eq!(shell("exit 1"), Err("sh fails: without a word".to_owned()));
        let asides = "echo '# Warning: a is deprecated' >&2";
        assert_eq!(shell(&format!("{asides}; echo bad >&2; exit 1")), Err("sh fails: bad".to_owned()));
        assert_eq!(shell(&format!("{asides}; exit 1")), Err("sh fails: # Warning: a is deprecated".to_owned()));
        assert!(shell("printf '\\377'").is_err());
    }

    #[test]
    fn lines_of_a_log_are_what_they_say() {
        let line = r#"E1128 20:36:15.071834    8117 run.go:72] "command failed" err="open \"a\": no such file""#;
        assert_eq!(of_log(line), r#"open "a": no such file"#);
        assert_eq!(of_log("W1128 20:36:15.071834 1 a.go:7] be careful"), "be careful");
        for line in ["error: [a] b", "Every [x:1] y", "E12 x:1] y"] {
            assert_eq!(of_log(line), line);
        }
    }

    /// A wrapper may start the program and wait for it.
    #[test]
    fn what_a_program_has_started_ends_with_it() {
        let mut child =
            command(Path::new("/bin/sh"), &["-c".into(), "sleep 300 & echo $!; wait".into()], Path::new("/"))
                .spawn()
                .unwrap();
        let mut started = String::new();
        io::BufRead::read_line(&mut io::BufReader::new(child.stdout.take().unwrap()), &mut started).unwrap();
        let of_started = Path::new("/proc").join(started.trim());
        assert!(!cfg!(target_os = "linux") || of_started.exists());
        end(&mut child);
        let is_gone = || fs::read_to_string(of_started.join("stat")).map_or(true, |stat| stat.contains(") Z "));
        for _ in 0..1000 {
            if is_gone() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{started} is still there");
    }

    #[test]
    fn many_messages_keep_no_program_waiting() {
        assert_eq!(shell("head -c 1000000 /dev/zero >&2; echo done").as_deref(), Ok("done\n"));
    }

    #[test]
    fn the_environment_is_not_the_users() {
        let out = shell("echo $HOME; pwd; env").unwrap_or_default();
        let mut lines = out.lines();
        let home = lines.next().unwrap_or_default();
        assert_eq!(lines.next(), Some(home));
        assert!(home.contains("patterns-render-"), "{out}");
        assert!(!Path::new(home).exists());
        assert!(!out.contains("CARGO_"), "{out}");
    }
}
