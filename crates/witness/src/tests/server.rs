//! The door of a witness: what is asked over sockets, what is cut off, who is turned away, how it stops.
//! No test measures time: each waits for what the server does, and a server that does nothing fails it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::cosigner::body;
use super::{ORIGIN, TestLog, log_key, read_message, start, try_start, witness_in, witness_key};
use crate::cosigner::monitor_name;
use crate::protocol::REQUEST_BYTES_MAX;
use crate::server::{Caps, Server, StartFault, Witness};

/// Long enough for any machine; only a server that does not do its part makes a test wait for it.
const PATIENCE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_millis(50);

fn serve(witness: Witness, caps: Caps) -> Server {
    Server::start("127.0.0.1:0", witness, caps).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes until the server closes; a server that does not close fails the test.
fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(fault) = stream.read_to_end(&mut answer) {
        // The server closed on bytes that it did not read.
        assert_eq!(fault.kind(), std::io::ErrorKind::ConnectionReset, "{fault}");
    }
    String::from_utf8(answer).unwrap()
}

/// Sends this and reads until the server closes.
fn converse(server: &Server, text: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(text).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&mut stream)
}

fn post(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn statuses(answer: &str) -> Vec<&str> {
    let lines = answer.lines();
    lines
        .filter_map(|line| line.strip_prefix("HTTP/1.1 "))
        .collect()
}

#[test]
fn a_witness_starts_only_with_a_name_and_each_key_once() {
    let folder = TempDir::new().unwrap();
    let (mut witness, _) = witness_in(folder.path(), 11);
    witness.logs.push(log_key());
    let refused = Server::start("127.0.0.1:0", witness, Caps::default());
    assert!(matches!(refused, Err(StartFault::KeyTwice(origin)) if origin == ORIGIN));
    let (mut witness, _) = witness_in(folder.path(), 11);
    witness.name = "two words".to_owned();
    let refused = Server::start("127.0.0.1:0", witness, Caps::default());
    assert!(matches!(refused, Err(StartFault::Name(_))));
}

#[test]
fn the_front_page_names_the_witness_and_its_key() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    let answer = converse(&server, b"GET / HTTP/1.1\r\nHost: w\r\n\r\n");
    let expected = format!("w11\n{}\n", witness_key("w11", 11));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{answer}");
}

#[test]
fn one_connection_serves_several_requests() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    let log = TestLog::of(9);
    let mut text = Vec::new();
    for (old, size) in [(0, 5), (5, 9), (0, 9)] {
        text.extend_from_slice(&post(&body(&log, old, size)));
    }
    let name = monitor_name(ORIGIN);
    for line in [
        format!("GET /{name}/checkpoint"),
        format!("GET /{}/checkpoint", name.to_uppercase()),
        "POST /".to_owned(),
        "GET /add-checkpoint/".to_owned(),
    ] {
        text.extend_from_slice(format!("{line} HTTP/1.1\r\nHost: w\r\n\r\n").as_bytes());
    }
    let answer = converse(&server, &text);
    assert_eq!(
        statuses(&answer),
        [
            "200 OK",
            "200 OK",
            "409 Conflict",
            "200 OK",
            "404 Not Found",
            "405 Method Not Allowed",
            "404 Not Found"
        ]
    );
    let conflict = answer.split("HTTP/1.1 409 ").nth(1).unwrap();
    let (head, rest) = conflict.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: text/x.tlog.size"), "{head}");
    assert!(rest.starts_with("9\nHTTP/1.1 200 OK"), "{rest}");
    let shown = String::from_utf8(log.at(9).note().to_vec()).unwrap();
    assert!(rest.contains(&shown), "{rest}");
}

#[test]
fn what_is_too_long_is_refused_unread() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    let length = REQUEST_BYTES_MAX + 1;
    let many: String = (0..65).map(|n| format!("x{n}: y\r\n")).collect();
    for (rest_of_head, status) in [
        (format!("Content-Length: {length}\r\n"), "413 "),
        (format!("X: {}\r\n", "y".repeat(20_000)), "431 "),
        (many, "431 "),
        (
            "Content-Length: 3\r\nContent-Length: 4\r\n".to_owned(),
            "400 ",
        ),
        ("no header\r\n".to_owned(), "400 "),
    ] {
        let text = format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n{rest_of_head}\r\n");
        let mut stream = connect(&server);
        // The server may have closed before the last byte is sent.
        let _ = stream.write_all(text.as_bytes());
        let answer = rest(&mut stream);
        let start = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&start), "{status}: {answer}");
    }
    // The greatest body that is allowed is read: it is no request, and that is what is said of it.
    let answer = converse(&server, &post(&vec![b'x'; REQUEST_BYTES_MAX]));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[test]
fn who_is_silent_or_slow_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let caps = Caps {
        head_time: SOON,
        request_time: SOON,
        ..Caps::default()
    };
    let server = serve(witness_in(folder.path(), 11).0, caps);
    let head = "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\nold";
    for (sent, status) in [
        ("", None),
        ("GET / HT", None),
        (head, Some("408 Request Timeout")),
    ] {
        let mut stream = connect(&server);
        stream.write_all(sent.as_bytes()).unwrap();
        assert_eq!(
            statuses(&rest(&mut stream)).first().copied(),
            status,
            "{sent}"
        );
    }
}

