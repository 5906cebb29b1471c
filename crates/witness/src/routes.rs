//! What a witness is asked over HTTP, handed to the cosigner and back.
//!
//! Invariant: no body beyond the limit is held in memory, and no more requests are worked on at once than `AT_WORK_MAX`: the
//! rest wait in order, and those whose time is up leave nothing behind.
//! Knows no rule of the protocol and no sockets.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::cosigner::{Answer, Cosigner};
use crate::door::Caps;
use crate::protocol::REQUEST_BYTES_MAX;

/// Requests that may wait for the disk and the key at once.
pub(crate) const AT_WORK_MAX: usize = 16;

#[derive(Clone)]
struct Desk {
    cosigner: Arc<Cosigner>,
    at_work: Arc<Semaphore>,
}

impl Desk {
    /// Runs what may block on a thread of its own. It is finished even if whoever asked is gone.
    async fn work(self, job: impl FnOnce(&Cosigner) -> Answer + Send + 'static) -> Response {
        let Ok(permit) = self.at_work.acquire_owned().await else {
            return Answer::text(503, "the witness is stopping").into_response();
        };
        let done = spawn_blocking(move || {
            let _permit = permit;
            job(&self.cosigner)
        });
        let answer = done.await;
        answer
            .unwrap_or_else(|_| Answer::text(500, "the witness failed at this request"))
            .into_response()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [
            (CONTENT_TYPE, self.media_type),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (status, headers, self.body).into_response()
    }
}

/// The routes of a witness (C2SP tlog-witness), and a front page. Submission and monitoring have one prefix.
pub(crate) fn routes(cosigner: Arc<Cosigner>, caps: &Caps) -> Router {
    let at_work = Arc::new(Semaphore::new(AT_WORK_MAX));
    let nothing = || async { Answer::text(404, "there is no such page here: ask for /") };
    Router::new()
        .route("/", get(introduction))
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(checkpoint))
        .fallback(nothing)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(REQUEST_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            caps.request_time,
        ))
        .with_state(Desk { cosigner, at_work })
}

async fn introduction(State(desk): State<Desk>) -> Answer {
    desk.cosigner.introduction()
}

async fn add_checkpoint(State(desk): State<Desk>, body: Bytes) -> Response {
    desk.work(move |cosigner| cosigner.add_checkpoint(&body))
        .await
}

async fn checkpoint(State(desk): State<Desk>, Path(log): Path<String>) -> Response {
    desk.work(move |cosigner| cosigner.checkpoint(&log)).await
}
