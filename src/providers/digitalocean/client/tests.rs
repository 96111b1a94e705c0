use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body as AxumBody;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::domain::failure::Effect;
use crate::providers::digitalocean::client::connection::USER_AGENT;
use crate::providers::digitalocean::stub::{
    NOW, Reply, SHORT_TIMEOUT, Stub, TOKEN, client_of, error_body, json_reply, reply,
};
use crate::providers::digitalocean::{DigitalOcean, Limits};
use crate::providers::{Catalogue, Compute, DropletDraft, DropletId};

/// A server below HTTP: it reads each request to its end, says `words`, and hangs up.
struct RawServer {
    base_url: String,
    requests: Arc<Mutex<usize>>,
    _server: JoinSet<()>,
}

impl RawServer {
    async fn saying(words: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(0));
        let mut server = JoinSet::new();
        let count = Arc::clone(&requests);
        server.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut read = Vec::new();
                while !is_whole(&read) {
                    if stream.read_buf(&mut read).await.unwrap() == 0 {
                        break;
                    }
                }
                *count.lock().unwrap() += 1;
                stream.write_all(words.as_bytes()).await.unwrap();
            }
        });
        Self { base_url, requests, _server: server }
    }

    fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn draft() -> DropletDraft {
    DropletDraft {
        name: "dep-web".to_owned(),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        image: "ubuntu-24-04-x64".to_owned(),
        ssh_keys: vec![],
        user_data: Some("#cloud-config\npassword: hunter2".to_owned()),
        tags: vec!["managed-by-arcadia".to_owned()],
    }
}

async fn create(client: &DigitalOcean) -> ProviderError {
    client.create_droplet(&draft()).await.unwrap_err()
}

async fn read(client: &DigitalOcean) -> ProviderError {
    client.droplet(DropletId(3)).await.unwrap_err()
}

fn after(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::Retryable { after, .. } => *after,
        ProviderError::Terminal { .. } => panic!("{error:?} is terminal"),
    }
}

/// Requires that a lost create is of unknown effect, a lost read of none, and both retryable.
fn check_lost(code: FailureCode, create: &ProviderError, read: &ProviderError) {
    assert_eq!(
        (create.failure().code, create.effect(), after(create)),
        (code, Effect::Unknown, None),
        "{create:?}"
    );
    assert_eq!(
        (read.failure().code, read.effect(), after(read)),
        (code, Effect::None, None),
        "{read:?}"
    );
}

#[tokio::test]
async fn each_request_carries_the_token_and_names_the_program() {
    let stub = Stub::serving(|_, _| reply(204, &[], "")).await;
    stub.client().destroy_droplet(DropletId(3)).await.unwrap();
    let asked = stub.asked();
    assert_eq!(asked[0].authorization, format!("Bearer {TOKEN}"));
    assert_eq!(asked[0].user_agent, USER_AGENT);
}

#[tokio::test]
async fn a_base_address_may_have_a_path_and_a_trailing_slash() {
    let stub = Stub::serving(|_, _| reply(204, &[], "")).await;
    let base_url = stub.client().client.base_url().to_owned();
    for suffix in ["", "proxy", "proxy/"] {
        let client = client_of(&format!("{base_url}{suffix}"));
        client.destroy_droplet(DropletId(3)).await.unwrap();
    }
    let expected =
        ["DELETE /v2/droplets/3", "DELETE /proxy/v2/droplets/3", "DELETE /proxy/v2/droplets/3"];
    assert_eq!(stub.lines(), expected);
}

