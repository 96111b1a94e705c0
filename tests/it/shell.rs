//! The real program at a shell: what it prints where, and how it ends.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::home::{Home, launch};
use crate::support::simulated::Simulated;
use crate::support::terminal::Terminal;

/// Ctrl-C, as a keyboard sends it.
const CTRL_C: &str = "\x03";

/// A home in whose cloud no droplet ever gets an address, so that a launch waits and waits.
fn patient() -> Home {
    Home::new().with("ARCADIA_SIMULATOR_ADDRESS_DELAY", "1h")
}

#[test]
fn what_was_asked_for_and_is_so_ends_with_0() {
    let home = Home::new();
    let launched = home.run(&launch("web"));
    assert_eq!(launched.code, Some(0), "{launched:?}");
    assert!(launched.stdout.contains("acme/web active at 203.0.113."), "{launched:?}");
    assert_eq!(launched.stderr, "");
    let undone = home.run(&["rollback", "web", "--yes"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert!(undone.stdout.contains("nothing left out there"), "{undone:?}");
    assert!(undone.stderr.contains("create_droplet: destroy droplet"), "the plan: {undone:?}");
}

#[test]
fn a_launch_whose_step_fails_is_rolled_back_and_ends_with_2() {
    let cloud = Simulated::start();
    let home = cloud.home();
    cloud.faults(&["POST /v2/domains/*/records: 422 \"no more records\""]);
    let failed = home.run(&launch("web"));
    assert_eq!(failed.code, Some(2), "{failed:?}");
    assert!(failed.stdout.contains("rolled back after"), "{failed:?}");
    assert!(failed.stdout.contains("nothing left out there"), "{failed:?}");
    assert_eq!((cloud.droplets(), cloud.records()), (Vec::new(), Vec::new()));
}

#[test]
fn a_launch_that_is_held_on_its_failure_needs_a_person_and_ends_with_3() {
    let cloud = Simulated::start();
    let home = cloud.home();
    cloud.faults(&["POST /v2/droplets: 422 \"droplet limit\""]);
    let held = home.run(&[&launch("web")[..], &["--on-failure", "hold"]].concat());
    assert_eq!(held.code, Some(3), "{held:?}");
    assert!(held.stdout.contains("needs you"), "{held:?}");
    assert!(held.stderr.contains("hint: "), "{held:?}");
    cloud.faults(&[]);
    let retried = home.run(&["retry", "web"]);
    assert_eq!(retried.code, Some(0), "{retried:?}");
}

#[test]
fn a_launch_that_is_cancelled_at_the_keyboard_ends_with_4() {
    let home = patient();
    let line = [&launch("web")[..], &["--watch"]].concat();
    let mut terminal = Terminal::open(&home, &line, (120, 30));
    terminal.wait_for_text("no public address yet");
    terminal.keys(CTRL_C);
    terminal.wait_for_text("[c]ancel the launch, or [d]etach?");
    terminal.keys("c\r");
    assert_eq!(terminal.wait_for_end(), 4, "{}", terminal.text());
    assert!(terminal.text().contains("nothing left out there"), "{}", terminal.text());
    assert_eq!(terminal.not_given_back(), [""; 0]);
    assert_eq!(home.deployments()[0]["standing"], "cancelled");
}

#[test]
fn a_launch_that_is_interrupted_in_a_pipe_detaches_and_ends_with_130() {
    let home = patient();
    let mut program = home.start(&[&launch("web")[..], &["--watch"]].concat());
    program.wait_for_line("the wait", |line| line.contains("no public address yet"));
    program.signal(Signal::INT);
    let detached = program.end();
    assert_eq!(detached.code, Some(130), "{detached:?}");
    assert!(detached.stderr.contains("detached; acme/web goes on"), "{detached:?}");
    assert_eq!(home.deployments()[0]["standing"], "running");
}

#[test]
fn a_call_under_way_is_journaled_before_a_verb_that_is_told_to_stop_ends_and_waiting_goes_on() {
    let cloud = Simulated::start();
    let home = cloud.home();
    let create = "POST /v2/droplets: delay 1s, nth 1";
    cloud.faults(&[create]);
    let program = home.start(&launch("web"));
    cloud.wait_until_asked(create, 0);
    program.signal(Signal::HUP);
    let stopped = program.end();
    assert_eq!(stopped.code, Some(143), "{stopped:?}");
    let history = home.history("web");
    let created = |entry: &serde_json::Value| {
        entry["step"] == "create_droplet" && entry["kind"] == "step_succeeded"
    };
    assert!(history.iter().any(created), "{history:#?}");

    let waited = home.run(&["wait", "--for", "active"]);
    assert_eq!(waited.code, Some(0), "{waited:?}");
    assert!(waited.stdout.contains("acme/web active at"), "{waited:?}");
    assert_eq!(home.run(&["wait", "web", "--for", "gone"]).code, Some(1));
    let idle = home.run(&["wait"]);
    assert_eq!((idle.code, idle.stdout.as_str()), (Some(0), ""));
    assert!(idle.stderr.contains("nothing to wait for"), "{idle:?}");
}

#[test]
fn a_wait_that_takes_too_long_ends_with_124() {
    let home = patient();
    let mut program = home.start(&[&launch("web")[..], &["--watch"]].concat());
    program.wait_for_line("the wait", |line| line.contains("no public address yet"));
    program.signal(Signal::TERM);
    assert_eq!(program.end().code, Some(143));
    let waited = home.run(&["wait", "web", "--timeout", "300ms"]);
    assert_eq!(waited.code, Some(124), "{waited:?}");
    assert!(waited.stderr.contains("takes longer than --timeout"), "{waited:?}");
}

#[test]
fn what_goes_wrong_ends_with_1_and_says_what_may_help() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let unknown = home.run(&["show", "acme/wbe"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert_eq!(unknown.stdout, "");
    assert_eq!(unknown.stderr, "error: no deployment `acme/wbe`\nhint: did you mean `acme/web`?\n");
    let taken = home.run(&launch("web"));
    assert_eq!(taken.code, Some(1), "{taken:?}");
    assert!(taken.stderr.contains("`acme/web` exists already"), "{taken:?}");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_64() {
    let home = Home::new();
    let lines: [(&[&str], &str); 4] = [
        (&["lunch"], "unrecognized subcommand 'lunch'"),
        (&["launch", "--tenant", "Acme Inc", "--slug", "web"], "--tenant: "),
        (&["launch", "--slug", "web"], "--tenant: "),
        (&["simulator", "--listen", "127.0.0.1:0", "--fault", "nonsense"], "METHOD PATH"),
    ];
    for (line, complaint) in lines {
        let ended = home.run(line);
        assert_eq!(ended.code, Some(64), "{line:?}: {ended:?}");
        assert!(ended.stderr.contains(complaint), "{line:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{line:?}");
    }
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let unasked = home.run(&["rollback", "web"]);
    assert_eq!(unasked.code, Some(64), "{unasked:?}");
    assert!(unasked.stderr.contains("--yes says yes beforehand"), "{unasked:?}");
    assert_eq!(home.deployments()[0]["standing"], "active");
}

#[test]
fn help_and_version_go_to_stdout_and_end_with_0() {
    let home = Home::new();
    for line in [["--help"], ["--version"]] {
        let ended = home.run(&line);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{line:?}");
        assert!(!ended.stdout.is_empty());
    }
}

#[test]
fn without_a_terminal_the_program_lists_instead_of_drawing() {
    let home = Home::new();
    let empty = home.run(&[]);
    assert_eq!((empty.code, empty.stdout.as_str()), (Some(0), ""));
    assert!(empty.stderr.contains("no deployments yet"), "{empty:?}");
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let listed = home.run(&[]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.starts_with("DEPLOYMENT"), "{listed:?}");
    assert!(listed.stdout.contains("acme/web"), "{listed:?}");
    assert!(!listed.stdout.contains('\u{1b}'), "{listed:?}");
}

#[test]
fn every_json_is_json_of_the_first_version() {
    let home = Home::new();
    let told = [
        [&launch("web")[..], &["--watch", "--json"]].concat(),
        vec!["list", "--json"],
        vec!["show", "web", "--json"],
        vec!["logs", "web", "--json"],
        vec!["history", "web", "--json"],
        vec!["rollback", "web", "--yes", "--json"],
    ];
    for line in told {
        let ended = home.run(&line);
        assert_eq!(ended.code, Some(0), "{line:?}: {ended:?}");
        let documents = ended.documents();
        assert!(!documents.is_empty(), "{line:?}");
        assert!(documents.iter().all(|document| document["v"] == 1), "{line:?}: {ended:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_disaster() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    for line in [&["logs", "web"][..], &["history", "web"], &["config", "example"], &["--help"]] {
        let mut command = home.command(line);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        // As `| head -1` does: one line, and the pipe is closed.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(!first.is_empty(), "{line:?}");
        assert_eq!(ended.status.code(), Some(0), "{line:?}: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{line:?}");
    }
}

#[test]
fn a_launch_goes_on_although_nobody_reads_what_it_says() {
    let home = Home::new();
    let mut command = home.command(&[&launch("web")[..], &["--watch"]].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(home.deployments()[0]["standing"], "active");
}

#[test]
fn an_unknown_setting_is_named_with_its_line_and_the_nearest_one() {
    let home = Home::configured("provider = \"simulator\"\n\n[saga]\nsetle = \"1s\"\n");
    let refused = home.run(&["list"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let complaint = "config.toml:4: there is no setting `saga.setle`; did you mean `saga.settle`?";
    assert!(refused.stderr.contains(complaint), "{refused:?}");
    let example = home.run(&["config", "example"]);
    assert_eq!(example.code, Some(0), "an example does not depend on what is wrong: {example:?}");
    assert_eq!(example.stdout, include_str!("../../config.example.toml"));
}

#[test]
fn the_example_is_a_configuration_that_changes_nothing() {
    let values = |home: &Home| {
        let shown = home.run(&["config", "show"]);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        let value = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
        let lines: Vec<_> = shown.stdout.lines().map(value).collect();
        lines.into_iter().filter(|line| !line.starts_with("data_dir")).collect::<Vec<_>>()
    };
    let example = Home::configured(include_str!("../../config.example.toml"));
    assert_eq!(values(&example), values(&Home::configured("")));
}

#[test]
fn a_launch_that_is_told_to_stop_leaves_its_saga_to_the_next_start_and_ends_with_143() {
    let home = patient();
    let mut program = home.start(&[&launch("web")[..], &["--watch"]].concat());
    program.wait_for_line("the wait", |line| line.contains("no public address yet"));
    program.signal(Signal::TERM);
    let stopped = program.end();
    assert_eq!(stopped.code, Some(143), "{stopped:?}");
    assert!(stopped.stderr.contains("told to stop"), "{stopped:?}");
    assert_eq!(home.deployments()[0]["standing"], "running");
    let cancelled = home.run(&["cancel", "web", "--yes"]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    assert!(cancelled.stdout.contains("cancelled by operator:ana"), "{cancelled:?}");
}

#[test]
fn the_example_of_a_deployment_can_be_launched() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/deployment.example.toml");
    let planned = Home::new().run(&["launch", "-f", example, "--dry-run"]);
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert_eq!(planned.stdout.lines().count(), 7, "{planned:?}");
}
