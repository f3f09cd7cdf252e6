//! The server: messages in, messages out, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self as notifications, Notification as _};
use lsp_types::request::{self as requests, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, Diagnostic, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern,
    InitializeParams, InitializeResult, MessageType, PublishDiagnosticsParams, Registration, RegistrationParams,
    SaveOptions, ServerCapabilities, ServerInfo, ShowMessageParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde_json::{Value as Json, json};

use super::actions::{Actions, FIX_ALL};
use super::diagnostics;
use super::folders::Folders;
use super::positions::Encoding;
use super::uris;
use super::wire::{self, Incoming};
use crate::files;
use crate::limits;

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the protocol wants it: `shutdown`, then `exit`.
    Orderly,
    /// `exit` without `shutdown`, or a client that is gone.
    Abrupt,
}

/// So many messages may wait; a client that sends more waits itself.
const WAITING: usize = 256;

/// Serves a client until it ends the session.
///
/// # Errors
/// A client that takes no answers, or sends what are no messages.
pub fn run(input: impl BufRead + Send + 'static, out: impl Write) -> io::Result<End> {
    let (sender, receiver) = sync_channel(WAITING);
    // The thread ends with the input, or with the process: nothing waits for it.
    std::thread::spawn(move || {
        let mut input = input;
        loop {
            let next = wire::read(&mut input).transpose();
            let is_last = !matches!(next, Some(Ok(_)));
            if let Some(next) = next
                && sender.send(next).is_err()
            {
                break;
            }
            if is_last {
                break;
            }
        }
    });
    let mut server = Server {
        out,
        phase: Phase::Begun,
        encoding: Encoding::Utf16,
        folders: Folders::default(),
        published: BTreeMap::new(),
        watches: false,
        requests: 0,
    };
    server.serve(&receiver)
}

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before `initialize`.
    Begun,
    /// Between `initialize` and `shutdown`.
    Running,
    /// After `shutdown`.
    Shut,
}

struct Server<Out> {
    out: Out,
    phase: Phase,
    encoding: Encoding,
    folders: Folders,
    /// The diagnostics that the client has, by URI.
    published: BTreeMap<String, (Uri, Vec<Diagnostic>)>,
    /// Whether the client can say what changes on disk.
    watches: bool,
    /// How often the client was asked something.
    requests: i32,
}

type Queue = VecDeque<io::Result<Incoming>>;

impl<Out: Write> Server<Out> {
    fn serve(&mut self, receiver: &Receiver<io::Result<Incoming>>) -> io::Result<End> {
        let mut queue = Queue::new();
        loop {
            let is_open = self.wait(receiver, &mut queue);
            let Some(next) = queue.pop_front() else {
                if is_open {
                    continue;
                }
                return Ok(self.end());
            };
            match next? {
                Incoming::Message(Message::Request(request)) => {
                    let response = if is_cancelled(&request.id, &queue) {
                        Response::new_err(request.id, ErrorCode::RequestCanceled as i32, "cancelled".to_owned())
                    } else {
                        self.answer_safely(request)
                    };
                    self.send(response.into())?;
                }
                Incoming::Message(Message::Notification(notification)) => {
                    if notification.method == notifications::Exit::METHOD {
                        return Ok(self.end());
                    }
                    self.hear(notification)?;
                }
                // To what was asked of the client there is nothing to say.
                Incoming::Message(Message::Response(_)) => {}
                Incoming::Broken { code, message } => self.refuse(code, &message)?,
            }
        }
    }

