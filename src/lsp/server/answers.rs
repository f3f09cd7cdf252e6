//! Answers to requests.

mod client;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr as _;

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::notification as notifications;
use lsp_types::request::{self as requests, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CodeLensOptions, CompletionOptions, CompletionResponse, ExecuteCommandOptions,
    ExecuteCommandParams, GotoDefinitionResponse, Hover, HoverProviderCapability, InitializeResult, MessageType, OneOf,
    SaveOptions, ServerCapabilities, ServerInfo, ShowMessageParams, TextDocumentPositionParams,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use serde_json::{Value as Json, json};

use super::super::actions::{Actions, FIX_ALL};
use super::super::folders::Seen;
use super::super::positions::Encoding;
use super::super::{completion, definition, hover, lens};
use super::{Phase, Server};
use crate::files;
use crate::limits;
use client::Client;

impl<Out: Write> Server<Out> {
    pub(super) fn answer(&mut self, request: Request) -> Response {
        let method = request.method.as_str();
        match (self.phase, method) {
            (Phase::Begun, requests::Initialize::METHOD) => {
                let Request { id, params, .. } = request;
                return match serde_json::from_value(params) {
                    Ok(client) => Response::new_ok(id, self.initialize(&client)),
                    Err(error) => invalid(id, &error),
                };
            }
            (Phase::Begun, _) => {
                let message = "the first request must be `initialize`".to_owned();
                return Response::new_err(request.id, ErrorCode::ServerNotInitialized as i32, message);
            }
            (Phase::Running, _) if method != requests::Initialize::METHOD => {}
            _ => {
                let message = "not allowed now: the session is initialized once, and ends after `shutdown`".to_owned();
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
                let message = format!("this server does not support `{}`", crate::words::clip(method));
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    fn initialize(&mut self, client: &Client) -> InitializeResult {
        self.phase = Phase::Running;
        self.encoding = Encoding::agree(client.encodings());
        self.watches = client.says_what_changes();
        self.takes_snippets = client.takes_snippets();
        self.open_folders(&client.roots());
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
        real.sort_unstable();
        real.dedup();
        // Names in messages are those that `patterns lint .` has in the first folder.
        if let Some(first) = roots.first().map(|root| files::identity(root)) {
            let _ = std::env::set_current_dir(first);
        }
        let opened = catch_unwind(AssertUnwindSafe(|| self.folders.open(real)));
        if opened.unwrap_or(false) {
            let message = format!(
                "the open folders hold more than {} YAML and JSON files (limit {}, see `patterns explain limits`); only open files are checked",
                limits::FILES,
                limits::FILES.name
            );
            let _ = self.notify::<notifications::ShowMessage>(ShowMessageParams { typ: MessageType::WARNING, message });
        }
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
        Err(error) => invalid(id, &error),
    }
}

fn invalid(id: RequestId, error: &serde_json::Error) -> Response {
    Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string())
}
