//! Acceptance: the whole system on the demonstration year.
//!
//! Invariant: what is planted is found and nothing else of its severity; the same log gives the same state, however cut.
#![cfg(test)]

mod conservation;
mod demo_year;
mod honest;
mod hostile;
mod scenarios;
mod vectors;
