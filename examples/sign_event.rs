//! Signs one event as a mine does, and checks it as anyone can: `cargo run -p examples --bin sign-event`.
//! Nothing is sent: a signed event is two byte strings, and a node takes it from a file or a call.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use author::Author;
use domain::{Payload, Zone};
use signing::Signer;

fn main() -> Result<(), Box<dyn Error>> {
    // An invented key. A real one comes from the system's random source, and is kept encrypted or in a token.
    let key = testkit::key(4);
    let ledger = testkit::ledger_id();
    let mut mine = Author::new(testkit::party(4), ledger);

    let payload: Payload = serde_json::from_str(
        r#"{
            "event": "lot-mined", "site": "PIT-1", "lot": "L-1", "product": "ore/mixed",
            "quantity": {"net_mg": 25000000000, "reo_mg": 1250000000, "basis": "measured"},
            "composition": "La:300000,Ce:500000,Nd:200000", "ore": "mixed"
        }"#,
    )?;
    let dug = Zone::CHINA.moment_of("2024-03-05 14:30")?;
    let signed = Zone::CHINA.moment_of("2024-03-06 08:00")?;
    let event = mine.sign(&key, dug, signed, payload)?;

    println!("event {}", wire::event_id(&event.body));
    println!(
        "{} bytes, signed by key {}",
        event.body.len(),
        event.signatures[0].0
    );
    // The next event of this mine names the id of this one.
    println!("the next one has number {}", mine.state.head.next_seq);

    let signature = signing::Signature(event.signatures[0].1.0);
    signing::verify_event(key.public(), &event.body, &signature)?;
    let mut changed = event.body;
    changed[200] ^= 1;
    let refused = signing::verify_event(key.public(), &changed, &signature).is_err();
    println!("the signature is good; over one flipped bit it is refused: {refused}");
    Ok(())
}
