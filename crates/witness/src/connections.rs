//! The connections that a server has open: so many at most, and all of them can be ended.
//!
//! Invariant: a connection is counted from before its thread starts until that thread has let go of everything else.
//! Knows nothing of what is said on them.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Threads that serve at once. A log asks once every few seconds.
pub(crate) const CONNECTIONS_MAX: usize = 64;

/// The open connections.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    streams: BTreeMap<u64, TcpStream>,
}

/// One open connection; dropped last by the thread that serves it.
#[derive(Debug)]
pub(crate) struct Connection {
    all: Arc<Connections>,
    number: u64,
}

impl Connections {
    /// Counts a connection; `None` if there are too many.
    pub(crate) fn enter(self: &Arc<Self>, stream: &TcpStream) -> Option<Connection> {
        let stream = stream.try_clone().ok()?;
        let mut open = self.lock();
        if open.streams.len() >= CONNECTIONS_MAX {
            return None;
        }
        let number = open.next;
        open.next += 1;
        open.streams.insert(number, stream);
        Some(Connection {
            all: Arc::clone(self),
            number,
        })
    }

    /// Lets every connection finish the answer it is at, but receive nothing more, and waits until all have ended.
    pub(crate) fn end_all(&self) {
        let mut open = self.lock();
        for stream in open.streams.values() {
            // Fails only where the other side has closed already.
            let _ = stream.shutdown(Shutdown::Read);
        }
        while !open.streams.is_empty() {
            open = self
                .ended
                .wait(open)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.lock().streams.remove(&self.number);
        self.all.ended.notify_all();
    }
}
