//! Key files: frozen outputs, files by other programs, files that ask for too much.
//! Invariant: the frozen texts were read by OpenSSL 3.0 and Python's cryptography 48 when they were frozen; the others were
//! written by OpenSSL 3.0.

use pkcs8::EncryptedPrivateKeyInfo;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, Salt, ScryptParams};

use super::*;

const PASSPHRASE: &[u8] = b"correct horse";

const PLAIN: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
";

const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSsGAQQB2kcECzAbBBABAQEBAQEBAQEBAQEB
AQEBAgEQAgEIAgEFMB0GCWCGSAFlAwQBKgQQAgICAgICAgICAgICAgICAgRAIsFm
JOFSTgC6NToebWWc6JGe8Er8P9af8onOurlQzYMCIKEwgX7zJWl9kXeyokAfDp8T
UieaHO9llYciMaDNVg==
-----END ENCRYPTED PRIVATE KEY-----
";

const OPENSSL_PBKDF2: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAihlzK4QvxRiwIBCjAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQW9pprO2SR7XzT8+yDKFuzwRAzj6V
TLmrKhU9f4PQga2fSp4vTe19vK3Bc/CGal0zf0tNyCqtz8lhJxmulUAXmwVFugSq
O+ivMURLTU9/mvX0gA==
-----END ENCRYPTED PRIVATE KEY-----
";

const OPENSSL_PBKDF2_SHA1: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGMMEgGCSqGSIb3DQEFDTA7MBoGCSqGSIb3DQEFDDANBAiB3m4vplzkLgIBCjAd
BglghkgBZQMEASoEEJoavgmgCyqKKbGEZ85s95gEQC/pkvNiKHj2BQeDaU59H+Ab
LM7ZYNi8IbIcOtfjzCgtI8DjgMmQ8sog0sduu41MJtSoEf9T39KlnkzCBwwLkng=
-----END ENCRYPTED PRIVATE KEY-----
";

const X25519: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIICYCBfWH8ydFnxCqeKCxLoXIbSb+SIE+y3GVE3IzmBh
-----END PRIVATE KEY-----
";

/// The seed 00 01 02 ... 1f.
fn key() -> SecretKey {
    SecretKey::from_seed(&std::array::from_fn(|at| at as u8)).unwrap()
}

fn light(passphrase: &[u8], log_n: u8) -> Result<String, KeyFileRefusal> {
    encrypt(&key(), passphrase, [1; 16], [2; 16], ScryptCost { log_n })
}

#[test]
fn outputs_are_frozen() {
    assert_eq!(plain(&key()).unwrap().as_str(), PLAIN);
    assert_eq!(light(PASSPHRASE, 4).unwrap(), ENCRYPTED);
}

#[test]
fn files_open_whoever_wrote_them() {
    for text in [PLAIN, ENCRYPTED, OPENSSL_PBKDF2] {
        let opened = open(text, Some(PASSPHRASE)).unwrap();
        assert_eq!(opened.public(), key().public());
        let windows = open(&text.replace('\n', "\r\n"), Some(PASSPHRASE)).unwrap();
        assert_eq!(windows.public(), key().public());
    }
    let usual = light(PASSPHRASE, ScryptCost::USUAL.log_n).unwrap();
    assert_eq!(
        open(&usual, Some(PASSPHRASE)).unwrap().public(),
        key().public()
    );
}

#[test]
fn every_wrong_passphrase_is_called_one() {
    // Some of 1,000 decrypt to sound padding by chance; with none the other branch would not be tested.
    for number in 0..1000 {
        let refusal = open(OPENSSL_PBKDF2, Some(format!("wrong {number}").as_bytes()));
        assert_eq!(
            refusal.unwrap_err(),
            KeyFileRefusal::WrongPassphrase,
            "{number}"
        );
    }
}

