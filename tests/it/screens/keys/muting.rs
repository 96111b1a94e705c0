//! What needs a person can be made to call nobody for an hour. It hides nothing.

use std::time::Duration;

use arcadia::domain::summary::Standing;
use arcadia::tui::model::order::Sort;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;
use ratatui::style::Modifier;

use crate::screens::keys::{at, stage};
use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

const HOUR: u64 = 3_600_000;

/// One that gave up, is tried again, and gives up again.
fn gives_up_again(stage: &mut Stage) {
    let story = world::needs_you().after(1);
    let retried = story.orders(arcadia::domain::saga::event::Order::Retry);
    stage.goes_on(retried.clone());
    assert_ne!(stage.model.list.row(retried.id()).unwrap().standing, Standing::NeedsYou);
    let started = arcadia::domain::saga::event::StepEvent::Started { attempt: 2 };
    let failed = arcadia::domain::saga::event::StepEvent::Failed { failure: world::conflict() };
    stage.goes_on(retried.undo(1, started).after(1_000).undo(1, failed));
}

#[test]
fn what_is_muted_calls_nobody_stays_in_the_count_and_says_so() {
    let mut loud = at(&world::needs_you());
    gives_up_again(&mut loud);
    loud.pass(1_000);
    assert_eq!(loud.calls, ["acme/cache-prod-00093 needs you"]);

    let mut stage = at(&world::needs_you());
    stage.keys("m");
    assert!(stage.drawn().contains("no bell for 1h00m, until 09:53:20 UTC; m takes that back"));
    gives_up_again(&mut stage);
    stage.pass(1_000);
    assert!(stage.calls.is_empty());
    assert_eq!(stage.model.list.count(Standing::NeedsYou), 2);
    stage.pass(9_000);
    stage.keys("j");
    let drawn = stage.drawn();
    let (y, row) =
        drawn.lines().enumerate().find(|(_, line)| line.contains("cache-prod-00093")).unwrap();
    assert!(row.contains("NEEDS YOU") && row.contains("muted to 09:53: 409"), "{row}");
    let x = row.chars().position(|letter| letter == 'N').unwrap();
    assert!(stage.cells()[y * 120 + x].modifier.contains(Modifier::DIM));
    on_file("muted", &drawn);
    stage.resize(80, 24);
    on_file("muted_80x24", &stage.drawn());
    stage.resize(60, 15);
    assert!(stage.drawn().contains("muted to 09:53"), "{}", stage.drawn());
}

#[test]
fn the_same_key_takes_it_back() {
    let mut stage = at(&world::needs_you());
    stage.keys("mm");
    assert!(stage.drawn().contains("the bell rings again"));
    gives_up_again(&mut stage);
    stage.pass(1_000);
    assert_eq!(stage.calls.len(), 1);
}

#[test]
fn what_still_needs_a_person_after_its_hour_calls_one() {
    let mut stage = at(&world::needs_you());
    stage.keys("m");
    stage.pass(HOUR - 1_000);
    assert!(stage.calls.is_empty());
    let due = stage.model.due().expect("the screen is woken for it");
    assert!(due <= stage.now + Duration::from_secs(1));
    stage.pass(1_000);
    stage.pass(1_000);
    assert_eq!(stage.calls, ["acme/cache-prod-00093 needs you"]);
    assert!(!stage.drawn().contains("muted"));
}

#[test]
fn it_outlives_the_program_and_no_longer_than_its_hour() {
    let mut before = at(&world::needs_you());
    before.keys("m");
    let remembered = before.model.to_remember().unwrap();
    let text = serde_json::to_string(&remembered).unwrap();
    let after = |later: u64| {
        let mut stage = Stage::new(120, 36);
        stage.now = stage.now + Duration::from_millis(later);
        stage.send(What::Remembered(Box::new(serde_json::from_str(&text).unwrap())));
        stage.picture(world::zoo());
        stage
    };
    let mut stage = after(HOUR / 2);
    assert!(stage.drawn().contains("muted to 09:53"));
    gives_up_again(&mut stage);
    stage.pass(10_000);
    assert!(stage.calls.is_empty());
    let mut stage = after(HOUR);
    assert!(!stage.drawn().contains("muted"));
    stage.pass(10_000);
    assert!(stage.calls.is_empty(), "it is on the screen that was just opened");
}

#[test]
fn marks_are_muted_together_and_what_needs_nobody_is_not() {
    let mut stage = stage();
    stage.keys("A");
    stage.keys("m");
    assert!(stage.drawn().contains("2 deployments: no bell"), "{}", stage.drawn());
    stage.press(KeyCode::Esc);
    stage.select(world::active().id());
    stage.keys("m");
    assert!(stage.drawn().contains("nothing to mute: it does not need you"));
    let quiet = Story::launched(40, "quiet", 5);
    assert!(stage.model.mutes.until(quiet.id()).is_none());
    assert_eq!(stage.model.list.sort(), Sort::Need);
}

#[test]
fn the_details_say_it_and_their_keys_are_those_that_hold() {
    let mut stage = at(&world::needs_you());
    stage.keys("om");
    assert!(stage.drawn().contains("muted: it rings no bell until 09:53:20 UTC"));
    assert!(matches!(stage.model.overlay, Some(Overlay::Details { .. })));
}
