//! A journal or an archive that is damaged or gone: nothing that may be live is an orphan.

use std::fs;

use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::steps::Marks;

use crate::doctor::{launched, rolled_back_in_vain, saga_of, visit};
use crate::support::database;
use crate::support::home::Home;
use crate::support::simulated::Simulated;

#[test]
fn a_damaged_journal_is_a_problem_and_nothing_is_called_an_orphan() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    fs::write(home.data().join("journal/db"), b"").unwrap();
    let before = cloud.state();
    let seen = visit(&home, &["--fix", "--yes", "--unknown-sagas"]);
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["journal.opens".to_owned()]));
    let judged = seen.finding("orphans", "judged");
    assert!(judged["text"].to_string().contains("whose the 1 marked droplets are"), "{judged}");
    assert_eq!(cloud.state(), before);
}

/// What a journal that is gone knew of is in use all the same.
#[test]
fn a_journal_that_is_gone_or_older_than_its_archive_makes_no_orphans() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let journal = home.data().join("journal");
    launched(&home, "web");
    let older = home.path().join("older");
    fs::rename(&journal, &older).unwrap();
    let before = cloud.state();
    let flags = ["--fix", "--yes", "--unknown-sagas"];
    for flags in [&flags[..0], &flags] {
        let gone = visit(&home, flags);
        assert_eq!((gone.code, gone.names()), (Some(3), vec!["journal.opens".to_owned()]));
        assert!(!journal.exists());
    }
    fs::rename(&older, &journal).unwrap();
    let copy = home.path().join("copy");
    database::copy(&journal, &copy);
    launched(&home, "api");
    fs::remove_dir_all(&journal).unwrap();
    fs::rename(&copy, &journal).unwrap();
    let both = cloud.state();
    let older = visit(&home, &flags);
    let opens = older.finding("journal", "opens");
    assert!(opens["evidence"][0].to_string().contains("groups of facts are missing"), "{opens}");
    assert_ne!(both, before);
    assert_eq!(cloud.state(), both);
}

/// The journal leaves a damaged row out of its list. What it stands for is live.
#[test]
fn a_row_that_is_damaged_is_a_problem_and_its_deployment_no_orphan() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let before = cloud.state();
    {
        let db = sled::open(home.data().join("journal")).unwrap();
        let rows = db.open_tree("summaries").unwrap();
        let (key, _) = rows.first().unwrap().unwrap();
        rows.insert(key, b"{}").unwrap();
        db.flush().unwrap();
    }
    let seen = visit(&home, &["--fix", "--yes", "--unknown-sagas"]);
    let stored = seen.finding("journal", "stored");
    assert!(stored["evidence"][0].to_string().contains("the row of"), "{stored}");
    assert_eq!(seen.finding("orphans", "none")["verdict"], "ok");
    assert_eq!(cloud.state(), before);
}

#[test]
fn a_history_that_is_damaged_is_named_and_nothing_of_it_is_called_an_orphan() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let before = cloud.state();
    {
        let db = sled::open(home.data().join("journal")).unwrap();
        let events = db.open_tree("events").unwrap();
        let (key, _) = events.last().unwrap().unwrap();
        events.remove(key).unwrap();
        db.flush().unwrap();
    }
    let seen = visit(&home, &["--fix", "--yes", "--unknown-sagas"]);
    assert!(seen.names().contains(&"journal.histories".to_owned()), "{:#}", seen.document);
    let named = &seen.finding("journal", "histories")["evidence"][0];
    assert!(named.as_str().unwrap().contains("is damaged from entry"), "{named}");
    assert_eq!(cloud.state(), before);
}

#[test]
fn an_archive_that_is_damaged_behind_or_gone_is_told() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    assert_eq!(visit(&home, &[]).finding("archive", "lines")["verdict"], "ok");
    let segment = home.data().join("archive/00000000000000000001.jsonl");
    let whole = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, whole.replacen("\"part\":0", "\"part\":9", 1)).unwrap();
    let seen = visit(&home, &[]);
    assert_eq!(seen.names(), ["archive.lines"], "{:#}", seen.document);
    let named = &seen.finding("archive", "lines")["evidence"][0];
    assert!(named.as_str().unwrap().ends_with(".jsonl:2 does not fit its checksum"), "{named}");
    let kept: String = whole.split_inclusive('\n').take(3).collect();
    fs::write(&segment, kept).unwrap();
    let seen = visit(&home, &[]);
    assert_eq!(seen.names(), ["archive.lag"], "{:#}", seen.document);
    fs::remove_dir_all(home.data().join("archive")).unwrap();
    let seen = visit(&home, &[]);
    assert_eq!(seen.names(), ["archive.there"], "{:#}", seen.document);
    let said = seen.finding("archive", "there")["text"].to_string();
    assert!(said.contains("there is none, and"), "{said}");
}

