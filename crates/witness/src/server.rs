//! A witness over HTTP that listens and stops: `POST /add-checkpoint`, `GET /<log>/checkpoint` (C2SP tlog-witness), and `GET /`
//! for its name and verifier key.
//!
//! Invariant: a server that has stopped has answered what it was at, in a bounded time, and has let go of its folder.
//! Knows nothing of TLS: whoever wants it puts a proxy in front. Signatures, not the connection, carry the trust.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use crate::cosigner::{Admit, Event, NotAdmitted, StartFault, Witness};
pub use crate::door::Caps;
pub use crate::folder::FolderFault;

use crate::cosigner::Cosigner;
use crate::door::serve;
use crate::routes::{AT_WORK_MAX, routes};

/// Threads for sockets alone: disk and key have threads of their own.
const SOCKET_THREADS: usize = 2;

/// A witness that listens. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    caps: Caps,
    at_work: Option<(Runtime, JoinHandle<()>)>,
}

impl Server {
    /// Starts a witness on this address; port 0 takes a free one.
    ///
    /// # Errors
    /// The name can't be one, a key is given twice, the folder is damaged or in use, or the address is not to be had.
    pub fn start(
        address: impl ToSocketAddrs,
        witness: Witness,
        caps: Caps,
    ) -> Result<Self, StartFault> {
        let cosigner = Arc::new(Cosigner::open(witness)?);
        let listener = TcpListener::bind(address).map_err(StartFault::Address)?;
        let address = listener.local_addr().map_err(StartFault::Address)?;
        listener
            .set_nonblocking(true)
            .map_err(StartFault::Address)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(SOCKET_THREADS)
            .max_blocking_threads(AT_WORK_MAX)
            .thread_name("witness")
            .enable_all()
            .build()
            .map_err(StartFault::Threads)?;
        let listener = {
            let _within = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(StartFault::Address)?
        };
        let (stop, stopping) = watch::channel(false);
        let routes = routes(Arc::clone(&cosigner), &caps);
        let tell_fault = move |message| cosigner.tell_fault(message);
        let serving = runtime.spawn(serve(listener, routes, caps, stopping, tell_fault));
        Ok(Self {
            address,
            stop,
            caps,
            at_work: Some((runtime, serving)),
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the signals that ask a process to end (Ctrl-C, and SIGTERM where there is one) stop the server instead.
    ///
    /// # Errors
    /// The system does not hand the signals over.
    pub fn stop_on_signals(&self) -> io::Result<()> {
        let Some((runtime, _)) = &self.at_work else {
            return Ok(());
        };
        let _within = runtime.enter();
        let signal = signal()?;
        let stop = self.stop.clone();
        runtime.spawn(async move {
            signal.await;
            stop.send_replace(true);
        });
        Ok(())
    }

    /// Waits until a signal has stopped it.
    pub fn wait(mut self) {
        self.finish();
    }

    /// Takes no more requests, finishes those that are being answered, and lets go of the folder.
    pub fn stop(mut self) {
        self.stop.send_replace(true);
        self.finish();
    }

    fn finish(&mut self) {
        if let Some((runtime, serving)) = self.at_work.take() {
            // It ends without a result; what broke in it has been told.
            let _ = runtime.block_on(serving);
            // Work whose client gave up may still be on the disk.
            runtime.shutdown_timeout(self.caps.end_time);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.finish();
    }
}

/// Comes when the process is asked to end. The signals are taken from when this is called.
#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// As above, where there is no SIGTERM.
#[cfg(not(unix))]
fn signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
