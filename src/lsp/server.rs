//! The server: messages in, messages out, one after the other.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self as notifications, Notification as _};
use lsp_types::request::{self as requests, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CodeLensOptions, CompletionOptions, CompletionResponse,
    DidChangeWatchedFilesRegistrationOptions, ExecuteCommandOptions, ExecuteCommandParams, FileSystemWatcher,
    GlobPattern, GotoDefinitionResponse, Hover, HoverProviderCapability, InitializeParams, InitializeResult,
    MessageType, OneOf, PublishDiagnosticsParams, Registration, RegistrationParams, SaveOptions, ServerCapabilities,
    ServerInfo, ShowMessageParams, TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde_json::{Value as Json, json};

use super::actions::{Actions, FIX_ALL};
use super::folders::{Folders, Seen};
use super::positions::Encoding;
use super::uris;
use super::wire::{self, Incoming};
use super::{completion, definition, diagnostics, hover, lens};
use crate::files;
use crate::limits;
use crate::pattern::is_template_stuck;

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the protocol wants it: `shutdown`, then `exit`.
    Orderly,
    /// `exit` without `shutdown`, or a client that is gone.
    Abrupt,
}

/// So many messages may wait; a client that sends more waits itself.
const WAITING: usize = 64;

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
        takes_snippets: false,
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
    published: BTreeMap<String, PublishDiagnosticsParams>,
    /// Whether the client can say what changes on disk.
    watches: bool,
    /// Whether the client fills in snippets.
    takes_snippets: bool,
    /// How often the client was asked something.
    requests: i32,
}

type Queue = VecDeque<io::Result<Incoming>>;

impl<Out: Write> Server<Out> {
    fn serve(&mut self, receiver: &Receiver<io::Result<Incoming>>) -> io::Result<End> {
        let mut queue = Queue::new();
        loop {
            let is_open = self.wait(receiver, &mut queue);
            if is_template_stuck() {
                return Err(io::Error::other(
                    "one of the project's own templates does not end, and only this stops it",
                ));
            }
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
                    self.send(&response.into())?;
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
        while queue.len() < WAITING {
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
                Err(TryRecvError::Empty) => match receiver.recv() {
                    Ok(next) => queue.push_back(next),
                    Err(_) => return false,
                },
            }
        }
        true
    }

    fn end(&self) -> End {
        if self.phase == Phase::Shut { End::Orderly } else { End::Abrupt }
    }

    fn send(&mut self, message: &Message) -> io::Result<()> {
        wire::write(&mut self.out, message)
    }