    /// Takes in what has come. While nothing has, works on what the last edit changed, then waits. Whether more can
    /// come.
    fn wait(&mut self, receiver: &Receiver<io::Result<Incoming>>, queue: &mut Queue) -> bool {
        loop {
            match receiver.try_recv() {
                Ok(next) => queue.push_back(next),
                Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) if !queue.is_empty() => return true,
                Err(TryRecvError::Empty) if self.phase == Phase::Running && self.folders.has_work() => {
                    let is_news = catch_unwind(AssertUnwindSafe(|| self.folders.work()));
                    // What cannot be checked is not tried again before the next edit.
                    if is_news.unwrap_or_else(|_| self.folders.give_up()) && self.publish().is_err() {
                        return false;
                    }
                }
                Err(TryRecvError::Empty) => match receiver.recv_timeout(Duration::from_secs(3600)) {
                    Ok(next) => queue.push_back(next),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return false,
                },
            }
        }
    }

    fn end(&self) -> End {
        if self.phase == Phase::Shut { End::Orderly } else { End::Abrupt }
    }

    fn send(&mut self, message: Message) -> io::Result<()> {
        wire::write(&mut self.out, &message)
    }

    /// An answer to what is no request, and so has no number to be answered by.
    fn refuse(&mut self, code: ErrorCode, message: &str) -> io::Result<()> {
        let answer = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code as i32, "message": message}});
        let text = answer.to_string();
        write!(self.out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.out.flush()
    }

    /// A file on which something of ours breaks costs one answer, not the session.
    fn answer_safely(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        let answer = catch_unwind(AssertUnwindSafe(|| self.answer(request)));
        answer.unwrap_or_else(|_| {
            let message = "internal error; please report it with the file".to_owned();
            Response::new_err(id, ErrorCode::InternalError as i32, message)
        })
    }

    fn answer(&mut self, request: Request) -> Response {
        let method = request.method.as_str();
        match (self.phase, method) {
            (Phase::Begun, requests::Initialize::METHOD) => {
                return reply::<requests::Initialize>(request, |params| Ok(self.initialize(&params)));
            }
            (Phase::Begun, _) => {
                let message = "the first request is `initialize`".to_owned();
                return Response::new_err(request.id, ErrorCode::ServerNotInitialized as i32, message);
            }
            (Phase::Running, _) if method != requests::Initialize::METHOD => {}
            _ => {
                let message = "not now: the session is initialized once, and ends after `shutdown`".to_owned();
                return Response::new_err(request.id, ErrorCode::InvalidRequest as i32, message);
            }
        }
        match method {
            requests::Shutdown::METHOD => {
                self.phase = Phase::Shut;
                Response::new_ok(request.id, Json::Null)
            }
            requests::CodeActionRequest::METHOD => {
                reply::<requests::CodeActionRequest>(request, |params| Ok(self.actions(&params)))
            }
            _ => {
                let message = format!("this server has no `{}`", crate::words::clip(method));
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    fn initialize(&mut self, params: &InitializeParams) -> InitializeResult {
        self.phase = Phase::Running;
        let general = params.capabilities.general.as_ref();
        self.encoding = Encoding::agree(general.and_then(|general| general.position_encodings.as_deref()));
        let workspace = params.capabilities.workspace.as_ref();
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        self.watches = watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false);
        self.open_folders(&roots(params));
        InitializeResult {
            capabilities: self.capabilities(),
            server_info: Some(ServerInfo {
                name: "patterns".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }

    fn capabilities(&self) -> ServerCapabilities {
        ServerCapabilities {
            position_encoding: Some(self.encoding.kind()),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
                ..TextDocumentSyncOptions::default()
            })),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, FIX_ALL]),
                ..CodeActionOptions::default()
            })),
            ..ServerCapabilities::default()
        }
    }

    fn open_folders(&mut self, roots: &[PathBuf]) {
        let mut real: Vec<PathBuf> = roots.iter().map(|root| files::identity(root)).filter(|root| root.is_dir()).collect();
        real.sort();
        real.dedup();
        // Names in messages are those that `patterns lint .` has in the first folder.
        if let Some(first) = roots.first().map(|root| files::identity(root)) {
            let _ = std::env::set_current_dir(first);
        }
        let opened = catch_unwind(AssertUnwindSafe(|| self.folders.open(real)));
        if opened.unwrap_or(false) {
            let message = format!(
                "the open folders hold more than {} YAML and JSON files (limit {}); only open files are checked",
                limits::FILES,
                limits::FILES.name
            );
            let _ = self.notify::<notifications::ShowMessage>(ShowMessageParams { typ: MessageType::WARNING, message });
        }
    }

    fn hear(&mut self, notification: Notification) -> io::Result<()> {
        if self.phase != Phase::Running {
            return Ok(());
        }
        if notification.method == notifications::Initialized::METHOD {
            return self.watch();
        }
        // What is broken or unknown has no answer, and nothing to do.
        let _ = catch_unwind(AssertUnwindSafe(|| self.take(notification)));
        Ok(())
    }

    fn take(&mut self, notification: Notification) -> Option<()> {
        let Notification { method, params } = notification;
        match method.as_str() {
            notifications::DidOpenTextDocument::METHOD => {
                let params = params_of::<notifications::DidOpenTextDocument>(params)?;
                self.folders.did_open(params.text_document);
            }
            notifications::DidChangeTextDocument::METHOD => {
                let params = params_of::<notifications::DidChangeTextDocument>(params)?;
                let document = params.text_document;
                self.folders.did_change(&document.uri, document.version, params.content_changes, self.encoding);
            }
            notifications::DidCloseTextDocument::METHOD => {
                let params = params_of::<notifications::DidCloseTextDocument>(params)?;
                self.folders.did_close(&params.text_document.uri);
            }
            notifications::DidSaveTextDocument::METHOD | notifications::DidChangeWatchedFiles::METHOD => {
                self.folders.rescan();
            }
            _ => {}
        }
        Some(())
    }

    /// Asks the client to say what changes on disk.
    fn watch(&mut self) -> io::Result<()> {
        if !self.watches {
            return Ok(());
        }
        let watcher = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
        let globs = ["**/*.yaml", "**/*.yml", "**/*.json", "**/*.j2", "**/Kustomization"];
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: globs.map(watcher).to_vec() };
        let registration = Registration {
            id: "files".to_owned(),
            method: notifications::DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Request::new(id, requests::RegisterCapability::METHOD.to_owned(), params).into())
    }

    fn notify<N: notifications::Notification>(&mut self, params: N::Params) -> io::Result<()> {
        self.send(Notification::new(N::METHOD.to_owned(), params).into())
    }

    /// Sends the diagnostics that differ from those that the client has.
    fn publish(&mut self) -> io::Result<()> {
        let mut now: BTreeMap<String, (Uri, Vec<Diagnostic>)> = BTreeMap::new();
        self.folders.findings();
        let names = self.folders.names();
        for (key, of_file) in self.folders.found() {
            let diagnostic = |finding| diagnostics::of(finding, &of_file.uri, &names, self.encoding);
            let all = of_file.findings.iter().map(diagnostic).collect();
            now.insert(key.clone(), (of_file.uri.clone(), all));
        }
        let mut changes: Vec<PublishDiagnosticsParams> = Vec::new();
        let version = |uri: &Uri| self.folders.buffers.get(uri).map(|buffer| buffer.version);
        for (key, (uri, all)) in &now {
            if self.published.get(key).is_none_or(|(_, known)| known != all) {
                changes.push(PublishDiagnosticsParams::new(uri.clone(), all.clone(), version(uri)));
            }
        }
        for (key, (uri, _)) in &self.published {
            if !now.contains_key(key) {
                changes.push(PublishDiagnosticsParams::new(uri.clone(), Vec::new(), version(uri)));
            }
        }
        self.published = now;
        changes.into_iter().try_for_each(|change| self.notify::<notifications::PublishDiagnostics>(change))
    }

    fn actions(&mut self, params: &CodeActionParams) -> Option<CodeActionResponse> {
        let uri = &params.text_document.uri;
        self.folders.findings();
        let seen = self.folders.see(uri)?;
        let of_file = self.folders.found().get(uri.as_str())?;
        let names = self.folders.names();
        let wanted = |kind: &CodeActionKind| {
            let is_of = |only: &CodeActionKind| {
                let rest = kind.as_str().strip_prefix(only.as_str());
                rest.is_some_and(|rest| rest.is_empty() || only.as_str().is_empty() || rest.starts_with('.'))
            };
            params.context.only.as_ref().is_none_or(|only| only.iter().any(is_of))
        };
        let actions = Actions { seen, of_file, names: &names, encoding: self.encoding }.at(params.range, wanted);
        Some(actions.into_iter().map(CodeActionOrCommand::from).collect())
    }
}

