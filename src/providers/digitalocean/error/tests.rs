//! What every answer means, by tables.

use super::*;

const TOKEN: &str = "dop_v1_0123456789abcdef";

/// What a table line expects: whether to try again, the code, and the effect of a change.
type Verdict = (Retry, FailureCode, Effect);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    Yes,
    No,
}

fn diagnose<T>(nature: Nature, judge: impl FnOnce(Diagnosis<'_>) -> T) -> T {
    let redactor = Redactor::new(TOKEN.into());
    judge(Diagnosis { redactor: &redactor, operation: "POST /v2/droplets", nature })
}

fn refused(nature: Nature, status: u16, body: &str) -> ProviderError {
    diagnose(nature, |diagnosis| {
        diagnosis.refused(&Refusal {
            status,
            body: body.as_bytes(),
            request_id: Some("from-header"),
            after: None,
        })
    })
}

fn verdict(error: &ProviderError) -> Verdict {
    let retry = match error {
        ProviderError::Retryable { .. } => Retry::Yes,
        ProviderError::Terminal { .. } => Retry::No,
    };
    (retry, error.failure().code, error.effect())
}

#[test]
fn every_status_has_its_verdict() {
    use FailureCode as Code;
    let table: [(u16, &str, (Retry, FailureCode)); 20] = [
        (400, "bad request", (Retry::No, Code::Invalid)),
        (401, "Unable to authenticate you", (Retry::No, Code::Unauthorized)),
        (403, "You are not authorized", (Retry::No, Code::Forbidden)),
        (404, "could not be found", (Retry::No, Code::NotFound)),
        (405, "not allowed", (Retry::No, Code::Invalid)),
        (408, "too slow", (Retry::Yes, Code::TimedOut)),
        (409, "conflict", (Retry::Yes, Code::Conflict)),
        (413, "too large", (Retry::No, Code::Invalid)),
        (422, "will exceed your droplet limit", (Retry::No, Code::Invalid)),
        (422, "Droplet already has a pending event.", (Retry::Yes, Code::Conflict)),
        (422, "There is an event in progress", (Retry::Yes, Code::Conflict)),
        (422, "The request is already being processed", (Retry::Yes, Code::Conflict)),
        (400, "an Event is in progress", (Retry::Yes, Code::Conflict)),
        (423, "locked", (Retry::Yes, Code::Conflict)),
        (429, "API Rate limit exceeded.", (Retry::Yes, Code::RateLimited)),
        (500, "Unexpected server-side error", (Retry::Yes, Code::Unavailable)),
        (501, "not implemented", (Retry::Yes, Code::Unavailable)),
        (503, "try later", (Retry::Yes, Code::Unavailable)),
        (301, "moved", (Retry::Yes, Code::BadAnswer)),
        (700, "what", (Retry::Yes, Code::BadAnswer)),
    ];
    for (status, words, (retry, code)) in table {
        let body = serde_json::json!({ "id": "some_id", "message": words }).to_string();
        let change = refused(Nature::Change, status, &body);
        let expected = (retry, code, Effect::Unknown);
        assert_eq!(verdict(&change), expected, "a change: {status} {words}");
        let read = refused(Nature::Read, status, &body);
        assert_eq!(verdict(&read), (retry, code, Effect::None), "a read: {status} {words}");
    }
}

#[test]
fn every_lost_answer_has_its_verdict() {
    let cause = || "connection refused".to_owned();
    let table: [(Lost, Verdict); 4] = [
        (Lost::Unreachable(cause()), (Retry::Yes, FailureCode::Unreachable, Effect::None)),
        (Lost::TimedOut, (Retry::Yes, FailureCode::TimedOut, Effect::Unknown)),
        (Lost::Disconnected(cause()), (Retry::Yes, FailureCode::Disconnected, Effect::Unknown)),
        (Lost::Unsendable(cause()), (Retry::No, FailureCode::Invalid, Effect::None)),
    ];
    for (lost, expected) in table {
        let change = diagnose(Nature::Change, |diagnosis| diagnosis.lost(&lost));
        assert_eq!(verdict(&change), expected, "a change: {lost:?}");
        let (retry, code, _) = expected;
        let read = diagnose(Nature::Read, |diagnosis| diagnosis.lost(&lost));
        assert_eq!(verdict(&read), (retry, code, Effect::None), "a read: {lost:?}");
    }
}

#[test]
fn the_providers_words_and_the_request_id_are_kept() {
    let body = r#"{"id":"unprocessable_entity","message":"Name is invalid.","request_id":"9a"}"#;
    let error = refused(Nature::Change, 422, body);
    let expected = "`POST /v2/droplets` was answered 422 `unprocessable_entity`: Name is invalid";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.failure().request_id.as_deref(), Some("9a"));
}

