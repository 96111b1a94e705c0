//! While a running Arcadia has the folder: everything is told from a copy, and nothing is removed.

use std::fs;

use crate::doctor::{Visit, id_of, launched, rolled_back_in_vain, visit};
use crate::support::gateway::Gateway;
use crate::support::home::{Home, launch};
use crate::support::program::Running;
use crate::support::simulated::Simulated;
use crate::support::terminal::Terminal;

/// The dashboard, which has the folder.
fn dashboard(home: &Home) -> Terminal {
    let mut terminal = home.dashboard((100, 30));
    terminal.wait_for_text("Deployments ");
    terminal
}

#[test]
fn beside_the_open_dashboard_everything_is_told_and_only_fix_waits_for_its_end() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    rolled_back_in_vain(&cloud, &home, "gone");
    let mut terminal = dashboard(&home);
    let before = cloud.state();
    let seen = visit(&home, &[]);
    let orphans = ["orphans.orphan_droplet", "orphans.orphan_record"];
    assert_eq!((seen.code, seen.names()), (Some(3), orphans.map(str::to_owned).to_vec()));
    let opens = seen.finding("journal", "opens");
    assert!(opens["text"].to_string().contains("is at work in it, so a copy of it was read"));
    assert_eq!(opens["verdict"], "ok");
    assert_eq!(seen.finding("drift", "none")["verdict"], "ok");
    assert_eq!(seen.finding("archive", "lines")["verdict"], "ok");

    let id = id_of(&cloud, "dep-gone").to_string();
    let refused = visit(&home, &["--fix", "--yes", "--droplet", &id]);
    assert_eq!(refused.code, Some(3), "{:#}", refused.document);
    let fix = refused.finding("journal", "fix");
    assert!(fix["text"].to_string().contains("nothing was removed: process "), "{fix}");
    assert_eq!(refused.document["plan"].as_array().unwrap().len(), 2);
    assert_eq!(refused.document["repairs"].as_array().unwrap().len(), 0);
    let told = home.run(&["doctor", "--fix"]);
    assert_eq!(told.code, Some(3), "nobody is asked: {told:?}");
    let plan = "doctor --fix would, in this order:\n  delete record ";
    assert!(told.stderr.contains(plan), "{told:?}");
    assert_eq!(cloud.state(), before);

    terminal.keys("q");
    terminal.wait_for_end();
    assert_eq!(visit(&home, &["--fix", "--yes"]).code, Some(0));
    assert_eq!(cloud.droplets().len(), 1);
}

#[test]
fn the_simulated_cloud_inside_the_open_dashboard_is_looked_at_as_it_was_saved() {
    let home = Home::new();
    launched(&home, "web");
    let _terminal = dashboard(&home);
    let state = home.data().join("simulator.json");
    let saved = fs::read(&state).unwrap();
    let seen = visit(&home, &[]);
    assert_eq!((seen.code, seen.names()), (Some(0), vec![]), "{:#}", seen.document);
    let drift = seen.finding("drift", "none")["text"].to_string();
    assert!(drift.contains("the live deployment is what the journal says"), "{drift}");
    assert_eq!(seen.finding("orphans", "none")["verdict"], "ok");
    assert_eq!(fs::read(&state).unwrap(), saved);
}

/// The books are read before the provider is asked, and once more when a saga went on meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_saga_does_while_the_provider_is_asked_is_neither_drift_nor_an_orphan() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let gateway = Gateway::start(cloud.url()).await;
    let last = "POST /v2/domains/*/records: 503";
    cloud.faults(&[last]);
    let running = home.start(&launch("web"));
    cloud.wait_until_asked(last, 0);
    gateway.shut();
    let mut command = home.command(&["doctor", "--json"]);
    command.env("ARCADIA_SIMULATOR_URL", gateway.base_url());
    let doctor = Running::start(command);
    gateway.somebody_came().await;
    let ended = tokio::task::spawn_blocking(move || {
        cloud.faults(&[]);
        let launched = running.end();
        assert_eq!(launched.code, Some(0), "{launched:?}");
        gateway.open();
        (doctor.end(), cloud)
    });
    let seen = Visit::of(&ended.await.unwrap().0);
    assert_eq!((seen.code, seen.names()), (Some(0), vec![]), "{:#}", seen.document);
    // It is live by the later books, whatever the listing showed of it so early.
    let told = seen.document.to_string();
    assert!(!told.contains("there are no live deployments"), "{told}");
}

#[test]
fn an_unfinished_saga_owns_what_it_made_while_it_runs_and_after_it_was_killed() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let wait = "GET /v2/droplets/*: 503";
    cloud.faults(&[wait]);
    let running = home.start(&launch("web"));
    cloud.wait_until_asked(wait, 0);
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!((seen.code, seen.names()), (Some(0), vec![]), "{:#}", seen.document);
    let opens = seen.finding("journal", "opens")["text"].to_string();
    assert!(opens.contains("process "), "{opens}");
    let unfinished = seen.finding("journal", "unfinished")["text"].to_string();
    assert!(unfinished.contains("under way: 1 saga, run by process "), "{unfinished}");
    running.kill();
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!(seen.code, Some(0), "{:#}", seen.document);
    // What it did last may not be archived, because it was killed.
    assert!(seen.names().iter().all(|name| name == "archive.lag"), "{:#}", seen.document);
    let unfinished = seen.finding("journal", "unfinished")["text"].to_string();
    assert!(unfinished.contains("under way: 1 saga; going on at the next start"), "{unfinished}");
    assert_eq!(cloud.droplets().len(), 1);
}
