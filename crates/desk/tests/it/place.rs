//! A host of the test's own, and a ledger that was founded on it.
//! Invariant: the clock stands, and chance is counted.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use desk::founding::{Stated, Tokens, on_one_machine};
use desk::{Desk, Host, NotDone, Progress, Told, office};
use domain::id::uscc_check_character;
use domain::{Moment, PartyId};
use ledger::{Clock, ManualClock};
use zeroize::Zeroizing;

/// The party with this number.
pub(crate) fn party(number: u32) -> PartyId {
    let first = format!("91150000MA{number:07}");
    let check = uscc_check_character(first.as_bytes().first_chunk().unwrap()).unwrap();
    format!("{first}{check}").parse().unwrap()
}

/// A host whose clock stands, whose chance counts, and who hears everything.
pub(crate) struct TestHost {
    clock: Arc<ManualClock>,
    drawn: AtomicU64,
    pub(crate) heard: Mutex<Vec<Told>>,
}

impl TestHost {
    pub(crate) fn new() -> Self {
        let start: Moment = "2024-03-01T00:00:00Z".parse().unwrap();
        Self {
            clock: Arc::new(ManualClock::at(start)),
            drawn: AtomicU64::new(0),
            heard: Mutex::default(),
        }
    }
}

impl TestHost {
    /// Moves the clock.
    pub(crate) fn set(&self, moment: &str) {
        self.clock.set(moment.parse().unwrap());
    }
}

impl Host for TestHost {
    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = drawn.to_le_bytes()[place % 8];
        }
        Ok(())
    }

    fn secret(&self, _: &str, _: bool) -> Result<Zeroizing<String>, NotDone> {
        Ok(Zeroizing::new("secret".to_owned()))
    }

    fn tell(&self, told: Told) -> io::Result<()> {
        self.heard.lock().unwrap().push(told);
        Ok(())
    }

    fn progress(&self, _: &'static str, _: u64) -> Progress {
        Box::new(|_, _| {})
    }
}

/// A ledger in this folder: party 1 is the authority, party 2 the operator.
pub(crate) fn founded<'a>(folder: &Path, host: &'a TestHost) -> Desk<'a> {
    let desk = Desk::on(folder, host);
    let stated = Stated {
        name: "Test".to_owned(),
        origin: "test.example/log".to_owned(),
        authority: party(1),
        authority_names: office::names("部=Ministry").unwrap(),
        operator: party(2),
        operator_names: office::names("站=Operator").unwrap(),
    };
    on_one_machine(&desk, &stated, Tokens::default(), true).unwrap();
    desk
}
