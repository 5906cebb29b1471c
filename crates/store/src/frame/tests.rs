//! Packing and unpacking of groups.
//! Invariant: whatever unpacks is what was packed; nothing else unpacks.
//! Does not know stores.

use super::*;

fn parts(frame: &Frame) -> (Vec<(u64, Vec<u8>)>, Vec<u8>) {
    (
        frame
            .entries()
            .map(|(position, entry)| (position, entry.to_vec()))
            .collect(),
        frame.checkpoint().to_vec(),
    )
}

#[test]
fn a_frame_gives_back_what_was_packed() {
    let frame = Frame::pack(7, &[b"one", b"two!", b"3"], b"note").unwrap();
    assert_eq!((frame.first(), frame.len(), frame.end()), (7, 3, 10));
    assert_eq!(frame.packed(), b"\0\x03one\0\x04two!\0\x013");
    let expected = vec![
        (7, b"one".to_vec()),
        (8, b"two!".to_vec()),
        (9, b"3".to_vec()),
    ];
    assert_eq!(parts(&frame), (expected.clone(), b"note".to_vec()));
    for (position, entry) in &expected {
        assert_eq!(frame.entry(*position), Some(entry.as_slice()));
    }
    assert_eq!(frame.entry(6), None);
    assert_eq!(frame.entry(10), None);
    assert_eq!(frame.entry(u64::MAX), None);

    let mut bytes = frame.packed().to_vec();
    let packed = bytes.len();
    bytes.extend_from_slice(b"note");
    assert_eq!(Frame::unpack(7, 3, bytes, packed).unwrap(), frame);
}

#[test]
fn bytes_that_are_no_group_do_not_unpack() {
    let cases: [(&str, u64, u32, &[u8], usize); 9] = [
        ("no entries", 0, 0, b"", 0),
        ("count too small", 0, 1, b"\0\x01a\0\x01b", 6),
        ("count too great", 0, 3, b"\0\x01a\0\x02bc", 7),
        ("count absurd", 0, u32::MAX, b"\0\x01a", 3),
        ("entry cut off", 0, 1, b"\0\x05a..", 5),
        ("prefix cut off", 0, 1, b"\0\x01a\0", 4),
        ("empty entry", 0, 1, b"\0\0\0\x01a", 5),
        ("packed beyond the bytes", 0, 1, b"\0\x01a", 4),
        ("positions overflow", u64::MAX, 1, b"\0\x01a", 3),
    ];
    for (name, first, count, bytes, packed) in cases {
        assert!(
            Frame::unpack(first, count, bytes.to_vec(), packed).is_err(),
            "{name}"
        );
    }
    assert!(Frame::unpack(0, 1, b"\0\x01a".to_vec(), 3).is_ok());
}

#[test]
fn groups_beyond_the_limits_are_refused() {
    let long = vec![1u8; ENTRY_BYTES_MAX + 1];
    let longest = long.get(1..).unwrap();
    assert!(matches!(check_group(&[], b""), Err(StoreFault::EmptyGroup)));
    assert!(matches!(
        check_group(&[b"a", b""], b""),
        Err(StoreFault::EmptyEntry { index: 1 })
    ));
    assert!(matches!(
        check_group(&[&long], b""),
        Err(StoreFault::TooLarge { .. })
    ));
    assert!(matches!(
        check_group(&[b"a"], &long),
        Err(StoreFault::TooLarge { .. })
    ));
    assert_eq!(
        check_group(&[longest], longest).unwrap(),
        ENTRY_BYTES_MAX + 2
    );
    let many = vec![longest; GROUP_BYTES_MAX / (ENTRY_BYTES_MAX + 2) + 1];
    assert!(matches!(
        check_group(&many, b""),
        Err(StoreFault::TooLarge {
            what: "the group",
            ..
        })
    ));
}
