//! The list: its order, the selection and the filter.

use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::summary::Standing;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::world;
use crate::screens::world::Story;

#[test]
fn the_selection_stays_on_its_deployment_while_the_list_changes() {
    let mut stage = at(&world::running());
    let selected = stage.selected();
    stage.pass(5_000);
    let gives_up =
        world::backing_off().after(1).forward(1, StepEvent::Failed { failure: world::limited() });
    stage.goes_on(gives_up);
    stage.goes_on(
        world::rolling_back()
            .after(1)
            .undo(3, StepEvent::Succeeded { output: serde_json::Value::Null }),
    );
    stage.pass(5_000);
    assert_eq!(stage.selected(), selected);
    let row = stage.model.list.cursor();
    assert_eq!(stage.model.list.shown()[row], selected.unwrap());
}

#[test]
fn the_order_stands_still_for_two_seconds_after_a_key() {
    let mut stage = stage();
    stage.pass(5_000);
    let before = stage.model.list.shown().to_vec();
    stage.keys("j");
    stage.goes_on(world::running().orders(Order::Hold));
    stage.pass(1_900);
    assert_eq!(stage.model.list.shown(), before, "frozen");
    assert_eq!(stage.model.list.count(Standing::Held), 2, "the row itself has changed");
    assert!(stage.model.due().is_some(), "the screen must be woken to sort");
    stage.pass(200);
    assert_ne!(stage.model.list.shown(), before, "thawed");
}

#[test]
fn the_order_stands_still_while_a_dialog_is_open() {
    let mut stage = at(&world::running());
    stage.keys("c");
    let before = stage.model.list.shown().to_vec();
    stage.goes_on(world::running().orders(Order::Hold));
    stage.pass(60_000);
    assert_eq!(stage.model.list.shown(), before);
    stage.press(KeyCode::Esc);
    stage.pass(3_000);
    assert_ne!(stage.model.list.shown(), before);
}

#[test]
fn a_picture_that_is_older_than_the_row_is_left_aside() {
    let mut stage = stage();
    let old = world::running();
    stage.goes_on(world::running().orders(Order::Hold));
    stage.send(What::Noticed(arcadia::control::Notice::Changed {
        summary: old.summary(),
        entries: Vec::new().into(),
    }));
    assert_eq!(stage.model.list.row(old.id()).unwrap().standing, Standing::Held);
    assert_eq!(stage.model.list.count(Standing::Held), 2);
}

#[test]
fn the_filter_is_typed_counted_and_cleared() {
    let mut stage = stage();
    stage.keys("/BLUE");
    assert!(stage.drawn().contains("filter: BLUE▏  4 match"));
    stage.press(KeyCode::Enter);
    assert!(stage.drawn().contains("filter \"BLUE\": 4"));
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.list.shown().len(), 11);
    stage.keys("/needs you");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.list.shown().len(), 2);
    stage.keys("/");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.list.shown().len(), 11);
    stage.keys("!");
    assert_eq!(stage.model.list.shown().len(), 2);
}

#[test]
fn letters_in_a_filter_are_letters() {
    let mut stage = at(&world::running());
    stage.keys("/cyqRn");
    assert!(stage.asked.is_empty());
    assert!(matches!(stage.model.overlay, Some(Overlay::Filter(_))));
    assert!(stage.model.ended.is_none());
}

#[test]
fn what_was_launched_is_shown_whatever_the_filter_hides() {
    let mut stage = stage();
    stage.keys("!/cache");
    stage.press(KeyCode::Enter);
    let story = Story::launched(77, "brand-new", 0);
    let launched =
        arcadia::control::Launched { deployment: story.id(), saga: story.aggregate.saga };
    stage.send(What::Launched(Ok(launched)));
    stage.goes_on(story.clone());
    assert_eq!(stage.selected(), Some(story.id()));
}
