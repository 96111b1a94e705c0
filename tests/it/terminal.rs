//! The dashboard as a person meets it: the real program in a pseudo-terminal, keys in, cells out.

use std::os::unix::fs::PermissionsExt as _;
use std::{fs, thread};

use arcadia::tui::background::QUESTION;
use rustix::process::Signal;
use vt100::{Color, MouseProtocolMode, Screen};

use crate::support::home::{Home, QUICK, launch};
use crate::support::simulated::Simulated;
use crate::support::terminal::{ENTER, ESC, TAB, Terminal, exit_after_hangup};
use crate::support::wait::Deadline;

const SIZE: (u16, u16) = (120, 36);
const SEVEN_DONE: &str = "✓✓✓✓✓✓✓";
const NOTHING: [&str; 0] = [];
const CTRL_C: &str = "\x03";
const CTRL_L: &str = "\x0c";
const CTRL_Z: &str = "\x1a";

/// What is done to a terminal.
type Act = fn(&mut Terminal);

/// A home in whose cloud no droplet ever gets an address, so that a launch waits and waits.
fn patient() -> Home {
    Home::new().with("ARCADIA_SIMULATOR_ADDRESS_DELAY", "1h")
}

/// What a launch says while it waits there.
const WAITING: &str = "no public address yet";

/// Opens the dashboard and waits until its journal is open.
fn dashboard(home: &Home) -> Terminal {
    let mut terminal = home.dashboard(SIZE);
    terminal.wait_for("the open journal", |screen| {
        let header = header(screen);
        header.contains("idle") || header.contains("UTC")
    });
    terminal
}

fn header(screen: &Screen) -> String {
    screen.rows(0, screen.size().1.get()).next().unwrap_or_default()
}

/// Fills in the launch form and launches `acme/<slug>`.
fn launch_in(terminal: &mut Terminal, slug: &str) {
    terminal.keys("n");
    terminal.wait_for_text("Launch a deployment");
    terminal.keys(&format!("acme{TAB}{slug}"));
    terminal.wait_for_text("runs 7 steps");
    // The zone of the simulated account is filled in; Enter goes to the button, Enter presses it.
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for("the row, and no form", |screen| {
        let text = screen.contents();
        text.contains(&format!("acme/{slug}")) && !text.contains("Launch a deployment")
    });
}

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

#[test]
fn the_filter_narrows_the_list_and_the_help_names_the_keys() {
    let home = Home::new();
    for slug in ["web", "cache"] {
        assert_eq!(home.run(&launch(slug)).code, Some(0));
    }
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/cache");
    terminal.keys("/web");
    terminal.wait_for("one match", |screen| {
        let text = screen.contents();
        text.contains("1 match") && !text.contains("acme/cache ")
    });
    terminal.keys(ESC);
    terminal.wait_for_text("acme/cache");
    terminal.keys("?");
    terminal.wait_for("the help", |screen| {
        ["MOVE", "ACT", "VIEW", "roll back"].iter().all(|text| screen.contents().contains(text))
    });
    terminal.keys("q");
    terminal.wait_for("no help", |screen| !screen.contents().contains("MOVE"));
}

#[test]
fn the_inventory_and_the_audit_show_what_the_journal_has_and_lead_back_to_it() {
    let home = Home::new();
    for slug in ["web", "cache"] {
        assert_eq!(home.run(&launch(slug)).code, Some(0));
    }
    home.finish_everything();
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/cache");
    terminal.keys("I");
    terminal.wait_for_text("2 droplets, 2 records");
    terminal.keys("/kind:record cache");
    terminal.wait_for_text("0 droplets, 1 record");
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for_text("Saga acme/cache");
    terminal.keys("E");
    terminal.wait_for_text("from the beginning");
    terminal.wait_for_text("launched by operator:ana");
    terminal.keys("/who:ana web");
    terminal.wait_for_text("1 match");
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for_text("PAST 1/");
    terminal.wait_for_text("acme/web · PROVISIONING");
    terminal.keys(ESC);
    terminal.wait_for_text("Saga acme/web");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn the_mouse_is_taken_on_demand_and_does_what_it_is_shown() {
    let home = Home::new();
    for slug in ["web", "cache"] {
        assert_eq!(home.run(&launch(slug)).code, Some(0));
    }
    home.finish_everything();
    let mut terminal = dashboard(&home);
    let captured = |screen: &Screen| screen.mouse_protocol_mode() != MouseProtocolMode::None;
    assert!(!captured(terminal.screen()), "text is selected as everywhere, unless asked otherwise");
    terminal.keys("M");
    terminal.wait_for("the mouse", captured);
    let unlike = ["acme/web", "acme/cache"].map(|name| format!("Saga {name} "));
    let other = unlike.iter().find(|title| !terminal.text().contains(*title)).unwrap().clone();
    let name = other.trim_start_matches("Saga ").to_owned();
    terminal.click(&name);
    terminal.wait_for_text(&other);
    terminal.click("Log ·");
    terminal.keys("v");
    terminal.wait_for_text("every step");
    terminal.wait_for_text("saved the records as found");
    terminal.wheel_up("Log ·");
    terminal.wait_for_text("scrolled, G follows");
    terminal.click("? help");
    terminal.wait_for_text("MOVE");
    terminal.keys("q");
    terminal.wait_for("no help", |screen| !screen.contents().contains("MOVE"));
    terminal.keys("M");
    terminal.wait_for("no mouse", |screen| !captured(screen));
    terminal.keys("M");
    terminal.wait_for("the mouse", captured);
    terminal.keys(CTRL_Z);
    terminal.wait_for_stop();
    assert_eq!(terminal.not_given_back(), NOTHING);
    terminal.signal(Signal::CONT);
    terminal.wait_for("the mouse again", captured);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), NOTHING);
}

