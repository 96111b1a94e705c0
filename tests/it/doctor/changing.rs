//! What changes between the plan and its act.

use serde_json::{Value, json};

use crate::doctor::{id_of, rolled_back_in_vain, saga_of};
use crate::support::simulated::Simulated;
use crate::support::terminal::Terminal;

#[test]
fn a_droplet_that_changed_after_the_plan_was_shown_is_left_alone_and_a_no_changes_nothing() {
    let cloud = Simulated::start();
    let home = cloud.home();
    rolled_back_in_vain(&cloud, &home, "gone");
    let before = cloud.state();
    let mut terminal = Terminal::open(&home, &["doctor", "--fix"], (120, 60));
    terminal.wait_for_text("Go on? [y/N]");
    terminal.keys("n\r");
    assert_eq!(terminal.wait_for_end(), 1, "{}", terminal.text());
    assert_eq!(cloud.state(), before);

    let mut terminal = Terminal::open(&home, &["doctor", "--fix"], (120, 60));
    terminal.wait_for_text("Go on? [y/N]");
    let id = id_of(&cloud, "dep-gone");
    let record = &before["records"]["acme.example"].as_array().unwrap().clone();
    let record = record.iter().find(|record| record["name"] == "gone").unwrap();
    let path = format!("/v2/domains/acme.example/records/{}", record["id"]);
    let body = json!({"type": "A", "name": "gone", "data": "198.51.100.9", "ttl": 300});
    cloud.meddle("PUT", &path, &body);
    cloud.meddle("DELETE", &format!("/v2/droplets/{id}"), &Value::Null);
    cloud.wait_until("the droplet is gone", |cloud| cloud.droplets().is_empty());
    terminal.keys("y\r");
    // The record is somebody's by now, so the problem stands.
    assert_eq!(terminal.wait_for_end(), 3, "{}", terminal.text());
    let text = terminal.text();
    assert!(text.contains("left alone: delete record"), "{text}");
    assert!(text.contains("already gone: destroy droplet"), "{text}");
    assert!(text.contains("1 problem (orphans) still stands"), "{text}");
    assert_eq!(cloud.records(), [("gone".to_owned(), "198.51.100.9".to_owned(), 300)]);
}

#[test]
fn a_droplet_that_lost_its_mark_after_the_plan_was_shown_is_left_alone() {
    let cloud = Simulated::start();
    let home = cloud.home();
    rolled_back_in_vain(&cloud, &home, "gone");
    let tag = format!("/v2/tags/arcadia-saga-{}", saga_of(&home, "gone"));
    let mut terminal = Terminal::open(&home, &["doctor", "--fix"], (120, 60));
    terminal.wait_for_text("Go on? [y/N]");
    cloud.meddle("DELETE", &tag, &Value::Null);
    terminal.keys("y\r");
    assert_eq!(terminal.wait_for_end(), 3, "{}", terminal.text());
    let text = terminal.text();
    assert!(text.contains("left alone: destroy droplet"), "{text}");
    assert!(text.contains("its tags are others by now"), "{text}");
    assert_eq!((cloud.droplets().len(), cloud.records().len()), (1, 0));
}
