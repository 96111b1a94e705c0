//! How the screen looked when it was left is how it looks when it is opened again.

use arcadia::tui::model::looks::{Choice, Ground, Looks};
use arcadia::tui::model::order::Sort;
use arcadia::tui::model::pointer::Pointer;
use arcadia::tui::model::remembered::Remembered;
use arcadia::tui::model::screen::Screen;
use arcadia::tui::model::{Pane, Zoom};
use arcadia::tui::msg::What;
use arcadia::tui::options::Mouse;
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world;

fn opened(remembered: Option<Remembered>) -> Stage {
    let mut stage = Stage::new(120, 36);
    if let Some(remembered) = remembered {
        stage.send(What::Remembered(Box::new(remembered)));
    }
    stage.picture(world::zoo());
    stage
}

/// A stage on which everything that is kept differs from a fresh one.
fn set_up() -> Stage {
    let mut stage = opened(None);
    stage.keys("n");
    stage.keys("acme");
    stage.press(KeyCode::Tab);
    stage.keys("web");
    stage.press(KeyCode::Esc);
    stage.keys("/web");
    stage.press(KeyCode::Enter);
    stage.keys(":go acme/web-00418");
    stage.press(KeyCode::Enter);
    stage.keys("j3wtvxx");
    stage.press(KeyCode::Up);
    stage.keys("z");
    stage.keys("1OOM3");
    // What was said about it is not kept.
    stage.model.toast = None;
    stage
}

#[test]
fn the_next_run_shows_the_same_screen() {
    let mut before = set_up();
    let mut after = opened(before.model.to_remember());
    assert_eq!(after.drawn(), before.drawn());
    assert_eq!((after.model.pane, after.model.zoom), (Pane::Log, Zoom::In));
    assert_eq!(after.model.to_remember(), before.model.to_remember());
    assert_eq!(after.model.list.sort(), Sort::Span);
    assert_eq!(after.captured, [Mouse::Captured], "the terminal is asked for it again");
    assert_eq!(after.model.command_history, ["go acme/web-00418"]);
    after.keys("zn");
    assert!(after.drawn().contains("acme"), "the draft");
}

#[test]
fn the_view_that_was_left_is_shown_again() {
    for (key, screen) in [("I", Screen::Inventory), ("E", Screen::Audit)] {
        let mut before = opened(None);
        before.keys(key);
        let mut after = opened(before.model.to_remember());
        assert_eq!(after.model.screen, screen);
        assert_eq!(after.drawn(), before.drawn());
    }
}

#[test]
fn a_mouse_that_the_configuration_takes_is_not_given_back_by_an_earlier_run() {
    let configured = || {
        let mut stage = Stage::new(120, 36);
        stage.model.pointer = Pointer::configured(Mouse::Captured);
        stage.picture(world::zoo());
        stage
    };
    let mut before = configured();
    before.keys("M");
    let remembered = before.model.to_remember().unwrap();
    assert_eq!(remembered.mouse, None);
    let mut after = configured();
    after.send(What::Remembered(Box::new(Remembered {
        mouse: Some(Mouse::Left),
        ..Remembered::default()
    })));
    assert_eq!((after.model.pointer.mouse, after.captured.len()), (Mouse::Captured, 0));
}

#[test]
fn a_theme_chosen_on_the_screen_is_there_again_unless_the_configuration_says_which() {
    let themes = ["ansi-16", "dark", "light"];
    let of = |first, choice| Looks::new(themes, first, choice);
    for (choice, kept, next) in
        [(Choice::Nobodys, Some("dark"), "dark"), (Choice::Configured, None, "ansi-16")]
    {
        let mut stage = opened(None);
        stage.model.looks = of("ansi-16", choice);
        stage.keys("T");
        assert_eq!(stage.model.looks.name(), Some("dark"));
        let remembered = stage.model.to_remember().unwrap();
        assert_eq!(remembered.theme.as_deref(), kept);
        let mut after = Stage::new(120, 36);
        after.model.looks = of("ansi-16", choice);
        after.send(What::Remembered(Box::new(remembered)));
        // What the terminal says of itself is asked of nobody who has chosen.
        after.send(What::Background(Ground::Dark));
        assert_eq!(after.model.looks.name(), Some(next));
    }
}

#[test]
fn what_changed_is_kept_once_it_has_stood_for_a_while_and_not_at_each_key() {
    let mut stage = opened(None);
    stage.pass(10_000);
    stage.kept.clear();
    for _ in 0..4 {
        stage.keys("z");
        stage.pass(400);
    }
    stage.keys("z2");
    assert_eq!(stage.kept.len(), 0);
    let due = stage.model.due().unwrap();
    let left = stage.now.until(due);
    stage.pass(u64::try_from(left.as_millis()).unwrap());
    assert_eq!(stage.kept.len(), 1);
    assert_eq!(stage.kept[0].pane, Some(Pane::Saga));
    stage.pass(60_000);
    assert_eq!(stage.kept.len(), 1, "nothing changed since");
}

#[test]
fn nothing_is_kept_by_a_screen_that_never_had_the_journal() {
    let mut stage = Stage::new(120, 36);
    stage.fail_to_connect("the data folder is in use by process 4711");
    stage.keys("z2");
    stage.pass(60_000);
    assert_eq!((stage.kept.len(), stage.model.to_remember()), (0, None));
}

#[test]
fn a_deployment_that_is_gone_leaves_the_selection_to_the_most_urgent_one() {
    let gone = Remembered {
        deployment: Some("dep_00000000000000000000000000000fff".to_owned()),
        ..Remembered::default()
    };
    let stage = opened(Some(gone));
    assert_eq!(stage.selected(), opened(None).selected());
}