/// A row that no saga has may be of one that nothing else tells of.
#[test]
fn while_a_row_belongs_to_no_saga_a_stranger_is_only_told_of_and_everything_else_is_judged() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    rolled_back_in_vain(&cloud, &home, "gone");
    let mark = Marks::saga_tag(SagaId::from_u128(99));
    let stranger = cloud.put_droplet("stranger", &["managed-by-arcadia", &mark]);
    operate(&home, |db| {
        let rows = db.open_tree("summaries").unwrap();
        rows.insert(DeploymentId::from_u128(98).to_bytes(), b"{}")
    });
    let seen = visit(&home, &["--fix", "--yes", "--unknown-sagas"]);
    assert_eq!(seen.code, Some(3), "{:#}", seen.document);
    let droplet = "orphans.orphan_droplet";
    let mut told = seen.names();
    told.sort();
    assert_eq!(told, ["journal.stored", droplet, droplet, "orphans.orphan_record"]);
    assert!(seen.document.to_string().contains("it may be of the deployment whose row is damaged"));
    assert_eq!(seen.finding("drift", "none")["verdict"], "ok");
    let left: Vec<_> = cloud.droplets().into_iter().map(|(_, name)| name).collect();
    assert_eq!(left, ["dep-web", "stranger"]);
    let named = visit(&home, &["--fix", "--yes", "--droplet", &stranger.to_string()]);
    assert_eq!(named.code, Some(3));
    assert_eq!(cloud.droplets().len(), 2, "not by name either");
}

#[test]
fn a_live_deployment_whose_row_or_journal_is_lost_keeps_what_it_has() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let before = cloud.state();
    let all = ["--fix", "--yes", "--unknown-sagas"];
    operate(&home, |db| db.open_tree("summaries").unwrap().clear());
    let seen = visit(&home, &all);
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["journal.stored".to_owned()]));
    assert_eq!(seen.finding("drift", "none")["verdict"], "ok");

    fs::rename(home.data().join("journal"), home.path().join("elsewhere")).unwrap();
    for flags in [&[][..], &all] {
        let seen = visit(&home, flags);
        assert_eq!((seen.code, seen.names()), (Some(3), vec!["journal.opens".to_owned()]));
        let remedy = seen.finding("journal", "opens")["remedy"].to_string();
        assert!(remedy.contains("`arcadia rebuild`"), "{remedy}");
    }
    assert_eq!(cloud.state(), before);
}

#[test]
fn a_damaged_history_keeps_its_things_and_keeps_nobody_from_judging_the_others() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    rolled_back_in_vain(&cloud, &home, "gone");
    let saga: SagaId = saga_of(&home, "web").parse().unwrap();
    operate(&home, |db| {
        let events = db.open_tree("events").unwrap();
        let (key, _) = events.scan_prefix(saga.to_bytes()).nth(3).unwrap().unwrap();
        events.remove(key)
    });
    let seen = visit(&home, &["--fix", "--yes", "--unknown-sagas"]);
    let names = ["journal.histories", "orphans.orphan_droplet", "orphans.orphan_record"];
    assert_eq!((seen.code, seen.names()), (Some(3), names.map(str::to_owned).to_vec()));
    let left: Vec<_> = cloud.droplets().into_iter().map(|(_, name)| name).collect();
    assert_eq!(left, ["dep-web"], "what is certain goes, and nothing else");
}

/// Changes the database behind the journal's back.
fn operate<T>(home: &Home, change: impl FnOnce(&sled::Db) -> sled::Result<T>) {
    database::operate(&home.data().join("journal"), change);
    // Whoever opens the journal next closes to others what was made here.
    home.run(&["list"]);
}
