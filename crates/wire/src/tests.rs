//! Round trips, hostile lengths and single-byte changes of bodies and entries.
//! Invariant: whatever is accepted re-encodes to the same bytes. The golden vectors live in `tests/vectors/wire`.

use domain::body::{Body, Seen, VERSION};
use domain::id::uscc_check_character;
use domain::payload::{
    ActAnnulled, CorrectionCause, EventCorrected, Instrument, Payload, PenaltyImposed, Replacement,
};
use domain::{Blob, Bytes32, Bytes64, KeyId, Moment, PartyId};
use proptest::prelude::*;

use super::*;

fn party() -> PartyId {
    let check = uscc_check_character(b"91150000MA0000001").unwrap();
    format!("91150000MA0000001{check}").parse().unwrap()
}

fn body(payload: Payload) -> Body {
    let at = Moment::from_ms(1_704_067_200_000).unwrap();
    Body {
        version: VERSION,
        ledger: Bytes32([0; 32]),
        author: party(),
        seq: 7,
        prev: Bytes32([3; 32]),
        seen: Seen::NOTHING,
        occurred: at,
        signed: at,
        payload,
    }
}

fn mined(net: u64) -> Payload {
    let json = format!(
        r#"{{"event":"lot-mined","site":"PIT","lot":"L1","product":"ore/mixed","quantity":{{"net_mg":{net},"reo_mg":500,"basis":"measured"}},"composition":"La:300000,Ce:500000,Nd:200000","ore":"mixed"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn corrected(inner: &Body, replacement: Option<Payload>) -> Body {
    let cause = if replacement.is_some() {
        CorrectionCause::IncorrectData
    } else {
        CorrectionCause::DidNotOccur
    };
    body(Payload::EventCorrected(EventCorrected {
        corrected: Blob::new(&encode_body(inner).unwrap()).unwrap(),
        cause,
        reason: "typing error".parse().unwrap(),
        replacement: replacement.map(|payload| Box::new(Replacement::new(payload).unwrap())),
    }))
}

#[test]
fn a_body_comes_back_equal() {
    for body in [
        body(mined(1000)),
        corrected(&body(mined(1000)), Some(mined(900))),
        corrected(&body(mined(2000)), None),
    ] {
        let Ok(bytes) = encode_body(&body) else {
            continue;
        };
        assert_eq!(decode_body(&bytes).unwrap(), body);
    }
}

#[test]
fn corrections_do_not_nest() {
    let once = corrected(&body(mined(1000)), None);
    let twice = corrected(&once, None);
    assert_eq!(encode_body(&twice).unwrap_err().code(), "nested-correction");
}

type Level = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// What puts other bytes in the place of the event that a body carries: no encoder makes these.
fn wrapper(whole: &Body, inner: &Body) -> Level {
    let (whole, inner) = (encode_body(whole).unwrap(), encode_body(inner).unwrap());
    let place = whole
        .windows(inner.len())
        .position(|window| window == inner)
        .unwrap();
    let (head, tail) = (
        whole[..place - 8].to_vec(),
        whole[place + inner.len()..].to_vec(),
    );
    Box::new(move |content| {
        let length = (content.len() as u64).to_le_bytes();
        [&head[..], &length, content, &tail].concat()
    })
}

/// As many levels as the length allows, read where little stack is left: a reader that goes into them aborts.
fn refusal_of_tower(levels: &[&Level]) -> String {
    let mut tower = encode_body(&body(mined(1000))).unwrap();
    for wrap in levels.iter().cycle() {
        let higher = wrap(&tower);
        if higher.len() > domain::limits::CORRECTED_BYTES_MAX {
            break;
        }
        tower = higher;
    }
    let small = std::thread::Builder::new().stack_size(256 * 1024);
    let refusal = small.spawn(move || decode_body(&tower).unwrap_err());
    refusal.unwrap().join().unwrap().code().to_owned()
}

#[test]
fn a_tower_of_events_that_carry_events_is_refused_on_a_small_stack() {
    let fact = body(mined(1000));
    let correction = wrapper(&corrected(&fact, None), &fact);
    let instrument = || Instrument {
        number: "No. 1".parse().unwrap(),
        issued: "2024-01-01".parse().unwrap(),
    };
    let act = body(Payload::PenaltyImposed(PenaltyImposed {
        party: party(),
        article: "Order 785 article 22".parse().unwrap(),
        fine_fen: 1,
        instrument: instrument(),
    }));
    let annulled = body(Payload::ActAnnulled(Box::new(ActAnnulled {
        annulled: Blob::new(&encode_body(&act).unwrap()).unwrap(),
        reason: "by mistake".parse().unwrap(),
        instrument: instrument(),
    })));
    let annulment = wrapper(&annulled, &act);
    let carries = [
        "nested-correction",
        "not-correctable",
        "nested-annulment",
        "not-annullable",
    ];
    for levels in [
        &[&correction][..],
        &[&annulment],
        &[&correction, &annulment],
        &[&annulment, &correction],
    ] {
        let found = refusal_of_tower(levels);
        assert!(carries.contains(&found.as_str()), "{found}");
    }
}

#[test]
fn hostile_lengths_are_refused_before_anything_is_allocated() {
    let bytes = encode_body(&body(mined(1000))).unwrap();
    // version 2, ledger 32, author 1 + 18, seq 8, prev 32, seen 8 + 32, occurred 8, signed 8, number 2: then the site's length.
    let site_length = 151;
    assert_eq!(bytes[site_length..site_length + 8], 3u64.to_le_bytes());
    for forged in [4, 33, 1 << 20, u64::MAX / 2, u64::MAX] {
        let mut forged_bytes = bytes.clone();
        forged_bytes[site_length..site_length + 8].copy_from_slice(&u64::to_le_bytes(forged));
        assert!(decode_body(&forged_bytes).is_err(), "length {forged}");
    }
    assert_eq!(
        decode_body(&vec![0; 40_000]).unwrap_err().code(),
        "too-long"
    );
}

#[test]
fn no_changed_byte_spells_the_same_event() {
    let bytes = encode_body(&body(mined(1000))).unwrap();
    let original = decode_body(&bytes).unwrap();
    for place in 0..bytes.len() {
        for change in 1..=255u8 {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            if let Ok(other) = decode_body(&changed) {
                assert_ne!(other, original, "byte {place} ^ {change}");
                assert_eq!(encode_body(&other).unwrap(), changed);
            }
        }
    }
    for length in 0..bytes.len() {
        assert!(decode_body(&bytes[..length]).is_err(), "cut at {length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(
        decode_body(&longer).unwrap_err(),
        Refusal::TrailingBytes { count: 1 }
    );
}

#[test]
fn an_entry_keeps_its_body_verbatim() {
    let body = encode_body(&body(mined(1000))).unwrap();
    let received = Moment::from_ms(1_704_067_200_001).unwrap();
    let signatures = vec![
        (KeyId([1; 8]), Bytes64([2; 64])),
        (KeyId([3; 8]), Bytes64([4; 64])),
    ];
    let mut entry = Entry {
        received,
        body,
        signatures,
    };
    let bytes = encode_entry(&entry).unwrap();
    assert_eq!(decode_entry(&bytes).unwrap().to_entry(), entry);
    assert_eq!(
        decode_entry(&[&bytes[..], &[0]].concat()).unwrap_err(),
        Refusal::TrailingBytes { count: 1 }
    );
    assert_eq!(
        decode_entry(&bytes[..bytes.len() - 1]).unwrap_err(),
        Refusal::Truncated
    );
    entry.signatures.swap(0, 1);
    assert_eq!(encode_entry(&entry).unwrap_err(), Refusal::SignatureOrder);
    entry.signatures.clear();
    assert_eq!(encode_entry(&entry).unwrap_err().code(), "signature-count");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_accepted_ones_are_canonical(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = encode_body(&body(mined(1000))).unwrap();
        bytes.truncate(77);
        bytes.extend_from_slice(&tail);
        if let Ok(accepted) = decode_body(&bytes) {
            prop_assert_eq!(encode_body(&accepted).unwrap(), bytes);
        }
        let _entry = decode_entry(&tail);
    }
}
