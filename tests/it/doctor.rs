//! `arcadia doctor` against a cloud in a process of its own: what it finds, what `--fix` removes, and
//! that nothing changes otherwise.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use arcadia::domain::id::SagaId;
use serde_json::{Value, json};

use crate::support::database;
use crate::support::gateway::Gateway;
use crate::support::home::{Home, launch};
use crate::support::program::Ended;
use crate::support::simulated::Simulated;
use crate::support::terminal::Terminal;

const TOKEN: &str = "dop_v1_5ecret5ecret5ecret";

/// What makes a rollback believe that everything is gone, and leaves it there.
const LIES: [&str; 6] = [
    "DELETE /v2/droplets/*: 204",
    "GET /v2/droplets/*: 404",
    "GET /v2/droplets: empty",
    "DELETE /v2/domains/*/records/*: 204",
    "GET /v2/domains/*/records/*: 404",
    "GET /v2/domains/*/records: empty",
];

/// What a run of the doctor found.
struct Visit {
    code: Option<i32>,
    document: Value,
}

fn visit(home: &Home, flags: &[&str]) -> Visit {
    let ended = home.run(&[&["doctor", "--json"], flags].concat());
    let [document] = ended.documents().try_into().unwrap_or_else(|_| panic!("{ended:?}"));
    Visit { code: ended.code, document }
}

