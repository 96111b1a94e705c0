//! Connections. HTTP is spoken here without a framework, because a fault rule may want to close a
//! connection without an answer.

use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::simulator::server::front::Front;

/// How long requests in flight may take to end; those that a fault rule silences never do.
const GRACE: Duration = Duration::from_millis(500);
/// How long to wait when the system gives no connection (too many open files).
const BREATH: Duration = Duration::from_millis(100);

/// Takes connections until told to stop, then waits for them for a moment.
pub(in crate::simulator) async fn serve(
    listener: TcpListener,
    front: Front,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, front.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the simulator cannot take a connection");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        connections.shutdown().await;
    }
}

/// One connection, as many requests as the client sends on it.
async fn converse(stream: TcpStream, front: Front, stop: CancellationToken) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let front = front.clone();
        async move { front.respond(request.map(Body::new)).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A client that went away or a fault that was asked for: nobody needs to look.
        tracing::debug!(%error, "a connection to the simulator ended early");
    }
}
