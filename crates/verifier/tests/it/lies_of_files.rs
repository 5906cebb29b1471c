//! Lies about the bytes of a copy, by whoever holds it.
//! Invariant: the log that was copied is the honest one. Knows no verifier.

use crate::lies::{Noticed, THIEF, Tell};
use crate::log::{Copy, Honest};

/// A copy of the honest log whose files were changed afterwards.
pub(crate) fn stored(honest: &Honest, change: impl FnOnce(&Copy)) -> Copy {
    let copy = Copy::of(&honest.entries);
    change(&copy);
    copy
}

/// About the bytes of a copy.
pub(crate) fn of_files(honest: &Honest, lie: Tell<'_>) {
    lie(
        "truncate a file",
        THIEF,
        Noticed::Alone,
        stored(honest, |copy| {
            copy.change("tile/entries/000", |bytes| bytes.truncate(bytes.len() - 7));
        }),
    );
    lie(
        "change one bit of a tile",
        THIEF,
        Noticed::Alone,
        stored(honest, |copy| {
            copy.change("tile/0/000", |bytes| bytes[99] ^= 4)
        }),
    );
    lie(
        "change one bit of the checkpoint",
        THIEF,
        Noticed::Alone,
        stored(honest, |copy| {
            copy.change("checkpoint", |bytes| {
                // Within the signature, and still a letter or a digit: else it would be no note at all.
                let end = bytes.len() - 9;
                let still = |place: &usize| (bytes[*place] ^ 1).is_ascii_alphanumeric();
                let place = (end - 40..end).find(still).unwrap();
                bytes[place] ^= 1;
            });
        }),
    );
}
