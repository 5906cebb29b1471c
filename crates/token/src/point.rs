//! The public key in an object's CKA_EC_POINT: raw, or wrapped in a DER OCTET STRING as SoftHSM 2.6 does.
//!
//! Invariant: what comes out passed the gate of `seal`. Knows no token.

use signing::PublicKey;

use crate::fault::TokenFault;

/// DER of an OCTET STRING of 32 bytes: its tag and its length.
const OCTET_STRING_OF_32: &[u8] = &[0x04, 0x20];

/// Reads the attribute. The two forms differ in length, so neither can be taken for the other.
pub(crate) fn public_key(attribute: &[u8]) -> Result<PublicKey, TokenFault> {
    let point = match attribute.strip_prefix(OCTET_STRING_OF_32) {
        Some(inside) if inside.len() == 32 => inside,
        _ => attribute,
    };
    let point = <&[u8; 32]>::try_from(point).map_err(|_| TokenFault::Point(attribute.len()))?;
    Ok(PublicKey::from_bytes(point)?)
}

#[cfg(test)]
mod tests {
    use signing::{KeyRefusal, SecretKey, Signer};

    use super::*;

    fn key() -> PublicKey {
        let seed: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * at % 251).unwrap());
        SecretKey::from_seed(&seed).unwrap().public().clone()
    }

    #[test]
    fn both_forms_give_the_same_key() {
        let raw = key().as_bytes().to_vec();
        let wrapped = [OCTET_STRING_OF_32, &raw].concat();
        assert_eq!(public_key(&raw).unwrap(), key());
        assert_eq!(public_key(&wrapped).unwrap(), key());
    }

    #[test]
    fn a_raw_key_that_begins_like_der_is_still_raw() {
        // 32 bytes in all: only their length says that 04 20 belongs to the key.
        let raw = (0..=u8::MAX).find_map(|last| {
            let mut bytes = [7; 32];
            (bytes[0], bytes[1], bytes[30]) = (0x04, 0x20, last);
            let double = PublicKey::from_bytes(&bytes);
            double.ok().map(|_| bytes)
        });
        let raw = raw.unwrap();
        assert_eq!(public_key(&raw).unwrap().as_bytes(), &raw);
    }

    #[test]
    fn other_lengths_and_faulty_points_are_refused() {
        let raw = key().as_bytes().to_vec();
        let longer = [OCTET_STRING_OF_32, &raw, &[0]].concat();
        let other_tag = [&[0x03, 0x20], &raw[..]].concat();
        for bytes in [&[][..], &raw[..31], &longer, &other_tag] {
            assert!(
                matches!(public_key(bytes), Err(TokenFault::Point(length)) if length == bytes.len())
            );
        }
        let mut identity = [0; 32];
        identity[0] = 1;
        let refused = public_key(&identity);
        assert!(matches!(
            refused,
            Err(TokenFault::Key(KeyRefusal::SmallOrder))
        ));
    }
}