#[test]
fn other_files_are_refused_by_name() {
    let public_of_another = KeypairBytes {
        secret_key: *key().seed(),
        public_key: Some(ed25519_dalek::pkcs8::PublicKeyBytes([7; 32])),
    };
    let public_of_another = public_of_another.to_pkcs8_pem(LineEnding::LF).unwrap();
    let no_entropy = PLAIN.replace("BCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", {
        "BCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    });
    for (text, expected) in [
        (X25519, KeyFileRefusal::NotEd25519("1.3.101.110".to_owned())),
        (OPENSSL_PBKDF2_SHA1, KeyFileRefusal::OtherEncryption),
        (&public_of_another, KeyFileRefusal::PublicKeyDiffers),
        (&no_entropy, KeyFileRefusal::Key(KeyRefusal::NoEntropy)),
        (
            &PLAIN.replace("PRIVATE", "RSA PRIVATE"),
            KeyFileRefusal::NotAKey("it holds a RSA PRIVATE KEY".to_owned()),
        ),
        (&" ".repeat(16_385), KeyFileRefusal::TooLong(16_385)),
    ] {
        assert_eq!(open(text, Some(PASSPHRASE)).unwrap_err(), expected);
    }
    let cut = PLAIN.replace("MC4C", "MC4");
    assert!(matches!(open(&cut, None), Err(KeyFileRefusal::NotAKey(_))));
}

#[test]
fn what_cannot_be_opened_elsewhere_is_not_written() {
    assert_eq!(light(b"", 4).unwrap_err(), KeyFileRefusal::PassphraseEmpty);
    for log_n in [0, 15, 64, 255] {
        let refusal = light(PASSPHRASE, log_n).unwrap_err();
        assert!(
            matches!(refusal, KeyFileRefusal::NotEncrypted(_)),
            "{log_n}"
        );
    }
}

#[test]
fn a_file_cannot_ask_for_more_than_its_due() {
    let scrypt = |cost_parameter, block_size, parallelization| {
        Kdf::Scrypt(ScryptParams {
            salt: Salt::new([1; 16]).unwrap(),
            cost_parameter,
            block_size,
            parallelization,
            key_length: None,
        })
    };
    let rounds = |iteration_count| {
        Kdf::Pbkdf2(pbes2::Pbkdf2Params {
            salt: Salt::new([1; 16]).unwrap(),
            iteration_count,
            key_length: None,
            prf: pbes2::Pbkdf2Prf::HmacWithSha256,
        })
    };
    let file = |kdf| {
        let encryption = Cipher::Aes256Cbc { iv: [2; 16] };
        let file = SecretDocument::try_from(EncryptedPrivateKeyInfo {
            encryption_algorithm: Parameters { kdf, encryption }.into(),
            encrypted_data: OctetStringRef::new(&[0; 64]).unwrap(),
        });
        let label = EncryptedPrivateKeyInfoRef::PEM_LABEL;
        file.unwrap().to_pem(label, LineEnding::LF).unwrap()
    };
    for kdf in [
        scrypt(0, 8, 1),
        scrypt(3, 8, 1),
        scrypt(1 << 19, 8, 1),
        scrypt(1 << 63, 8, 1),
        scrypt(1 << 62, u16::MAX, u16::MAX),
        scrypt(2, u16::MAX, u16::MAX),
        scrypt(1 << 14, 8, u16::MAX),
        rounds(PBKDF2_ROUNDS_MAX + 1),
        rounds(0),
    ] {
        let refusal = open(&file(kdf.clone()), Some(PASSPHRASE)).unwrap_err();
        assert_eq!(refusal, KeyFileRefusal::TooCostly, "{kdf:?}");
    }
    // In bounds, but nothing that scrypt can do.
    for kdf in [scrypt(16, 0, 1), scrypt(16, 8, 0)] {
        let refusal = open(&file(kdf.clone()), Some(PASSPHRASE)).unwrap_err();
        assert_eq!(refusal, KeyFileRefusal::OtherEncryption, "{kdf:?}");
    }
    for kdf in [scrypt(1, 8, 1), scrypt(2, 8, 1)] {
        let refusal = open(&file(kdf.clone()), Some(PASSPHRASE)).unwrap_err();
        assert_eq!(refusal, KeyFileRefusal::WrongPassphrase, "{kdf:?}");
    }
}
