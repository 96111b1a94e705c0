//! The server: over its front without a network, and over real connections where a connection is
//! the point.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::simulator::cloud::Cloud;
use crate::simulator::server::front::{Front, Severed};
use crate::simulator::server::{ROUTES, route_of};
use crate::simulator::world::World;
use crate::simulator::{Options, RateLimit, SimulatorError, Timings, start};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A server without a network.
struct Desk {
    cloud: Arc<Cloud>,
    front: Front,
}

/// An answer, read.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Desk {
    fn new(options: Options) -> Self {
        let world = World::new(&options.rules());
        let cloud = Arc::new(Cloud::new(options, Clock::starting_at(START), world, None));
        Self { front: Front::new(Arc::clone(&cloud)), cloud }
    }

    fn with_faults(rules: &[&str]) -> Self {
        let faults = rules.iter().map(|text| text.parse().expect("a sound rule")).collect();
        Self::new(Options { faults, ..instant() })
    }

    async fn try_send(&self, request: Request) -> Result<Reply, Severed> {
        let response = self.front.respond(request).await?;
        let (head, body) = response.into_parts();
        let bytes = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let text = String::from_utf8(bytes.to_vec()).expect("answers are text");
        Ok(Reply { status: head.status, headers: head.headers, text })
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        self.try_send(request(method, path, body)).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "").await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &body.to_string()).await
    }

    /// How many droplets there really are.
    fn droplets(&self) -> usize {
        self.cloud.peek(World::truth).droplets.len()
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }
}

fn request(method: &str, path: &str, body: &str) -> Request {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "cloud.test")
        .header(header::AUTHORIZATION, "Bearer secret")
        .body(Body::from(body.to_owned()))
        .expect("a sound request")
}

fn instant() -> Options {
    Options { timings: Timings::INSTANT, ..Options::default() }
}

fn web() -> Value {
    json!({
        "name": "web", "region": "syd1", "size": "s-1vcpu-1gb",
        "image": "ubuntu-24-04-x64", "tags": ["managed"],
    })
}

