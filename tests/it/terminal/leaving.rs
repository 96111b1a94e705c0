//! Leaving, by whatever way, and coming back.

use std::{fs, thread};

use rustix::process::Signal;
use vt100::Screen;

use crate::support::gateway::Gateway;
use crate::support::home::{Home, QUICK, launch};
use crate::support::simulated::Simulated;
use crate::support::terminal::{ENTER, ESC, Terminal, exit_after_hangup};
use crate::support::wait::Deadline;
use crate::terminal::{
    CTRL_Z, NOTHING, SEVEN_DONE, SIZE, WAITING, dashboard, fill_in, header, launch_in, patient,
};

/// What is done to a terminal.
type Act = fn(&mut Terminal);

/// The key that leaves at the second press.
const CTRL_C: &str = "\x03";

#[test]
fn the_terminal_is_given_back_however_the_dashboard_ends() {
    let home = patient().with("ARCADIA_UI_MOUSE", "true");
    let ways: [(&str, Act); 5] = [
        ("quit", |terminal| terminal.keys("q")),
        ("interrupted twice", |terminal| terminal.keys(&CTRL_C.repeat(2))),
        ("terminated", |terminal| terminal.signal(Signal::TERM)),
        ("hung up", |terminal| terminal.signal(Signal::HUP)),
        ("told to quit", |terminal| terminal.signal(Signal::QUIT)),
    ];
    for (how, leave) in ways {
        let mut terminal = dashboard(&home);
        assert!(terminal.screen().alternate_screen() && terminal.screen().hide_cursor(), "{how}");
        assert!(terminal.not_given_back().len() > 5, "{how}");
        leave(&mut terminal);
        assert_eq!(terminal.wait_for_end(), 0, "{how}");
        assert_eq!(terminal.not_given_back(), NOTHING, "{how}");
    }
}

#[test]
fn a_terminal_that_takes_nothing_any_more_does_not_keep_the_program_from_being_ended() {
    let home = patient();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for_text(WAITING);
    terminal.stand_still();
    // It stands in the middle of this frame.
    terminal.keys("?");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_for_end(), 143);
    // In order: nobody has to mend anything before the saga goes on.
    let mut terminal = dashboard(&home);
    terminal.wait_for("the saga where it was", |screen| {
        let text = screen.contents();
        text.contains("acme/web") && text.contains("PROVISIONING")
    });
}

#[test]
fn leaving_while_a_saga_runs_asks_and_a_signal_does_not() {
    let home = patient();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for_text(WAITING);
    terminal.keys("q");
    terminal.wait_for_text("Leave?");
    terminal.keys(ESC);
    terminal.wait_for("no question", |screen| !screen.contents().contains("Leave"));
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_waits_for_the_call_under_way_and_leaves_by_itself() {
    let cloud = Simulated::start();
    let gateway = Gateway::start(cloud.url()).await;
    let home = cloud.home();
    let through = Home::configured(QUICK)
        .with("ARCADIA_SIMULATOR_URL", &gateway.base_url())
        .with("ARCADIA_DATA_DIR", &home.data().display().to_string());
    let mut terminal = dashboard(&through);
    fill_in(&mut terminal, "web");
    gateway.shut();
    terminal.keys(&ENTER.repeat(2));
    terminal.wait_for_text("✓◐·····");
    terminal.keys("q");
    terminal.wait_for_text("d drain");
    terminal.keys("d");
    terminal.wait_for("one call under way", |screen| header(screen).contains("DRAINING 1"));
    gateway.open();
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), NOTHING);
    assert_eq!(cloud.droplets().len(), 1);
    let told = home.history("acme/web");
    let steps: Vec<_> = told.iter().filter(|entry| entry["step"].is_string()).collect();
    let last = steps.last().unwrap();
    assert_eq!(last["kind"], "step_succeeded", "{told:#?}");
    assert_eq!(last["step"], "create_droplet", "{told:#?}");

    let mut terminal = dashboard(&home);
    terminal.wait_for_text(SEVEN_DONE);
    terminal.wait_for_text("ACTIVE");
    assert_eq!(cloud.droplets().len(), 1);
}

#[test]
fn the_dashboard_ends_in_order_when_its_terminal_goes_away() {
    let ended = exit_after_hangup(&Home::new(), "idle");
    assert_eq!(ended.signal(), None);
    // The signal, or a terminal that takes no more frames: whichever it hears of first.
    assert!([0, 1].contains(&ended.exit_code()), "{ended:?}");
}

