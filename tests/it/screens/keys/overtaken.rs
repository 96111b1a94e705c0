//! What becomes of a dialog whose deployment goes on meanwhile, and of a list whose filter it no longer
//! passes.

use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::tui::effect::Effect;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::question::Answer;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, orders, stage};
use crate::screens::world::{self, Story};

/// The running one, whose droplet is active.
fn polled() -> Story {
    world::running().forward(2, StepEvent::Polled).succeeds(2)
}

#[test]
fn a_cancel_that_comes_too_late_says_so_and_takes_the_verb_that_applies() {
    let mut stage = at(&world::running());
    stage.keys("c");
    stage.goes_on((3..7).fold(polled(), |story, step| story.does(step, 100)).completes());
    let drawn = stage.drawn();
    assert!(drawn.contains("acme/web-00418 has moved on"), "{drawn}");
    assert!(drawn.contains("it is active") && drawn.contains("nothing is ordered"), "{drawn}");
    assert!(!drawn.contains("will undo") && !drawn.contains("cancel it?"), "{drawn}");
    stage.keys("y");
    assert!(orders(&stage).is_empty());
    stage.keys("R");
    let Some(Overlay::Question(asked)) = &stage.model.overlay else { panic!("no question") };
    assert!(matches!(asked.answer, Answer::Name(_)));
    assert!(orders(&stage).is_empty(), "nothing is rolled back without its name");
}

#[test]
fn keys_in_the_details_are_for_the_deployment_that_they_are_of() {
    let (one, other) = (world::needs_you(), world::held_with_unknown_outcome());
    let mut stage = at(&one);
    stage.keys("!o");
    assert!(
        matches!(&stage.model.overlay, Some(Overlay::Details { deployment }) if *deployment == one.id())
    );
    // A whole new picture: the one no longer needs anybody, so the selection is the other.
    let gone_on = one.clone().orders(Order::Retry);
    let others = world::zoo().into_iter().filter(|story| story.id() != one.id());
    stage.picture(others.chain([gone_on]).collect());
    stage.keys("r");
    let wrong = |effect: &Effect| matches!(effect, Effect::Order { deployment, .. } if *deployment == other.id());
    assert!(!stage.asked.iter().any(wrong), "{:?}", stage.asked);
}

#[test]
fn what_a_filter_says_of_a_deployment_is_said_anew_when_it_goes_on() {
    let mut stage = stage();
    stage.keys("/step:register");
    stage.press(KeyCode::Enter);
    let before = stage.model.list.shown().to_vec();
    let running = world::running();
    assert!(!before.contains(&running.id()));
    stage.goes_on(polled().starts(3, 1));
    stage.pass(3_000);
    assert!(stage.model.list.shown().contains(&running.id()));
}

#[test]
fn an_age_that_is_asked_for_comes_with_time_alone() {
    let mut stage = stage();
    let running = world::running();
    let age = world::NOW.since(running.summary().launched_at).as_secs();
    stage.keys(&format!("/age>{}s", age + 10));
    stage.press(KeyCode::Enter);
    assert!(!stage.model.list.shown().contains(&running.id()));
    stage.pass(20_000);
    assert!(stage.model.list.shown().contains(&running.id()));
}
