//! Signatures that careless verifiers accept, each refused by name.
//! Invariant: the vectors were made outside this crate or break one rule of a good signature.
//! Knows nothing of keys that are refused before they can verify anything.

use super::*;
use crate::SecretKey;

const LEDGER: [u8; 32] = [5; 32];

fn body() -> Vec<u8> {
    [&LEDGER[..], b"body"].concat()
}

fn key() -> SecretKey {
    crate::tests::rfc_8032_key()
}

fn verdict(signature: &Signature) -> Result<(), SignatureRefusal> {
    verify_event(key().public(), &body(), signature)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "shows that the plain verification accepts what is refused here"
)]
fn an_r_of_small_order_is_refused_although_the_equation_holds() {
    // R is the neutral element and S = k * a mod L, computed with the secret scalar; OpenSSL accepts it.
    let mut bytes = [0; 64];
    bytes[0] = 1;
    bytes[32..].copy_from_slice(&[
        0xc4, 0x45, 0x6d, 0xad, 0xeb, 0x2d, 0x6c, 0x3d, 0xe9, 0x59, 0xdb, 0x96, 0xf4, 0x07, 0x70,
        0x3b, 0xea, 0x50, 0x14, 0x1d, 0x79, 0x5b, 0x42, 0xb3, 0x7b, 0x08, 0xd4, 0xc0, 0x4d, 0x8c,
        0xd1, 0x0e,
    ]);
    let plain = ed25519_dalek::VerifyingKey::from_bytes(key().public().as_bytes()).unwrap();
    let message = [EVENT_LABEL, &body()].concat();
    let loose = ed25519_dalek::Signature::from_bytes(&bytes);
    assert!(ed25519_dalek::Verifier::verify(&plain, &message, &loose).is_ok());
    assert_eq!(
        verdict(&Signature(bytes)),
        Err(SignatureRefusal::PointOfSmallOrder)
    );
}

#[test]
fn an_s_beyond_the_group_order_is_refused_although_the_equation_holds() {
    let mut signature = sign_event(&key(), &body()).unwrap();
    assert_eq!(verdict(&signature), Ok(()));
    let mut carry = 0;
    for (byte, order) in signature.0[32..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(
        verdict(&signature),
        Err(SignatureRefusal::ScalarNotCanonical)
    );
    // The order itself is the first S out of range.
    signature.0[32..].copy_from_slice(&GROUP_ORDER);
    assert_eq!(
        verdict(&signature),
        Err(SignatureRefusal::ScalarNotCanonical)
    );
    signature.0[32] -= 1;
    assert_eq!(verdict(&signature), Err(SignatureRefusal::DoesNotMatch));
}

#[test]
fn an_r_that_is_no_point_is_refused() {
    let good = sign_event(&key(), &body()).unwrap();
    for first in [2, 0xee] {
        // y = 2 is on no point of the curve; y = p + 1 is a second spelling of the neutral element.
        let mut signature = good;
        signature.0[..32].fill(if first == 2 { 0 } else { 0xff });
        signature.0[0] = first;
        signature.0[31] &= 0x7f;
        assert_eq!(
            verdict(&signature),
            Err(SignatureRefusal::PointNotCanonical),
            "{first}"
        );
    }
}

#[test]
fn the_signed_bytes_are_label_and_content() {
    let (key, public) = (key(), *key().public().as_bytes());
    let event = [&b"ytterby event v1\0"[..], &body()].concat();
    assert_eq!(
        sign_event(&key, &body()).unwrap(),
        key.sign(&event).unwrap()
    );
    let possession = [
        &b"ytterby possession v1\0"[..],
        &LEDGER,
        b"91350100M000100Y43",
        &public,
    ]
    .concat();
    assert_eq!(
        sign_possession(&key, &LEDGER, b"91350100M000100Y43").unwrap(),
        key.sign(&possession).unwrap()
    );
}
