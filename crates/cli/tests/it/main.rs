//! The real binary, as its users run it: a session, damage on disk, kills in mid-load.
//! Invariant: exit code, stdout and stderr together are what is tested. Knows no internals but the store's reader.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod acknowledge;
mod amend;
mod audit;
mod by_file;
mod clock;
mod corpus;
mod crash;
mod damage;
mod details;
mod evidence;
mod facts;
mod grants;
mod handed;
mod keys;
mod log_key;
mod office;
mod place;
mod receive;
mod recovery;
mod reports;
mod session;
mod sheets;
mod shown;
mod times;
#[cfg(feature = "softhsm")]
mod token;
mod witness;
