//! Quota through small histories and random ones.
//! Invariant: each test expects its figures exactly. Knows no files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod accounts;
mod labels;
mod tanks;
mod told;
mod work;
