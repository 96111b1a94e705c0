//! A gateway between client and cloud that can lose its way: then it answers for single droplets
//! itself, with the page of a web server that has never heard of them. It can be wrong about the time, and
//! it can keep everybody waiting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A gateway that is up. Dropping it stops it.
pub(crate) struct Gateway {
    base_url: String,
    lost: Arc<AtomicBool>,
    date: Arc<Mutex<Option<HeaderValue>>>,
    gate: watch::Sender<Gate>,
    waiting: watch::Receiver<u64>,
    _tasks: JoinSet<()>,
}

/// What every request needs.
#[derive(Clone)]
struct Passage {
    upstream: String,
    lost: Arc<AtomicBool>,
    date: Arc<Mutex<Option<HeaderValue>>>,
    gate: watch::Receiver<Gate>,
    waiting: watch::Sender<u64>,
    http: reqwest::Client,
}

/// Whether anybody is let through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Shut,
}

impl Gateway {
    /// Starts one that passes everything on.
    pub(crate) async fn start(upstream: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let lost = Arc::new(AtomicBool::new(false));
        let date = Arc::default();
        // Whoever comes second finds a provider installed, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let (gate, gate_rx) = watch::channel(Gate::Open);
        let (waiting_tx, waiting) = watch::channel(0);
        let passage = Passage {
            upstream,
            lost: Arc::clone(&lost),
            date: Arc::clone(&date),
            gate: gate_rx,
            waiting: waiting_tx,
            http,
        };
        let router = Router::new().fallback(pass).with_state(passage);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, lost, date, gate, waiting, _tasks: tasks }
    }

    pub(crate) fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Says 404 for every single droplet from here on.
    pub(crate) fn lose_its_way(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Dates every answer like this from here on.
    pub(crate) fn date(&self, date: &'static str) {
        *self.date.lock().unwrap() = Some(HeaderValue::from_static(date));
    }

    /// Keeps everybody waiting from here on.
    pub(crate) fn shut(&self) {
        self.gate.send_replace(Gate::Shut);
    }

    /// Returns when somebody waits before the gate, or has been let through.
    pub(crate) async fn somebody_came(&self) {
        self.waiting.clone().wait_for(|came| *came > 0).await.unwrap();
    }

    /// Lets those who wait through, and everybody else.
    pub(crate) fn open(&self) {
        self.gate.send_replace(Gate::Open);
    }

    /// Passes everything on again.
    pub(crate) fn find_its_way(&self) {
        self.lost.store(false, Ordering::Relaxed);
    }
}

async fn pass(State(passage): State<Passage>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    passage.waiting.send_modify(|came| *came += 1);
    drop(passage.gate.clone().wait_for(|gate| *gate == Gate::Open).await);
    if passage.lost.load(Ordering::Relaxed) && parts.uri.path().starts_with("/v2/droplets/") {
        return (StatusCode::NOT_FOUND, Html("<h1>404 Not Found</h1>")).into_response();
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    parts.headers.remove(header::HOST);
    let url = format!("{}{}", passage.upstream, parts.uri);
    let sent = passage.http.request(parts.method, url).headers(parts.headers).body(body).send();
    let answer = sent.await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    if let Some(date) = passage.date.lock().unwrap().clone() {
        headers.insert(header::DATE, date);
    }
    (status, headers, Body::from(answer.bytes().await.unwrap())).into_response()
}
