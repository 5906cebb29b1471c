//! Author chains: each event carries a dense `seq` and the id of its author's event before it.
//! Invariant: a head is extended only by the event it asks for, so a chain has no gap, no repetition and no fork.
//! Does not know what an event says, who signed it or where it stands in the log.

use crate::contexts::{Context, digest};

/// The hash of a log's origin line: all that a founding event can be bound to, since the ledger is made by it.
#[must_use]
pub fn origin_hash(origin: &str) -> [u8; 32] {
    digest(Context::Origin, &[origin.as_bytes()])
}

/// The id of a ledger: the hash of its origin and of the event that founded it. Every other event is bound to it, and every
/// author's chain but the founder's starts from it: a ledger founded again under the same name is another one.
#[must_use]
pub fn ledger_id(origin: &str, founding: &[u8; 32]) -> [u8; 32] {
    digest(Context::Ledger, &[&origin_hash(origin), founding])
}

/// The id of an event: the hash of its signed body, as stored.
#[must_use]
pub fn event_id(body: &[u8]) -> [u8; 32] {
    digest(Context::EventId, &[body])
}

/// The end of one author's chain: what its next event must carry. Every value is legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorHead {
    /// The `seq` of the next event, which is also the number of events so far.
    pub next_seq: u64,
    /// The `prev` of the next event: the id of the last one, or the ledger's if there is none.
    pub last: [u8; 32],
}

impl AuthorHead {
    /// The head of a chain without events.
    #[must_use]
    pub const fn start(ledger: [u8; 32]) -> Self {
        Self {
            next_seq: 0,
            last: ledger,
        }
    }

    /// Whether an event with this `seq` and `prev` is the next of the chain.
    ///
    /// # Errors
    /// The link that is broken. `Repeated` is for the caller to look into: the same event again is harmless,
    /// another event at the same place is equivocation.
    pub fn check(&self, seq: u64, prev: &[u8; 32]) -> Result<(), LinkRefusal> {
        let expected = self.next_seq;
        if seq < expected {
            return Err(LinkRefusal::Repeated {
                expected,
                found: seq,
            });
        }
        if seq > expected {
            return Err(LinkRefusal::Gap {
                expected,
                found: seq,
            });
        }
        if *prev != self.last {
            return Err(LinkRefusal::WrongPrevious {
                seq,
                expected: self.last,
                found: *prev,
            });
        }
        Ok(())
    }

    /// The head after the event with this id. The caller has checked the event.
    #[must_use]
    pub const fn extend(self, id: [u8; 32]) -> Self {
        // Saturating, so that a head forged by a stranger cannot stop the process; no author writes 2^64 events.
        Self {
            next_seq: self.next_seq.saturating_add(1),
            last: id,
        }
    }
}

/// Why an event does not continue its author's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// Events before this one are missing.
    #[error(
        "seq {found} does not continue the author's chain: seq {expected} is next, the events between are missing"
    )]
    Gap { expected: u64, found: u64 },
    /// The chain already holds an event with this `seq`.
    #[error("seq {found} is already in the author's chain: seq {expected} is next")]
    Repeated { expected: u64, found: u64 },
    /// The event follows another event than the chain's last.
    #[error("the event at seq {seq} follows {}, but the author's chain ends in {}", Hex(.found), Hex(.expected))]
    WrongPrevious {
        seq: u64,
        expected: [u8; 32],
        found: [u8; 32],
    },
}

struct Hex<'a>(&'a [u8; 32]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_accepts_only_its_next_event() {
        let origin = origin_hash("ledger.example/rare-earths");
        let first = event_id(b"first");
        let head = AuthorHead::start(origin);
        assert_eq!(head.check(0, &origin), Ok(()));
        assert_eq!(
            head.check(1, &origin),
            Err(LinkRefusal::Gap {
                expected: 0,
                found: 1
            })
        );
        assert_eq!(
            head.check(0, &first),
            Err(LinkRefusal::WrongPrevious {
                seq: 0,
                expected: origin,
                found: first
            })
        );
        let head = head.extend(first);
        assert_eq!(
            head,
            AuthorHead {
                next_seq: 1,
                last: first
            }
        );
        assert_eq!(head.check(1, &first), Ok(()));
        assert_eq!(
            head.check(0, &origin),
            Err(LinkRefusal::Repeated {
                expected: 1,
                found: 0
            })
        );
        assert_eq!(
            head.check(u64::MAX, &first),
            Err(LinkRefusal::Gap {
                expected: 1,
                found: u64::MAX
            })
        );
    }

    #[test]
    fn a_forged_head_at_the_end_of_numbers_does_not_panic() {
        let head = AuthorHead {
            next_seq: u64::MAX,
            last: [0; 32],
        }
        .extend([1; 32]);
        assert_eq!(head.next_seq, u64::MAX);
    }

    #[test]
    fn another_origin_or_body_has_another_hash() {
        assert_ne!(origin_hash("a.example/log"), origin_hash("b.example/log"));
        assert_ne!(event_id(b"x"), event_id(b"y"));
        assert_ne!(event_id(b"x"), origin_hash("x"));
    }

    #[test]
    fn a_ledger_founded_again_under_its_name_is_another_one() {
        let (first, second) = (event_id(b"founding"), event_id(b"founded again"));
        let ledger = ledger_id("a.example/log", &first);
        assert_ne!(ledger, ledger_id("a.example/log", &second));
        assert_ne!(ledger, ledger_id("b.example/log", &first));
        assert_ne!(ledger, origin_hash("a.example/log"));
    }

    #[test]
    fn refusals_say_what_was_expected() {
        let text = LinkRefusal::WrongPrevious {
            seq: 7,
            expected: [0xab; 32],
            found: [0xcd; 32],
        }
        .to_string();
        assert!(
            text.contains("seq 7 follows cdcd") && text.contains("ends in abab"),
            "{text}"
        );
    }
}
