//! A small witness over HTTP: `POST /add-checkpoint` (C2SP tlog-witness), and `GET /` for its name and verifier key.
//!
//! Invariant: a client that is silent, or sends in crumbs, loses its thread, and at most 64 clients are served at once; a
//! stopped server has answered what it was at, and has let go of its folder.
//! Knows nothing of TLS: whoever wants it puts a proxy in front. Signatures, not the connection, carry the trust.

use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use crate::cosigner::{Event, StartFault, Witness};
pub use crate::folder::FolderFault;

use crate::connections::Connections;
use crate::cosigner::{Answer, Cosigner};
use crate::deadline::{SILENCE_MAX, Socket};
use crate::http::{HttpFault, Wire};
use crate::protocol::REQUEST_BYTES_MAX;

/// A pause after the system refused a connection: it is out of memory or descriptors, and asking at once would not help.
const REST: Duration = Duration::from_millis(100);

/// A witness that listens. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    connections: Arc<Connections>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a witness on this address; port 0 takes a free one.
    ///
    /// # Errors
    /// The name can't be one, a key is given twice, the folder is damaged or in use, or the address is not to be had.
    pub fn start(address: impl ToSocketAddrs, witness: Witness) -> Result<Self, StartFault> {
        let cosigner = Arc::new(Cosigner::open(witness)?);
        let listener = TcpListener::bind(address).map_err(StartFault::Address)?;
        let address = listener.local_addr().map_err(StartFault::Address)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Connections::default());
        let acceptor = Acceptor {
            listener,
            cosigner,
            stopping: Arc::clone(&stopping),
            connections: Arc::clone(&connections),
        };
        let acceptor = thread::Builder::new()
            .name("witness".to_owned())
            .spawn(move || acceptor.run())
            .map_err(StartFault::Address)?;
        Ok(Self {
            address,
            stopping,
            connections,
            acceptor: Some(acceptor),
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, finishes those that are being answered, and lets go of the folder.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.stopping.store(true, Ordering::SeqCst);
        // The acceptor sleeps until somebody connects. If this can't, it ends at the next client's call.
        if TcpStream::connect_timeout(&reachable(self.address), SILENCE_MAX).is_ok() {
            // It ends without a result; a panic in it has been told by its own thread.
            let _ = acceptor.join();
        }
        self.connections.end_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// The address under which this machine reaches its own listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Takes connections and gives each a thread.
struct Acceptor {
    listener: TcpListener,
    cosigner: Arc<Cosigner>,
    stopping: Arc<AtomicBool>,
    connections: Arc<Connections>,
}

impl Acceptor {
    fn run(self) {
        for stream in self.listener.incoming() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            match stream.and_then(|stream| self.take(stream)) {
                Ok(()) => {}
                Err(fault) => {
                    self.cosigner
                        .tell_fault(format!("a connection could not be taken: {fault}"));
                    thread::sleep(REST);
                }
            }
        }
    }

    fn take(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(SILENCE_MAX))?;
        let Some(connection) = self.connections.enter(&stream) else {
            // A client that is gone does not miss the answer.
            let busy = Answer::text(503, "too many connections; ask again");
            let _ = Wire::new(Socket::new(&stream), 0).answer(&busy, false);
            return Ok(());
        };
        let cosigner = Arc::clone(&self.cosigner);
        let stopping = Arc::clone(&self.stopping);
        thread::Builder::new()
            .name("witness-request".to_owned())
            .spawn(move || {
                // Moved in, so that it is dropped after all that `serve` holds, even if that panics.
                let _connection = connection;
                serve(cosigner, &stopping, stream);
            })
            .map(drop)
    }
}

/// Answers the requests of one connection, one after the other. Takes the cosigner by value: the connection must not hold it
/// when it counts as ended.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the folder stays locked as long as anybody holds the cosigner"
)]
fn serve(cosigner: Arc<Cosigner>, stopping: &AtomicBool, stream: TcpStream) {
    let mut wire = Wire::new(Socket::new(&stream), REQUEST_BYTES_MAX);
    loop {
        let (answer, stays_open) = match wire.receive() {
            Ok(Some(request)) => {
                let answer = match (request.method.as_str(), request.path.as_str()) {
                    ("POST", "/add-checkpoint") => cosigner.add_checkpoint(&request.body),
                    ("GET", "/") => cosigner.introduction(),
                    _ => Answer::text(404, "there are POST /add-checkpoint and GET / here"),
                };
                (answer, request.stays_open)
            }
            Err(HttpFault::Refused { status, reason }) => (Answer::text(status, reason), false),
            Ok(None) | Err(HttpFault::Io(_)) => return,
        };
        let stays_open = stays_open && !stopping.load(Ordering::SeqCst);
        if wire.answer(&answer, stays_open).is_err() {
            return;
        }
        if !stays_open {
            // Bytes left unread would make the system drop the answer.
            if stream.shutdown(Shutdown::Write).is_ok() {
                wire.drain();
            }
            return;
        }
    }
}
