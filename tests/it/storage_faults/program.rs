//! The real program on a journal that is damaged, or that cannot be written.

use std::fs;
use std::path::Path;
use std::process::Command;

use arcadia::domain::id::SagaId;
use serde_json::Value;

use crate::storage_faults::not_tried;
use crate::storage_faults::subject::Subject;
use crate::support::database::{copy, operate};
use crate::support::home::{ARCADIA, Home, launch};
use crate::support::program::{Ended, Running};

#[test]
fn an_older_database_is_refused_by_every_verb_that_acts_and_shown_by_those_that_look() {
    let home = two_deployments();
    let refused = home.run(&launch("third"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in ["groups of facts are missing", "no fact was added to it", "`arcadia rebuild`"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    let listed = home.run(&["list", "--json"]);
    assert_eq!(listed.code, Some(1), "a script must not take it for all there is: {listed:?}");
    assert!(listed.stderr.contains("warning: ") && listed.stderr.contains("may not be all"));
    let [listed] = &listed.documents()[..] else { panic!("{listed:?}") };
    let names: Vec<_> = listed["deployments"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(names, ["acme/first"]);
    let shown = home.run(&["history", "first", "--json"]);
    assert!(shown.documents().len() > 5, "{shown:?}");
}

/// sled panics on much of this. What it says then helps nobody at the terminal.
#[tokio::test]
async fn no_panic_of_the_storage_engine_reaches_the_terminal() {
    let subject = Subject::new().await;
    let home = Home::new();
    let journal = home.data().join("journal");
    fs::create_dir(home.data()).unwrap();
    let mut broke_off = 0;
    for place in 1..9 {
        copy(&subject.closed, &journal);
        let mut bytes = fs::read(journal.join("db")).unwrap();
        let len = bytes.len();
        bytes.iter_mut().skip(len * place / 9).take(64).for_each(|byte| *byte ^= 0x5a);
        fs::write(journal.join("db"), bytes).unwrap();
        for verb in ["list", "wait"] {
            let ended = home.run(&[verb]);
            let told = ended.stderr.to_lowercase();
            for word in ["panicked", "backtrace", "thread '"] {
                assert!(!told.contains(word), "{ended:?}");
            }
            broke_off += u32::from(told.contains("broke off"));
        }
        fs::remove_dir_all(&journal).unwrap();
    }
    assert!(broke_off > 0, "nothing of it was as bad as it was meant to be");
}

#[test]
fn a_damaged_history_is_named_and_keeps_nobody_from_the_others() {
    let home = Home::new();
    for slug in ["first", "second"] {
        assert_eq!(home.run(&launch(slug)).code, Some(0));
    }
    let rows = home.deployments();
    let saga = rows.iter().find(|row| name(row) == "acme/second").unwrap()["saga"].clone();
    operate(&home.data().join("journal"), |db| {
        let events = db.open_tree("events").unwrap();
        let saga: SagaId = saga.as_str().unwrap().parse().unwrap();
        let (key, _) = events.scan_prefix(saga.to_bytes()).nth(3).unwrap().unwrap();
        events.remove(key).unwrap();
        db.open_tree("summaries").unwrap().clear()
    });
    // One row is made from its history, which is whole; the other says what is wrong.
    let listed = home.deployments();
    assert_eq!(listed.len(), 2);
    let find = |rows: &[Value], wanted: &str| {
        rows.iter().find(|row| name(row) == wanted).unwrap_or_else(|| panic!("{rows:?}")).clone()
    };
    assert_eq!(find(&listed, "acme/first"), find(&rows, "acme/first"));
    let damaged = find(&listed, "acme/second");
    assert_eq!(damaged["standing"], "needs_you", "{damaged}");
    assert!(damaged["why"].as_str().unwrap().contains("is damaged from entry"), "{damaged}");
    let history = home.run(&["history", "second"]);
    assert_eq!(history.code, Some(1));
    assert!(history.stderr.contains("is damaged from entry"), "{history:?}");
    // Others go on.
    assert_eq!(home.run(&launch("third")).code, Some(0));
}

#[test]
fn a_folder_that_cannot_be_written_can_be_read() {
    let home = Home::new();
    assert_eq!(home.run(&launch("first")).code, Some(0));
    let Some(listed) = read_only(&home, &["list", "--json"]) else { return };
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stderr.contains("is all that was written"), "{listed:?}");
    assert_eq!(name(&listed.documents()[0]["deployments"][0]), "acme/first");
    for verb in ["show first", "history first", "logs first"] {
        let told = read_only(&home, &verb.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!(told.code, Some(0), "{told:?}");
        assert!(!told.stdout.is_empty(), "{told:?}");
    }
    let refused = read_only(&home, &launch("second")).unwrap();
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

/// Where what is put, which verb is run then, and what it says.
type Case<'a> = (&'static str, &'a dyn Fn(&Path), &'a [&'a str], &'static str);

/// To open a named pipe is to wait for ever, and *file exists* helps nobody.
#[test]
fn what_stands_in_the_place_of_a_file_or_folder_is_named_with_what_to_do() {
    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let file = |path: &Path| fs::write(path, b"not ours").unwrap();
    let link = |path: &Path| std::os::unix::fs::symlink("/nowhere/at/all", path).unwrap();
    let cases: [Case<'_>; 6] = [
        ("journal/db", &pipe, &["list"], "`db` in it is a named pipe"),
        ("journal/lock", &pipe, &["list"], "`lock` in it is a named pipe"),
        ("journal/tail", &link, &launch("web"), "`tail` in it is a link that leads nowhere"),
        ("journal", &file, &["list"], "a file stands where its folder should be"),
        ("journal", &link, &launch("web"), "a link that leads nowhere stands where its folder"),
        ("logs", &file, &launch("web"), "is no folder"),
    ];
    for (place, put, verb, told) in cases {
        let home = Home::new();
        let path = home.data().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path);
        let refused = home.run(verb);
        assert_eq!(refused.code, Some(1), "{place}: {refused:?}");
        assert!(refused.stderr.contains(told), "{place}: {refused:?}");
        let moved = ["move it away", "move away"].iter().any(|way| refused.stderr.contains(way));
        assert!(moved, "{place}: {refused:?}");
        fs::remove_file(&path).unwrap();
        assert_eq!(home.run(&launch("web")).code, Some(0), "{place}: it does what it says");
    }
}

#[test]
fn a_file_in_the_place_of_the_archive_stops_no_saga_and_is_told_when_the_program_ends() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    fs::write(home.data().join("archive"), b"not ours").unwrap();
    let launched = home.run(&launch("web"));
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert!(launched.stderr.contains("warning: the archive lacks the last"), "{launched:?}");
    assert!(launched.stderr.contains("is no folder; move it away"), "{launched:?}");
    let rebuild = home.run(&["rebuild", "--yes"]);
    assert!(rebuild.stderr.contains("is no folder; move it away"), "{rebuild:?}");
    fs::remove_file(home.data().join("archive")).unwrap();
    let launched = home.run(&launch("db"));
    assert!(!launched.stderr.contains("archive"), "{launched:?}");
}

/// A home with two deployments whose database is as it was after the first.
fn two_deployments() -> Home {
    let home = Home::new();
    let journal = home.data().join("journal");
    let older = home.path().join("older");
    assert_eq!(home.run(&launch("first")).code, Some(0));
    copy(&journal, &older);
    assert_eq!(home.run(&launch("second")).code, Some(0));
    fs::copy(journal.join("tail"), older.join("tail")).unwrap();
    fs::remove_dir_all(&journal).unwrap();
    copy(&older, &journal);
    home
}

/// Runs the program where its data cannot be written; nothing where that cannot be arranged, which
/// takes a mount of its own.
pub(crate) fn read_only(home: &Home, arguments: &[&str]) -> Option<Ended> {
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let run = |data: &Path, program: &str, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script]).arg(data).arg(program).args(arguments);
        command.env_clear().envs(home.variables().to_vec()).current_dir(home.path());
        Running::start(command).end()
    };
    if run(&home.data(), "true", &[]).code != Some(0) {
        not_tried();
        return None;
    }
    Some(run(&home.data(), ARCADIA, arguments))
}

fn name(row: &Value) -> &str {
    row["name"].as_str().unwrap()
}
