//! A disk that is full while sagas run, and has space again. It is a file system of a few megabytes in
//! a mount namespace of the test's own, where that is allowed: the test runs itself again inside.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use arcadia::domain::id::SagaId;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::{Fate, Journal as _, JournalError};
use tokio::runtime::Builder;

use crate::journal_contract::{append, row};
use crate::journal_sled::marked;
use crate::storage_faults::not_tried;
use crate::support::home::{Home, launch};

const SAGA: SagaId = SagaId::from_u128(7);

/// Set for the run inside.
const INSIDE: &str = "ARCADIA_TEST_MAY_MOUNT";

/// More than a journal and a log of a few sagas take, and soon filled.
const DISK: &str = "size=12m";

#[test]
fn a_full_disk_stops_what_would_be_written_and_nothing_else_and_it_goes_on_with_space() {
    let test = "storage_faults::full_disk::inside";
    let itself = std::env::current_exe().unwrap();
    let may_mount = Command::new("unshare").args(["-m", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        return not_tried();
    }
    let mut inside = Command::new("unshare");
    inside.arg("-m").arg(itself).args(["--ignored", "--exact", test, "--nocapture"]);
    let ended = inside.env(INSIDE, "yes").output().unwrap();
    let told = [ended.stdout, ended.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "runs inside another test"]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    rebuild_says_what_it_needs_leaves_nothing_behind_and_is_done_when_there_is_room();
    let (home, filler) = on_a_small_disk();
    let data = home.data();

    // The journal, while somebody writes it.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let journal = SledJournal::open(&data.join("journal")).unwrap();
    runtime.block_on(async {
        let mut written = Vec::new();
        append(&journal, SAGA, marked(0, "first"), Fate::Begins).await.unwrap();
        written.extend(marked(0, "first"));
        for round in 0..3 {
            fill(&filler);
            let refused = loop {
                let entries = marked(written.len() as u64, &"x".repeat(50_000));
                match append(&journal, SAGA, entries.clone(), Fate::GoesOn).await {
                    Ok(()) => written.extend(entries),
                    Err(error) => break error,
                }
                assert!(written.len() < 500, "the disk is never full");
            };
            assert!(matches!(refused, JournalError::Full { .. }), "{round}: {refused:?}");
            fs::remove_file(&filler).unwrap();
            let entries = marked(written.len() as u64, "there is space again");
            append(&journal, SAGA, entries.clone(), Fate::GoesOn).await.unwrap();
            written.extend(entries);
            assert_eq!(journal.history(SAGA).await.unwrap(), written);
        }
        assert!(journal.verify().await.unwrap().is_whole());
        // What stands there makes no sense to an engine, so it ends.
        let ended = Fate::Ends(Box::new(row(1, SAGA, "up")));
        append(&journal, SAGA, marked(written.len() as u64, "last"), ended).await.unwrap();
        journal.close().await.unwrap();
    });

    // The program, on a disk that is full when it starts.
    fill(&filler);
    let listed = home.run(&["list", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("acme/web"), "{listed:?}");
    let large = home.path().join("large");
    fs::write(&large, "#".repeat(60_000)).unwrap();
    let large = ["--user-data-file", large.to_str().unwrap()];
    let refused = (0..40).find_map(|number| {
        let slug = format!("db-{number}");
        let launched = home.run(&[&launch(&slug)[..], &large].concat());
        (launched.code != Some(0)).then_some(launched)
    });
    let refused = refused.expect("the disk is full");
    assert!(refused.stderr.contains("no space left"), "{refused:?}");
    assert!(refused.stderr.contains("make room"), "{refused:?}");
    // Nothing is written of a launch that is refused, so its name is free.
    let before = home.deployments();
    let refused = home.run(&[&launch("never")[..], &large].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("no space left"), "{refused:?}");
    assert_eq!(home.deployments(), before);

    fs::remove_file(&filler).unwrap();
    home.finish_everything();
    assert_eq!(home.run(&[&launch("never")[..], &large].concat()).code, Some(0));
    assert_eq!(home.run(&launch("after")).code, Some(0));
}

fn rebuild_says_what_it_needs_leaves_nothing_behind_and_is_done_when_there_is_room() {
    let (home, filler) = on_a_small_disk();
    let before = home.deployments();
    let database = home.data().join("journal/db");
    fs::OpenOptions::new().write(true).open(database).unwrap().set_len(64).unwrap();
    fill(&filler);
    let refused = home.run(&["rebuild", "--yes"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in ["no space left", "make room", "run `arcadia rebuild` again"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    assert!(!refused.stderr.contains("what stands still goes on"), "{refused:?}");
    assert!(!home.data().join("journal.rebuild").exists());
    fs::remove_file(&filler).unwrap();
    let rebuilt = home.run(&["rebuild", "--yes"]);
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    assert_eq!(home.deployments(), before);
}

/// A home whose data are on a small disk, with one deployment, and the file that will fill the disk.
fn on_a_small_disk() -> (Home, PathBuf) {
    let home = Home::new();
    let data = home.data();
    fs::create_dir(&data).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(&data);
    assert!(mount.status().unwrap().success());
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let filler = data.join("filler");
    (home, filler)
}

/// Writes until nothing more goes on the disk.
fn fill(filler: &Path) {
    let mut filler = File::create(filler).unwrap();
    for len in [1 << 16, 1 << 10, 1] {
        while filler.write_all(&vec![0; len]).is_ok() {}
    }
}
