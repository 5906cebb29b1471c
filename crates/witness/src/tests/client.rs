//! The client before witnesses that err, lie, stall or are not there.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use signing::{NoteRefusal, cosign};

use super::{ORIGIN, SECONDS, TestLog, key, read_message, witness_key};
use crate::client::{Collected, WitnessFault, collect};
use crate::cosigner::monitor_name;
use crate::protocol::{Request, SIZE_MEDIA_TYPE};
use policy::Policy;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A request: its first line and its body.
type Asked = (String, Vec<u8>);

/// A witness that gives prepared answers, one a connection.
struct Canned {
    url: String,
    address: SocketAddr,
    asked: thread::JoinHandle<Vec<Asked>>,
}

impl Canned {
    /// The requests that came. One that is still missing is not waited for.
    fn asked(self) -> Vec<Asked> {
        // Says nothing, so it ends the wait for another request, if there is one.
        drop(TcpStream::connect(self.address));
        self.asked.join().unwrap()
    }
}

fn canned(answers: Vec<String>) -> Canned {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let serve = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let (head, body) = read_message(&mut stream)?;
            stream.write_all(answer.as_bytes()).unwrap();
            Some((head.lines().next().unwrap().to_owned(), body))
        };
        answers.into_iter().map_while(serve).collect()
    });
    Canned {
        url: format!("http://{address}"),
        address,
        asked,
    }
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
    let witness = canned(answers);
    let collected = ask(&witness.url);
    assert_eq!(collected.note, TestLog::of(7).at(7).note());
    witness.asked();
    collected.outcomes[0].cosigned_at.clone().unwrap_err()
}

fn cosigned(size: u64, number: u8) -> String {
    cosign(&TestLog::of(size).at(size), "w11", &key(number), SECONDS).unwrap()
}

#[test]
fn a_size_named_in_a_conflict_is_proved_from_once() {
    let witness = canned(vec![conflict("3"), answer(200, "x", &cosigned(7, 11))]);
    let collected = ask(&witness.url);
    assert_eq!(collected.outcomes[0].cosigned_at, Ok(SECONDS));
    assert!(witness_key("w11", 11).cosigned_at(&collected.note).is_ok());
    let log = TestLog::of(7);
    let request = |old| Request::new(old, log.proof(old, 7), log.at(7).note().to_vec());
    let asked = |old| {
        let line = "post /add-checkpoint http/1.1".to_owned();
        (line, request(old).unwrap().to_bytes())
    };
    assert_eq!(witness.asked(), [asked(0), asked(3)]);
}

#[test]
fn what_two_histories_would_explain_is_an_alarm_and_the_witness_is_asked_what_it_cosigned() {
    let inconsistent = |message: &str| WitnessFault::Inconsistent {
        message: message.to_owned(),
    };
    let refuse = |message| answer(422, "text/plain", message);
    for (mut answers, expected) in [
        (
            vec![conflict("8")],
            WitnessFault::Ahead { known: 8, ours: 7 },
        ),
        (
            vec![conflict("7"), conflict("7")],
            WitnessFault::OtherRoot(7),
        ),
        (vec![conflict("7"), refuse("roots")], inconsistent("roots")),
        (vec![conflict("3"), refuse("proof")], inconsistent("proof")),
        (vec![refuse("no entries")], inconsistent("no entries")),
    ] {
        answers.push(answer(200, "text/plain", "what it cosigned"));
        let witness = canned(answers);
        let outcome = ask(&witness.url).outcomes.remove(0);
        let fault = outcome.cosigned_at.unwrap_err();
        // What a refusal says is signed by nobody.
        assert!(fault.to_string().starts_with("it says that "), "{fault}");
        assert!(fault.is_alarm());
        assert_eq!(fault, expected);
        assert_eq!(outcome.shown.unwrap(), b"what it cosigned");
        let last = witness.asked().pop().unwrap();
        let line = format!("get /{}/checkpoint http/1.1", monitor_name(ORIGIN));
        assert_eq!(last, (line, Vec::new()));
    }
}

#[test]
fn a_witness_that_shows_nothing_after_an_alarm_is_an_alarm_all_the_same() {
    let witness = canned(vec![
        answer(422, "text/plain", "no"),
        answer(404, "text/plain", "nothing here"),
    ]);
    let outcome = ask(&witness.url).outcomes.remove(0);
    assert_eq!(witness.asked().len(), 2);
    assert!(outcome.cosigned_at.unwrap_err().is_alarm());
    assert_eq!(outcome.shown, None);
}

#[test]
fn a_witness_whose_cosignatures_can_t_be_checked_is_not_asked() {
    let typed = [&[6][..], &[1; 1312]].concat();
    let digest = Sha256::digest([b"p\n", &typed[..]].concat());
    let id: String = digest[..4].iter().map(|b| format!("{b:02x}")).collect();
    let key = format!("p+{id}+{}", STANDARD.encode(typed));
    let text = format!("witness P {key} http://127.0.0.1:1/\nquorum P\n");
    let policy = Policy::parse(&text).unwrap();
    let collected = collect(&policy, &TestLog::of(7).at(7), &|_| Ok(Vec::new()), TIMEOUT);
    let fault = collected.outcomes[0].cosigned_at.clone();
    assert_eq!(fault, Err(WitnessFault::Unsupported));
}

#[test]
fn conflicts_that_lead_nowhere_end() {
    let moved = fault_of(vec![conflict("3"), conflict("5")]);
    assert_eq!(moved, WitnessFault::Moved(5));
    assert!(!moved.is_alarm());
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
    let rude = format!("no\u{1b}[2J\u{202e}{}", "x".repeat(1000));
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
            message.len() <= 200 && !message.contains(['\u{1b}', '\u{202e}']),
            "{message}"
        );
    }
}

#[test]
fn a_flood_a_silence_and_a_wrong_address_are_no_more_than_a_fault() {
    let flood = answer(200, "text/plain", &"x".repeat(200_000));
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
    let witness = canned(vec![conflict("3")]);
    let asked = AtomicUsize::new(0);
    let prove = |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        Err("tiles are missing".to_owned())
    };
    let collected = collect(
        &policy(&witness.url),
        &TestLog::of(7).at(7),
        &prove,
        TIMEOUT,
    );
    assert_eq!(
        collected.outcomes[0].cosigned_at,
        Err(WitnessFault::NoProof {
            from: 3,
            message: "tiles are missing".to_owned()
        })
    );
    assert_eq!(
        (asked.load(Ordering::SeqCst), witness.asked().len()),
        (1, 1)
    );
}

#[test]
fn a_panic_of_the_caller_s_proofs_is_not_swallowed() {
    let witness = canned(vec![conflict("3")]);
    let ended = std::panic::catch_unwind(|| {
        let prove = |_| panic!("a defect");
        collect(
            &policy(&witness.url),
            &TestLog::of(7).at(7),
            &prove,
            TIMEOUT,
        )
    });
    witness.asked();
    assert!(ended.is_err());
}
