//! One connection: its requests, each read whole, and their answers.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::pool::{Permit, Pool, Share};

/// A request's head, and what is read or written at once. hyper would let each connection have 400 KB.
pub const BUFFER: usize = 16 * 1024;
pub const MAX_HEADERS: usize = 64;

/// How long a server whose own files or memory run short leaves newcomers alone.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// What answers requests.
pub type App = TowerToHyperService<Router>;

/// Takes connections until the servers end.
pub async fn accept(listener: TcpListener, app: App, pool: Arc<Pool>, mut ending: watch::Receiver<bool>) {
    let ended = ending.clone();
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    drop(stream.set_nodelay(true));
                    let place = pool.take().await;
                    tokio::spawn(converse(stream, app.clone(), place, ended.clone()));
                }
                // What one client has done is over with it; anything else is over when files or memory are free.
                Err(error) if error.raw_os_error().is_some_and(of_one_client) => {}
                Err(error) => {
                    tracing::warn!(%error, "{} cannot accept connections", pool.what);
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = ending.wait_for(|ending| *ending) => {}
    }
}

fn of_one_client(error: i32) -> bool {
    use rustix::io::Errno;
    [Errno::CONNABORTED, Errno::CONNRESET, Errno::CONNREFUSED, Errno::INTR].map(Errno::raw_os_error).contains(&error)
}

/// One connection, to its end.
pub async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    app: App,
    place: Arc<Permit>,
    mut ending: watch::Receiver<bool>,
) {
    let service = {
        let (place, ending) = (Arc::clone(&place), ending.clone());
        service_fn(move |request| {
            let (app, place, ending) = (app.clone(), Arc::clone(&place), ending.clone());
            async move { Ok::<_, Infallible>(answer(request, app, place, ending).await) }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(place.pool.limits.wait)
        .max_buf_size(BUFFER)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // What goes wrong with a connection is its client's business; hyper has answered what can be answered.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = place.dropped.notified() => return,
        _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = place.dropped.notified() => {}
    }
}

/// Reads the whole request, in which time the connection waits for its client, and has the role answer it.
async fn answer(
    request: Request<Incoming>,
    app: App,
    place: Arc<Permit>,
    mut ending: watch::Receiver<bool>,
) -> Response {
    // Any other answer than a refusal would say that there is a tunnel now.
    if *request.method() == Method::CONNECT {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "no tunnels begin here");
    }
    let (parts, body) = request.into_parts();
    let reading = tokio::time::timeout(place.pool.limits.body_time, place.pool.read(body));
    let late = || Err((StatusCode::REQUEST_TIMEOUT, "the body came too slowly".to_owned()));
    let (body, _held) = match reading.await.unwrap_or_else(|_| late()) {
        Ok(body) => body,
        Err((status, error)) => return refuse(status, &error),
    };
    place.work();
    let Ok(response) = app.call(Request::from_parts(parts, Body::from(body))).await;
    place.wait();
    if let Some(size) = response.body().size_hint().exact() {
        return if size > BUFFER as u64 { large(response, &place).await } else { response };
    }
    // A stream has no end of its own.
    response.map(|body| {
        let end = async move { drop(ending.wait_for(|ending| *ending).await) };
        Body::from_stream(body.into_data_stream().take_until(Box::pin(end)))
    })
}

/// An answer that a client may be slow to take, if there is room for one more of its size.
async fn large(response: Response, place: &Arc<Permit>) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the answer broke off");
    };
    match place.pool.share(whole.len(), &place.dropped) {
        Some(share) => Response::from_parts(parts, Body::new(Pieces { rest: whole, _share: share })),
        None => refuse(StatusCode::SERVICE_UNAVAILABLE, "too many large answers at once"),
    }
}

/// A body that hyper takes piece by piece as its client does, so that the end of it says that the client has it.
struct Pieces {
    rest: Bytes,
    _share: Share,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        let length = self.rest.len().min(BUFFER);
        let piece = self.rest.split_to(length);
        Poll::Ready((length > 0).then(|| Ok(hyper::body::Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.rest.len() as u64)
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    // The rest of what the client sends is not waited for.
    (status, [(header::CONNECTION, "close")], Json(json!({ "error": error }))).into_response()
}
