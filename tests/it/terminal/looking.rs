//! Looking around: by keys, and by the mouse.

use rustix::process::Signal;
use vt100::{MouseProtocolMode, Screen};

use crate::support::home::{Home, QUICK, launch};
use crate::support::terminal::{ENTER, ESC};
use crate::terminal::{CTRL_Z, NOTHING, SEVEN_DONE, SIZE, dashboard, header};

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
fn a_history_is_walked_through_replayed_and_left() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    home.finish_everything();
    let entries = home.history("acme/web").len();
    let mut terminal = dashboard(&home);
    // Before its history is read there is none to walk through.
    terminal.wait_for_text("✓ done");
    let at = |shown: usize| format!("PAST {shown}/{entries}");
    terminal.keys("[");
    terminal.wait_for_text(&at(entries - 1));
    // The list beside it stays that of the present.
    terminal.wait_for("the moment before the end", |screen| {
        let text = screen.contents();
        text.contains(SEVEN_DONE) && text.contains(" event ") && header(screen).contains("PAST ")
    });
    for _ in 0..entries {
        terminal.keys("{");
    }
    terminal.wait_for_text(&at(1));
    terminal.wait_for("the launch: nothing was done, nothing was logged", |screen| {
        let text = screen.contents();
        let all = ["· PROVISIONING", "launched by operator:ana", "no lines"];
        all.iter().all(|part| text.contains(part)) && !text.contains("✓ done")
    });
    terminal.keys("]");
    terminal.wait_for_text(&at(2));
    terminal.keys("}");
    terminal.wait_for_text("event mark provisioning: done");
    terminal.keys(" ");
    terminal.wait_for_text("· playing");
    terminal.keys(" ");
    terminal.wait_for_text(&at(entries));
    terminal.keys("L");
    terminal.wait_for_text("Saga acme/web · run");
    terminal.keys("[");
    terminal.wait_for_text(&at(entries - 1));
    terminal.keys(ESC);
    terminal.wait_for_text("Saga acme/web · run");
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
    terminal.signal(Signal::CONT);
    terminal.wait_for("the mouse again", captured);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_for_end(), 0);
    assert_eq!(terminal.not_given_back(), NOTHING);
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
