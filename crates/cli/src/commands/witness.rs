//! `witness`: another pair of eyes on logs that are not this machine's.
//!
//! Invariant: what it cosigns is told to nobody before it is kept. Holds no rule of the protocol.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use desk::{Mirror, keys};
use grammar::RunWitness;
use ledger::Clock;
use signing::{VerifierKey, WitnessKey};
use witness::server::{Admit, Caps, Event, Server, Witness};

use crate::clock::SystemClock;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::terminal::Terminal;

/// Runs a witness until it is stopped.
pub(crate) fn run(run: RunWitness, host: &Terminal) -> Result<Outcome, CliError> {
    let signer = keys::open_at(&run.key, host)?;
    let key = WitnessKey::new(&run.name, signer.public().clone()).map_err(CliError::usage)?;
    // A log that was handed over has several keys.
    let origins: BTreeSet<&str> = run.logs.iter().map(VerifierKey::name).collect();
    let logs = origins.len();
    let admit = match &run.mirror {
        Some(_) if logs > 1 => {
            return Err(CliError::usage(
                "--mirror holds a copy of one log: run a witness of its own for each log",
            ));
        }
        Some(place) => Some(Mirror::open(place, run.logs.clone(), host)?),
        None => None,
    };
    let admit = admit.map(|mirror| -> Admit { Box::new(move |next| mirror.admit(next)) });
    let caps = Caps {
        connections: run.connections.get(),
        connections_by_address: run.by_address.get(),
        ..Caps::default()
    };
    let server = Server::start(
        run.listen,
        Witness {
            name: run.name,
            signer,
            logs: run.logs,
            folder: run.folder,
            admit,
            clock: Box::new(seconds),
            tell: Box::new(|event| match event {
                Event::SplitView { origin, evidence } => output::say(format!(
                    "TWO HISTORIES of {origin}: {}",
                    evidence.as_ref().map_or_else(
                        || "no more evidence is kept of this log".to_owned(),
                        |path| format!("evidence in {}", path.display())
                    )
                )),
                Event::FalseRoot { origin, evidence } => output::say(format!(
                    "FALSE ROOT of {origin}, which has no entries: its note is in {}",
                    evidence.display()
                )),
                Event::NotAdmitted { origin, why } => {
                    output::say(format!("NOT COSIGNED for {origin}: {why}"));
                }
                Event::Fault(message) => output::say(format!("fault: {message}")),
            }),
        },
        caps,
    )
    .map_err(CliError::fault)?;
    server.stop_on_signals().map_err(CliError::fault)?;
    let address: SocketAddr = server.address();
    output::line(format!("witness {} http://{address}/ {key}", key.name()))?;
    output::say(format!("cosigning for {logs} logs; stop it with Ctrl-C"));
    server.wait();
    output::say("stopped: every answer under way was given its time".to_owned());
    Ok(Outcome::Done)
}

/// Seconds since 1970.
fn seconds() -> u64 {
    u64::try_from(SystemClock.now().ms() / 1_000).unwrap_or_default()
}