#[test]
fn the_dashboard_is_suspended_and_continued_like_any_job() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    let ways: [Act; 2] =
        [|terminal| terminal.keys(CTRL_Z), |terminal| terminal.signal(Signal::TSTP)];
    for stop in ways {
        terminal.keys("nacme");
        terminal.wait_for_text("Launch a deployment");
        terminal.wait_for_text("tenant       acme");
        stop(&mut terminal);
        terminal.wait_for("the shell's screen", |screen| !screen.alternate_screen());
        terminal.wait_for_stop();
        terminal.signal(Signal::CONT);
        terminal.wait_for("the dashboard again", |screen| {
            let text = screen.contents();
            let all = ["acme/web", "Launch a deployment", "tenant       acme"];
            screen.alternate_screen() && all.iter().all(|part| text.contains(part))
        });
        terminal.keys(ESC);
        terminal.wait_for("no form", |screen| !screen.contents().contains("Launch a deployment"));
        terminal.keys("?");
        terminal.wait_for_text("MOVE");
        // Esc and a letter in one breath would be Alt and the letter.
        terminal.keys(ESC);
        terminal.wait_for("no help", |screen| !screen.contents().contains("MOVE"));
    }
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), NOTHING);
}

#[test]
fn a_saga_goes_on_after_the_dashboard_was_killed() {
    let cloud = Simulated::start();
    let home = cloud.home();
    cloud.faults(&["GET /v2/droplets/*: silence"]);
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    cloud.wait_until_asked("GET /v2/droplets/*", 0);
    terminal.kill();

    let mut terminal = dashboard(&home);
    terminal.wait_for("the saga where it was", |screen| {
        let text = screen.contents();
        text.contains("acme/web") && text.contains("PROVISIONING")
    });
    cloud.faults(&[]);
    terminal.kill();
    let mut terminal = dashboard(&home);
    terminal.wait_for_text(SEVEN_DONE);
    terminal.wait_for_text("ACTIVE");
    assert_eq!(cloud.droplets().len(), 1);
}

#[test]
fn a_second_program_on_the_same_folder_says_which_process_has_it() {
    let home = Home::new();
    let first = dashboard(&home);
    let owner = format!("process {}", first.id().as_raw_nonzero());
    let listed = home.run(&["list"]);
    assert_eq!(listed.code, Some(1));
    assert!(listed.stderr.contains(&owner), "{listed:?}");
    let mut second = home.dashboard(SIZE);
    second.wait_for("the reason", |screen| {
        let text = screen.contents();
        text.contains(&owner) && text.contains("NO JOURNAL")
    });
    second.keys("q");
    assert_eq!(second.wait_for_end(), 1, "nothing was opened");
    assert_eq!(second.not_given_back(), NOTHING);
}

#[test]
fn the_view_is_the_same_after_a_kill() {
    let home = Home::new();
    for slug in ["web", "web-two", "cache"] {
        assert_eq!(home.run(&launch(slug)).code, Some(0));
    }
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/cache");
    terminal.keys(&format!("/web{ENTER}"));
    terminal.keys("jz");
    let same = |screen: &Screen| {
        let text = screen.contents();
        let selected = selected_row(screen);
        text.contains("filter \"web\": 2")
            && !text.contains("Saga")
            && selected.contains("acme/web ")
    };
    terminal.wait_for("the filtered list alone", same);
    let file = home.data().join("ui.json");
    let deadline = Deadline::begin();
    while !fs::read_to_string(&file).is_ok_and(|text| text.contains("\"zoom\": \"in\"")) {
        assert!(!deadline.is_over(), "the view was not kept");
        thread::yield_now();
    }
    terminal.kill();
    let mut terminal = dashboard(&home);
    terminal.wait_for("the same view", same);
}

#[test]
fn a_damaged_file_of_the_last_view_is_told_of_and_set_aside() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let file = home.data().join("ui.json");
    fs::write(&file, "{\"version\": 1, \"filter\": \"we").unwrap();
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("how the screen looked is forgotten");
    terminal.wait_for_text("acme/web");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
    assert!(fs::read_to_string(&file).unwrap().contains("\"filter\": \"\""));
    assert!(home.data().join("ui.json.aside").exists());
}

/// The row that is reversed.
fn selected_row(screen: &Screen) -> String {
    let width = screen.size().1.get();
    let reversed = |row: &u16| screen.cell(*row, 10).is_some_and(vt100::Cell::inverse);
    let row = (0..screen.size().0.get()).find(reversed);
    row.map_or_else(String::new, |row| screen.contents_between(row, 0, row, width))
}
