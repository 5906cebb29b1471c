//! Each example runs and says what its head promises.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::process::Command;

fn run(program: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn an_event_is_signed_and_a_flipped_bit_is_seen() {
    let (code, text) = run(env!("CARGO_BIN_EXE_sign-event"), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("the next one has number 1\n"), "{text}");
    assert!(text.ends_with("it is refused: true\n"), "{text}");
}

#[test]
fn a_pack_is_verified_and_another_byte_is_seen() {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/1/copy.pack");
    let program = env!("CARGO_BIN_EXE_verify-pack");
    let (code, text) = run(program, &[pack]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("GOOD"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flipped");
    let mut bytes = std::fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (code, text) = run(program, &[path.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("TAMPERED"), "{text}");

    assert_eq!(run(program, &[]).0, Some(2));
    assert_eq!(run(program, &["no such file"]).0, Some(2));
}

#[test]
fn a_fold_gives_sums_and_their_explanation() {
    let (code, text) = run(env!("CARGO_BIN_EXE_write-fold"), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("2024-01: 3000 kg net, 1500 kg REO\n"),
        "{text}"
    );
    assert_eq!(text.matches("  position ").count(), 3, "{text}");
}
