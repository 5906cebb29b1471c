//! How long a client may hold a thread: a bound on each silence, and one on all reads together.
//!
//! Invariant: no read begins after the deadline or waits beyond it, however small the pieces are that come before.
//! Knows nothing of what is read. The machine's clock is read here alone, and decides nothing but who is cut off.
#![expect(
    clippy::disallowed_methods,
    reason = "how long a stranger holds a thread is measured here, and goes into no answer"
)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long a client may be silent.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(5);
/// How long one request may take, from the first wait for it. The longest one is some 20 KiB.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// A connection, and the time on it.
pub(crate) trait Timed: Read + Write {
    /// Since the connection was taken.
    fn age(&self) -> Duration;

    /// Lets no read from now on wait longer than this, which is not zero.
    fn bound_reads(&mut self, longest: Duration) -> io::Result<()>;
}

/// The age of a connection at which its client's time is up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// The client's time begins now.
    pub(crate) fn begin(stream: &impl Timed) -> Self {
        Self(stream.age() + REQUEST_TIME_MAX)
    }

    /// Reads once, in the time that is left.
    pub(crate) fn read(self, stream: &mut impl Timed, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.0.saturating_sub(stream.age());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            stream.bound_reads(left.min(SILENCE_MAX))?;
            match stream.read(into) {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// A connection over the network.
#[derive(Debug)]
pub(crate) struct Socket<'a> {
    stream: &'a TcpStream,
    taken: Instant,
}

impl<'a> Socket<'a> {
    /// A connection that was just taken.
    pub(crate) fn new(stream: &'a TcpStream) -> Self {
        Self {
            stream,
            taken: Instant::now(),
        }
    }
}

impl Timed for Socket<'_> {
    fn age(&self) -> Duration {
        self.taken.elapsed()
    }

    fn bound_reads(&mut self, longest: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(longest))
    }
}

impl Read for Socket<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.read(into)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
