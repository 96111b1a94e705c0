//! The data folder: who may look into it, who may write it, and what else is kept in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::doctor::{Visit, launched, rolled_back_in_vain, visit};
use crate::storage_faults::program::read_only;
use crate::support::home::{ARCADIA, Home};
use crate::support::program::{Ended, Running};
use crate::support::simulated::Simulated;

/// A user that owns nothing.
const NOBODY: &str = "65534";

#[test]
fn a_folder_that_is_open_to_others_is_told() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    set_mode(&home.data(), 0o755);
    set_mode(&home.data().join("journal/db"), 0o644);
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(0), "warnings alone");
    assert_eq!(seen.names(), ["data_folder.rights", "data_folder.modes"], "{:#}", seen.document);
    assert_eq!(seen.finding("data_folder", "modes")["evidence"], json!(["journal/db (mode 0644)"]));
}

#[test]
fn on_a_read_only_file_system_orphans_and_drift_are_told_and_nothing_is_removed() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    rolled_back_in_vain(&cloud, &home, "gone");
    let before = cloud.state();
    let Some(seen) = read_only(&home, &["doctor", "--json", "--fix", "--yes"]) else { return };
    let seen = Visit::of(&seen);
    let ill =
        ["data_folder.writable", "journal.fix", "orphans.orphan_droplet", "orphans.orphan_record"];
    assert_eq!((seen.code, seen.names()), (Some(3), ill.map(str::to_owned).to_vec()));
    let opens = seen.finding("journal", "opens");
    assert_eq!(opens["verdict"], "ok", "{opens}");
    assert!(opens["evidence"].to_string().contains("Read-only file system"), "{opens}");
    assert_eq!(seen.finding("drift", "none")["verdict"], "ok");
    assert_eq!(cloud.state(), before);
}

#[test]
fn another_user_is_told_what_works_and_what_does_not() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    open_to_everybody(home.path());
    let seen = Visit::of(&as_nobody(&home, &["doctor", "--json"]));
    assert_eq!(seen.code, Some(3), "{:#}", seen.document);
    let writable = seen.finding("data_folder", "writable");
    assert_eq!(writable["text"], "it is read-only for you");
    let works = writable["evidence"].to_string();
    assert!(works.contains("works: list, show, history, logs and doctor"), "{works}");
    let remedy = seen.finding("data_folder", "writable")["remedy"].to_string();
    assert!(remedy.contains("sudo -u '#") || remedy.contains("chmod u+w"), "{remedy}");
    assert_eq!(seen.finding("journal", "opens")["verdict"], "ok");
    assert_eq!(seen.finding("drift", "none")["verdict"], "ok", "{:#}", seen.document);
    // What it says of the others is so.
    assert_eq!(as_nobody(&home, &["list"]).code, Some(0));

    set_mode(&home.data().join("journal"), 0o000);
    let seen = Visit::of(&as_nobody(&home, &["doctor", "--json"]));
    assert_eq!(seen.code, Some(3), "{:#}", seen.document);
    let writable = seen.finding("data_folder", "writable")["text"].to_string();
    assert!(writable.contains("it is closed to you"), "{writable}");
    let opens = seen.finding("journal", "opens");
    assert_eq!(
        (&opens["verdict"], &opens["text"]),
        (&json!("not_checked"), &json!("the folder is closed to you"))
    );
    assert_eq!(seen.finding("cloud", "reachable")["verdict"], "ok");
    // So that it can be removed.
    set_mode(&home.data().join("journal"), 0o700);
}

#[test]
fn what_the_simulated_cloud_saved_is_judged_and_never_touched() {
    let home = Home::new();
    launched(&home, "web");
    let state = home.data().join("simulator.json");
    fs::write(&state, b"garbage").unwrap();
    for flags in [&[][..], &["--fix", "--yes"]] {
        let seen = visit(&home, flags);
        assert_eq!((seen.code, seen.names()), (Some(3), vec!["cloud.simulated".to_owned()]));
        let finding = seen.finding("cloud", "simulated");
        let remedy = finding["remedy"].to_string();
        assert!(remedy.contains(&format!("mv {} ", state.display())), "{remedy}");
        assert_eq!(seen.finding("orphans", "judged")["verdict"], "not_checked");
        assert_eq!(fs::read(&state).unwrap(), b"garbage");
    }
}

/// Runs the program as somebody who may write nothing here.
fn as_nobody(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            &format!("--reuid={NOBODY}"),
            &format!("--regid={NOBODY}"),
            "--clear-groups",
        ]);
        command.arg(ARCADIA);
        command
    } else {
        Command::new(ARCADIA)
    };
    command.args(arguments);
    command.env_clear().envs(home.variables().to_vec()).current_dir(home.path());
    Running::start(command).end()
}

/// Lets everybody look, and nobody who is not root write.
fn open_to_everybody(path: &Path) {
    let metadata = fs::metadata(path).unwrap();
    if metadata.is_dir() {
        for item in fs::read_dir(path).unwrap() {
            open_to_everybody(&item.unwrap().path());
        }
        set_mode(path, 0o555);
    } else {
        set_mode(path, 0o444);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
