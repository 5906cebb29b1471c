//! The witness behind its door and the door itself: durability, races, faults, limits, stopping.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use tempfile::TempDir;

use super::{ORIGIN, TestLog, key, start, try_start, witness_in, witness_key};
use crate::connections::{CONNECTIONS_MAX, Connections};
use crate::cosigner::Cosigner;
use crate::protocol::{REQUEST_BYTES_MAX, Request, SIZE_MEDIA_TYPE};
use crate::server::{Event, Server, StartFault};

fn body(log: &TestLog, old: u64, size: u64) -> Vec<u8> {
    let request = Request::new(old, log.proof(old, size), log.at(size).note().to_vec());
    request.unwrap().to_bytes()
}

#[test]
fn a_checkpoint_is_on_disk_before_the_witness_asks_for_the_time() {
    let folder = TempDir::new().unwrap();
    let (mut witness, _) = witness_in(folder.path(), 11);
    let checkpoints = folder.path().join("checkpoints");
    let seen = Arc::new(AtomicBool::new(false));
    let saw = Arc::clone(&seen);
    // The time stands in what is signed, so the signature comes after this.
    witness.clock = Box::new(move || {
        let kept = fs::read_dir(&checkpoints)
            .unwrap()
            .map(|file| fs::read(file.unwrap().path()).unwrap());
        let expected = TestLog::of(5).at(5);
        saw.store(
            kept.collect::<Vec<_>>() == [expected.note().to_vec()],
            Ordering::SeqCst,
        );
        1
    });
    let cosigner = Cosigner::open(witness).unwrap();
    assert_eq!(
        cosigner.add_checkpoint(&body(&TestLog::of(5), 0, 5)).status,
        200
    );
    assert!(seen.load(Ordering::SeqCst));
}

#[test]
fn a_checkpoint_asked_for_again_is_cosigned_but_not_kept_anew() {
    let folder = TempDir::new().unwrap();
    let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let log = TestLog::of(5);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 5)).status, 200);
    // Anybody can hang lines of unknown keys onto a note that the log signed.
    let line = seal::cosign(&log.at(5), "stranger", &key(30), 1).unwrap();
    let note = [log.at(5).note(), line.as_bytes()].concat();
    let again = Request::new(5, Vec::new(), note).unwrap().to_bytes();
    assert_eq!(cosigner.add_checkpoint(&again).status, 200);
    let mut kept = fs::read_dir(folder.path().join("checkpoints")).unwrap();
    let kept = fs::read(kept.next().unwrap().unwrap().path()).unwrap();
    assert_eq!(kept, log.at(5).note());
}

#[test]
fn of_two_histories_that_race_one_is_cosigned() {
    let bodies = [
        body(&TestLog::of(3), 0, 3),
        body(&TestLog::forked(0, 4), 0, 4),
    ];
    for round in 0..20 {
        let folder = TempDir::new().unwrap();
        let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
        let barrier = Barrier::new(2);
        let statuses = thread::scope(|scope| {
            let race = |body| {
                let (barrier, cosigner) = (&barrier, &cosigner);
                scope.spawn(move || {
                    barrier.wait();
                    cosigner.add_checkpoint(body).status
                })
            };
            let racers = [race(&bodies[0]), race(&bodies[1])];
            racers.map(|racer| racer.join().unwrap())
        });
        assert!(
            matches!(statuses, [200, 409] | [409, 200]),
            "{statuses:?} in round {round}"
        );
    }
}

#[test]
fn without_its_disk_a_witness_cosigns_nothing_and_says_so() {
    let folder = TempDir::new().unwrap();
    let (witness, told) = witness_in(folder.path(), 11);
    let cosigner = Cosigner::open(witness).unwrap();
    let checkpoints = folder.path().join("checkpoints");
    fs::remove_dir(&checkpoints).unwrap();
    let log = TestLog::of(5);
    let answer = cosigner.add_checkpoint(&body(&log, 0, 5));
    assert_eq!((answer.status, answer.body.contains("w11")), (500, false));
    assert!(matches!(&told.lock().unwrap()[..], [Event::Fault(_)]));
    // What was not kept was not seen.
    fs::create_dir(&checkpoints).unwrap();
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 4)).status, 200);
}