#[tokio::test]
async fn a_create_is_sent_once_whatever_the_answer() {
    for status in [200, 202, 301, 307, 408, 409, 429, 500, 502, 503, 504] {
        let stub = Stub::serving(move |_, _| {
            reply(status, &[("location", "/v2/droplets"), ("retry-after", "0")], "{}")
        })
        .await;
        create(&stub.client()).await;
        assert_eq!(stub.lines(), ["POST /v2/droplets"], "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_effect_unknown() {
    for words in ["", "HTTP/1.1 202 Accepted\r\ncontent-length: 500\r\n\r\n{\"droplet\":"] {
        let server = RawServer::saying(words).await;
        let client = client_of(&server.base_url);
        let created = create(&client).await;
        assert_eq!(server.requests(), 1);
        check_lost(FailureCode::Disconnected, &created, &read(&client).await);
        assert_eq!(server.requests(), 2);
    }
}

#[tokio::test]
async fn a_refusal_whose_words_are_lost_proves_nothing() {
    for words in [
        "HTTP/1.1 422 Unprocessable\r\ncontent-length: 500\r\n\r\n{\"id\":",
        "HTTP/1.1 408 Request Timeout\r\ncontent-length: 500\r\n\r\n{\"id\":",
    ] {
        let server = RawServer::saying(words).await;
        let client = client_of(&server.base_url);
        check_lost(FailureCode::Disconnected, &create(&client).await, &read(&client).await);
    }
}

#[tokio::test]
async fn silence_ends_in_a_time_out_that_leaves_the_effect_unknown() {
    let stub = Stub::serving(|_, _| Reply::Silence).await;
    let client = stub.impatient_client();
    let (created, read) = tokio::join!(create(&client), read(&client));
    check_lost(FailureCode::TimedOut, &created, &read);
}

#[tokio::test]
async fn an_answer_that_drips_is_cut_off_by_the_same_time_out() {
    let stub = Stub::serving(|_, _| {
        let first = stream::iter([Ok::<_, std::io::Error>("{\"droplet\": {")]);
        reply(202, &[], AxumBody::from_stream(first.chain(stream::pending())))
    })
    .await;
    let client = stub.impatient_client();
    let (created, read) = tokio::join!(create(&client), read(&client));
    check_lost(FailureCode::TimedOut, &created, &read);
}

#[tokio::test]
async fn a_refused_connection_has_no_effect() {
    let error = create(&client_of("http://127.0.0.1:1")).await;
    assert_eq!((error.failure().code, error.effect()), (FailureCode::Unreachable, Effect::None));
    assert!(error.to_string().contains("onnection refused"), "{error}");
    assert_eq!(after(&error), None);
}

#[tokio::test]
async fn a_failed_or_hanging_tls_handshake_has_no_effect() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder()
        .tls_certs_only([])
        .connect_timeout(SHORT_TIMEOUT)
        .build()
        .unwrap();
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = Stub::serving(|_, _| reply(200, &[], "")).await;
    let plain_port = plain.client().client.shared.base_url.port().unwrap();
    for port in [hanging.local_addr().unwrap().port(), plain_port] {
        let error = http.post(format!("https://127.0.0.1:{port}/")).send().await.unwrap_err();
        let lost = lost(error);
        assert!(matches!(lost, Lost::Unreachable(_)), "{lost:?}");
    }
}

#[tokio::test]
async fn a_success_that_makes_no_sense_leaves_the_effect_unknown() {
    let bodies = [
        "",
        "accepted",
        "{}",
        r#"{"droplet": {"id": "three"}}"#,
        r#"{"droplet": {"id": 3, "name": "dep-web", "status": "melted"}}"#,
    ];
    for body in bodies {
        let stub = Stub::serving(move |_, _| reply(202, &[], body)).await;
        let client = stub.client();
        check_lost(FailureCode::BadAnswer, &create(&client).await, &read(&client).await);
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let stub = Stub::serving(|_, _| reply(200, &[], " ".repeat(ANSWER_LIMIT + 1))).await;
    let error = read(&stub.client()).await;
    assert_eq!(error.failure().code, FailureCode::BadAnswer);
    assert!(error.to_string().contains("larger than 8388608 bytes"), "{error}");
}

#[tokio::test]
async fn a_limited_request_says_how_long_to_wait_and_stops_the_others() {
    let stub = Stub::serving(|_, _| {
        let body = error_body("too_many_requests", "API Rate limit exceeded.");
        reply(429, &[("retry-after", "7"), ("ratelimit-remaining", "0")], body.to_string())
    })
    .await;
    let client = stub.client();
    let error = create(&client).await;
    assert_eq!((error.failure().code, error.effect()), (FailureCode::RateLimited, Effect::Unknown));
    assert_eq!(after(&error), Some(Duration::from_secs(7)));

    let held_back = read(&client.clone()).await;
    assert_eq!(held_back.failure().code, FailureCode::RateLimited);
    let wait = after(&held_back).unwrap();
    assert!(wait > Duration::from_secs(1) && wait <= Duration::from_secs(7), "{wait:?}");
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_burst_that_was_too_fast_does_not_stop_everybody_until_the_hour_resets() {
    let reset = (NOW.as_millis() / 1000 + 3_000).to_string();
    let stub = Stub::serving(move |_, _| {
        let headers =
            [("retry-after", "7"), ("ratelimit-remaining", "0"), ("ratelimit-reset", &reset)];
        reply(429, &headers, error_body("too_many_requests", "slow down").to_string())
    })
    .await;
    let client = stub.client();
    create(&client).await;
    let wait = after(&read(&client).await).unwrap();
    assert!(wait <= Duration::from_secs(7), "{wait:?}");
}

#[tokio::test]
async fn a_limited_request_without_retry_after_waits_until_the_reset() {
    let reset = (NOW.as_millis() / 1000 + 40).to_string();
    let body = || error_body("too_many_requests", "API Rate limit exceeded.").to_string();
    let stub = Stub::serving(move |_, _| {
        reply(429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", &reset)], body())
    })
    .await;
    let wait = after(&create(&stub.client()).await).unwrap();
    assert!(wait > Duration::from_secs(30) && wait <= Duration::from_secs(41), "{wait:?}");

    let stub = Stub::serving(move |_, _| reply(429, &[], body())).await;
    let error = create(&stub.client()).await;
    assert_eq!((error.failure().code, after(&error)), (FailureCode::RateLimited, None));
}

#[tokio::test]
async fn an_unavailable_provider_may_ask_for_patience_within_bounds() {
    for (asked, expected) in [("12", 12), ("86400", 3600)] {
        let stub = Stub::serving(move |_, _| reply(503, &[("retry-after", asked)], "busy")).await;
        let error = create(&stub.client()).await;
        assert_eq!(
            (error.failure().code, error.effect()),
            (FailureCode::Unavailable, Effect::Unknown)
        );
        assert_eq!(after(&error), Some(Duration::from_secs(expected)));
    }
}

#[tokio::test]
async fn a_spent_quota_holds_the_next_request_back_before_it_is_sent() {
    let reset = (NOW.as_millis() / 1000 + 40).to_string();
    let stub = Stub::serving(move |_, _| {
        reply(204, &[("ratelimit-remaining", "0"), ("ratelimit-reset", &reset)], "")
    })
    .await;
    let client = stub.client();
    client.destroy_droplet(DropletId(3)).await.unwrap();
    let error = client.destroy_droplet(DropletId(3)).await.unwrap_err();
    assert_eq!((error.failure().code, error.effect()), (FailureCode::RateLimited, Effect::None));
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn the_small_quota_of_the_keys_does_not_stop_the_others() {
    let reset = (NOW.as_millis() / 1000 + 40).to_string();
    let stub = Stub::serving(move |asked, _| {
        let headers =
            [("retry-after", "9"), ("ratelimit-remaining", "0"), ("ratelimit-reset", &reset)];
        if asked.line.contains("/account/keys") {
            reply(429, &headers, error_body("too_many_requests", "slow down").to_string())
        } else {
            reply(204, &[], "")
        }
    })
    .await;
    let client = stub.client();
    assert_eq!(client.ssh_keys().await.unwrap_err().failure().code, FailureCode::RateLimited);
    assert!(client.destroy_droplet(DropletId(3)).await.is_ok());
}

#[tokio::test]
async fn the_token_is_in_no_debug_text_and_in_no_error() {
    let echo = |asked: &crate::providers::digitalocean::stub::Asked, before: usize| match before {
        0 => json_reply(401, &json!({"id": TOKEN, "message": asked.authorization})),
        1 => reply(502, &[("x-request-id", TOKEN)], asked.authorization.clone()),
        2 => reply(200, &[], format!("{{\"droplet\": \"{TOKEN}\"}}")),
        _ => Reply::Silence,
    };
    let stub = Stub::serving(echo).await;
    let client = stub.impatient_client();
    let mut shown = vec![format!("{client:?}"), format!("{:?}", Settings::new(TOKEN.into()))];
    for _ in 0..4 {
        let error = read(&client).await;
        shown.push(format!("{error} {error:?}"));
    }
    let unreachable = read(&client_of("http://127.0.0.1:1")).await;
    shown.push(format!("{unreachable} {unreachable:?}"));
    assert_eq!(stub.asked().len(), 4);
    for text in shown {
        assert!(!text.contains("0123456789abcdef"), "{text}");
    }
}

#[test]
fn addresses_and_tokens_that_cannot_be_used_are_refused() {
    let refusal = |base_url: &str, token: &str| {
        let settings = Settings { base_url: base_url.to_owned(), ..Settings::new(token.into()) };
        let clock = Clock::starting_at(NOW);
        DigitalOcean::new(settings, clock, Chance::seeded(1)).err().map(|error| error.to_string())
    };
    for base_url in ["http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost"] {
        assert_eq!(refusal(base_url, TOKEN), None, "{base_url}");
    }
    let refused = [
        "",
        "api.digitalocean.com",
        "ftp://127.0.0.1",
        "http://api.digitalocean.com",
        "http://127.0.0.1.example.com",
        "http://user:hunter2@127.0.0.1",
        "http://127.0.0.1/?token=x",
    ];
    for base_url in refused {
        let words = refusal(base_url, TOKEN).unwrap_or_default();
        assert!(!words.is_empty(), "{base_url} was taken");
        assert!(!words.contains("hunter2"), "{words}");
    }
    for token in ["", " ", "two words", "line\n", "ü"] {
        assert!(refusal("http://127.0.0.1", token).is_some(), "{token:?} was taken");
    }
}

#[test]
fn the_default_quota_is_the_documented_one() {
    let limits = Limits::default();
    assert_eq!((limits.per_minute.get(), limits.per_hour.get()), (250, 5000));
}

/// Collects what the log writes.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Pages {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_request_leaves_one_line_without_token_or_user_data() {
    let pages = Pages::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(pages.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stub = Stub::serving(|_, before| match before {
        0 => reply(500, &[("x-request-id", "req-1")], TOKEN),
        _ => reply(204, &[("x-request-id", "req-2")], ""),
    })
    .await;
    let client = stub.client();
    create(&client).await;
    client.destroy_droplets_tagged("arcadia-saga-7f3a").await.unwrap();

    let text = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("0123456789abcdef") && !text.contains("hunter2"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ours: Vec<_> = lines
        .iter()
        .filter(|line| line["target"].as_str().unwrap().starts_with("arcadia"))
        .map(|line| {
            let fields = &line["fields"];
            json!([
                line["level"],
                fields["method"],
                fields["path"],
                fields["status"],
                fields["request_id"]
            ])
        })
        .collect();
    let expected = [
        json!(["WARN", "POST", "/v2/droplets", 500, "req-1"]),
        json!(["INFO", "DELETE", "/v2/droplets", 204, "req-2"]),
    ];
    assert_eq!(ours, expected);
}
