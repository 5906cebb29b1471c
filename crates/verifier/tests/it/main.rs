//! Logs that lie, and who notices: the crate, the stand-alone binary, and the verifier in another language.
//! Invariant: the table in `docs/guide/audit.md` is what this test found. Knows the operator's key, as a lying operator does.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod amending;
mod clocks;
mod corpus;
mod extracts;
mod facts;
mod handed;
mod hostile;
mod lies;
mod lies_of_authority;
mod lies_of_files;
mod lies_of_keys;
mod log;
mod reasons;
mod refused;
mod single;
mod strangers;
mod table;
