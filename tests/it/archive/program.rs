//! The real program: its journal is destroyed in the middle of a launch, comes back from the archive,
//! and the launch goes on, with nothing in the cloud that nobody knows of.

use serde_json::Value;

use super::*;
use crate::kill::audit;
use crate::support::home::{Home, launch};
use crate::support::simulated::Simulated;

/// What never answers, and how many lines of the archive a launch has by then.
type Stop = (&'static str, usize);

/// The request that makes the droplet: it does its work, and nobody is told.
const AFTER_THE_DROPLET: Stop = ("POST /v2/droplets: silence after effect", 2);

/// The droplet was made, and is waited for.
const IN_THE_WAIT: Stop = ("GET /v2/droplets/*: silence", 3);

/// One deployment that is up, and one whose launch is killed where it stops.
fn interrupted(cloud: &Simulated, (fault, lines): Stop) -> Home {
    let home = cloud.home().with("ARCADIA_JOURNAL_ARCHIVE_EVERY", "100ms");
    assert_eq!(home.run(&launch("web-0")).code, Some(0));
    let first = archived(&home).remove(0)["saga"].clone();
    cloud.faults(&[fault]);
    let before = cloud.asked(fault);
    let program = home.start(&launch("web-1"));
    cloud.wait_until_asked(fault, before);
    let made = |(_, name): &(String, String)| name == "dep-web-1";
    cloud.wait_until("the droplet is made", |cloud| cloud.droplets().iter().any(made));
    let second = |line: &&Value| line["saga"] != first;
    wait_until("the archive has it", || archived(&home).iter().filter(second).count() >= lines);
    program.kill();
    cloud.faults(&[]);
    home
}

/// Without a look at it nobody knows whether it is damaged, and what it has that the archive lacks.
#[test]
fn a_journal_that_cannot_be_looked_at_for_want_of_room_is_not_replaced() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut tight = home.command(&["rebuild", "--yes"]);
    let told = tight.env("TMPDIR", home.path().join("no-such-folder")).output().unwrap();
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("no copy of the journal in") && told.contains("TMPDIR"), "{told}");
    let kept = fs::read_dir(home.data()).unwrap().map(|item| item.unwrap().file_name());
    assert!(kept.into_iter().all(|name| !name.to_string_lossy().contains("damaged")));
}

#[test]
fn a_launch_goes_on_after_its_journal_was_destroyed_and_the_cloud_is_clean() {
    let cloud = Simulated::start();
    let home = interrupted(&cloud, AFTER_THE_DROPLET);
    fs::remove_dir_all(home.data().join("journal")).unwrap();
    for verb in [&["list"][..], &launch("web-2")] {
        let refused = home.run(verb);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("`arcadia rebuild`"), "{refused:?}");
    }
    let asked = home.run(&["rebuild"]);
    assert_eq!(asked.code, Some(64), "nobody is there to say yes: {asked:?}");

    let rebuilt = home.json(&["rebuild", "--yes", "--json"]);
    assert_eq!(rebuilt["sagas"], 2, "{rebuilt}");
    assert_eq!(rebuilt["unfinished"], serde_json::json!(["acme/web-1"]), "{rebuilt}");
    assert_eq!(rebuilt["aside"], Value::Null, "{rebuilt}");
    let again = home.run(&["rebuild", "--yes"]);
    assert!(again.stderr.contains("is whole, so there is nothing to rebuild"), "{again:?}");

    home.finish_everything();
    let standings = audit(&cloud, &home, &[]);
    assert_eq!(standings.len(), 2);
    assert!(standings.values().all(|standing| standing == "active"), "{standings:?}");
}

#[test]
fn a_rebuild_killed_wherever_it_is_does_no_harm() {
    let cloud = Simulated::start();
    let home = interrupted(&cloud, AFTER_THE_DROPLET);
    let before = home.deployments();
    let data = home.data();
    let seen = |wanted: &str| {
        let items = fs::read_dir(&data).unwrap().map(|item| item.unwrap().file_name());
        items.into_iter().any(|name| name.to_string_lossy().starts_with(wanted))
    };
    let stages: [&dyn Fn() -> bool; 4] = [
        &|| true,
        &|| seen("journal.rebuild"),
        &|| data.join("journal.rebuild/groups").exists(),
        &|| seen("journal.damaged"),
    ];
    for (number, stage) in stages.into_iter().enumerate() {
        for item in fs::read_dir(&data).unwrap() {
            let path = item.unwrap().path();
            if path.to_string_lossy().contains("journal.damaged") {
                fs::remove_dir_all(path).unwrap();
            }
        }
        let file = fs::OpenOptions::new().write(true).open(data.join("journal/db")).unwrap();
        file.set_len(64).unwrap();
        let mut rebuild = home.start(&["rebuild", "--yes"]);
        // On a busy machine it may be over before anybody has looked.
        wait_until("the rebuild is so far", || stage() || rebuild.is_over());
        rebuild.kill();
        let listed = home.run(&["list", "--json"]);
        if listed.code == Some(1) {
            let again = home.run(&["rebuild", "--yes"]);
            assert_eq!(again.code, Some(0), "stage {number}: {again:?}");
        }
        assert_eq!(home.deployments(), before, "stage {number}");
    }
    home.finish_everything();
    let standings = audit(&cloud, &home, &[]);
    assert!(standings.values().all(|standing| standing == "active"), "{standings:?}");
}

#[test]
fn a_launch_whose_line_is_damaged_is_held_until_somebody_lets_it_go_on() {
    let cloud = Simulated::start();
    let home = interrupted(&cloud, IN_THE_WAIT);
    let segment = status::inspect(&home.data().join("archive")).unwrap().segments.remove(0);
    let line = fs::read_to_string(&segment).unwrap().lines().count() - 1;
    flip(&segment, begin_of_line(&segment, line) + 40);
    fs::remove_dir_all(home.data().join("journal")).unwrap();

    let rebuilt = home.json(&["rebuild", "--yes", "--json"]);
    let damaged = &rebuilt["archive"]["damaged"][0];
    assert_eq!(damaged["file"], segment.display().to_string(), "{rebuilt}");
    assert_eq!(damaged["line"], line, "{rebuilt}");
    assert_eq!(rebuilt["cut"][0]["name"], "acme/web-1", "{rebuilt}");
    assert_eq!(rebuilt["held"], serde_json::json!(["acme/web-1"]), "{rebuilt}");
    let held = |row: &Value| row["slug"] == "web-1" && row["standing"] == "held";
    assert!(home.deployments().iter().any(held), "{:?}", home.deployments());

    let resumed = home.run(&["resume", "acme/web-1"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let standings = audit(&cloud, &home, &[]);
    assert!(standings.values().all(|standing| standing == "active"), "{standings:?}");
}

/// The lines of the archive, as any tool would read them.
fn archived(home: &Home) -> Vec<Value> {
    let segments = status::inspect(&home.data().join("archive")).unwrap().segments;
    let texts = segments.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| {
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Value>>()
        })
        .filter(|line| line["saga"].is_string())
        .collect()
}

fn wait_until(what: &str, mut wanted: impl FnMut() -> bool) {
    let deadline = Deadline::begin();
    while !wanted() {
        assert!(!deadline.is_over(), "waited in vain until {what}");
        thread::yield_now();
    }
}
