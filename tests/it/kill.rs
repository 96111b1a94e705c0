//! `kill -9` of the real program in the middle of every step and every undo, against a cloud in
//! another process that goes on by itself. Whatever happens, journal and cloud agree in the end.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::audit::Audit;
use crate::support::home::{Home, launch};
use crate::support::simulated::Simulated;

/// Where the program is killed, and what keeps it there.
struct Blow {
    step: &'static str,
    /// Requests of this kind are never answered from here on.
    fault: Option<&'static str>,
    /// What is true in the cloud by then, if the request does its work.
    trace: fn(&Simulated, &str) -> bool,
}

/// The cloud need not show anything.
fn no_trace(_: &Simulated, _: &str) -> bool {
    true
}

fn has_droplet(cloud: &Simulated, slug: &str) -> bool {
    cloud.droplets().iter().any(|(_, name)| *name == format!("dep-{slug}"))
}

fn has_no_droplet(cloud: &Simulated, slug: &str) -> bool {
    !has_droplet(cloud, slug)
}

fn has_record(cloud: &Simulated, slug: &str) -> bool {
    cloud.records().iter().any(|(name, ..)| name == slug)
}

fn has_no_record(cloud: &Simulated, slug: &str) -> bool {
    !has_record(cloud, slug)
}

impl Blow {
    /// In a step that asks nothing of the cloud and takes milliseconds: as soon as it is known to
    /// have begun, so in it or just past it.
    const fn swift(step: &'static str) -> Self {
        Self { step, fault: None, trace: no_trace }
    }

    /// In a step whose request hangs.
    const fn held(step: &'static str, fault: &'static str) -> Self {
        Self { step, fault: Some(fault), trace: no_trace }
    }

    /// In a step whose request hangs after it did its work.
    const fn done(
        step: &'static str,
        fault: &'static str,
        trace: fn(&Simulated, &str) -> bool,
    ) -> Self {
        Self { step, fault: Some(fault), trace }
    }

    /// Runs a verb for a deployment, kills the program there, and tells whether it was still in the
    /// step then.
    fn strike(&self, cloud: &Simulated, home: &Home, verb: &[&str], slug: &str, way: &str) -> bool {
        let before = self.fault.map(|fault| cloud.asked(fault));
        cloud.faults(&self.fault.into_iter().collect::<Vec<_>>());
        let mut program = home.start(&[verb, &["--watch", "--json"]].concat());
        let begun = |line: &str| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let same = entry["step"] == self.step && entry["direction"] == way;
            same && entry["kind"] == "step_started"
        };
        program.wait_for_line(&format!("{way} {}", self.step), begun);
        if let Some((fault, before)) = self.fault.zip(before) {
            cloud.wait_until_asked(fault, before);
            cloud.wait_until("it has effect", |cloud| (self.trace)(cloud, slug));
        }
        program.kill();
        cloud.faults(&[]);
        is_in_step(&home.history(&format!("acme/{slug}")), self.step, way)
    }
}

/// Whether the last that the journal tells of this step is that it began or waits.
fn is_in_step(history: &[Value], step: &str, way: &str) -> bool {
    let last = history.iter().rev().find(|entry| {
        entry["step"] == step && entry["direction"] == way && entry["kind"] != "checkpointed"
    });
    let kind = last.unwrap()["kind"].as_str().unwrap();
    ["step_started", "step_waiting", "step_polled"].contains(&kind)
}

/// The cloud holds what the journal says, and nothing else. Returns how the deployments stand.
pub(crate) fn audit(
    cloud: &Simulated,
    home: &Home,
    foreign: &[(&str, &str, u64)],
) -> BTreeMap<String, String> {
    let foreign: Vec<_> = foreign
        .iter()
        .map(|(name, data, ttl)| ((*name).to_owned(), (*data).to_owned(), *ttl))
        .collect();
    let audit = Audit::of(cloud, home, &foreign);
    assert!(audit.is_clean(), "{audit:#?}");
    audit.standings
}

#[test]
fn killed_in_every_step_ten_launches_end_whole() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let blows = [
        Blow::swift("mark_deployment_provisioning"),
        Blow::held("create_droplet", "POST /v2/droplets: silence"),
        Blow::done("create_droplet", "POST /v2/droplets: silence after effect", has_droplet),
        Blow::held("wait_droplet_active", "GET /v2/droplets/*: silence"),
        Blow::swift("register_inventory"),
        Blow::swift("link_deployment_resource"),
        Blow::held("point_deployment_dns", "GET /v2/domains/*/records: silence"),
        Blow::held("point_deployment_dns", "POST /v2/domains/*/records: silence"),
        Blow::done(
            "point_deployment_dns",
            "POST /v2/domains/*/records: silence after effect",
            has_record,
        ),
        Blow::swift("activate_deployment"),
    ];
    for (number, blow) in blows.iter().enumerate() {
        let slug = format!("web-{number}");
        let inside = blow.strike(&cloud, &home, &launch(&slug), &slug, "do");
        assert!(inside || blow.fault.is_none(), "{slug} was past {}", blow.step);
    }
    home.finish_everything();
    let standings = audit(&cloud, &home, &[]);
    assert_eq!(standings.len(), 10);
    assert!(standings.values().all(|standing| standing == "active"), "{standings:?}");
}