#[test]
fn the_header_names_the_request_when_the_body_does_not() {
    let error = refused(Nature::Read, 500, r#"{"id":"server_error","message":"oops"}"#);
    assert_eq!(error.failure().request_id.as_deref(), Some("from-header"));
}

#[test]
fn a_body_that_is_not_json_is_quoted_briefly_and_without_control_characters() {
    let page = format!("<html>\u{1b}[31m\r\n502 {}</html>", "x".repeat(1000));
    let message = refused(Nature::Read, 502, &page).to_string();
    let expected =
        "`POST /v2/droplets` was answered 502 without the provider's error body, with `<html>";
    assert!(message.starts_with(expected), "{message}");
    assert!(!message.contains(char::is_control), "{message}");
    assert!(message.chars().count() < 300, "{message}");
    assert!(refused(Nature::Read, 502, "").to_string().ends_with("with nothing"));
}

#[test]
fn a_refusal_that_is_not_the_providers_own_proves_nothing() {
    for status in [400, 401, 403, 404, 405, 422] {
        for body in ["<html>no such host</html>", "", "{\"error\":\"blocked\"}"] {
            let error = refused(Nature::Read, status, body);
            let expected = (Retry::Yes, FailureCode::BadAnswer, Effect::None);
            assert_eq!(verdict(&error), expected, "{status}");
            assert_eq!(or_absent::<()>(Err(error.clone())), Err(error));
            let error = refused(Nature::Change, status, body);
            assert_eq!(error.effect(), Effect::Unknown, "{status}");
        }
    }
}

#[test]
fn only_a_request_that_was_never_sent_is_known_to_have_changed_nothing() {
    let never_sent = [
        diagnose(Nature::Change, |it| it.lost(&Lost::Unreachable("refused".to_owned()))),
        diagnose(Nature::Change, |it| it.lost(&Lost::Unsendable("no url".to_owned()))),
        diagnose(Nature::Change, |it| it.held_back(Duration::from_secs(1))),
    ];
    for error in never_sent {
        assert_eq!(error.effect(), Effect::None, "{error}");
    }
    let own = serde_json::json!({ "id": "some_id", "message": "no" }).to_string();
    for status in 300..=599 {
        for body in [own.as_str(), "<html>", ""] {
            assert_eq!(refused(Nature::Change, status, body).effect(), Effect::Unknown);
        }
    }
}

#[test]
fn an_echoed_token_is_taken_out() {
    let body = serde_json::json!({
        "id": TOKEN, "message": format!("token {TOKEN} is wrong"), "request_id": TOKEN,
    });
    let html = format!("<p>{TOKEN}</p>");
    let errors = [
        refused(Nature::Read, 401, &body.to_string()),
        refused(Nature::Read, 401, &html),
        diagnose(Nature::Read, |diagnosis| diagnosis.senseless(&html, Some(TOKEN))),
        diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Unreachable(html.clone()))),
        diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Disconnected(html.clone()))),
        diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Unsendable(html.clone()))),
    ];
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
        assert!(shown.contains("[token]"), "{shown}");
    }
}
