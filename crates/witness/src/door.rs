//! Connections over HTTP/1.1: taken, bounded, answered by the routes they are given, and ended in order.
//!
//! Invariant: whatever a client sends or does not send, it holds a connection no longer than `Caps` say, and no more of them
//! than its share; once told to stop, no connection is taken, and every answer under way has its time and no more.
//! Knows nothing of what is asked. Nobody's clock is read but tokio's, for those limits.

use std::io::Write;
use std::net::Shutdown;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use crate::seats::{Full, Seat, Seats};

/// The line and the headers of a request; what is longer is answered with 431.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// A pause after the system refused a connection: it is out of memory or descriptors, and asking at once would not help.
const REST: Duration = Duration::from_millis(100);

/// What clients may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Connections in all.
    pub connections: usize,
    /// Connections by one address; of IPv6 by one network of 64 bits.
    pub connections_by_address: usize,
    /// From when a connection waits for a request until the request's head is whole.
    pub head_time: Duration,
    /// From then until the answer is ready: the body, the disk, the key.
    pub request_time: Duration,
    /// After this a connection has no further request, however busy it was: who never reads its answers is rid of too.
    pub connection_time: Duration,
    /// For an answer under way, once the server or the connection is to end.
    pub end_time: Duration,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_by_address: 16,
            head_time: Duration::from_secs(5),
            request_time: Duration::from_secs(10),
            connection_time: Duration::from_secs(60),
            end_time: Duration::from_secs(10),
        }
    }
}

/// Serves until told to stop; returns when every connection has ended.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    caps: Caps,
    mut stopping: watch::Receiver<bool>,
    tell_fault: impl Fn(String),
) {
    let seats = Seats::new(caps.connections, caps.connections_by_address);
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, peer)) => match seats.take(peer.ip()) {
                    Ok(seat) => {
                        open.spawn(converse(stream, seat, routes.clone(), caps, stopping.clone()));
                    }
                    Err(full) => turn_away(stream, full),
                },
                Err(fault) => {
                    tell_fault(format!("a connection could not be taken: {fault}"));
                    sleep(REST).await;
                }
            },
            Some(ended) = open.join_next() => tell_of(ended, &tell_fault),
            () = told(&mut stopping) => break,
        }
    }
    drop(listener);
    while let Some(ended) = open.join_next().await {
        tell_of(ended, &tell_fault);
    }
}

/// A panic while a request was answered ends that connection alone, and is told.
fn tell_of(ended: Result<(), JoinError>, tell_fault: &impl Fn(String)) {
    if let Err(fault) = ended {
        tell_fault(format!("a connection broke: {fault}"));
    }
}

/// Returns when the server is to stop, or when nobody is left to say so.
async fn told(stopping: &mut watch::Receiver<bool>) {
    // The error is that of a sender that is gone.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Answers the requests of one connection, one after the other.
async fn converse(
    stream: TcpStream,
    seat: Seat,
    routes: Router,
    caps: Caps,
    mut stopping: watch::Receiver<bool>,
) {
    let _seat = seat;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(caps.head_time)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = pin!(connection);
    // What broke a connection is the client's business: it asks again.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(caps.connection_time) => {}
        () = told(&mut stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(caps.end_time, connection).await;
}

/// Says why there is no seat, as far as that goes without waiting.
fn turn_away(stream: TcpStream, full: Full) {
    let (status, line) = match full {
        Full::All => ("503 Service Unavailable", "too many connections; ask again"),
        Full::Neighbour => (
            "429 Too Many Requests",
            "too many connections from this address; use one for several requests",
        ),
    };
    let length = line.len() + 1;
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{line}\n"
    );
    // A client that is gone does not miss the answer.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write_all(answer.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
    }
}