#[test]
fn killed_in_every_undo_nothing_is_left() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let blows = [
        Blow::held("point_deployment_dns", "DELETE /v2/domains/*/records/*: silence"),
        Blow::done(
            "point_deployment_dns",
            "DELETE /v2/domains/*/records/*: silence after effect",
            has_no_record,
        ),
        Blow::swift("link_deployment_resource"),
        Blow::swift("register_inventory"),
        Blow::held("create_droplet", "DELETE /v2/droplets/*: silence"),
        Blow::done("create_droplet", "DELETE /v2/droplets/*: silence after effect", has_no_droplet),
        Blow::swift("mark_deployment_provisioning"),
    ];
    for (number, blow) in blows.iter().enumerate() {
        let slug = format!("web-{number}");
        let launched = home.run(&launch(&slug));
        assert_eq!(launched.code, Some(0), "{launched:?}");
        let name = format!("acme/{slug}");
        let inside = blow.strike(&cloud, &home, &["rollback", &name, "--yes"], &slug, "undo");
        assert!(inside || blow.fault.is_none(), "{slug} was past undoing {}", blow.step);
    }
    home.finish_everything();
    let standings = audit(&cloud, &home, &[]);
    assert_eq!(standings.len(), 7);
    assert!(standings.values().all(|standing| standing == "rolled_back"), "{standings:?}");
}

#[test]
fn killed_while_a_failed_launch_is_undone_nothing_is_left() {
    let cloud = Simulated::start();
    let home = cloud.home();
    for (number, held) in
        ["DELETE /v2/droplets/*: silence", "DELETE /v2/droplets/*: silence after effect"]
            .into_iter()
            .enumerate()
    {
        let slug = format!("web-{number}");
        cloud.faults(&["POST /v2/domains/*/records: 422 \"no more records\"", held]);
        let mut program = home.start(&[&launch(&slug)[..], &["--watch"]].concat());
        let before = cloud.asked(held);
        program.wait_for_line("the turn", |line| line.contains("rolling back:"));
        cloud.wait_until_asked(held, before);
        program.kill();
        cloud.faults(&[]);
    }
    home.finish_everything();
    let standings = audit(&cloud, &home, &[]);
    assert!(standings.values().all(|standing| standing == "failed"), "{standings:?}");
}

#[test]
fn an_answer_that_was_lost_before_the_kill_makes_no_second_droplet_or_record() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let lost = [
        (
            "create_droplet",
            "POST /v2/droplets: drop after effect, nth 1",
            has_droplet as fn(&_, &str) -> _,
        ),
        (
            "point_deployment_dns",
            "POST /v2/domains/*/records: drop after effect, nth 1",
            has_record,
        ),
    ];
    for (number, (step, fault, trace)) in lost.into_iter().enumerate() {
        let slug = format!("web-{number}");
        cloud.faults(&[fault]);
        let mut program = home.start(&[&launch(&slug)[..], &["--watch", "--json"]].concat());
        program.wait_for_line("the loss", |line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            entry["kind"] == "step_retry_scheduled" && entry["step"] == step
        });
        program.kill();
        assert!(trace(&cloud, &slug), "the request did its work");
        home.finish_everything();
    }
    let standings = audit(&cloud, &home, &[]);
    assert!(standings.values().all(|standing| standing == "active"), "{standings:?}");
}

#[test]
fn a_record_that_was_there_gets_its_value_and_ttl_back_wherever_the_kill_fell() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let found = |slug| (slug, "198.51.100.4", 1_800);
    let slugs = ["web-0", "web-1", "web-2"];
    // Between checkpoint and write, between write and outcome, and while it is being restored.
    let forward = [
        "PUT /v2/domains/*/records/*: silence",
        "PUT /v2/domains/*/records/*: silence after effect",
    ];
    for slug in slugs {
        cloud.put_record(found(slug));
    }
    let pointed = |cloud: &Simulated, slug: &str| {
        cloud.records().iter().any(|(name, data, _)| name == slug && data != "198.51.100.4")
    };
    for (slug, fault) in slugs.into_iter().zip(forward) {
        cloud.faults(&[fault]);
        let before = cloud.asked(fault);
        let mut program = home.start(&[&launch(slug)[..], &["--watch", "--json"]].concat());
        program.wait_for_line("the checkpoint", |line| line.contains("\"checkpointed\""));
        cloud.wait_until_asked(fault, before);
        if fault.ends_with("effect") {
            cloud.wait_until("it has effect", |cloud| pointed(cloud, slug));
        }
        program.kill();
        cloud.faults(&[]);
    }
    home.finish_everything();
    assert_eq!(home.run(&launch(slugs[2])).code, Some(0));
    assert!(slugs.iter().all(|slug| pointed(&cloud, slug)), "{:?}", cloud.records());
    audit(&cloud, &home, &[]);

    for slug in &slugs[..2] {
        let undone = home.run(&["rollback", slug, "--yes"]);
        assert_eq!(undone.code, Some(0), "{undone:?}");
    }
    let restoring =
        Blow::held("point_deployment_dns", "PUT /v2/domains/*/records/*: silence after effect");
    restoring.strike(&cloud, &home, &["rollback", slugs[2], "--yes"], slugs[2], "undo");
    home.finish_everything();
    audit(&cloud, &home, &slugs.map(found));
}