/// Whether what waits behind a request takes it back.
fn is_cancelled(id: &RequestId, queue: &Queue) -> bool {
    queue.iter().any(|next| match next {
        Ok(Incoming::Message(Message::Notification(notification))) => {
            notification.method == notifications::Cancel::METHOD
                && notification.params.get("id").is_some_and(|cancelled| *cancelled == json!(id))
        }
        _ => false,
    })
}

fn params_of<N: notifications::Notification>(params: Json) -> Option<N::Params> {
    serde_json::from_value(params).ok()
}

/// Answers a request, if its parameters are those of its kind.
fn reply<R: requests::Request>(
    request: Request,
    work: impl FnOnce(R::Params) -> Result<R::Result, String>,
) -> Response {
    let Request { id, params, .. } = request;
    match serde_json::from_value(params) {
        Ok(params) => match work(params) {
            Ok(result) => Response::new_ok(id, result),
            Err(message) => Response::new_err(id, ErrorCode::RequestFailed as i32, message),
        },
        Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()),
    }
}

#[expect(deprecated, reason = "clients that know one folder alone say it so")]
fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
    let mut roots: Vec<PathBuf> = folders.filter_map(uris::path).collect();
    if roots.is_empty() {
        roots.extend(params.root_uri.as_ref().and_then(uris::path));
    }
    if roots.is_empty() {
        roots.extend(params.root_path.as_ref().map(PathBuf::from).filter(|path| path.is_absolute()));
    }
    roots
}
