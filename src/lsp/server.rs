//! The server: messages in, messages out, one after the other.

mod answers;

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self as notifications, Notification as _};
use lsp_types::request::{self as requests, Request as _};
use lsp_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, MessageType, PublishDiagnosticsParams,
    Registration, RegistrationParams, ShowMessageParams, Uri,
};
use serde_json::{Value as Json, json};

use super::diagnostics;
use super::folders::Folders;
use super::positions::Encoding;
use super::uris;
use super::wire::{self, Incoming};
use crate::files;
use crate::pattern::is_template_stuck;

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the protocol wants it: `shutdown`, then `exit`.
    Orderly,
    /// `exit` without `shutdown`, or a client that is gone.
    Abrupt,
}

/// How many messages may wait at most; a client that sends more has to wait.
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
        if let Some(error) = self.folders.untold() {
            let message = format!("the settings cannot be read: {error}");
            self.notify::<notifications::ShowMessage>(ShowMessageParams { typ: MessageType::ERROR, message })?;
        }
        news.into_iter().try_for_each(|params| self.notify::<notifications::PublishDiagnostics>(params))
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
