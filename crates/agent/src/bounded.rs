//! Connections on which an answer has an end.
//!
//! A client reads an answer in a separate task, which goes on after the caller has given up.
//! A server that sends interim answers (`103 Early Hints`) or a body without end would keep that task, and with it a
//! role of one thread, busy for good. So a connection takes only so many bytes between two requests.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Service;

/// Beside the body: headers, TLS records, sizes of chunks.
const FRAME: usize = 256 * 1024;

/// Connects by TCP.
#[derive(Clone, Debug)]
pub struct Bounded {
    connector: HttpConnector,
    most: usize,
}

impl Bounded {
    /// Connections whose answers hold at most `most` bytes.
    #[must_use]
    pub fn new(connector: HttpConnector, most: usize) -> Self {
        Self { connector, most: most.saturating_add(most / 8).saturating_add(FRAME) }
    }
}

impl Service<Uri> for Bounded {
    type Response = TokioIo<Stream>;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, most) = (self.connector.call(uri), self.most);
        Box::pin(async move {
            let inner = connecting.await?.into_inner();
            Ok(TokioIo::new(Stream { inner, most, left: most }))
        })
    }
}

/// A connection.
#[derive(Debug)]
pub struct Stream {
    inner: TcpStream,
    most: usize,
    /// Bytes that may still come before something is sent.
    left: usize,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            let message = format!("more than {} bytes, and no end of the answer", self.most);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, message)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        self.left = self.left.saturating_sub(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.left = self.most;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.left = self.most;
        Pin::new(&mut self.inner).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::super::http::{Http, NoAnswer};

    const TIME: Duration = Duration::from_secs(20);

    /// Answers one request with `text` again and again; tells when the client is gone.
    fn without_end(begin: &'static str, text: &'static str) -> (hyper::Uri, std::sync::mpsc::Receiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let (gone, when) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 1024]);
            let mut sent = client.write_all(begin.as_bytes());
            while sent.is_ok() {
                sent = client.write_all(text.repeat(100).as_bytes());
            }
            let _ = gone.send(());
        });
        (uri, when)
    }

    #[tokio::test]
    async fn interim_answers_without_end_are_none() {
        let (uri, gone) = without_end("", "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n");
        let answer = Http::new(TIME, 1024 * 1024).get(uri, 1024 * 1024, TIME).await;
        assert!(matches!(&answer, Err(NoAnswer::Broken(why)) if why.contains("no end")), "{answer:?}");
        gone.recv_timeout(TIME).unwrap();
    }

    #[tokio::test]
    async fn a_connection_ends_after_the_caller_has_given_up() {
        let (uri, gone) = without_end("", "HTTP/1.1 103 Early Hints\r\n\r\n");
        let client = Http::new(TIME, 64 * 1024 * 1024);
        let answer = client.get(uri, 1024, Duration::from_millis(50)).await;
        assert!(answer.is_err());
        let waited = tokio::task::spawn_blocking(move || gone.recv_timeout(TIME)).await.unwrap();
        waited.unwrap();
    }

    #[tokio::test]
    async fn a_body_without_end_is_too_large() {
        let (uri, gone) = without_end("HTTP/1.1 200 OK\r\n\r\n", "more ");
        let answer = Http::new(TIME, 64 * 1024).get(uri, 64 * 1024, TIME).await;
        assert!(matches!(answer, Err(NoAnswer::TooLarge(_))), "{answer:?}");
        let waited = tokio::task::spawn_blocking(move || gone.recv_timeout(TIME)).await.unwrap();
        waited.unwrap();
    }
}