    /// An answer to what is not a request, and so has no number to be answered by.
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
        self.folders.settle();
        match method {
            requests::Shutdown::METHOD => {
                self.phase = Phase::Shut;
                Response::new_ok(request.id, Json::Null)
            }
            requests::CodeActionRequest::METHOD => {
                reply::<requests::CodeActionRequest>(request, |params| Ok(self.actions(&params)))
            }
            requests::HoverRequest::METHOD => {
                reply::<requests::HoverRequest>(request, |params| Ok(self.hover(&params.text_document_position_params)))
            }
            requests::Completion::METHOD => {
                reply::<requests::Completion>(request, |params| Ok(self.completion(&params.text_document_position)))
            }
            requests::GotoDefinition::METHOD => reply::<requests::GotoDefinition>(request, |params| {
                Ok(self.definition(&params.text_document_position_params))
            }),
            requests::CodeLensRequest::METHOD => reply::<requests::CodeLensRequest>(request, |params| {
                Ok(self.folders.see(&params.text_document.uri).map(|seen| lens::of(seen, self.encoding)))
            }),
            requests::ExecuteCommand::METHOD => {
                reply::<requests::ExecuteCommand>(request, |params| self.execute(&params).map(|text| Some(json!(text))))
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
        let texts = params.capabilities.text_document.as_ref();
        let items = texts.and_then(|texts| texts.completion.as_ref()?.completion_item.as_ref());
        self.takes_snippets = items.and_then(|items| items.snippet_support).unwrap_or(false);
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
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some([" ", "[", "{", "-", "$"].map(str::to_owned).to_vec()),
                ..CompletionOptions::default()
            }),
            definition_provider: Some(OneOf::Left(true)),
            code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: vec![lens::SHOW.to_owned(), lens::EXPLAIN.to_owned()],
                ..ExecuteCommandOptions::default()
            }),
            ..ServerCapabilities::default()
        }
    }

    fn open_folders(&mut self, roots: &[PathBuf]) {
        let mut real: Vec<PathBuf> =
            roots.iter().map(|root| files::identity(root)).filter(|root| root.is_dir()).collect();
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
            notifications::DidSaveTextDocument::METHOD => {
                let params = params_of::<notifications::DidSaveTextDocument>(params)?;
                self.folders.rescan(&identities([&params.text_document.uri]));
            }
            notifications::DidChangeWatchedFiles::METHOD => {
                let params = params_of::<notifications::DidChangeWatchedFiles>(params)?;
                self.folders.rescan(&identities(params.changes.iter().map(|change| &change.uri)));
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
        self.send(&Request::new(id, requests::RegisterCapability::METHOD.to_owned(), params).into())
    }

    fn notify<N: notifications::Notification>(&mut self, params: N::Params) -> io::Result<()> {
        self.send(&Notification::new(N::METHOD.to_owned(), params).into())
    }

    /// Sends the diagnostics that differ from those that the client has, or are of a newer text.
    fn publish(&mut self) -> io::Result<()> {
        self.folders.findings();
        let mut now = BTreeMap::new();
        for buffer in self.folders.buffers.iter() {
            let none = PublishDiagnosticsParams::new(buffer.uri.clone(), Vec::new(), Some(buffer.version));
            now.insert(buffer.uri.as_str().to_owned(), none);
        }
        let names = self.folders.names();
        for (key, of_file) in self.folders.found() {
            let diagnostic = |finding| diagnostics::of(finding, &of_file.uri, &names, self.encoding);
            let all = of_file.findings.iter().map(diagnostic).collect();
            let version = self.folders.buffers.get(&of_file.uri).map(|buffer| buffer.version);
            now.insert(key.clone(), PublishDiagnosticsParams::new(of_file.uri.clone(), all, version));
        }
        for (key, before) in &self.published {
            if !before.diagnostics.is_empty() && !now.contains_key(key) {
                now.insert(key.clone(), PublishDiagnosticsParams::new(before.uri.clone(), Vec::new(), None));
            }
        }
        let is_news = |(key, params): &(&String, &PublishDiagnosticsParams)| self.published.get(*key) != Some(*params);
        let news: Vec<PublishDiagnosticsParams> =
            now.iter().filter(is_news).map(|(_, params)| params.clone()).collect();
        self.published = now;
        news.into_iter().try_for_each(|params| self.notify::<notifications::PublishDiagnostics>(params))
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

impl<Out: Write> Server<Out> {
    /// The text that is meant, and the byte of the place in it.
    fn place(&self, at: &TextDocumentPositionParams) -> Option<(Seen<'_>, usize)> {
        let seen = self.folders.see(&at.text_document.uri)?;
        // What is shown is a place in the text that was checked, which has no byte-order mark.
        let is_same = seen.file.source.text.starts_with(seen.buffer.text.as_str());
        is_same.then(|| (seen, self.encoding.byte(&seen.buffer.text, at.position)))
    }

    fn hover(&self, at: &TextDocumentPositionParams) -> Option<Hover> {
        let (seen, offset) = self.place(at)?;
        hover::at(seen, offset, self.encoding)
    }

    fn completion(&self, at: &TextDocumentPositionParams) -> Option<CompletionResponse> {
        let (seen, offset) = self.place(at)?;
        let items = completion::at(seen, offset, self.takes_snippets, self.encoding);
        Some(CompletionResponse::Array(items))
    }

    fn definition(&self, at: &TextDocumentPositionParams) -> Option<GotoDefinitionResponse> {
        let (seen, offset) = self.place(at)?;
        let places = definition::at(seen, offset, &self.folders.names(), self.encoding);
        (!places.is_empty()).then_some(GotoDefinitionResponse::Array(places))
    }

    fn execute(&self, params: &ExecuteCommandParams) -> Result<String, String> {
        let command = params.command.as_str();
        if !matches!(command, lens::SHOW | lens::EXPLAIN) {
            return Err(format!("there are the commands {} and {}", lens::SHOW, lens::EXPLAIN));
        }
        let uri = params.arguments.first().and_then(Json::as_str).and_then(|uri| Uri::from_str(uri).ok());
        let seen = uri.and_then(|uri| self.folders.see(&uri));
        let seen = seen.ok_or("the first argument is the URI of an open file")?;
        lens::text(seen, command, params.arguments.get(1).and_then(Json::as_str))
    }
}

/// The files that a client names.
fn identities<'uri>(uris: impl IntoIterator<Item = &'uri Uri>) -> Vec<PathBuf> {
    uris.into_iter().filter_map(uris::path).map(|path| files::identity(&path)).collect()
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
