//! The command line: what is typed, completed, remembered and run.

use arcadia::domain::saga::event::Order;
use arcadia::tui::keymap::{self, Command, Verb};
use arcadia::tui::model::Pane;
use arcadia::tui::model::overlay::Overlay;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, orders, stage};
use crate::screens::stage::Stage;
use crate::screens::world;

fn line(stage: &Stage) -> &str {
    match &stage.model.overlay {
        Some(Overlay::CommandLine(line)) => line.input.value(),
        other => panic!("{other:?}"),
    }
}

fn words(stage: &Stage) -> Vec<&str> {
    match &stage.model.overlay {
        Some(Overlay::CommandLine(line)) => {
            line.candidates.iter().map(|candidate| candidate.word.as_str()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn run(stage: &mut Stage, text: &str) {
    stage.keys(":");
    stage.keys(text);
    stage.press(KeyCode::Enter);
}

/// Runs a line that is refused, and tells why.
fn refusal(text: &str) -> String {
    let mut stage = at(&world::running());
    run(&mut stage, text);
    assert_eq!(line(&stage), text, "it stays open with its text");
    assert!(orders(&stage).is_empty() && stage.model.command_history.is_empty());
    stage.drawn().lines().last().unwrap().to_owned()
}

#[test]
fn a_line_asks_what_its_key_asks() {
    let mut stage = at(&world::running());
    run(&mut stage, "cancel");
    assert!(orders(&stage).is_empty());
    assert!(stage.drawn().contains("Cancel acme/web-00418?"));
    stage.keys("y");
    assert_eq!(orders(&stage), [&Order::Cancel]);
}

#[test]
fn every_command_of_the_table_is_offered_and_can_be_run() {
    let mut stage = stage();
    stage.keys(":");
    let offered = words(&stage).len();
    let all: std::collections::BTreeSet<_> =
        keymap::bindings().map(|binding| binding.command).collect();
    assert!(offered >= all.len().min(50), "{offered}");
    for command in all {
        let mut stage = at(&world::rolling_back());
        run(&mut stage, command.name());
        stage.drawn();
        if command == Command::Act(Verb::Take) {
            assert_eq!(orders(&stage), [&Order::Take], "it destroys nothing and asks nothing");
        } else {
            assert!(orders(&stage).is_empty(), "{command:?}");
        }
    }
}

#[test]
fn tab_puts_the_candidates_on_the_line_one_after_the_other_and_back() {
    let mut stage = stage();
    stage.keys(":mark");
    assert_eq!(words(&stage)[..2], ["mark", "mark-all"]);
    stage.press(KeyCode::Tab);
    assert_eq!(line(&stage), "mark ");
    stage.press(KeyCode::Tab);
    assert_eq!(line(&stage), "mark-all");
    stage.press(KeyCode::BackTab);
    assert_eq!(line(&stage), "mark ");
    stage.keys("state:ac");
    assert_eq!(words(&stage), ["state:active"]);
    stage.press(KeyCode::Tab);
    assert_eq!(line(&stage), "mark state:active");
}

#[test]
fn letters_in_their_order_find_a_command_and_a_deployment() {
    let mut stage = stage();
    stage.keys(":rlbk");
    assert_eq!(words(&stage), ["rollback"]);
    stage.press(KeyCode::Esc);
    stage.keys(":go edgprod");
    assert_eq!(words(&stage), ["acme/edge-prod-01201"]);
    stage.press(KeyCode::Tab);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.selected(), Some(world::backing_off().id()));
}

#[test]
fn go_shows_a_deployment_whatever_the_filter_hides_and_keeps_the_filter_that_shows_it() {
    let mut stage = stage();
    run(&mut stage, "filter state:active");
    assert_eq!(stage.model.list.shown(), [world::active().id()]);
    run(&mut stage, "go web-blue-00416");
    assert_eq!(stage.model.list.filter(), "state:active");
    stage.keys("3");
    run(&mut stage, "go acme/old-cache");
    assert_eq!(stage.selected(), Some(world::abandoned().id()));
    assert_eq!((stage.model.list.filter(), stage.model.pane), ("", Pane::List));
}

#[test]
fn marks_are_set_and_taken_away_by_what_a_filter_would_let_through() {
    let mut stage = stage();
    run(&mut stage, "mark state:needs");
    assert_eq!(stage.model.marks.count(), 2);
    assert_eq!(stage.model.list.shown().len(), 11, "nothing is filtered");
    run(&mut stage, "mark state:active");
    run(&mut stage, "unmark cache");
    assert_eq!(stage.model.marks.count(), 2);
    run(&mut stage, "unmark");
    assert!(stage.model.marks.is_empty());
}

#[test]
fn a_level_is_named_and_the_log_shows_from_it_on() {
    let mut stage = at(&world::rolling_back());
    stage.keys("3v");
    assert!(stage.drawn().contains("DELETE inventory/398271"));
    run(&mut stage, "level warn");
    let drawn = stage.drawn();
    assert!(!drawn.contains("DELETE inventory/398271"), "{drawn}");
    assert!(drawn.contains("409 already linked"), "{drawn}");
}

#[test]
fn what_makes_no_sense_is_said_and_stays_on_the_line() {
    for (text, told) in [
        ("frobnicate", "there is no command `frobnicate`"),
        ("go acme/nobody", "there is no deployment `acme/nobody`"),
        ("go", "say where to"),
        ("level loud", "`loud` is no level"),
        ("filter colour:red", "there is no `colour:`"),
        ("mark state:abandoned web", "nothing matches that"),
        ("zoom twice", "`zoom` takes nothing after it"),
        ("re", "may be `"),
        ("live", "no moment of the past is shown"),
    ] {
        let said = refusal(text);
        assert!(said.contains(told), "{text}: {said}");
    }
}

#[test]
fn earlier_lines_come_back_and_what_was_being_typed_comes_after_them() {
    let mut stage = stage();
    for text in ["zoom", "mark web", "zoom"] {
        run(&mut stage, text);
    }
    assert_eq!(stage.model.command_history, ["mark web", "zoom"]);
    stage.keys(":fi");
    let mut seen = Vec::new();
    for way in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down, KeyCode::Down]
    {
        stage.press(way);
        seen.push(line(&stage).to_owned());
    }
    assert_eq!(seen, ["zoom", "mark web", "mark web", "zoom", "fi", "fi"]);
}

#[test]
fn a_line_that_cannot_be_read_is_not_run() {
    let mut stage = at(&world::running());
    stage.keys(":hold");
    stage.resize(30, 6);
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    stage.resize(80, 24);
    stage.press(KeyCode::Enter);
    assert_eq!(orders(&stage), [&Order::Hold]);
}