impl Visit {
    /// Everything that is not well: area and check, and what it says.
    fn ill(&self) -> Vec<(String, String)> {
        let findings = self.document["findings"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name =
            |finding: &Value| format!("{}.{}", text(&finding["area"]), text(&finding["check"]));
        findings
            .iter()
            .filter(|finding| finding["verdict"] == "problem" || finding["verdict"] == "warning")
            .map(|finding| (name(finding), text(&finding["text"])))
            .collect()
    }

    /// The names of everything that is not well.
    fn names(&self) -> Vec<String> {
        self.ill().into_iter().map(|(name, _)| name).collect()
    }

    /// The finding of this area and check.
    fn finding(&self, area: &str, check: &str) -> Value {
        let findings = self.document["findings"].as_array().unwrap();
        let found =
            findings.iter().find(|finding| finding["area"] == area && finding["check"] == check);
        found.cloned().unwrap_or_else(|| panic!("{area}.{check}: {:#}", self.document))
    }
}

fn id_of(cloud: &Simulated, name: &str) -> u64 {
    let mut ids = cloud.droplets().into_iter().filter(|(_, found)| found == name);
    ids.next().unwrap().0.parse().unwrap()
}

fn launched(home: &Home, slug: &str) {
    let ended = home.run(&launch(slug));
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Rolls it back under a cloud that lies, so that everything of it stays.
fn rolled_back_in_vain(cloud: &Simulated, home: &Home, slug: &str) {
    launched(home, slug);
    cloud.faults(&LIES);
    let ended = home.run(&["rollback", slug, "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    cloud.faults(&[]);
}

fn saga_of(home: &Home, slug: &str) -> String {
    let rows = home.deployments();
    let row = rows.iter().find(|row| row["slug"] == slug).unwrap();
    row["saga"].as_str().unwrap().to_owned()
}

#[test]
fn a_healthy_machine_has_no_problem_and_nothing_is_changed_by_looking() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let (state, asked, history) = (cloud.state(), cloud.requests(), home.history("web"));
    let told = home.run(&["doctor"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{told:?}");
    assert!(told.stdout.contains("\n0 problems, "), "{told:?}");
    assert!(told.stdout.contains("the live deployment is what the journal says"), "{told:?}");
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(0));
    assert_eq!((cloud.state(), home.history("web")), (state, history));
    let changes = |requests: &std::collections::BTreeMap<String, u64>| -> Vec<(String, u64)> {
        let changing = requests.iter().filter(|(route, _)| !route.starts_with("GET "));
        changing.map(|(route, count)| (route.clone(), *count)).collect()
    };
    assert_eq!(changes(&cloud.requests()), changes(&asked));
}

#[test]
fn an_untouched_machine_is_left_untouched() {
    let home = Home::new();
    let seen = visit(&home, &[]);
    assert_eq!((seen.code, seen.names()), (Some(0), vec![]), "{:#}", seen.document);
    assert!(!home.data().exists());
}

#[test]
fn fix_removes_exactly_the_orphans_and_nothing_without_a_yes() {
    let cloud = Simulated::start();
    let (home, colleague) = (cloud.home(), cloud.home());
    launched(&home, "web");
    launched(&colleague, "theirs");
    let foreign = cloud.put_droplet("foreign", &["web"]);
    cloud.put_record(("www", "198.51.100.9", 60));
    let kept = (cloud.droplets(), cloud.records());
    rolled_back_in_vain(&cloud, &home, "gone");
    let mark = format!("arcadia-saga-{}", saga_of(&home, "web"));
    let surplus = cloud.put_droplet("surplus", &["managed-by-arcadia", &mark]);

    let before = cloud.state();
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(3), "{:#}", seen.document);
    let droplet = "orphans.orphan_droplet";
    let expected = [droplet, droplet, "orphans.orphan_record", droplet];
    assert_eq!(seen.names(), expected, "{:#}", seen.document);
    let planned: Vec<_> = seen.document["plan"].as_array().unwrap().iter().collect();
    assert_eq!(planned.len(), 3, "{planned:#?}");
    assert_eq!(planned[0]["subject"]["kind"], "record");
    assert_eq!(cloud.state(), before);

    let refused = home.run(&["doctor", "--fix"]);
    assert_eq!(refused.code, Some(64), "{refused:?}");
    assert!(refused.stderr.contains("--yes says yes beforehand"), "{refused:?}");
    assert_eq!(cloud.state(), before);

    let done = visit(&home, &["--fix", "--yes"]);
    assert_eq!(done.code, Some(0), "{:#}", done.document);
    let outcomes = done.document["repairs"].as_array().unwrap().iter();
    assert!(outcomes.clone().all(|repair| repair["outcome"] == "done"), "{:#}", done.document);
    assert_eq!((cloud.droplets(), cloud.records()), kept);
    let ids: Vec<_> = cloud.droplets().into_iter().map(|(id, _)| id).collect();
    assert!(ids.contains(&foreign.to_string()) && !ids.contains(&surplus.to_string()), "{ids:?}");
    let noted = home.run(&["logs", "gone"]).stdout;
    assert!(noted.contains("doctor, for ana: destroy droplet"), "{noted}");
    assert_eq!(visit(&colleague, &[]).finding("drift", "none")["verdict"], "ok");
}

#[test]
fn what_a_colleague_may_own_goes_only_by_name_or_by_a_flag_and_a_foreign_droplet_never() {
    let cloud = Simulated::start();
    let (home, first, second) = (cloud.home(), cloud.home(), cloud.home());
    launched(&first, "one");
    launched(&second, "two");
    let foreign = cloud.put_droplet("foreign", &[]);
    let before = cloud.state();
    let done = home.run(&["doctor", "--fix", "--yes"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains("there is nothing that --fix may remove"), "{done:?}");
    assert_eq!(cloud.state(), before);

    let (one, foreign) = (id_of(&cloud, "dep-one").to_string(), foreign.to_string());
    let named = ["doctor", "--fix", "--yes", "--droplet", &one, "--droplet", &foreign];
    let done = home.run(&named);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains(&format!("droplet {foreign} stays")), "{done:?}");
    let left = || -> Vec<String> { cloud.droplets().into_iter().map(|(_, name)| name).collect() };
    assert_eq!(left(), ["dep-two", "foreign"]);
    cloud.wait_until_listed();
    let lost = visit(&first, &[]);
    assert_eq!(lost.code, Some(3));
    assert_eq!(lost.names(), ["orphans.orphan_droplet", "drift.droplet_gone"]);

    let done = home.run(&["doctor", "--fix", "--yes", "--unknown-sagas"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(left(), ["foreign"]);
}

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

#[test]
fn an_unfinished_saga_owns_what_it_made_and_a_running_one_locks_the_folder() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let wait = "GET /v2/droplets/*: 503";
    cloud.faults(&[wait]);
    let running = home.start(&launch("web"));
    cloud.wait_until_asked(wait, 0);
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!((seen.code, seen.names()), (Some(0), vec!["journal.opens".to_owned()]));
    let locked = seen.finding("journal", "opens")["text"].to_string();
    assert!(locked.contains("in use by process"), "{locked}");
    assert_eq!(seen.finding("orphans", "judged")["verdict"], "not_checked");
    running.kill();
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!(seen.code, Some(0), "{:#}", seen.document);
    // What it did last may not be archived, because it was killed.
    assert!(seen.names().iter().all(|name| name == "archive.lag"), "{:#}", seen.document);
    let unfinished = seen.finding("journal", "unfinished")["text"].to_string();
    assert!(unfinished.contains("under way: 1 saga"), "{unfinished}");
    assert_eq!(cloud.droplets().len(), 1);
}

#[test]
fn a_provider_that_cannot_be_reached_or_never_answers_is_a_problem_and_no_end() {
    let cloud = Simulated::start();
    let mut home = cloud.home();
    launched(&home, "web");
    home.set("ARCADIA_DIGITALOCEAN_REQUEST_TIMEOUT", "300ms");
    cloud.faults(&["GET /v2/account: silence"]);
    let silent = visit(&home, &[]);
    assert_eq!((silent.code, silent.names()), (Some(3), vec!["cloud.reachable".to_owned()]));
    // A listing that fails says nothing about what is there.
    cloud.faults(&["GET /v2/droplets: 503"]);
    let half = visit(&home, &[]);
    assert_eq!((half.code, half.names()), (Some(3), vec!["cloud.droplets".to_owned()]));
    assert_eq!(half.finding("orphans", "judged")["verdict"], "not_checked");
    home.set("ARCADIA_SIMULATOR_URL", "http://127.0.0.1:9");
    let gone = visit(&home, &[]);
    assert_eq!((gone.code, gone.names()), (Some(3), vec!["cloud.reachable".to_owned()]));
    assert_eq!(gone.finding("journal", "histories")["verdict"], "ok");
}

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
fn an_archive_that_is_damaged_or_behind_is_told_with_the_line() {
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
}

#[test]
fn what_an_operator_left_behind_by_skipping_its_undoing_goes_only_by_name() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    cloud.faults(&["DELETE /v2/droplets/*: 403"]);
    assert_eq!(home.run(&["rollback", "web", "--yes"]).code, Some(3));
    let skipped = home.run(&["skip", "web", "--reason", "kept as evidence", "--yes"]);
    assert_eq!(home.deployments()[0]["standing"], "rolled_back", "{skipped:?}");
    cloud.faults(&[]);
    let before = cloud.state();
    let seen = visit(&home, &["--fix", "--yes"]);
    assert_eq!(cloud.state(), before);
    assert_eq!((seen.code, seen.names()), (Some(0), vec!["orphans.orphan_droplet".to_owned()]));
    let said = seen.finding("orphans", "orphan_droplet")["text"].to_string();
    assert!(said.contains("was left behind on purpose"), "{said}");
    let id = id_of(&cloud, "dep-web").to_string();
    assert_eq!(visit(&home, &["--fix", "--yes", "--droplet", &id]).code, Some(0));
    assert!(cloud.droplets().is_empty());
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

#[test]
fn a_configuration_that_makes_no_sense_is_a_finding() {
    let home = Home::configured("provder = \"simulator\"\n[saga]\nsettle = \"soon\"\n");
    let seen = visit(&home, &[]);
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["configuration.valid".to_owned()]));
    let finding = seen.finding("configuration", "valid");
    assert!(finding["evidence"].to_string().contains("did you mean `provider`?"), "{finding}");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 2, "{finding}");
    assert!(!home.data().exists());
}

/// A home that takes the simulated cloud for the real one.
fn real(cloud: &Simulated) -> Home {
    Home::new()
        .with("ARCADIA_PROVIDER", "digitalocean")
        .with("ARCADIA_DIGITALOCEAN_BASE_URL", &cloud.url())
}

fn assert_keeps_the_secret(ended: &Ended) {
    let told = format!("{ended:?}");
    assert!(!told.contains("5ecret"), "{told}");
}

#[test]
fn each_trouble_with_the_token_is_told_and_the_token_never_is() {
    let cloud = Simulated::start();
    let home = real(&cloud);
    let missing = visit(&home, &[]);
    assert_eq!((missing.code, missing.names()), (Some(3), vec!["token.present".to_owned()]));

    let path = home.path().join("token");
    fs::write(&path, TOKEN).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let home = home.with("ARCADIA_DIGITALOCEAN_TOKEN_FILE", path.to_str().unwrap());
    let open = visit(&home, &[]);
    assert_eq!((open.code, open.names()), (Some(3), vec!["token.present".to_owned()]));
    let remedy = open.finding("token", "present")["remedy"].to_string();
    assert!(remedy.contains("chmod 600 "), "{remedy}");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let good = home.run(&["doctor"]);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.contains("it may read: droplet:read, domain:read"), "{good:?}");
    assert_keeps_the_secret(&good);
    for (fault, name) in [
        ("GET /v2/account: 401", "token.accepted"),
        ("GET /v2/account: 403", "token.accepted"),
        ("GET /v2/domains: 403", "token.scopes"),
    ] {
        cloud.faults(&[fault]);
        assert_eq!(visit(&home, &[]).names(), [name], "{fault}");
        assert_keeps_the_secret(&home.run(&["doctor"]));
    }
}

