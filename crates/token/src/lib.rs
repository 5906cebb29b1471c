//! Ed25519 keys in PKCS#11 tokens: found by a URI, opened with a PIN, signed with through [`signing::Signer`], and made.
//!
//! Invariant: the secret key never leaves the token; its public key passed the gate of `seal`, and no signature is given
//! on that does not verify under it. A wrong PIN is tried once, never again by itself.
//! Knows no ledger, no terminal and no event: where the PIN comes from is the caller's business.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod fault;
mod key;
mod point;
mod token;
mod uri;

pub use fault::{TokenFault, TokenRefusal};
pub use key::TokenKey;
pub use token::Token;
pub use uri::{TokenUri, UriRefusal};