#[test]
fn who_waits_between_two_requests_has_no_more_time_than_before_the_first() {
    let folder = TempDir::new().unwrap();
    let caps = Caps {
        head_time: 10 * SOON,
        ..Caps::default()
    };
    let server = serve(witness_in(folder.path(), 11).0, caps);
    let mut stream = connect(&server);
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n")
        .unwrap();
    assert_eq!(statuses(&rest(&mut stream)), ["200 OK"]);
}

#[test]
fn who_asks_on_and_on_and_reads_nothing_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let caps = Caps {
        connection_time: SOON,
        end_time: SOON,
        ..Caps::default()
    };
    let server = serve(witness_in(folder.path(), 11).0, caps);
    let mut stream = connect(&server);
    let many = b"GET / HTTP/1.1\r\nHost: w\r\n\r\n".repeat(1000);
    let fault = loop {
        if let Err(fault) = stream.write_all(&many) {
            break fault;
        }
    };
    // Not because this test lost its patience.
    let kind = fault.kind();
    assert!(
        matches!(
            kind,
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe
        ),
        "{fault}"
    );
}

#[test]
fn too_many_connections_are_turned_away_until_one_ends() {
    let folder = TempDir::new().unwrap();
    for (in_all, by_address, status) in [
        (2, 9, "503 Service Unavailable"),
        (9, 2, "429 Too Many Requests"),
    ] {
        let caps = Caps {
            connections: in_all,
            connections_by_address: by_address,
            head_time: PATIENCE,
            end_time: SOON,
            ..Caps::default()
        };
        let server = serve(witness_in(folder.path(), 11).0, caps);
        // Taken in the order in which they come, so the last one is the one too many.
        let idle = [connect(&server), connect(&server)];
        assert_eq!(statuses(&rest(&mut connect(&server))), [status]);
        drop(idle);
        let ask = || converse(&server, b"GET / HTTP/1.1\r\nHost: w\r\n\r\n");
        while statuses(&ask()) != ["200 OK"] {
            thread::yield_now();
        }
        server.stop();
    }
}

#[test]
fn a_request_that_breaks_the_witness_is_answered_and_the_next_one_is_too() {
    let folder = TempDir::new().unwrap();
    let (mut witness, _) = witness_in(folder.path(), 11);
    let is_broken = AtomicBool::new(true);
    witness.clock = Box::new(move || {
        assert!(!is_broken.swap(false, Ordering::SeqCst), "a defect");
        1
    });
    let server = serve(witness, Caps::default());
    let request = post(&body(&TestLog::of(5), 0, 5));
    let again = post(&body(&TestLog::of(5), 5, 5));
    let answer = converse(&server, &[request, again].concat());
    assert_eq!(statuses(&answer), ["500 Internal Server Error", "200 OK"]);
}

/// A witness whose clock says that it was asked, then waits to be let go.
fn waiting(folder: &TempDir) -> (Witness, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (mut witness, _) = witness_in(folder.path(), 11);
    let (asks, asked) = mpsc::channel();
    let (let_go, held) = mpsc::channel();
    let (asks, held) = (Mutex::new(asks), Mutex::new(held));
    witness.clock = Box::new(move || {
        asks.lock().unwrap().send(()).unwrap();
        // An error says that the test is over.
        let _ = held.lock().unwrap().recv();
        1
    });
    (witness, asked, let_go)
}

#[test]
fn a_stopping_server_takes_nobody_and_finishes_what_it_is_at() {
    let folder = TempDir::new().unwrap();
    let (witness, asked, let_go) = waiting(&folder);
    let caps = Caps {
        end_time: PATIENCE,
        ..Caps::default()
    };
    let server = serve(witness, caps);
    let address = server.address();
    let mut idle = connect(&server);
    let mut client = connect(&server);
    client
        .write_all(&post(&body(&TestLog::of(5), 0, 5)))
        .unwrap();
    asked.recv().unwrap();
    let stopping = thread::spawn(move || server.stop());
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
    assert_eq!(rest(&mut idle), "");
    let_go.send(()).unwrap();
    let answer = rest(&mut client);
    assert_eq!(statuses(&answer), ["200 OK"], "{answer}");
    stopping.join().unwrap();
    assert!(try_start(folder.path(), 11).is_ok());
}

#[test]
fn a_server_stops_though_its_clients_and_its_work_hang() {
    let folder = TempDir::new().unwrap();
    let (witness, asked, let_go) = waiting(&folder);
    let caps = Caps {
        end_time: SOON,
        ..Caps::default()
    };
    let server = serve(witness, caps);
    let address = server.address();
    let mut half = connect(&server);
    half.write_all(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\n")
        .unwrap();
    let mut hanging = connect(&server);
    hanging
        .write_all(&post(&body(&TestLog::of(5), 0, 5)))
        .unwrap();
    asked.recv().unwrap();
    server.stop();
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(
        (rest(&mut half), rest(&mut hanging)),
        (String::new(), String::new())
    );
    drop(let_go);
}

#[test]
fn a_server_that_is_dropped_has_stopped_and_freed_its_folder() {
    let folder = TempDir::new().unwrap();
    let server = Arc::new(start(folder.path(), 11));
    let mut served = connect(&server);
    served
        .write_all(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n")
        .unwrap();
    assert!(read_message(&mut served).is_some());
    drop(server);
    assert_eq!(rest(&mut served), "");
    assert!(try_start(folder.path(), 11).is_ok());
}
