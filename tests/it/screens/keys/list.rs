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
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("brand-new");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.send(What::Launched { slug: "brand-new".to_owned(), result: Ok(launched) });
    stage.goes_on(story.clone());
    assert_eq!(stage.selected(), Some(story.id()));
}

/// The names that are shown while this filter is on, sorted.
fn filtered(filter: &str) -> Vec<String> {
    let mut stage = stage();
    stage.keys("/");
    stage.keys(filter);
    let list = &stage.model.list;
    let mut names: Vec<String> =
        list.shown().iter().map(|id| list.row(*id).unwrap().slug.clone()).collect();
    names.sort();
    names
}

#[test]
fn a_term_asks_for_one_thing_and_all_terms_must_hold() {
    assert_eq!(filtered("state:active"), ["web-blue-00416"]);
    assert_eq!(filtered("state:rolling"), ["web-blue-00417"]);
    assert_eq!(filtered("state:needs state:needs_you"), ["api-canary-0311", "cache-prod-00093"]);
    assert_eq!(filtered("step:dns"), ["api-canary-0311"]);
    assert_eq!(filtered("step:point_dep"), ["api-canary-0311"]);
    assert_eq!(
        filtered("web -state:active -state:roll -state:failed"),
        ["web-00418", "web-blue-00419"]
    );
    assert_eq!(filtered("tenant:acme").len(), 11);
    assert_eq!(filtered("-tenant:ac").len(), 0);
    assert_eq!(filtered("region:syd state:active"), ["web-blue-00416"]);
    assert_eq!(filtered("region:yd1").len(), 0, "a region is known by its beginning");
}

#[test]
fn an_age_is_the_time_since_the_launch() {
    assert_eq!(filtered("age<30s"), ["web-00418", "web-blue-00419"]);
    assert_eq!(filtered("age>1d"), ["old-cache", "web-blue-00416"]);
    assert_eq!(filtered("age>20m age<2h"), ["cache-prod-00093"]);
}

#[test]
fn letters_of_a_name_in_their_order_find_it() {
    assert_eq!(filtered("edgprod"), ["edge-prod-01201"]);
    assert_eq!(filtered("acme/web-00418"), ["web-00418"]);
}

#[test]
fn a_term_that_makes_no_sense_is_said_and_hides_nothing() {
    let mut stage = stage();
    stage.keys("/");
    assert!(stage.drawn().contains("state: tenant: region:"), "what can be typed is said");
    stage.keys("colour:red");
    assert!(stage.drawn().contains("there is no `colour:`"), "{}", stage.drawn());
    assert_eq!(stage.model.list.shown().len(), 11);
    stage.press(KeyCode::Esc);
    stage.keys("/age>old");
    assert!(stage.drawn().contains("`old` is no age such as 30m or 2d"));
    assert_eq!(stage.model.list.shown().len(), 11);
}

#[test]
fn details_of_a_deployment_go_when_it_is_gone() {
    let mut stage = at(&world::needs_you());
    stage.keys("o");
    stage.send(What::Pictured(Ok(vec![world::needs_you().summary(), world::active().summary()])));
    assert!(matches!(stage.model.overlay, Some(Overlay::Details { .. })), "it is there");
    stage.send(What::Pictured(Ok(vec![world::active().summary()])));
    assert!(stage.model.overlay.is_none(), "a dialog that nobody sees would take the keys");
}

#[test]
fn a_filter_that_makes_no_sense_says_so_as_long_as_it_holds() {
    for view in ["", "I", "A"] {
        let mut stage = stage();
        stage.keys(view);
        stage.keys("/stat:failed");
        stage.press(KeyCode::Enter);
        let drawn = stage.drawn();
        let title = drawn.lines().find(|line| line.contains("filter \"stat:failed\""));
        let title = title.unwrap_or_else(|| panic!("no filter in\n{drawn}"));
        assert!(title.contains("▲") && title.contains("stat"), "{title}");
        assert!(!title.contains("failed\":"), "it lets everything through: {title}");
    }
}
