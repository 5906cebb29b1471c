//! The client before witnesses that err, lie, stall or are not there.

use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use seal::{NoteRefusal, cosign};

use super::{SECONDS, TestLog, key, witness_key};
use crate::client::{Collected, WitnessFault, collect};
use crate::deadline::Socket;
use crate::http::Wire;
use crate::protocol::{REQUEST_BYTES_MAX, Request, SIZE_MEDIA_TYPE};
use policy::Policy;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A witness that gives these answers, one a connection, and returns the requests' bodies.
fn canned(answers: Vec<String>) -> (String, thread::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bodies = thread::spawn(move || {
        let serve = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = Wire::new(Socket::new(&stream), REQUEST_BYTES_MAX)
                .receive()
                .unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            request.unwrap().body
        };
        answers.into_iter().map(serve).collect()
    });
    (url, bodies)
}

fn answer(status: u16, media_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn conflict(size: &str) -> String {
    answer(409, SIZE_MEDIA_TYPE, &format!("{size}\n"))
}

fn policy(address: &str) -> Policy {
    let key = witness_key("w11", 11);
    Policy::parse(&format!("witness w11 {key} {address}\nquorum w11\n")).unwrap()
}

/// Asks for the size 7.
fn ask(address: &str) -> Collected {
    let log = TestLog::of(7);
    let prove = |old| Ok(log.proof(old, 7));
    collect(&policy(address), &log.at(7), &prove, TIMEOUT)
}

fn fault_of(answers: Vec<String>) -> WitnessFault {
    let (url, bodies) = canned(answers);
    let collected = ask(&url);
    assert_eq!(collected.note, TestLog::of(7).at(7).note());
    bodies.join().unwrap();
    collected.outcomes[0].cosigned_at.clone().unwrap_err()
}

fn cosigned(size: u64, number: u8) -> String {
    cosign(&TestLog::of(size).at(size), "w11", &key(number), SECONDS).unwrap()
}

#[test]
fn a_size_named_in_a_conflict_is_proved_from_once() {
    let (url, bodies) = canned(vec![conflict("3"), answer(200, "x", &cosigned(7, 11))]);
    let collected = ask(&url);
    assert_eq!(collected.outcomes[0].cosigned_at, Ok(SECONDS));
    assert!(witness_key("w11", 11).cosigned_at(&collected.note).is_ok());
    let log = TestLog::of(7);
    let request = |old| Request::new(old, log.proof(old, 7), log.at(7).note().to_vec());
    assert_eq!(
        bodies.join().unwrap(),
        [
            request(0).unwrap().to_bytes(),
            request(3).unwrap().to_bytes()
        ]
    );
}

#[test]
fn conflicts_that_lead_nowhere_end() {
    for (answers, expected) in [
        (
            vec![conflict("8")],
            WitnessFault::Ahead { known: 8, ours: 7 },
        ),
        (
            vec![conflict("7"), conflict("7")],
            WitnessFault::OtherRoot(7),
        ),
        (vec![conflict("3"), conflict("5")], WitnessFault::Moved(5)),
    ] {
        let fault = fault_of(answers);
        // A size in a refusal is signed by nobody.
        assert!(fault.to_string().starts_with("it says that "), "{fault}");
        assert_eq!(fault, expected);
    }
    for answers in [
        vec![conflict("0")],
        vec![conflict("3"), conflict("3")],
        vec![conflict("three")],
        vec![answer(409, "text/plain", "3\n")],
    ] {
        let shown = format!("{answers:?}");
        let fault = fault_of(answers);
        assert!(
            matches!(fault, WitnessFault::Refused { status: 409, .. }),
            "{shown}: {fault}"
        );
    }
}

#[test]
fn what_is_not_the_witness_s_cosignature_of_this_checkpoint_is_not_taken() {
    for (body, expected) in [
        (
            cosigned(6, 11),
            NoteRefusal::WrongSignature("w11".to_owned()),
        ),
        (cosigned(7, 12), NoteRefusal::NotSigned("w11".to_owned())),
        (String::new(), NoteRefusal::NoSignature),
        ("<html>\n".to_owned(), NoteRefusal::BadLine(1)),
    ] {
        assert_eq!(
            fault_of(vec![answer(200, "text/plain", &body)]),
            WitnessFault::BadAnswer(expected)
        );
    }
}

#[test]
fn other_answers_are_told_with_their_status() {
    let redirect = "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let rude = format!("no\u{1b}[2J{}", "x".repeat(1000));
    for (answers, expected) in [
        (vec![redirect.to_owned()], 307),
        (vec![answer(403, "text/plain", &rude)], 403),
        (vec![conflict("3"), answer(500, "text/plain", "")], 500),
    ] {
        let WitnessFault::Refused { status, message } = fault_of(answers) else {
            panic!("not refused with {expected}");
        };
        assert_eq!(status, expected);
        assert!(
            message.len() <= 200 && !message.contains('\u{1b}'),
            "{message}"
        );
    }
}

#[test]
fn a_flood_a_silence_and_a_wrong_address_are_no_more_than_a_fault() {
    let flood = answer(200, "text/plain", &"x".repeat(100_000));
    assert!(matches!(
        fault_of(vec![flood]),
        WitnessFault::Unreachable(_)
    ));

    // Its connections wait in the queue of a listener that never takes them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let log = TestLog::of(7);
    let collected = collect(
        &policy(&silent_url),
        &log.at(7),
        &|_| Ok(Vec::new()),
        Duration::from_millis(50),
    );
    for collected in [collected, ask("https://127.0.0.1:1/"), ask("what?")] {
        let outcome = &collected.outcomes[0];
        assert!(
            matches!(outcome.cosigned_at, Err(WitnessFault::Unreachable(_))),
            "{outcome:?}"
        );
    }
    let unknown = collect(&policy(""), &log.at(7), &|_| Ok(Vec::new()), TIMEOUT);
    assert_eq!(
        unknown.outcomes[0].cosigned_at,
        Err(WitnessFault::NoAddress)
    );
}

#[test]
fn a_proof_that_can_t_be_made_is_told_and_nothing_more_is_asked() {
    let (url, bodies) = canned(vec![conflict("3")]);
    let asked = AtomicUsize::new(0);
    let prove = |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        Err("tiles are missing".to_owned())
    };
    let collected = collect(&policy(&url), &TestLog::of(7).at(7), &prove, TIMEOUT);
    assert_eq!(
        collected.outcomes[0].cosigned_at,
        Err(WitnessFault::NoProof {
            from: 3,
            message: "tiles are missing".to_owned()
        })
    );
    assert_eq!(
        (asked.load(Ordering::SeqCst), bodies.join().unwrap().len()),
        (1, 1)
    );
}

#[test]
fn a_panic_of_the_caller_s_proofs_is_not_swallowed() {
    let (url, bodies) = canned(vec![conflict("3")]);
    let ended = std::panic::catch_unwind(|| {
        let prove = |_| panic!("a defect");
        collect(&policy(&url), &TestLog::of(7).at(7), &prove, TIMEOUT)
    });
    bodies.join().unwrap();
    assert!(ended.is_err());
}
