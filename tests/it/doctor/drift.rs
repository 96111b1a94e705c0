//! Live deployments that are not what the journal says.

use serde_json::{Value, json};

use crate::doctor::{id_of, launched, visit};
use crate::support::simulated::Simulated;

#[test]
fn each_kind_of_drift_is_told_and_none_is_touched() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let id = id_of(&cloud, "dep-web");
    cloud.meddle("POST", &format!("/v2/droplets/{id}/actions"), &json!({"type": "power_off"}));
    cloud.put_record(("web", "198.51.100.9", 60));
    cloud.wait_until("the droplet is off", |cloud| cloud.state()["droplets"][0]["status"] == "off");
    cloud.wait_until_listed();
    let before = cloud.state();
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!(seen.code, Some(3));
    assert_eq!(seen.names(), ["drift.droplet_off", "drift.record_doubled"], "{:#}", seen.document);
    let remedy = seen.finding("drift", "droplet_off")["remedy"].to_string();
    assert!(remedy.contains(&format!("power-on {id}")), "{remedy}");
    assert_eq!(cloud.state(), before);

    let records = before["records"]["acme.example"].as_array().unwrap();
    let ours = records.iter().find(|record| record["ttl"] == 300).unwrap();
    let path = format!("/v2/domains/acme.example/records/{}", ours["id"]);
    cloud.meddle("DELETE", &path, &Value::Null);
    cloud.meddle("DELETE", &format!("/v2/droplets/{id}"), &Value::Null);
    cloud.wait_until("the droplet is gone", |cloud| cloud.droplets().is_empty());
    let seen = visit(&home, &[]);
    assert_eq!(seen.names(), ["drift.droplet_gone", "drift.record_elsewhere"]);
}
