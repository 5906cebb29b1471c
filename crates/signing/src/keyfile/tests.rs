//! Key files: frozen outputs, files by other programs, files that ask for too much.
//! Invariant: the frozen texts were read by OpenSSL 3.0 and Python's cryptography 48 when they were frozen; the others were
//! written by OpenSSL 3.0.

use pkcs8::EncryptedPrivateKeyInfo;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, Salt, ScryptParams};

use super::*;
use crate::signer::Signer;

const PASSPHRASE: &[u8] = b"correct horse";

const PLAIN: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSsGAQQB2kcECzAbBBABAQEBAQEBAQEBAQEB
AQEBAgEQAgEIAgEFMB0GCWCGSAFlAwQBKgQQAgICAgICAgICAgICAgICAgRAIsFm
JOFSTgC6NToebWWc6Aa/Q40xSAvNEK4N4tO5HZUMeGCqm9V70TA5UFptBsC36mUB
g4ADz545TcLFtLw2nw==
-----END ENCRYPTED PRIVATE KEY-----
";

const OPENSSL_PBKDF2: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAi029B9AwiAtAIBCjAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQHd/EF5UmnT9/huDjl7AuXARAe0E0
WO7HGeMBBVr89PgKauzDHjzumNQoZw4+wNlsXwx+stQnMFcDvYhOh/Tf2jek6JIR
Z6a0XPIeuBDxzkIAkA==
-----END ENCRYPTED PRIVATE KEY-----
";

const OPENSSL_PBKDF2_SHA1: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGMMEgGCSqGSIb3DQEFDTA7MBoGCSqGSIb3DQEFDDANBAjwyRSLBfkk9gIBCjAd
BglghkgBZQMEASoEEDDNj3pHo/5nkNE8PwU4hiIEQBoX/f5P0nr/bxlaNuAVHGMM
wAD4G0D6wqCLAGNk1LPHYXOSZdG7GyEUXlYDmXdOa2k7kk5sUTV7iHah6cwRN0c=
-----END ENCRYPTED PRIVATE KEY-----
";

const X25519: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIICYCBfWH8ydFnxCqeKCxLoXIbSb+SIE+y3GVE3IzmBh
-----END PRIVATE KEY-----
";

fn key() -> SecretKey {
    crate::tests::rfc_8032_key()
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
    let usual = light(PASSPHRASE, ScryptCost::USUAL.log_n).unwrap();
    for (text, passphrase) in [
        (PLAIN, None),
        (ENCRYPTED, Some(PASSPHRASE)),
        (OPENSSL_PBKDF2, Some(PASSPHRASE)),
        (&usual, Some(PASSPHRASE)),
    ] {
        assert_eq!(is_encrypted(text), passphrase.is_some());
        let opened = open(text, passphrase).unwrap();
        assert_eq!(opened.public(), key().public());
        let windows = open(&text.replace('\n', "\r\n"), passphrase).unwrap();
        assert_eq!(windows.public(), key().public());
    }
    let needed = open(ENCRYPTED, None).unwrap_err();
    assert_eq!(needed, KeyFileRefusal::PassphraseNeeded);
    let needless = open(PLAIN, Some(PASSPHRASE)).unwrap_err();
    assert_eq!(needless, KeyFileRefusal::NotEncrypted);
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
    let [begin, _, end] = PLAIN.lines().collect::<Vec<_>>().try_into().unwrap();
    let no_entropy = format!(
        "{begin}\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n{end}\n"
    );
    for (text, expected) in [
        (X25519, KeyFileRefusal::NotEd25519("1.3.101.110".to_owned())),
        (
            OPENSSL_PBKDF2_SHA1,
            unsupported(&"PKCS#5 algorithm 1.2.840.113549.2.7 is unsupported"),
        ),
        (
            &public_of_another,
            KeyFileRefusal::NotAKey("its public key does not belong to its secret key".to_owned()),
        ),
        (&no_entropy, KeyFileRefusal::Unusable(KeyRefusal::NoEntropy)),
        (
            &PLAIN.replace("PRIVATE", "RSA PRIVATE"),
            KeyFileRefusal::NotAKey("it holds a RSA PRIVATE KEY".to_owned()),
        ),
        (&" ".repeat(16_385), KeyFileRefusal::TooLong(16_385)),
    ] {
        assert_eq!(
            open(text, is_encrypted(text).then_some(PASSPHRASE)).unwrap_err(),
            expected
        );
    }
    let cut = PLAIN.replace("MC4C", "MC4");
    assert!(matches!(open(&cut, None), Err(KeyFileRefusal::NotAKey(_))));
}

#[test]
fn what_cannot_be_opened_elsewhere_is_not_written() {
    assert_eq!(light(b"", 4).unwrap_err(), KeyFileRefusal::PassphraseEmpty);
    for log_n in [0, 15, 64, 255] {
        let refusal = light(PASSPHRASE, log_n).unwrap_err();
        assert_eq!(refusal, KeyFileRefusal::TooCostly, "{log_n}");
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
        let label = ENCRYPTED_LABEL;
        file.unwrap().to_pem(label, LineEnding::LF).unwrap()
    };
    for kdf in [
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
    // In bounds, but nothing that scrypt can do; at 0 the decoder itself would panic.
    for kdf in [
        scrypt(0, 8, 1),
        scrypt(1, 8, 1),
        scrypt(3, 8, 1),
        scrypt(16, 0, 1),
        scrypt(16, 8, 0),
    ] {
        let refusal = open(&file(kdf.clone()), Some(PASSPHRASE)).unwrap_err();
        assert!(
            matches!(refusal, KeyFileRefusal::Unsupported(_)),
            "{kdf:?}: {refusal}"
        );
    }
    let refusal = open(&file(scrypt(2, 8, 1)), Some(PASSPHRASE)).unwrap_err();
    assert_eq!(refusal, KeyFileRefusal::WrongPassphrase);
}