#[tokio::test(start_paused = true)]
async fn a_droplet_is_accepted_without_addresses_and_gets_them_with_the_private_one_first() {
    let desk = Desk::new(Options::default());
    let reply = desk.post("/v2/droplets", &web()).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let body = reply.json();
    assert_eq!(body["droplet"]["status"], "new");
    assert_eq!(body["droplet"]["networks"], json!({ "v4": [], "v6": [] }));
    assert_eq!(body["droplet"]["created_at"], "2023-11-14T22:13:20Z");
    assert_eq!(body["links"]["actions"][0]["rel"], "create");
    let action = body["links"]["actions"][0]["href"].as_str().expect("a link").to_owned();
    assert!(action.starts_with("http://cloud.test/v2/actions/"), "{action}");

    let path = format!("/v2/droplets/{}", body["droplet"]["id"]);
    assert_eq!(desk.send("DELETE", &path, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    tokio::time::advance(Duration::from_secs(7)).await;
    let droplet = desk.get(&path).await.json()["droplet"].clone();
    assert_eq!(droplet["status"], "active");
    let kinds = [&droplet["networks"]["v4"][0]["type"], &droplet["networks"]["v4"][1]["type"]];
    assert_eq!(kinds, ["private", "public"]);
    let action = desk.get(action.trim_start_matches("http://cloud.test")).await.json();
    assert_eq!(action["action"]["status"], "completed");

    assert_eq!(desk.send("DELETE", &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(&path).await.status, StatusCode::OK);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn several_droplets_are_answered_as_a_list() {
    let desk = Desk::new(instant());
    let mut body = web();
    body["names"] = json!(["a", "b"]);
    assert_eq!(desk.post("/v2/droplets", &body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    body.as_object_mut().expect("an object").remove("name");
    let made = desk.post("/v2/droplets", &body).await.json();
    assert_eq!(made["droplets"].as_array().map(Vec::len), Some(2));
    assert_eq!(made["links"]["actions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn the_second_page_can_be_reached_by_following_links() {
    let desk = Desk::new(instant());
    for _ in 0..5 {
        desk.post("/v2/droplets", &web()).await;
    }
    let first = desk.get("/v2/droplets?tag_name=managed&per_page=2").await.json();
    assert_eq!(first["meta"]["total"], 5);
    let base = "http://cloud.test/v2/droplets?page";
    let rest = "&tag_name=managed&per_page=2";
    let next = format!("{base}=2{rest}");
    assert_eq!(
        first["links"],
        json!({ "pages": { "next": next, "last": format!("{base}=3{rest}") } })
    );

    let second = desk.get(&next).await.json();
    assert_ne!(second["droplets"][0]["id"], first["droplets"][0]["id"]);
    assert_eq!(second["links"]["pages"]["prev"], format!("{base}=1{rest}"));
    let last = desk.get(second["links"]["pages"]["last"].as_str().expect("a link")).await.json();
    assert_eq!(last["droplets"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["links"]["pages"].get("next"), None);
    assert_eq!(last["links"]["pages"]["first"], format!("{base}=1{rest}"));
    let whole = desk.get("/v2/droplets?per_page=200").await.json();
    assert_eq!(whole["links"], json!({}), "one page needs no links");
}

#[tokio::test]
async fn a_page_of_no_or_too_many_items_is_refused() {
    let desk = Desk::new(instant());
    for query in ["per_page=0", "per_page=201", "page=0", "page=two", "tag_name=a&name=b"] {
        let reply = desk.get(&format!("/v2/droplets?{query}")).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
}

#[tokio::test]
async fn records_are_made_by_relative_name_and_found_by_qualified_name() {
    let desk = Desk::new(instant());
    let records = "/v2/domains/acme.example/records";
    let draft = json!({ "type": "A", "name": "www", "data": "203.0.113.9", "ttl": 60 });
    let made = desk.post(records, &draft).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json()["domain_record"].clone();
    assert_eq!(
        (&made["name"], &made["ttl"], &made["weight"]),
        (&json!("www"), &json!(60), &Value::Null)
    );

    let found = desk.get(&format!("{records}?name=www.acme.example&type=A")).await.json();
    assert_eq!(found["domain_records"], json!([made]));
    let path = format!("{records}/{}", made["id"]);
    let untyped = desk.send("PUT", &path, r#"{"data":"203.0.113.10"}"#).await;
    assert_eq!(untyped.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed = desk.send("PATCH", &path, r#"{"type":"A","data":"203.0.113.10"}"#).await.json();
    assert_eq!(changed["domain_record"]["data"], "203.0.113.10");
    assert_eq!(changed["domain_record"]["ttl"], 60);
    assert_eq!(desk.send("DELETE", &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get("/v2/domains/b.example/records").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_route_exists_and_every_other_path_is_a_proper_404() {
    let desk = Desk::new(instant());
    for route in ROUTES {
        assert_eq!(route_of(route), *route);
        let reply = desk.send("TRACE", route, "").await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{route} is not routed");
    }
    for path in ["/", "/v2", "/v3/droplets", "/v2/droplets/seven", "/v2/droplets/1"] {
        let reply = desk.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.json()["id"], "not_found");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_changes_nothing() {
    let desk = Desk::new(instant());
    assert_eq!(desk.post("/v2/droplets/", &web()).await.status, StatusCode::ACCEPTED);
    assert_eq!(desk.get("/v2/droplets/?tag_name=managed").await.json()["meta"]["total"], 1);
    assert_eq!(desk.cloud.requests()["POST /v2/droplets"], 1);
}

#[tokio::test]
async fn an_error_has_an_id_a_message_and_the_request_id_of_its_header() {
    let desk = Desk::new(instant());
    let mut body = web();
    body["size"] = json!("huge");
    let reply = desk.post("/v2/droplets", &body).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = reply.json();
    assert_eq!(error["id"], "unprocessable_entity");
    assert_eq!(error["message"], "You specified an invalid size for Droplet creation.");
    assert_eq!(error["request_id"].as_str(), reply.header("x-request-id"));
    let other = desk.get("/v2/droplets/1").await;
    assert_ne!(other.header("x-request-id"), reply.header("x-request-id"));
}

#[tokio::test]
async fn a_body_that_is_missing_or_no_json_is_400_and_one_of_wrong_types_is_422() {
    let desk = Desk::new(instant());
    for (body, status) in [("", 400), ("{\"name\":", 400), ("{\"name\":7}", 422), ("{}", 422)] {
        let reply = desk.send("POST", "/v2/droplets", body).await;
        assert_eq!(reply.status.as_u16(), status, "{body}");
    }
    let tag = desk.post("/v2/tags", &json!({ "name": "здорово" })).await;
    assert_eq!(tag.status, StatusCode::BAD_REQUEST);
    assert!(tag.json()["root_causes"].is_array(), "the tag service has its own format");
}

#[tokio::test]
async fn without_an_accepted_token_everything_is_401() {
    let desk = Desk::new(Options { tokens: Some(vec!["secret".to_owned()]), ..instant() });
    assert_eq!(desk.get("/v2/account").await.status, StatusCode::OK);
    for token in ["Bearer other", "Bearer ", "Basic secret", ""] {
        let mut request = request("POST", "/v2/droplets", &web().to_string());
        request.headers_mut().insert(header::AUTHORIZATION, token.parse().expect("text"));
        let reply = desk.try_send(request).await.expect("an answer");
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(reply.json()["id"], "unauthorized");
        assert!(reply.header("ratelimit-remaining").is_some());
    }
    assert_eq!(desk.droplets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_told_how_long_to_wait() {
    let rate_limit = RateLimit::On { hourly: 100, burst: 1 };
    let desk = Desk::new(Options { rate_limit, ..instant() });
    let first = desk.get("/v2/account").await;
    assert_eq!(first.header("ratelimit-limit"), Some("100"));
    assert_eq!(first.header("ratelimit-remaining"), Some("99"));
    assert_eq!(first.header("ratelimit-reset"), Some("1700003600"));
    assert_eq!(first.header("retry-after"), None);
    let second = desk.get("/v2/account").await;
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(second.json()["id"], "too_many_requests");
    assert_eq!(second.header("retry-after"), Some("60"));
    assert_eq!(second.header("ratelimit-remaining"), Some("0"));
}

#[tokio::test]
async fn a_status_replaces_the_effect_or_follows_it() {
    let desk = Desk::with_faults(&[
        "POST /v2/droplets: 503 \"down\", nth 1, retry after 90s",
        "POST /v2/droplets: 500 after effect, nth 2",
        "DELETE /v2/droplets/*: 204",
    ]);
    let before = desk.post("/v2/droplets", &web()).await;
    assert_eq!(before.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(before.json()["message"], "down");
    assert_eq!(before.header("retry-after"), Some("90"));
    assert_eq!(desk.droplets(), 0);
    let after = desk.post("/v2/droplets", &web()).await;
    assert_eq!(after.json()["id"], "server_error");
    assert_eq!(desk.droplets(), 1, "the effect took place");
    let id = desk.cloud.peek(World::truth).droplets[0].id;
    let lie = desk.send("DELETE", &format!("/v2/droplets/{id}"), "").await;
    assert_eq!((lie.status, lie.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(desk.droplets(), 1, "the deletion was a lie");
}

#[tokio::test]
async fn a_made_up_rate_limit_looks_like_a_real_one() {
    let desk = Desk::with_faults(&["GET /v2/account: 429, retry after 1h"]);
    let limited = desk.get("/v2/account").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.header("retry-after"), Some("3600"));
    assert_eq!(limited.header("ratelimit-remaining"), Some("0"));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_requests_fail() {
    let hits = async |seed: u64| {
        let faults = vec!["GET /v2/sizes: 503, chance 0.5".parse().expect("a sound rule")];
        let desk = Desk::new(Options { seed, faults, ..instant() });
        let mut hits = Vec::new();
        for _ in 0..40 {
            hits.push(desk.get("/v2/sizes").await.status == StatusCode::SERVICE_UNAVAILABLE);
        }
        hits
    };
    assert_eq!(hits(7).await, hits(7).await);
    assert_ne!(hits(7).await, hits(8).await);
}

#[tokio::test]
async fn bodies_can_arrive_damaged_after_the_effect() {
    let desk = Desk::with_faults(&[
        "POST /v2/droplets: malformed, nth 1",
        "POST /v2/droplets: wrong type, nth 2",
        "POST /v2/droplets: placement fails, nth 3",
        "GET /v2/droplets: empty",
    ]);
    let malformed = desk.post("/v2/droplets", &web()).await;
    assert_eq!(malformed.status, StatusCode::ACCEPTED);
    assert!(serde_json::from_str::<Value>(&malformed.text).is_err());
    let retyped = desk.post("/v2/droplets", &web()).await.json();
    assert!(retyped["droplet"]["id"].is_string());
    let unplaced = desk.post("/v2/droplets", &web()).await.json();
    let path = format!("/v2/droplets/{}", unplaced["droplet"]["id"]);
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    let action = format!("/v2/actions/{}", unplaced["links"]["actions"][0]["id"]);
    assert_eq!(desk.get(&action).await.json()["action"]["status"], "errored");
    assert_eq!(desk.droplets(), 2);
    let forgetful = desk.get("/v2/droplets").await.json();
    assert_eq!(forgetful["droplets"], serde_json::json!([]));
    assert!(forgetful["meta"]["total"].is_number());
}

#[tokio::test(start_paused = true)]
async fn answers_can_be_late_slow_or_never_come() {
    let desk = Desk::with_faults(&[
        "GET /v2/account: delay 3s, nth 1",
        "GET /v2/account: drip 10s, nth 2",
        "GET /v2/account: silence, nth 3",
    ]);
    let started = desk.cloud.clock().now();
    let waited = || desk.cloud.clock().now().since(started);
    desk.get("/v2/account").await;
    assert_eq!(waited(), Duration::from_secs(3));
    let dripped = desk.get("/v2/account").await;
    assert_eq!(dripped.json()["account"]["status"], "active", "it is whole in the end");
    assert_eq!(waited(), Duration::from_secs(13));
    let silent = desk.get("/v2/account");
    assert!(tokio::time::timeout(Duration::from_secs(9_999), silent).await.is_err());
}

#[tokio::test]
async fn a_dropped_request_has_no_answer_and_perhaps_an_effect() {
    let desk = Desk::with_faults(&[
        "POST /v2/droplets: drop, nth 1",
        "POST /v2/droplets: drop after effect, nth 2",
    ]);
    for effect in [0, 1] {
        let request = request("POST", "/v2/droplets", &web().to_string());
        assert_eq!(desk.try_send(request).await.expect_err("no answer"), Severed);
        assert_eq!(desk.droplets(), effect);
    }
}

#[tokio::test]
async fn the_control_surface_tells_the_truth_and_replaces_faults() {
    let desk = Desk::new(Options::default());
    let rules = json!(["GET /v2/account: 500", "GET /v2/sizes: 403"]);
    assert_eq!(desk.post("/_simulator/faults", &rules).await.json(), json!({ "faults": rules }));
    assert_eq!(desk.get("/v2/account").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(desk.get("/v2/sizes").await.json()["id"], "forbidden");
    let wrong = desk.post("/_simulator/faults", &json!(["GET /v2/account: explode"])).await;
    assert!(wrong.text.contains("`explode` is not a fault"), "{}", wrong.text);
    assert_eq!(desk.send("DELETE", "/_simulator/faults", "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get("/v2/account").await.status, StatusCode::OK);

    let made = desk.post("/v2/droplets", &web()).await.json();
    let listed = desk.get("/v2/droplets").await.json();
    assert_eq!(listed["meta"]["total"], 0, "the listing is behind");
    let state = desk.get("/_simulator/state").await.json();
    assert_eq!(state["droplets"], json!([made["droplet"]]));
    assert_eq!(state["records"]["acme.example"].as_array().map(Vec::len), Some(4));
    let requests = desk.get("/_simulator/requests").await.json();
    assert_eq!(requests["requests"]["GET /v2/account"], 2);
    assert_eq!(requests["requests"]["POST /v2/droplets"], 1);
}

#[tokio::test]
async fn over_a_real_connection_a_dropped_request_ends_without_a_byte() {
    let rules = ["POST /v2/droplets: drop after effect", "GET /v2/account: cut, nth 1"];
    let faults = rules.iter().map(|text| text.parse().expect("a sound rule")).collect();
    let options = Options { faults, ..instant() };
    let running = start(options, Clock::system()).await.expect("a free port");
    let body = web().to_string();
    let dropped = exchange(&running.base_url(), "POST", "/v2/droplets", &body).await;
    assert_eq!(dropped.expect("a closed connection"), "");
    assert_eq!(running.state().droplets.len(), 1, "the effect took place");

    let cut = exchange(&running.base_url(), "GET", "/v2/account", "").await;
    let cut = cut.expect("a closed connection");
    let (head, body) = cut.split_once("\r\n\r\n").expect("a head");
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let promised: usize = promised.expect("a length").parse().expect("a number");
    assert!(body.len() < promised, "{} of {promised} bytes came", body.len());

    let whole = exchange(&running.base_url(), "GET", "/v2/account", "").await;
    assert!(whole.expect("an answer").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(running.requests()["GET /v2/account"], 2);
    running.shutdown().await;
}

#[tokio::test]
async fn a_silent_request_does_not_hold_up_the_end() {
    let faults = vec!["GET /v2/account: silence".parse().expect("a sound rule")];
    let running = start(Options { faults, ..instant() }, Clock::system()).await.expect("a port");
    let base = running.base_url();
    let hanging = async { exchange(&base, "GET", "/v2/account", "").await };
    let ending = async {
        while running.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        running.shutdown().await;
    };
    let (answer, ()) = tokio::join!(hanging, ending);
    assert_eq!(answer.unwrap_or_default(), "");
}

#[tokio::test]
async fn what_was_answered_survives_a_crash_and_numbers_go_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let state_file = Some(folder.path().join("cloud.json"));
    let options = Options { state_file, ..instant() };
    let mut seen = Vec::new();
    for round in 0..3 {
        let running = start(options.clone(), Clock::system()).await.expect("the file is free");
        assert_eq!(running.state().droplets, seen, "after {round} crashes");
        let body = web().to_string();
        let made = exchange(&running.base_url(), "POST", "/v2/droplets", &body).await;
        assert!(made.expect("an answer").starts_with("HTTP/1.1 202"));
        seen = running.state().droplets;
        assert_eq!(seen.len(), round + 1);
        if round == 0 {
            let second = start(options.clone(), Clock::system()).await;
            assert!(matches!(second, Err(SimulatorError::StateFile { .. })));
        }
        drop(running);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_given_at_the_same_time_are_all_durable() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = Options { state_file: Some(folder.path().join("cloud.json")), ..instant() };
    let running = start(options.clone(), Clock::system()).await.expect("the file is free");
    let (base, body) = (running.base_url(), web().to_string());
    let answers = (0..20).map(|_| exchange(&base, "POST", "/v2/droplets", &body));
    for answer in futures_util::future::join_all(answers).await {
        assert!(answer.expect("an answer").starts_with("HTTP/1.1 202"));
    }
    drop(running);
    let again = start(options, Clock::system()).await.expect("the file is free");
    assert_eq!(again.state().droplets.len(), 20);
    again.shutdown().await;
}

#[tokio::test]
async fn a_damaged_state_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("cloud.json");
    std::fs::write(&path, "{\"v\":1,").expect("the disk has room");
    let options = Options { state_file: Some(path.clone()), ..instant() };
    let refused = start(options, Clock::system()).await;
    assert!(matches!(refused, Err(SimulatorError::Damaged { .. })));
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), "{\"v\":1,");
}

/// One request on a connection of its own; everything that comes back until it is closed.
async fn exchange(base: &str, method: &str, path: &str, body: &str) -> io::Result<String> {
    let address = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer secret\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
