//! Messages as bytes: a header with a length, then JSON.
//!
//! The messages are those of the crate `lsp-server`. Its own reader ends at the first message that it cannot read, and
//! takes as much memory as a header asks for; this one answers and goes on, within [`limits::MESSAGE`].

use std::io::{self, BufRead, Read, Write};

use lsp_server::Message;

use crate::limits;

/// So long may a line of a header be; the longest that clients send has 40 bytes.
const LONGEST_HEADER: u64 = 4096;

/// What a stream is not that something else than an editor writes.
const WITHOUT_LENGTH: &str = "this is not the Language Server Protocol: a message begins with `Content-Length: BYTES`";

/// What came in.
#[derive(Debug)]
pub enum Incoming {
    /// A message.
    Message(Message),
    /// Bytes that are no message; the error to answer with.
    Broken {
        /// A code of JSON-RPC.
        code: lsp_server::ErrorCode,
        /// What is wrong.
        message: String,
    },
}

/// Reads the next message; none at the end of the input.
///
/// # Errors
/// Input that cannot be read, or a header without a length: where the next message begins is then unknown.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = header(input)? else { return Ok(None) };
    if length > limits::MESSAGE.most {
        let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
        let message = format!(
            "a message of {length} bytes is larger than {}, the maximum (limit {}, see `patterns explain limits`)",
            limits::MESSAGE,
            limits::MESSAGE.name
        );
        let code = lsp_server::ErrorCode::InvalidRequest;
        return Ok((skipped == length).then_some(Incoming::Broken { code, message }));
    }
    // Grows with what comes, not with what the header says.
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(message(&bytes)))
}

fn message(bytes: &[u8]) -> Incoming {
    use lsp_server::ErrorCode::{InvalidRequest, ParseError};
    let json: serde_json::Value = match serde_json::from_slice(bytes) {
        Ok(json) => json,
        Err(error) => return Incoming::Broken { code: ParseError, message: format!("not JSON: {error}") },
    };
    // A request whose number is none would pass for a notification, and never be answered.
    let has_number = json.get("id").is_some();
    match serde_json::from_value(json) {
        Ok(Message::Notification(_)) if has_number => Incoming::Broken {
            code: InvalidRequest,
            message: "the `id` of a request must be a 32-bit integer or a string".to_owned(),
        },
        Ok(message) => Incoming::Message(message),
        Err(_) => Incoming::Broken {
            code: InvalidRequest,
            message: "neither a request, a response nor a notification of JSON-RPC 2.0".to_owned(),
        },
    }
}

/// The length that a header gives; none at the end of the input.
fn header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        let is_first = line.is_empty();
        line.clear();
        if input.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line)? == 0 {
            return if is_first || length.is_some() { Ok(None) } else { Err(invalid(WITHOUT_LENGTH)) };
        }
        let text = String::from_utf8_lossy(&line);
        if !text.ends_with('\n') {
            return Err(invalid("the header of a message has no end"));
        }
        let text = text.trim_end();
        if text.is_empty() {
            return length.map(Some).ok_or_else(|| invalid(WITHOUT_LENGTH));
        }
        let Some((name, value)) = text.split_once(':') else { return Err(invalid(WITHOUT_LENGTH)) };
        if name.eq_ignore_ascii_case("content-length") {
            length =
                Some(value.trim().parse().map_err(|_| invalid("the Content-Length of a message is not a number"))?);
        }
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Writes a message.
///
/// # Errors
/// A client that is gone.
pub fn write(out: &mut impl Write, message: &Message) -> io::Result<()> {
    message.write(out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut bytes: &[u8]) -> (Vec<Incoming>, bool) {
        let mut all = Vec::new();
        loop {
            match read(&mut bytes) {
                Ok(Some(incoming)) => all.push(incoming),
                Ok(None) => return (all, true),
                Err(_) => return (all, false),
            }
        }
    }

    #[test]
    fn goes_on_after_a_broken_message() {
        let text = "Content-Length: 4\r\n\r\n{{{{content-length:2\r\nContent-Type: x\r\n\r\n[]\
                    Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"initialized\"}";
        let (all, ended) = read_all(&[text.as_bytes(), b"Content-Length: 5\r\n\r\nab"].concat()[..]);
        // the third is cut by its own header, two bytes too early, and what follows is not a header
        assert!(!ended);
        assert!(matches!(all[0], Incoming::Broken { code: lsp_server::ErrorCode::ParseError, .. }));
        assert!(matches!(all[1], Incoming::Broken { code: lsp_server::ErrorCode::InvalidRequest, .. }));
        let whole = "Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"initialized\"}";
        let (all, ended) = read_all(&[whole.as_bytes(), b"Content-Length: 5\r\n\r\nab"].concat()[..]);
        assert!(ended && matches!(&all[..], [Incoming::Message(Message::Notification(_))]));
    }

    #[test]
    fn a_length_is_no_reason_to_take_memory() {
        let (all, ended) = read_all(b"Content-Length: 18446744073709551615\r\n\r\nabc");
        assert!(all.is_empty() && ended);
        let (_, ended) = read_all(b"Content-Length: -1\r\n\r\n");
        assert!(!ended);
        let (_, ended) = read_all(&vec![b'a'; 100_000]);
        assert!(!ended);
        for text in ["hello world\n", "\r\n", "hello: world\n", "Content-Length: 2\r\nhello\r\n\r\n{}"] {
            let (all, ended) = read_all(text.as_bytes());
            assert!(all.is_empty() && !ended, "{text}");
        }
        // an editor that is gone
        let (_, ended) = read_all(b"Content-Length: 5\r\n");
        assert!(ended);
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let (all, ended) = read_all(format!("Content-Length: {}\r\n\r\n{nested}", nested.len()).as_bytes());
        assert!(ended && all.len() == 1);
    }
}
