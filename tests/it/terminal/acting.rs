//! Launching, watching, and what is done about it.

use std::os::unix::fs::PermissionsExt as _;
use std::{fs, thread};

use arcadia::tui::background::QUESTION;

use crate::support::home::{Home, QUICK, launch};
use crate::support::simulated::Simulated;
use crate::support::terminal::{ENTER, ESC, TAB};
use crate::support::wait::Deadline;
use crate::terminal::{SEVEN_DONE, WAITING, dashboard, header, launch_in, patient};

#[test]
fn a_deployment_is_launched_and_rolled_back_by_keys_alone() {
    let home = Home::new();
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    launch_in(&mut terminal, "web");
    terminal.wait_for_text(SEVEN_DONE);
    terminal.wait_for_text("ACTIVE");

    terminal.keys("R");
    terminal.wait_for_text("Roll back acme/web, which is ACTIVE?");
    terminal.wait_for_text("will undo, in this order");
    terminal.keys(&format!("acme/we{ENTER}"));
    terminal.wait_for_text("Enter is dead until it matches");
    terminal.keys("b");
    terminal.wait_for_text("Enter rolls it back");
    terminal.keys(ENTER);
    terminal.wait_for_text("ROLLED BACK");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(home.deployments()[0]["standing"], "rolled_back");
}

