//! A server on loopback that answers as a test's closure says and remembers what it was asked.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::clock::{Chance, Clock};
use crate::domain::time::Timestamp;
use crate::providers::digitalocean::{DigitalOcean, Limits, Settings};

/// The token of every test.
pub(super) const TOKEN: &str = "dop_v1_0123456789abcdef";

/// When every test takes place.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// How long a client waits that is to see a time-out.
pub(super) const SHORT_TIMEOUT: Duration = Duration::from_millis(500);

/// How long every other client waits: never reached, so that a busy machine fails no test.
const LONG_TIMEOUT: Duration = Duration::from_secs(30);

/// The server; it stops when dropped.
pub(super) struct Stub {
    base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _server: JoinSet<()>,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Method, path and query.
    pub(super) line: String,
    pub(super) authorization: String,
    pub(super) user_agent: String,
    pub(super) body: Value,
}

/// What to do about a request.
pub(super) enum Reply {
    Answer(Response),
    Silence,
}

impl Stub {
    /// A server that answers each request as `answer` says; it is given the request and how many
    /// came before it.
    pub(super) async fn serving(
        answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        let app = Router::new().fallback(move |request: Request| {
            let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
            async move {
                let arrived = arrived(request).await;
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(arrived.clone());
                    log.len() - 1
                };
                match answer(&arrived, before) {
                    Reply::Answer(response) => response,
                    Reply::Silence => pending().await,
                }
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base_url, asked, _server: server }
    }

    /// A server that gives every request the same JSON.
    pub(super) async fn always(status: u16, body: Value) -> Self {
        Self::serving(move |_, _| json_reply(status, &body)).await
    }

    /// Where the server is.
    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A client of this server.
    pub(super) fn client(&self) -> DigitalOcean {
        client_of(&self.base_url)
    }

    /// A client of this server that gives up soon.
    pub(super) fn impatient_client(&self) -> DigitalOcean {
        client_with_timeout(&self.base_url, SHORT_TIMEOUT)
    }

    /// What was asked so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The first line of each request so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// A client of the server at this address.
pub(super) fn client_of(base_url: &str) -> DigitalOcean {
    client_with_timeout(base_url, LONG_TIMEOUT)
}

/// An answer of JSON.
pub(super) fn json_reply(status: u16, body: &Value) -> Reply {
    reply(status, &[], body.to_string())
}

/// An answer with headers.
pub(super) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Reply::Answer(response.into_response())
}

/// The provider's error body.
pub(super) fn error_body(id: &str, message: &str) -> Value {
    json!({ "id": id, "message": message, "request_id": "4d9d8375-3c56-4925-a3e7-eb137fed17e9" })
}

fn client_with_timeout(base_url: &str, timeout: Duration) -> DigitalOcean {
    let settings = Settings {
        base_url: base_url.to_owned(),
        connect_timeout: timeout,
        request_timeout: timeout,
        limits: Limits { patience: Duration::ZERO, ..Limits::default() },
        ..Settings::new(TOKEN.into())
    };
    DigitalOcean::new(settings, Clock::starting_at(NOW), Chance::seeded(1)).unwrap()
}

async fn arrived(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let header = |name: &str| {
        let value = head.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Asked {
        line: format!("{} {}", head.method, head.uri),
        authorization: header("authorization"),
        user_agent: header("user-agent"),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    }
}
