//! How many connections are open: so many in all, and so many by one neighbour.
//!
//! Invariant: a seat is counted from when it is taken until it is dropped; nobody is counted below zero or forgotten.
//! Knows addresses alone, no sockets. Behind a proxy every client has the proxy's address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who is counted together. Whoever has one IPv6 address has the 2^64 around it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Neighbour(IpAddr);

impl Neighbour {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

/// Why a connection is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    All,
    Neighbour,
}

/// All seats.
#[derive(Debug)]
pub(crate) struct Seats {
    in_all: usize,
    by_neighbour: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by: HashMap<Neighbour, usize>,
}

/// One taken seat, free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    neighbour: Neighbour,
}

impl Seats {
    pub(crate) fn new(in_all: usize, by_neighbour: usize) -> Arc<Self> {
        Arc::new(Self {
            in_all,
            by_neighbour,
            taken: Mutex::default(),
        })
    }

    /// Takes a seat for this address.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Full> {
        let neighbour = Neighbour::of(address);
        let mut taken = self.lock();
        if taken.in_all >= self.in_all {
            return Err(Full::All);
        }
        // Entered only when a seat is taken: a flood of addresses leaves nothing behind.
        let before = taken.by.get(&neighbour).copied().unwrap_or_default();
        if before >= self.by_neighbour {
            return Err(Full::Neighbour);
        }
        taken.by.insert(neighbour, before + 1);
        taken.in_all += 1;
        let seats = Arc::clone(self);
        Ok(Seat { seats, neighbour })
    }

    /// No panic can come between its two counts.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.in_all = taken.in_all.saturating_sub(1);
        let left = taken.by.remove(&self.neighbour).unwrap_or_default();
        if left > 1 {
            taken.by.insert(self.neighbour, left - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(seats: &Arc<Seats>, address: &str) -> Result<Seat, Full> {
        seats.take(address.parse().unwrap())
    }

    #[test]
    fn a_neighbour_has_its_share_and_all_have_theirs() {
        let seats = Seats::new(4, 2);
        let one = take(&seats, "192.0.2.1").unwrap();
        let two = take(&seats, "192.0.2.1").unwrap();
        assert_eq!(take(&seats, "192.0.2.1").unwrap_err(), Full::Neighbour);
        let mapped = take(&seats, "::ffff:192.0.2.1");
        assert_eq!(mapped.unwrap_err(), Full::Neighbour);
        let other = take(&seats, "192.0.2.2").unwrap();
        let far = take(&seats, "2001:db8:1:2::1").unwrap();
        assert_eq!(take(&seats, "198.51.100.7").unwrap_err(), Full::All);
        drop(one);
        let again = take(&seats, "192.0.2.1").unwrap();
        assert_eq!(take(&seats, "192.0.2.1").unwrap_err(), Full::All);
        drop((two, other, far, again));
        assert_eq!(seats.lock().in_all, 0);
        assert!(seats.lock().by.is_empty());
    }

    #[test]
    fn an_ipv6_network_is_one_neighbour() {
        let seats = Seats::new(9, 1);
        let _held = take(&seats, "2001:db8:1:2::1").unwrap();
        let near = take(&seats, "2001:db8:1:2:ffff::9");
        assert_eq!(near.unwrap_err(), Full::Neighbour);
        assert!(take(&seats, "2001:db8:1:3::1").is_ok());
    }
}
