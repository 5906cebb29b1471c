//! Requests over a connection that hands out bytes, and lets time pass, as the test wants.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::cosigner::Answer;
use crate::deadline::{REQUEST_TIME_MAX, SILENCE_MAX, Timed};
use crate::http::{HttpFault, Incoming, Wire};

/// A connection that delivers these pieces, one a read, and then ends.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Vec<u8>>,
    written: Vec<u8>,
    /// How long each piece is on its way.
    pause: Duration,
    age: Duration,
    longest_read: Duration,
}

impl Timed for &mut Pieces {
    fn age(&self) -> Duration {
        self.age
    }

    fn bound_reads(&mut self, longest: Duration) -> io::Result<()> {
        self.longest_read = longest;
        Ok(())
    }
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.age += self.pause.min(self.longest_read);
        if self.pause > self.longest_read {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.pieces.is_empty() {
            return Ok(0);
        }
        let piece = self.pieces.remove(0);
        into[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pieces_of(text: &str, bytes: usize) -> Pieces {
    Pieces {
        pieces: text.as_bytes().chunks(bytes).map(<[u8]>::to_vec).collect(),
        ..Pieces::default()
    }
}

fn receive(text: &str) -> Result<Option<Incoming>, HttpFault> {
    Wire::new(&mut pieces_of(text, 1000), 10).receive()
}

fn post(body: &str) -> Incoming {
    Incoming {
        method: "POST".to_owned(),
        path: "/x".to_owned(),
        body: body.as_bytes().to_vec(),
        stays_open: true,
    }
}

#[test]
fn requests_are_told_apart_however_the_bytes_arrive() {
    let text = "POST /x HTTP/1.1\r\nhost: h\r\nContent-Length: 3\r\n\r\nabc\
                POST /x HTTP/1.1\r\ncontent-length: 10\r\n\r\n0123456789\
                GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
    for bytes in [1, 2, 7, 60, 1000] {
        let mut connection = pieces_of(text, bytes);
        let mut wire = Wire::new(&mut connection, 10);
        assert_eq!(wire.receive().unwrap(), Some(post("abc")));
        assert_eq!(wire.receive().unwrap(), Some(post("0123456789")));
        let last = wire.receive().unwrap().unwrap();
        assert_eq!((last.path.as_str(), last.stays_open), ("/", false));
        assert_eq!(wire.receive().unwrap(), None);
    }
}

#[test]
fn requests_that_could_be_read_in_two_ways_are_refused() {
    for (headers, expected) in [
        ("Content-Length: 3\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: +3\r\n", 400),
        ("Content-Length: 3, 3\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 411),
        ("Content-Length: 11\r\n", 413),
        ("Content-Length: 99999999999999999999999\r\n", 413),
        ("no header\r\n", 400),
    ] {
        let refused = receive(&format!("POST /x HTTP/1.1\r\n{headers}\r\nabc"));
        assert!(
            matches!(refused, Err(HttpFault::Refused { status, .. }) if status == expected),
            "{headers}: {refused:?}"
        );
    }
}

#[test]
fn a_request_that_breaks_off_is_no_request() {
    let whole = "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    assert_eq!(receive(whole).unwrap(), Some(post("abc")));
    assert_eq!(receive("").unwrap(), None);
    for length in 1..whole.len() {
        let cut = receive(&whole[..length]);
        assert!(
            matches!(cut, Err(HttpFault::Io(_))),
            "{length} bytes: {cut:?}"
        );
    }
}

#[test]
fn crumbs_and_endless_headers_are_cut_off() {
    let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(20_000));
    for (bytes, expected) in [(1, 408), (1000, 431)] {
        let refused = Wire::new(&mut pieces_of(&long, bytes), 10).receive();
        assert!(
            matches!(refused, Err(HttpFault::Refused { status, .. }) if status == expected),
            "{bytes} bytes a read: {refused:?}"
        );
    }
}

/// A connection on which a byte comes every so many milliseconds, for longer than anybody may take.
fn trickle(pause_ms: u64) -> Pieces {
    Pieces {
        pause: Duration::from_millis(pause_ms),
        ..pieces_of("POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 1)
    }
}

#[test]
fn a_client_that_sends_in_crumbs_has_no_more_time_than_any_other() {
    for (pause_ms, expected) in [
        (4_900, REQUEST_TIME_MAX),
        (1_000, REQUEST_TIME_MAX),
        (300, REQUEST_TIME_MAX),
        (6_000, SILENCE_MAX),
    ] {
        let mut connection = trickle(pause_ms);
        let cut = Wire::new(&mut connection, 10).receive();
        assert!(matches!(cut, Err(HttpFault::Io(_))), "{pause_ms}: {cut:?}");
        assert_eq!(connection.age, expected, "receiving, {pause_ms} ms");

        let mut connection = trickle(pause_ms);
        Wire::new(&mut connection, 10).drain();
        assert_eq!(connection.age, expected, "draining, {pause_ms} ms");
    }
}

#[test]
fn every_request_on_a_connection_has_its_own_time() {
    let request = b"GET / HTTP/1.1\r\n\r\n";
    let mut connection = Pieces {
        pieces: vec![request.to_vec(); 3],
        pause: Duration::from_millis(4_900),
        ..Pieces::default()
    };
    let mut wire = Wire::new(&mut connection, 10);
    for _ in 0..3 {
        assert_eq!(wire.receive().unwrap().unwrap().path, "/");
    }
    assert_eq!(wire.receive().unwrap(), None);
}

#[test]
fn a_client_that_waits_to_be_told_is_told_to_go_on() {
    let head = "POST /x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    let mut connection = Pieces {
        pieces: vec![head.as_bytes().to_vec(), b"abc".to_vec()],
        ..Pieces::default()
    };
    let request = Wire::new(&mut connection, 10).receive().unwrap();
    assert_eq!(request, Some(post("abc")));
    assert_eq!(connection.written, b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn an_answer_says_how_long_it_is_and_whether_more_may_come() {
    for (stays_open, closing) in [(true, ""), (false, "Connection: close\r\n")] {
        let mut connection = pieces_of("", 1);
        let answer = Answer::text(422, "no");
        Wire::new(&mut connection, 10)
            .answer(&answer, stays_open)
            .unwrap();
        let expected = format!(
            "HTTP/1.1 422 Unprocessable Entity\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Length: 3\r\n{closing}\r\nno\n"
        );
        assert_eq!(String::from_utf8(connection.written).unwrap(), expected);
    }
}
