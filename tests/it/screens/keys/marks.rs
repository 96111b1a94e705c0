//! Marks: which deployments have one, and how long.

use arcadia::domain::id::DeploymentId;
use arcadia::tui::model::past::Pace;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::stage::Stage;
use crate::screens::world;

fn marked(stage: &Stage) -> Vec<DeploymentId> {
    stage.model.marks.iter().collect()
}

#[test]
fn space_marks_the_selected_deployment_and_unmarks_it() {
    let mut stage = at(&world::running());
    stage.keys(" ");
    assert_eq!(marked(&stage), [world::running().id()]);
    assert!(stage.drawn().contains("Deployments 11 · 1 marked"), "{}", stage.drawn());
    stage.keys(" ");
    assert!(stage.model.marks.is_empty());
    assert!(!stage.drawn().contains("marked"));
}

#[test]
fn space_stays_play_while_a_moment_of_the_past_is_shown() {
    let mut stage = at(&world::rolling_back());
    stage.keys("[[[ ");
    assert!(stage.model.marks.is_empty());
    let past = stage.model.saga.as_ref().unwrap().past().unwrap();
    assert_ne!(past.pace(), Pace::Still);
    stage.press(KeyCode::Esc);
    stage.keys(" ");
    assert_eq!(marked(&stage), [world::rolling_back().id()]);
}

#[test]
fn all_that_the_filter_shows_are_marked_and_unmarked_at_once() {
    let mut stage = at(&world::active());
    stage.keys(" /db-green");
    stage.press(KeyCode::Enter);
    stage.keys("A");
    assert_eq!(stage.model.marks.count(), 3, "the active one and the two in the filter");
    stage.keys("A");
    assert_eq!(marked(&stage), [world::active().id()], "what the filter hides keeps its mark");
}

#[test]
fn marks_survive_sorting_and_go_with_their_rows() {
    use arcadia::domain::saga::event::Order;
    let mut stage = at(&world::running());
    stage.keys(" ");
    stage.select(world::on_hold().id());
    stage.keys(" ");
    stage.pass(5_000);
    stage.goes_on(world::running().orders(Order::Hold));
    stage.pass(5_000);
    assert_eq!(stage.model.marks.count(), 2);
    stage.send(What::Pictured(Ok(vec![world::on_hold().summary(), world::active().summary()])));
    assert_eq!(marked(&stage), [world::on_hold().id()]);
}

#[test]
fn esc_comes_back_from_a_marked_deployment_with_the_marks_and_then_clears_them_before_the_filter() {
    let mut stage = stage();
    stage.keys("/web");
    stage.press(KeyCode::Enter);
    stage.keys("A");
    let count = stage.model.marks.count();
    assert!(count > 1);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.marks.count(), count, "looked at one of them");
    stage.press(KeyCode::Esc);
    assert!(stage.model.marks.is_empty());
    assert_eq!(stage.model.list.filter(), "web");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.model.list.filter(), "");
}

#[test]
fn the_footer_names_the_keys_of_marks_in_the_list_alone() {
    let mut stage = at(&world::running());
    let footer = |stage: &mut Stage| stage.drawn().lines().last().unwrap().to_owned();
    assert!(footer(&mut stage).contains("Space mark"));
    assert!(!footer(&mut stage).contains("unmark all"));
    stage.keys(" ");
    assert!(footer(&mut stage).contains("Esc unmark all"));
    stage.keys("2");
    let drawn = footer(&mut stage);
    assert!(!drawn.contains("Space mark") && !drawn.contains("unmark all"), "{drawn}");
}
