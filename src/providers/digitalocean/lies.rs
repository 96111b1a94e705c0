//! The client against servers that lie, one lie a test: what is asked for is checked before it is
//! believed, and the token goes nowhere but to the address that it was given for.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::{Value, json};

use crate::domain::failure::{Effect, FailureCode};
use crate::providers::digitalocean::client::ANSWER_LIMIT;
use crate::providers::digitalocean::stub::{Reply, Stub, json_reply, reply};
use crate::providers::{
    Compute, Dns, DropletDraft, DropletId, ProviderError, RecordDraft, RecordId, Removal,
};

const TAG: &str = "arcadia-saga-7f3a";

/// The page of a hotel's network.
const PORTAL: &str = "<html><title>Welcome! Please accept our terms</title></html>";

fn droplet(id: &Value, name: &str, tags: &[&str]) -> Value {
    json!({"id": id, "name": name, "status": "active", "networks": {}, "tags": tags})
}

fn draft() -> DropletDraft {
    DropletDraft {
        name: "dep-web".to_owned(),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        image: "ubuntu-24-04-x64".to_owned(),
        ssh_keys: vec![],
        user_data: None,
        tags: vec![TAG.to_owned()],
    }
}

fn record(id: u64, data: &str) -> Value {
    json!({"domain_record": {"id": id, "type": "A", "name": "web", "data": data, "ttl": 60}})
}

fn record_draft() -> RecordDraft {
    RecordDraft { name: "web".to_owned(), data: "203.0.113.9".to_owned(), ttl: 60 }
}

fn senseless<T: std::fmt::Debug>(result: Result<T, ProviderError>) -> ProviderError {
    let error = result.unwrap_err();
    assert_eq!(error.failure().code, FailureCode::BadAnswer, "{error:?}");
    assert!(matches!(error, ProviderError::Retryable { .. }), "{error:?}");
    error
}

#[tokio::test]
async fn a_success_with_the_page_of_somebody_else_is_no_success() {
    for body in [PORTAL, "", "null", "[]", "{}"] {
        let stub =
            Stub::serving(move |_, _| reply(200, &[("content-type", "text/html")], body)).await;
        let client = stub.client();
        let made = senseless(client.create_droplet(&draft()).await);
        assert_eq!(made.effect(), Effect::Unknown, "{body}");
        let says = |words: &str| made.to_string().contains(words);
        assert!(body != PORTAL || says("not JSON but `<html><title>Welcome!"), "{made}");
        assert!(!body.is_empty() || says("it is empty"), "{made}");
        senseless(client.droplet(DropletId(3)).await);
        senseless(client.droplets_tagged(TAG).await);
        senseless(client.records("acme.example", "web").await);
        senseless(client.record("acme.example", RecordId(3)).await);
        let written = client.update_record("acme.example", RecordId(3), &record_draft()).await;
        assert_eq!(senseless(written).effect(), Effect::Unknown, "{body}");
    }
}

#[tokio::test]
async fn a_json_answer_is_read_whatever_its_content_type_says() {
    let body = json!({"droplet": droplet(&json!(3), "dep-web", &[TAG])}).to_string();
    let stub =
        Stub::serving(move |_, _| reply(200, &[("content-type", "text/plain")], body.clone()))
            .await;
    assert!(stub.client().droplet(DropletId(3)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        let thief = Stub::serving(|_, _| reply(200, &[], "{}")).await;
        let location = format!("{}/v2/droplets", thief.base_url());
        let stub =
            Stub::serving(move |_, _| reply(status, &[("location", &location)], "moved")).await;
        let client = stub.client();
        let created = senseless(client.create_droplet(&draft()).await);
        assert_eq!(created.effect(), Effect::Unknown);
        assert!(created.to_string().contains("a redirect, which is not followed"), "{created}");
        senseless(client.droplets_tagged(TAG).await);
        senseless(client.destroy_droplet(DropletId(3)).await);
        assert_eq!(thief.lines(), Vec::<String>::new(), "{status}");
        assert_eq!(stub.asked().len(), 3, "{status}: each was sent once");
    }
}

#[tokio::test]
async fn a_link_to_the_next_page_takes_the_token_nowhere() {
    let thief = Stub::serving(|_, _| reply(200, &[], "{}")).await;
    let next = format!("{}/v2/droplets?page=2", thief.base_url());
    let stub = Stub::serving(move |asked, _| {
        let (id, links) = if asked.line.contains("&page=1&") {
            (1, json!({"pages": {"next": next}}))
        } else {
            (2, json!({}))
        };
        let rows = [droplet(&json!(id), "dep-web", &[TAG])];
        json_reply(200, &json!({"droplets": rows, "links": links, "meta": {"total": 2}}))
    })
    .await;
    let found = stub.client().droplets_tagged(TAG).await.unwrap();
    assert_eq!(found.iter().map(|droplet| droplet.id.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(thief.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_page_that_comes_again_ends_a_listing_as_an_error() {
    let rows = [droplet(&json!(1), "dep-web", &[TAG])];
    let page = json!({
        "droplets": rows, "links": {"pages": {"next": "https://x/?page=1"}}, "meta": {"total": 9},
    });
    let stub = Stub::always(200, page).await;
    let error = senseless(stub.client().droplets_tagged(TAG).await);
    assert!(error.to_string().contains("page 2 is page 1 again"), "{error}");
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn a_body_without_an_end_is_read_up_to_the_limit_and_no_further() {
    const PIECE: usize = 8 * 1024;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let stub = Stub::serving(move |_, _| {
        let counted = Arc::clone(&counted);
        let pieces = stream::repeat_with(move || {
            counted.fetch_add(PIECE, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; PIECE]))
        });
        reply(200, &[], Body::from_stream(pieces))
    })
    .await;
    let error = senseless(stub.client().droplet(DropletId(3)).await);
    assert!(error.to_string().contains("larger than"), "{error}");
    // What lies in the buffers of the sockets was sent, and nobody reads it.
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 4 * ANSWER_LIMIT, "{sent} bytes were sent");
}

#[tokio::test]
async fn a_body_that_promises_a_gigabyte_is_not_waited_for() {
    let stub = Stub::serving(|_, _| {
        let pieces = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096])));
        reply(200, &[("content-length", "1073741824")], Body::from_stream(pieces))
    })
    .await;
    let error = senseless(stub.client().droplets_tagged(TAG).await);
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[tokio::test]
async fn ids_that_no_droplet_has_make_no_sense() {
    let wrong = [
        json!(-1),
        json!(0),
        json!(1.5),
        json!("3"),
        json!(null),
        json!(18_446_744_073_709_551_616.0_f64),
    ];
    for id in wrong {
        let row = droplet(&id, "dep-web", &[TAG]);
        let page = json!({"droplets": [row.clone()], "meta": {"total": 1}});
        let stub = Stub::serving(move |asked, _| {
            if asked.line.starts_with("POST") {
                json_reply(202, &json!({ "droplet": row }))
            } else {
                json_reply(200, &page)
            }
        })
        .await;
        let client = stub.client();
        senseless(client.droplets_tagged(TAG).await);
        assert_eq!(senseless(client.create_droplet(&draft()).await).effect(), Effect::Unknown);
    }
}

