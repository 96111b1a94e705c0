//! The display held still: what it shows stays, what counts goes on.

use arcadia::control::Notice;
use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::summary::Standing;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::log::Position;
use arcadia::tui::msg::What;
use arcadia::tui::view::Counting;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

/// What happens in some seconds: one gives up, one is held, one is launched.
fn much_goes_on(stage: &mut Stage) {
    stage.pass(3_000);
    let gives_up =
        world::backing_off().after(1).forward(1, StepEvent::Failed { failure: world::limited() });
    stage.goes_on(gives_up);
    stage.goes_on(world::running().orders(Order::Hold));
    stage.goes_on(Story::launched(78, "brand-new", 0));
    stage.pass(3_000);
}

/// The frame without the line of counts.
fn below_the_counts(stage: &mut Stage) -> String {
    stage.drawn().lines().skip(1).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_shown_stands_still_and_the_counts_go_on() {
    let mut stage = at(&world::running());
    stage.pass(5_000);
    stage.keys("p");
    let before = below_the_counts(&mut stage);
    much_goes_on(&mut stage);
    assert_eq!(below_the_counts(&mut stage), before);
    let drawn = stage.drawn();
    let head = drawn.lines().next().unwrap();
    assert!(head.contains("FROZEN 08:53:25 UTC"), "{head}");
    assert_eq!(stage.model.count(Standing::Held), 2);
    assert_eq!(stage.model.count(Standing::RollingBack), 2);
    assert!(head.contains("‖2"), "{head}");
    assert_eq!(stage.state.counting, Counting::Nothing, "nobody is woken to draw the same again");
    on_file("frozen", &drawn);
    stage.resize(80, 24);
    on_file("frozen_80x24", &stage.drawn());
}

#[test]
fn it_goes_on_as_if_it_had_never_stood_still() {
    let mut never = at(&world::running());
    much_goes_on(&mut never);
    never.model.toast = None;
    let expected = never.drawn();
    for key in [KeyCode::Char('p'), KeyCode::Char('L'), KeyCode::Esc] {
        let mut stage = at(&world::running());
        stage.keys("p");
        much_goes_on(&mut stage);
        stage.press(key);
        assert!(stage.model.frozen.is_none(), "{key:?}");
        stage.model.toast = None;
        // The key itself keeps the order for two seconds.
        stage.keys("=");
        assert_eq!(stage.drawn(), expected, "{key:?}");
    }
}

#[test]
fn esc_leaves_the_past_before_it_lets_the_display_go_on() {
    let mut stage = at(&world::running());
    stage.keys("p[");
    stage.press(KeyCode::Esc);
    assert!(stage.model.frozen.is_some());
    assert!(stage.model.saga.as_ref().unwrap().past().is_none());
    stage.press(KeyCode::Esc);
    assert!(stage.model.frozen.is_none());
}

#[test]
fn the_keys_that_look_around_work_meanwhile() {
    let mut stage = at(&world::running());
    stage.keys("p1gj");
    let second = stage.model.list.shown()[1];
    assert_eq!(stage.selected(), Some(second));
    stage.keys("/web");
    stage.press(KeyCode::Enter);
    stage.keys("3v");
    stage.press(KeyCode::Up);
    assert!(matches!(stage.model.log.position, Position::At(_)));
    assert!(stage.model.frozen.is_some());
}

#[test]
fn whoever_is_needed_is_called_although_the_display_stands_still_and_once() {
    let mut stage = stage();
    stage.keys("p");
    stage.goes_on(world::gives_up(Story::launched(79, "in-need", 60).does(0, 300)));
    assert!(stage.calls.is_empty(), "it was not known before");
    let web = Story::launched(11, "web-blue-00419", 9).does(0, 300);
    stage.goes_on(web.clone());
    stage.goes_on(world::gives_up(web.clone()));
    stage.goes_on(world::gives_up(web));
    let stalled = || Notice::Stalled {
        deployment: world::running().id(),
        error: "no space".into(),
        hint: None,
    };
    stage.send(What::Noticed(stalled()));
    stage.send(What::Noticed(stalled()));
    stage.pass(10_000);
    stage.keys("p");
    stage.pass(10_000);
    assert_eq!(stage.calls, ["3 deployments need you"]);
    assert_eq!(stage.model.count(Standing::NeedsYou), 5);
}

#[test]
fn what_is_done_to_a_deployment_is_asked_by_how_it_stands_now() {
    let mut stage = at(&world::running());
    stage.keys("p");
    stage.goes_on(world::running().orders(Order::Cancel));
    stage.keys("c");
    assert!(stage.model.frozen.is_none());
    assert!(stage.model.overlay.is_none(), "there is nothing to cancel any more");
    assert_eq!(
        stage.model.list.row(world::running().id()).unwrap().standing,
        Standing::RollingBack
    );
}

#[test]
fn a_picture_that_comes_meanwhile_waits_and_what_is_too_much_becomes_one() {
    let mut stage = at(&world::running());
    stage.keys("p");
    let before = below_the_counts(&mut stage);
    stage.replace(world::running().orders(Order::Hold));
    stage.send(What::Lagged { missed: 12 });
    stage.model.toast = None;
    assert_eq!(below_the_counts(&mut stage), before);
    assert_eq!(stage.model.count(Standing::Held), 2);
    stage.keys("p");
    assert_eq!(stage.model.list.count(Standing::Held), 2);

    stage.keys("p");
    let line = control_line();
    for _ in 0..10_001 {
        let deployment = world::running().id();
        stage.send(What::Noticed(Notice::Logged { deployment, line: line.clone() }));
    }
    stage.effects.clear();
    stage.keys("p");
    assert!(stage.effects.contains(&Effect::Watch));
}

fn control_line() -> std::sync::Arc<arcadia::control::NumberedLine> {
    crate::screens::control::log_lines().remove(0).into()
}

#[test]
fn nothing_is_held_still_before_there_is_anything_to_see() {
    let mut stage = Stage::new(120, 36);
    stage.keys("p");
    assert!(stage.model.frozen.is_none());
}