#[test]
fn a_folder_that_is_open_to_others_or_cannot_be_written_to_is_told() {
    let cloud = Simulated::start();
    let home = cloud.home();
    launched(&home, "web");
    let mode = |path: &str, mode| {
        fs::set_permissions(home.data().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("", 0o755);
    mode("journal/db", 0o644);
    let seen = visit(&home, &[]);
    assert_eq!(seen.code, Some(0), "warnings alone");
    assert_eq!(seen.names(), ["data_folder.rights", "data_folder.modes"], "{:#}", seen.document);
    assert_eq!(seen.finding("data_folder", "modes")["evidence"], json!(["journal/db (mode 0644)"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_the_providers_is_told() {
    let cloud = Simulated::start();
    let gateway = Gateway::start(cloud.url()).await;
    gateway.date("Tue, 14 Nov 2023 22:13:20 GMT");
    let url = gateway.base_url();
    let seen = tokio::task::spawn_blocking(move || {
        visit(&Home::new().with("ARCADIA_SIMULATOR_URL", &url), &[])
    });
    let seen = seen.await.unwrap();
    assert_eq!((seen.code, seen.names()), (Some(3), vec!["clock.skew".to_owned()]));
    let finding = seen.finding("clock", "skew");
    assert!(finding["text"].to_string().contains("ahead of the provider's"), "{finding}");
}

#[test]
fn the_document_is_what_scripts_rely_on() {
    let cloud = Simulated::start();
    let home = cloud.home();
    rolled_back_in_vain(&cloud, &home, "gone");
    let mut document = visit(&home, &[]).document;
    document["at"] = json!("[time]");
    let findings = document["findings"].as_array_mut().unwrap();
    // What depends on the machine that the test runs on.
    findings.retain(|finding| {
        !matches!(finding["check"].as_str(), Some("space" | "file_system" | "logs" | "there"))
    });
    // How often it was looked depends on how quick the machine is.
    let read = findings.iter_mut().find(|finding| finding["check"] == "histories").unwrap();
    read["text"] = json!("[so many] entries read and make sense");
    let ids = home.deployments()[0].clone();
    let mut text = serde_json::to_string_pretty(&document).unwrap();
    let texts = |value: &Value| value.as_str().unwrap().to_owned();
    for (found, shown) in [
        (home.path().display().to_string(), "[home]"),
        (cloud.url(), "[cloud]"),
        (texts(&ids["saga"]), "[saga]"),
        (texts(&ids["id"]), "[deployment]"),
        (texts(&ids["ended_at"]), "[ended]"),
        (texts(&cloud.state()["droplets"][0]["created_at"]), "[made]"),
    ] {
        text = text.replace(&found, shown);
    }
    insta::assert_snapshot!("doctor_json", text);
}