#[test]
fn every_refusal_has_its_status() {
    let folder = TempDir::new().unwrap();
    let cosigner = Cosigner::open(witness_in(folder.path(), 11).0).unwrap();
    let log = TestLog::of(12);
    assert_eq!(cosigner.add_checkpoint(&body(&log, 0, 7)).status, 200);
    let conflict = cosigner.add_checkpoint(&body(&log, 3, 12));
    assert_eq!(conflict.status, 409);
    assert_eq!(conflict.media_type, SIZE_MEDIA_TYPE);
    assert_eq!(conflict.body, "7\n");
    let garbage = Request::new(7, Vec::new(), log.at(12).note().to_vec()).unwrap();
    let text = String::from_utf8(body(&log, 7, 12)).unwrap();
    let elsewhere = text.replacen(ORIGIN, "other.example/log", 1);
    let forged = text.replacen("\n12\n", "\n13\n", 1);
    for (body, status) in [
        (b"old 7\n".to_vec(), 400),
        (forged.into_bytes(), 403),
        (elsewhere.into_bytes(), 404),
        (garbage.to_bytes(), 422),
        (text.into_bytes(), 200),
    ] {
        assert_eq!(cosigner.add_checkpoint(&body).status, status);
    }
}

#[test]
fn a_witness_starts_only_with_a_name_and_each_key_once() {
    let folder = TempDir::new().unwrap();
    let (mut witness, _) = witness_in(folder.path(), 11);
    witness.logs.push(super::log_key());
    let refused = Server::start("127.0.0.1:0", witness);
    assert!(matches!(refused, Err(StartFault::KeyTwice(origin)) if origin == ORIGIN));
    let (mut witness, _) = witness_in(folder.path(), 11);
    witness.name = "two words".to_owned();
    let refused = Server::start("127.0.0.1:0", witness);
    assert!(matches!(refused, Err(StartFault::Name(_))));
}

/// Sends this and reads until the server closes.
fn converse(server: &Server, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(text).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
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
        let body = body(&log, old, size);
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        text.extend_from_slice(head.as_bytes());
        text.extend_from_slice(&body);
    }
    text.extend_from_slice(b"POST / HTTP/1.0\r\n\r\n");
    let answer = converse(&server, &text);
    let statuses: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.strip_prefix("HTTP/1.1 "))
        .collect();
    assert_eq!(
        statuses,
        ["200 OK", "200 OK", "409 Conflict", "404 Not Found"]
    );
    assert!(answer.contains("Content-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n9\n"));
}

#[test]
fn a_body_beyond_the_limit_is_refused_unread() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    let length = REQUEST_BYTES_MAX + 1;
    let head = format!("POST /add-checkpoint HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
    let text = [head.as_bytes(), &vec![b'x'; length]].concat();
    let answer = converse(&server, &text);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn one_connection_too_many_is_turned_away() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    // Taken in the order in which they come, so the last one is the one too many.
    let idle: Vec<TcpStream> = (0..CONNECTIONS_MAX)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    let mut answer = String::new();
    let mut late = TcpStream::connect(server.address()).unwrap();
    late.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    drop(idle);
}

#[test]
fn ending_all_connections_wakes_those_that_wait_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let connections = Arc::new(Connections::default());
    let connection = connections.enter(&stream).unwrap();
    let waiting = thread::spawn(move || {
        let _connection = connection;
        stream.read(&mut [0]).unwrap()
    });
    connections.end_all();
    assert_eq!(waiting.join().unwrap(), 0);
    drop(client);
}

#[test]
fn a_server_stops_though_clients_hang_on_and_frees_its_folder() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), 11);
    let address = server.address();
    let mut served = TcpStream::connect(address).unwrap();
    served.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut first = [0; 17];
    served.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK\r\n");
    let mut half = TcpStream::connect(address).unwrap();
    half.write_all(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        .unwrap();
    server.stop();
    let mut rest = Vec::new();
    served.read_to_end(&mut rest).unwrap();
    assert!(TcpStream::connect(address).is_err());
    assert!(try_start(folder.path(), 11).is_ok());
}
