//! As much of HTTP/1.1 as a witness needs: requests with a length, answers with a length, connections that stay open.
//!
//! Invariant: a request takes a bounded number of bytes, of reads and of seconds before it is refused; a body whose length
//! could be read in two ways is refused.
//! Knows nothing of witnesses, nor how the seconds are counted.

use std::io;

use thiserror::Error;

use crate::cosigner::Answer;
use crate::deadline::{Deadline, Timed};

/// The request line and the headers.
const HEAD_BYTES_MAX: usize = 8 * 1024;
const HEADERS_MAX: usize = 64;
/// A request of the greatest length is some 14 packets. A client that sends a byte at a time is cut off.
const READS_MAX: usize = 128;
const READ_BYTES: usize = 4 * 1024;

/// A request, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Whether the client may send another request on this connection.
    pub(crate) stays_open: bool,
}

/// No request came.
#[derive(Debug, Error)]
pub(crate) enum HttpFault {
    /// The connection broke, or the client took too long.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// To be answered with this status; then the connection is closed, for where the next request begins is unknown.
    #[error("{status}: {reason}")]
    Refused { status: u16, reason: &'static str },
}

const fn refused(status: u16, reason: &'static str) -> HttpFault {
    HttpFault::Refused { status, reason }
}

/// One side of a connection, with what was received and not yet used.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    received: Vec<u8>,
    body_bytes_max: usize,
}

/// What the head of a request says about the rest.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    method: String,
    path: String,
    head_bytes: usize,
    body_bytes: usize,
    stays_open: bool,
    expects_continue: bool,
}

impl<S: Timed> Wire<S> {
    pub(crate) fn new(stream: S, body_bytes_max: usize) -> Self {
        Self {
            stream,
            received: Vec::new(),
            body_bytes_max,
        }
    }

    /// The next request; `None` if the client closed the connection instead of beginning one.
    pub(crate) fn receive(&mut self) -> Result<Option<Incoming>, HttpFault> {
        let deadline = Deadline::begin(&self.stream);
        let mut reads = 0;
        let head = loop {
            if let Some(head) = parse_head(&self.received, self.body_bytes_max)? {
                break head;
            }
            if self.received.len() > HEAD_BYTES_MAX {
                return Err(refused(431, "the headers are too long"));
            }
            if !self.read_more(deadline, &mut reads)? {
                if self.received.is_empty() {
                    return Ok(None);
                }
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        };
        let whole = head.head_bytes + head.body_bytes;
        if head.expects_continue && self.received.len() < whole {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.received.len() < whole {
            if !self.read_more(deadline, &mut reads)? {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        let rest = self.received.split_off(whole);
        let mut body = std::mem::replace(&mut self.received, rest);
        body.drain(..head.head_bytes);
        Ok(Some(Incoming {
            method: head.method,
            path: head.path,
            body,
            stays_open: head.stays_open,
        }))
    }

    /// Whether anything came.
    fn read_more(&mut self, deadline: Deadline, reads: &mut usize) -> Result<bool, HttpFault> {
        if *reads >= READS_MAX {
            return Err(refused(408, "the request came in too many pieces"));
        }
        *reads += 1;
        let mut piece = [0; READ_BYTES];
        let count = deadline.read(&mut self.stream, &mut piece)?;
        self.received.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }

    /// Sends an answer.
    pub(crate) fn answer(&mut self, answer: &Answer, stays_open: bool) -> io::Result<()> {
        let closing = if stays_open {
            ""
        } else {
            "Connection: close\r\n"
        };
        let whole = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{closing}\r\n{}",
            answer.status,
            reason(answer.status),
            answer.media_type,
            answer.body.len(),
            answer.body
        );
        self.stream.write_all(whole.as_bytes())?;
        self.stream.flush()
    }

    /// Takes what the client still sends, and drops it, until it closes or its time is up.
    pub(crate) fn drain(&mut self) {
        let deadline = Deadline::begin(&self.stream);
        let mut unread = [0; READ_BYTES];
        for _ in 0..READS_MAX {
            let count = deadline.read(&mut self.stream, &mut unread);
            if !count.is_ok_and(|count| count > 0) {
                return;
            }
        }
    }
}

/// `None` as long as the head is not whole.
fn parse_head(received: &[u8], body_bytes_max: usize) -> Result<Option<Head>, HttpFault> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let malformed = || refused(400, "the request is not HTTP/1.1");
    let head_bytes = match parsed.parse(received).map_err(|_| malformed())? {
        httparse::Status::Complete(head_bytes) => head_bytes,
        httparse::Status::Partial => return Ok(None),
    };
    let mut head = Head {
        method: parsed.method.ok_or_else(malformed)?.to_owned(),
        path: parsed.path.ok_or_else(malformed)?.to_owned(),
        head_bytes,
        body_bytes: 0,
        stays_open: parsed.version == Some(1),
        expects_continue: false,
    };
    let mut length = None;
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                if !digits || length.is_some() {
                    return Err(refused(400, "the length of the body is not clear"));
                }
                // A number that is too long to be read is too great in any case.
                length = Some(value.parse().unwrap_or(usize::MAX));
            }
            "transfer-encoding" => {
                return Err(refused(411, "the body must have a length"));
            }
            "connection" if value.eq_ignore_ascii_case("close") => head.stays_open = false,
            "expect" => head.expects_continue = value.eq_ignore_ascii_case("100-continue"),
            _ => {}
        }
    }
    head.body_bytes = length.unwrap_or(0);
    if head.body_bytes > body_bytes_max {
        return Err(refused(413, "the body is too long"));
    }
    Ok(Some(head))
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Entity",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