#[test]
fn a_launch_is_watched_from_its_first_step_to_its_last() {
    // Long enough that a person, and a test on a loaded machine, sees it wait.
    let home =
        Home::configured(&QUICK.replace("activation = \"200ms\"", "activation = \"1500ms\""));
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for("what it waits for, and until when", |screen| {
        let text = screen.contents();
        let all = ["✓✓◌····", "still \"new\"", "gives up in", "Log · wait until active"];
        header(screen).contains("◐ 1 running") && all.iter().all(|part| text.contains(part))
    });
    terminal.wait_for("what was done before, and the log of what is done", |screen| {
        let rows: Vec<_> = screen.rows(0, screen.size().1.get()).collect();
        let says = |one: &str, other: &str| {
            rows.iter().any(|row| row.contains(one) && row.contains(other))
        };
        says("create droplet", "✓ done") && says("DEBUG", "still \"new\"")
    });
    terminal.wait_for("the end, and how long it took", |screen| {
        let text = screen.contents();
        header(screen).contains("idle")
            && [SEVEN_DONE, "acme/web: active after", "· ACTIVE"]
                .iter()
                .all(|part| text.contains(part))
    });
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn what_gave_up_is_told_and_is_done_once_it_is_tried_again() {
    let cloud = Simulated::start();
    cloud.faults(&["POST /v2/domains/*/records: 422", "DELETE /v2/droplets/*: 403"]);
    let home = cloud.home();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for("what needs somebody", |screen| {
        header(screen).contains("‼ 1 need") && screen.contents().contains("NEEDS YOU")
    });
    let [(droplet, _)] = &cloud.droplets()[..] else {
        panic!("one droplet: {:?}", cloud.droplets())
    };
    terminal.keys("o");
    terminal.wait_for_text("STILL OUT THERE");
    terminal.wait_for_text(&format!("check: doctl compute droplet get {droplet}"));
    terminal.wait_for_text("r try it again");

    // Nothing changed at the provider: it gives up once more. That it tries is told before it logs.
    terminal.keys("r");
    terminal.wait_for("that it gave up again", |screen| {
        let text = screen.contents();
        text.contains("undo #2 failed for good") && text.contains("NEEDS YOU")
    });

    cloud.faults(&[]);
    terminal.keys("r");
    terminal.wait_for("that it is undone", |screen| {
        header(screen).contains("idle") && screen.contents().contains("✗ acme/web")
    });
    assert_eq!((cloud.droplets(), cloud.records()), (Vec::new(), Vec::new()));
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    let orders = home.history("acme/web").into_iter().filter(|entry| entry["order"] == "retry");
    assert_eq!(orders.count(), 2);
}

#[test]
fn all_that_is_known_of_a_failed_launch_goes_to_a_file_of_its_owners() {
    let cloud = Simulated::start();
    cloud.faults(&["POST /v2/domains/*/records: 422 \"no \u{1b}[2Jsuch zone\""]);
    let home = cloud.home();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for_text("✗ acme/web");
    terminal.keys("e");
    terminal.wait_for_text("all that is known of it: ");
    terminal.keys("q");
    terminal.wait_for_end();
    let files: Vec<_> = fs::read_dir(home.data().join("incidents")).unwrap().collect();
    let [Ok(file)] = &files[..] else { panic!("one file: {files:?}") };
    assert!(file.file_name().to_string_lossy().starts_with("acme-web-"), "{file:?}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(file.path()).unwrap();
    for part in [
        "acme/web FAILED\n",
        "\nwhy         ",
        "\n  point DNS                undone\n",
        "\n  create droplet           undone\n",
        "\nSTILL OUT THERE\n  none\n",
        "launched by operator:",
        "create droplet: undone\n",
        "[2Jsuch zone",
        "method=POST path=/v2/droplets",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "nothing in it steers a terminal");
}

#[test]
fn a_launch_is_cancelled_in_the_middle_of_a_wait() {
    let home = patient();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for_text(WAITING);
    terminal.keys("c");
    terminal.wait_for_text("Cancel acme/web?");
    terminal.wait_for_text("destroy droplet");
    terminal.keys("y");
    terminal.wait_for_text("CANCELLED");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn many_are_marked_and_cancelled_after_their_count_is_typed() {
    let cloud =
        Simulated::configured(&QUICK.replace("address_delay = \"50ms\"", "address_delay = \"1h\""));
    let home = cloud.home();
    for (before, slug) in ["web", "api", "cache"].into_iter().enumerate() {
        let program = home.start(&launch(slug));
        cloud.wait_until("its droplet", |cloud| cloud.droplets().len() > before);
        program.kill();
    }
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("Deployments 3");
    terminal.keys("A");
    terminal.wait_for_text("Deployments 3 · 3 marked");
    terminal.keys("c");
    terminal.wait_for_text("Cancel 3 marked?");
    // The question goes on with the sagas: a droplet that is made meanwhile is said.
    terminal.wait_for_text("destroys 3 droplets with all data");
    assert_eq!(cloud.droplets().len(), 3);
    terminal.keys(&format!("2{ENTER}"));
    terminal.wait_for_text("Enter is dead until it matches");
    terminal.keys(&format!("\x7f3{ENTER}"));
    terminal.wait_for("three that are cancelled, and no mark", |screen| {
        header(screen).contains("3 cancelled") && !screen.contents().contains("marked")
    });
    terminal.keys(&format!(":go acme/web{ENTER}"));
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    let standings: Vec<_> =
        home.deployments().into_iter().map(|row| row["standing"].clone()).collect();
    assert_eq!(standings, ["cancelled", "cancelled", "cancelled"]);
    assert_eq!(cloud.droplets(), []);
}

/// A paste, as a terminal tells it from typing.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

#[test]
fn what_is_pasted_is_text_and_never_a_key() {
    let home = Home::new();
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    // `n` would open the form, `q` leave.
    terminal.keys(&pasted("nq?"));
    terminal.keys("n");
    terminal.wait_for_text("Launch a deployment");
    terminal.keys(&pasted("acme\r\n"));
    terminal.keys(TAB);
    // Neither the end of a line nor a sequence for the terminal is of the text, or presses anything.
    terminal.keys(&pasted("  web\x1b[2J\r\n"));
    terminal.wait_for_text("runs 7 steps");
    terminal.wait_for_text("[ Launch ]");
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for_text(SEVEN_DONE);

    terminal.keys("R");
    terminal.wait_for_text("will undo, in this order");
    terminal.keys(&pasted("acme/web\r"));
    terminal.wait_for_text("Enter rolls it back");
    terminal.keys(ESC);
    terminal.wait_for("no question", |screen| !screen.contents().contains("Roll back"));
    terminal.keys(&format!("/{}", pasted("state:active\nq")));
    terminal.wait_for_text("filter: state:active q");
    terminal.keys(ESC);
    terminal.wait_for_text("ACTIVE");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_deployment_that_begins_to_need_a_person_rings_notifies_and_tells_a_program() {
    let cloud = Simulated::start();
    let home = cloud
        .home()
        .with("ARCADIA_UI_NOTIFY_OSC9", "always")
        .with("ARCADIA_UI_NOTIFY_COMMAND", "sh,-c,printf %s \"$1\" > called,told");
    assert_eq!(home.run(&launch("web")).code, Some(0));
    cloud.faults(&["DELETE /v2/droplets/*: 403"]);
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    terminal.keys("R");
    terminal.wait_for_text("will undo, in this order");
    terminal.keys(&format!("acme/web{ENTER}"));
    terminal.wait_for_text("NEEDS YOU");
    let words = "Arcadia: acme/web needs you";
    let called = home.path().join("called");
    let deadline = Deadline::begin();
    while !fs::read_to_string(&called).is_ok_and(|told| told == words) {
        assert!(!deadline.is_over(), "no program was told");
        thread::yield_now();
    }
    terminal.keys("q");
    terminal.wait_for_text("Leave?");
    let notified = format!("\x1b]9;{words}\x1b\\\x07");
    let calls = String::from_utf8_lossy(terminal.bytes()).matches(&notified).count();
    assert_eq!(calls, 1);

    // At the next start it needs somebody already.
    terminal.keys("l");
    assert_eq!(terminal.wait_for_end(), 0);
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("NEEDS YOU");
    terminal.keys("q");
    terminal.wait_for_text("Leave?");
    // The question for the background ends with a bell as well, and rings none.
    let written = String::from_utf8_lossy(terminal.bytes()).replace(QUESTION, "");
    assert!(!written.contains('\u{7}'), "nothing calls");
}