#[tokio::test]
async fn droplets_without_our_tag_are_never_ours_and_one_with_it_is_whatever_its_name() {
    let rows = [
        droplet(&json!(1), "dep-web", &[]),
        droplet(&json!(2), "dep-web", &["managed-by-arcadia", "arcadia-saga-7f3b"]),
        droplet(&json!(3), "renamed-by-hand", &["prod", TAG]),
        droplet(&json!(3), "renamed-by-hand", &[TAG]),
        droplet(&json!(4), "dep-web", &["arcadia-saga-7f3a1"]),
    ];
    let stub = Stub::always(200, json!({"droplets": rows, "meta": {"total": 5}})).await;
    let found = stub.client().droplets_tagged(TAG).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| (it.id.0, it.name.as_str())).collect();
    assert_eq!(found, [(3, "renamed-by-hand")]);
}

#[tokio::test]
async fn a_create_that_is_answered_with_a_droplet_of_somebody_else_made_nothing_known() {
    let foreign = droplet(&json!(9), "prod-database", &["prod"]);
    let stub = Stub::always(202, json!({"droplet": foreign})).await;
    let error = senseless(stub.client().create_droplet(&draft()).await);
    assert_eq!(error.effect(), Effect::Unknown);
    assert!(error.to_string().contains("does not carry the tag"), "{error}");
}

#[tokio::test]
async fn an_answer_about_another_droplet_or_record_is_no_answer() {
    let other = droplet(&json!(9), "prod-database", &[TAG]);
    let stub = Stub::always(200, json!({"droplet": other})).await;
    let error = senseless(stub.client().droplet(DropletId(3)).await);
    assert!(error.to_string().contains("it speaks of droplet 9"), "{error}");

    let stub = Stub::always(200, record(9, "203.0.113.9")).await;
    let client = stub.client();
    let error = senseless(client.record("acme.example", RecordId(3)).await);
    assert!(error.to_string().contains("it speaks of record 9"), "{error}");
    senseless(client.update_record("acme.example", RecordId(3), &record_draft()).await);
}

#[tokio::test]
async fn a_record_that_does_not_say_what_was_written_was_not_written() {
    let stub = Stub::always(200, record(3, "198.51.100.1")).await;
    let client = stub.client();
    for written in [
        client.create_record("acme.example", &record_draft()).await.map(Some),
        client.update_record("acme.example", RecordId(3), &record_draft()).await,
    ] {
        let error = senseless(written);
        assert_eq!(error.effect(), Effect::Unknown);
        assert!(error.to_string().contains("the record says `198.51.100.1`"), "{error}");
    }
}

#[tokio::test]
async fn a_removal_is_never_more_than_accepted_and_a_strange_404_never_gone() {
    let stub = Stub::serving(|_, before| match before {
        0 => reply(200, &[], PORTAL),
        1 => reply(404, &[], PORTAL),
        _ => Reply::Silence,
    })
    .await;
    let client = stub.client();
    assert_eq!(client.destroy_droplet(DropletId(3)).await, Ok(Removal::Accepted));
    senseless(client.destroy_droplet(DropletId(3)).await);
}

#[tokio::test]
async fn no_wait_that_a_header_asks_for_is_longer_than_an_hour_or_before_now() {
    for asked in
        ["-5", "1.5", "1e9", "soon", "", "99999999999999999999", "0x10", "Thu, 01 Jan 1970"]
    {
        let stub = Stub::serving(move |_, _| {
            let headers =
                [("retry-after", asked), ("ratelimit-remaining", "-1"), ("ratelimit-reset", "-9")];
            reply(429, &headers, PORTAL)
        })
        .await;
        let error = stub.client().droplet(DropletId(3)).await.unwrap_err();
        assert_eq!(error.failure().code, FailureCode::RateLimited, "{asked}");
        let ProviderError::Retryable { after, .. } = error else { panic!("{asked}: {error:?}") };
        assert!(after.unwrap_or_default().as_secs() <= 3_601, "{asked}: {after:?}");
    }
}