#[test]
fn any_size_is_drawn_down_to_a_single_cell_and_back() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    for (width, height) in [(60, 15), (1, 1), (20, 5), (300, 80), SIZE] {
        terminal.resize(width, height);
        terminal.wait_for_frame();
    }
    terminal.wait_for("the whole screen again", |screen| {
        header(screen).contains("idle") && screen.contents().contains("acme/web")
    });
    terminal.resize(60, 15);
    terminal.wait_for_text("acme/web");
    terminal.keys(CTRL_L);
    terminal.wait_for_frame();
    terminal.wait_for_text("acme/web");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn without_colour_the_selected_row_stands_out_as_well() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let plain = (Color::Default, Color::Default);
    let drawn = |home: &Home| {
        let mut terminal = dashboard(home);
        terminal.wait_for_text("acme/web");
        let colored = |cell: &vt100::Cell| (cell.fgcolor(), cell.bgcolor()) != plain;
        let colored = cells(terminal.screen()).filter(|cell| colored(cell)).count();
        (colored, cells(terminal.screen()).filter(|cell| cell.inverse()).count())
    };
    let (colored, reversed) = drawn(&home);
    assert!(colored > 0 && reversed > 50, "{colored} in colour, {reversed} reversed");
    assert_eq!(drawn(&home.with("NO_COLOR", "1")), (0, reversed));
}

fn cells(screen: &Screen) -> impl Iterator<Item = &vt100::Cell> {
    let (rows, columns) = screen.size();
    let all =
        (0..rows.get()).flat_map(move |row| (0..columns.get()).map(move |column| (row, column)));
    all.filter_map(|(row, column)| screen.cell(row, column))
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let home = Home::new().with("LANG", "C");
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
}

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
        stop(&mut terminal);
        terminal.wait_for("the shell's screen", |screen| !screen.alternate_screen());
        terminal.wait_for_stop();
        assert_eq!(terminal.not_given_back(), NOTHING);
        terminal.signal(Signal::CONT);
        terminal.wait_for("the dashboard again", |screen| {
            screen.alternate_screen() && screen.contents().contains("acme/web")
        });
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

/// The cells of a screen that have this background.
fn painted(screen: &Screen, background: Color) -> usize {
    cells(screen).filter(|cell| cell.bgcolor() == background).count()
}

/// White, as one of xterm's 256.
const WHITE: Color = Color::Idx(231);

#[test]
fn the_terminals_word_on_its_background_changes_the_theme_and_is_no_key() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    assert_eq!(painted(terminal.screen(), WHITE), 0);
    // Its letters are commands: `r` would try again, `c` cancel, `1` and `2` go to other panes.
    terminal.keys("j\x1b]11;rgb:fdfd/f6f6/e3e3\x07?");
    terminal.wait_for("a light screen", |screen| painted(screen, WHITE) > 3_000);
    terminal.wait_for_text("MOVE");
    terminal.keys(ESC);
    terminal.wait_for("no help, nor anything else", |screen| {
        let text = screen.contents();
        !text.contains("MOVE") && !text.contains("Roll back") && !text.contains("nothing waits")
    });
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_theme_that_is_not_there_is_told_before_the_screen_is_taken() {
    let home = Home::new().with("ARCADIA_UI_THEME", "drak");
    let mut terminal = home.dashboard(SIZE);
    assert_eq!(terminal.wait_for_end(), 1);
    let text = terminal.text();
    assert!(text.contains("there is no theme `drak`; did you mean `dark`"), "{text}");
    assert!(!terminal.screen().alternate_screen());
}

#[test]
fn keys_of_the_configuration_hold_and_a_clash_is_told_before_the_screen_is_taken() {
    let home = Home::configured(&format!("{QUICK}[keys]\nhelp = \", h\"\nquit = \"Q\"\n"));
    let mut terminal = dashboard(&home);
    terminal.keys(",");
    terminal.wait_for_text("h help");
    terminal.keys("h");
    terminal.wait_for_text("MOVE");
    terminal.keys(ESC);
    terminal.wait_for("no help", |screen| !screen.contents().contains("MOVE"));
    terminal.keys("Q");
    assert_eq!(terminal.wait_for_end(), 0);
    let shown = home.run(&["config", "show"]);
    assert!(shown.stdout.contains("quit = [\"Q\"] # "), "{shown:?}");

    let home = Home::configured("[keys]\ncancel = \"r\"\n");
    let mut terminal = home.dashboard(SIZE);
    assert_ne!(terminal.wait_for_end(), 0);
    assert!(terminal.text().contains("are both `r`"), "{}", terminal.text());
    assert!(!terminal.screen().alternate_screen());
    assert_ne!(home.run(&["config", "show"]).code, Some(0));
}

#[test]
fn the_linux_console_is_asked_nothing_and_gets_ascii() {
    let home = Home::new().with("TERM", "linux");
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
    let asked = terminal.bytes().windows(5).any(|bytes| bytes == b"\x1b]11;");
    assert!(!asked);
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
