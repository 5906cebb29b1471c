//! Every question put to a small country, and what is promised of documents and errors.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that fails here says so, and it reads what the project keeps"
)]

mod country;
mod day;
mod errors;
mod questions;
mod schemas;
