//! Rules read from text, and what they hit.

use std::time::Duration;

use super::{Fault, FaultRule, Faults, Moment, When};

const NONE: [u32; 0] = [];

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn faults(rules: &[&str]) -> Faults {
    Faults::new(rules.iter().map(|text| rule(text)).collect())
}

/// Which of `calls` identical requests are hit.
fn hits(faults: &mut Faults, method: &str, path: &str, calls: u32) -> Vec<u32> {
    (1..=calls).filter(|_| faults.judge(method, path, || 0.5).is_some()).collect()
}

fn refused(text: &str) -> String {
    text.parse::<FaultRule>().expect_err("it must be refused").to_string()
}

#[test]
fn the_examples_of_the_documentation_are_rules_and_read_back() {
    let documentation = include_str!("../faults.rs");
    let lines = documentation.lines().filter_map(|line| line.strip_prefix("//! "));
    let examples: Vec<&str> = lines
        .skip_while(|line| *line != "# Examples")
        .filter(|line| line.contains(" /v2/"))
        .collect();
    assert_eq!(examples.len(), 7);
    for example in examples {
        assert_eq!(rule(example).to_string(), example);
    }
}

#[test]
fn every_part_of_a_rule_is_read() {
    let parsed = rule(
        "POST /v2/droplets: 429 \"slow, please\" after effect, retry after 90s, times 4, chance 0.25",
    );
    assert_eq!(parsed.when, When::Chance(0.25));
    assert_eq!(parsed.times, Some(4));
    assert_eq!(
        parsed.fault,
        Fault::Status {
            status: 429,
            message: Some("slow, please".to_owned()),
            retry_after: Some(Duration::from_secs(90)),
            moment: Moment::AfterEffect,
        }
    );
    for text in
        ["cut", "malformed", "wrong type", "empty", "drip 1500ms", "delay 2m", "silence", "drop"]
    {
        let text = format!("* /v2/**: {text}, first 2");
        assert_eq!(rule(&text).to_string(), text);
    }
}

#[test]
fn a_rule_is_serialized_in_the_form_that_people_type() {
    let parsed = rule("GET /v2/droplets/*: drop, nth 2");
    let json = serde_json::to_string(&parsed).expect("a rule is a text");
    assert_eq!(json, r#""GET /v2/droplets/*: drop, nth 2""#);
    assert_eq!(serde_json::from_str::<FaultRule>(&json).expect("its own text"), parsed);
}

#[test]
fn a_refusal_says_what_where_and_what_is_allowed() {
    let message = refused("POST /v2/droplets: explode, nth 1");
    for part in ["`explode`", "a fault", "`POST /v2/droplets: explode, nth 1`", "`silence`"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(refused("POST /v2/droplets: 500, nth 0").contains("`0` is not an option"));
    assert!(refused("POST /v2/droplets: 500, sometimes").contains("`chance 0.1`"));
    assert!(refused("POST /v2/droplets: delay 3").contains("`500ms`"));
    assert!(refused("POST /v2/droplets: delay 99999999999999999h").contains("`500ms`"));
    assert!(refused("POST /v2/droplets: 99").contains("200 to 599"));
    assert!(refused("POST /v2/droplets: cut after effect").contains("`cut after effect`"));
    assert!(refused("POST /v2/droplets: drop, retry after 3s").contains("with a status"));
    assert!(refused("POST v2/droplets: drop").contains("begins with `/`"));
    assert!(refused("POST /v2/ x /y: drop").contains("no blank"));
    assert!(refused("POST /v2/**/x: drop").contains("last segment"));
    assert!(refused("POST /v2/drop*: drop").contains("whole segment"));
    assert!(refused("nonsense").contains("METHOD PATH"));
    assert!(refused("").contains("METHOD PATH"));
}

#[test]
fn a_wildcard_stands_for_one_segment_and_two_for_the_rest() {
    let one = rule("GET /v2/droplets/*: drop");
    assert!(one.matches("GET", "/v2/droplets/7"));
    assert!(one.matches("get", "/v2/droplets/7/"));
    assert!(!one.matches("GET", "/v2/droplets"));
    assert!(!one.matches("GET", "/v2/droplets/7/actions"));
    assert!(!one.matches("DELETE", "/v2/droplets/7"));
    let rest = rule("* /v2/**: drop");
    assert!(rest.matches("DELETE", "/v2/droplets/7/actions"));
    assert!(!rest.matches("GET", "/metrics"));
}

#[test]
fn counting_rules_hit_the_requests_that_they_name() {
    let path = "/v2/droplets";
    assert_eq!(hits(&mut faults(&["POST /v2/droplets: drop, nth 3"]), "POST", path, 5), [3]);
    assert_eq!(hits(&mut faults(&["POST /v2/droplets: drop, first 2"]), "POST", path, 5), [1, 2]);
    assert_eq!(hits(&mut faults(&["POST /v2/droplets: drop, times 2"]), "POST", path, 5), [1, 2]);
    assert_eq!(hits(&mut faults(&["POST /v2/droplets: drop"]), "POST", path, 3), [1, 2, 3]);
    assert_eq!(hits(&mut faults(&["POST /v2/droplets: drop"]), "GET", path, 3), NONE);
}

#[test]
fn requests_that_do_not_match_are_not_counted() {
    let mut faults = faults(&["POST /v2/droplets: drop, nth 2"]);
    assert_eq!(hits(&mut faults, "POST", "/v2/droplets", 1), NONE);
    assert_eq!(hits(&mut faults, "GET", "/v2/droplets", 5), NONE);
    assert_eq!(hits(&mut faults, "POST", "/v2/droplets", 1), [1]);
}

#[test]
fn chance_follows_the_roll() {
    let mut faults = faults(&["* /v2/**: 503, chance 0.3, times 1"]);
    assert_eq!(faults.judge("GET", "/v2/account", || 0.3), None);
    assert!(faults.judge("GET", "/v2/account", || 0.29).is_some());
    assert_eq!(faults.judge("GET", "/v2/account", || 0.0), None, "one time is the limit");
}

#[test]
fn the_first_rule_that_hits_decides_and_all_count() {
    let mut faults = faults(&["GET /v2/account: drop, nth 2", "GET /v2/account: cut, first 3"]);
    let verdicts: Vec<_> = (0..4).map(|_| faults.judge("GET", "/v2/account", || 0.5)).collect();
    let drop = Fault::Drop(Moment::BeforeEffect);
    assert_eq!(verdicts, [Some(Fault::Cut), Some(drop), Some(Fault::Cut), None]);
}
