//! Orders to the engine: what is asked first, and what nobody can give by mistake.

use arcadia::domain::saga::event::Order;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, orders};
use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::world;

#[test]
fn a_cancel_is_ordered_by_y_and_by_nothing_else() {
    let mut stage = at(&world::running());
    for way_out in [KeyCode::Enter, KeyCode::Esc, KeyCode::Char('n')] {
        stage.keys("c");
        stage.press(way_out);
        assert!(stage.model.overlay.is_none());
    }
    stage.keys("cx");
    assert!(orders(&stage).is_empty());
    stage.keys("y");
    assert_eq!(orders(&stage), [&Order::Cancel]);
    assert!(stage.drawn().contains("cancel asked"));
}

#[test]
fn enter_is_dead_until_the_name_of_an_active_deployment_is_typed() {
    let mut stage = at(&world::active());
    stage.keys("Racme/web-blue-0041");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    stage.keys("6 ");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty(), "a space too much");
    stage.press(KeyCode::Backspace);
    stage.press(KeyCode::Enter);
    assert_eq!(orders(&stage), [&Order::Rollback]);
}

#[test]
fn nothing_is_undone_before_the_operator_could_see_what() {
    let mut stage = Stage::new(120, 36);
    let story = world::running();
    stage.send(What::Connected);
    // The picture is there, but the detail never comes.
    stage.send(What::Pictured(Ok(vec![story.summary()])));
    stage.keys("cy");
    assert!(orders(&stage).is_empty());
    assert!(stage.model.overlay.is_some());
}

#[test]
fn an_order_is_not_given_when_the_deployment_moved_on_under_the_dialog() {
    let mut stage = at(&world::on_hold());
    stage.keys("c");
    stage.goes_on(world::on_hold().orders(Order::Cancel));
    stage.keys("y");
    assert!(orders(&stage).is_empty());
    assert!(stage.drawn().contains("has moved on"));
}

#[test]
fn skip_and_abandon_want_a_reason() {
    let mut stage = at(&world::needs_you());
    stage.keys("s");
    stage.press(KeyCode::Enter);
    stage.keys("   ");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    stage.keys("gone");
    stage.press(KeyCode::Enter);
    stage.keys("aenough");
    stage.press(KeyCode::Enter);
    assert_eq!(
        orders(&stage),
        [
            &Order::Skip { step: "create_droplet".into(), reason: "gone".to_owned() },
            &Order::Abandon { reason: "enough".to_owned() },
        ]
    );
}

#[test]
fn hold_and_resume_share_a_key() {
    let mut stage = at(&world::running());
    stage.keys("h");
    stage.select(world::on_hold().id());
    stage.keys("h");
    assert_eq!(orders(&stage), [&Order::Hold, &Order::Resume]);
}

#[test]
fn a_key_that_does_nothing_for_the_selection_says_why() {
    let mut stage = at(&world::active());
    stage.keys("c");
    assert!(stage.model.overlay.is_none());
    assert!(stage.drawn().contains("R rolls it back"));
}

#[test]
fn an_act_shows_asked_then_accepted_or_refused_with_its_reason() {
    let story = world::running();
    let mut stage = at(&story);
    stage.keys("h");
    assert!(stage.drawn().contains("hold asked"));
    let answer = |result| What::Ordered { deployment: story.id(), verb: "hold", result };
    stage.send(answer(Ok(())));
    assert!(stage.drawn().contains("hold accepted"));
    stage.keys("h");
    stage.send(answer(Err("it is holding already".to_owned())));
    assert!(stage.drawn().contains("hold refused: it is holding already"));
    stage.pass(8_000);
    assert!(stage.model.acts.is_empty(), "said long enough");
    stage.keys("h");
    stage.send(answer(Ok(())));
    stage.goes_on(story.clone().orders(Order::Hold));
    assert!(stage.model.acts.is_empty(), "the row says itself what came of it");
}

#[test]
fn what_cannot_be_read_is_not_confirmed() {
    let mut stage = at(&world::running());
    stage.keys("c");
    stage.resize(30, 6);
    stage.keys("y");
    assert!(orders(&stage).is_empty());
    stage.resize(80, 24);
    stage.keys("y");
    assert_eq!(orders(&stage), [&Order::Cancel]);
}

#[test]
fn what_needs_somebody_is_taken_by_one_key_and_says_who_has_it() {
    let story = world::needs_you();
    let mut stage = at(&story);
    assert!(!stage.drawn().contains("has it"));
    stage.keys("u");
    assert_eq!(orders(&stage), [&Order::Take], "nothing is destroyed, so nothing is asked");
    stage.goes_on(story.orders(Order::Take));
    assert!(stage.drawn().contains("ana has it: "), "{}", stage.drawn());
    stage.keys("o");
    on_file("details_taken", &stage.drawn());
    stage.keys("u");
    assert_eq!(orders(&stage).len(), 2, "whoever takes it last has it");
    assert!(stage.model.overlay.is_some(), "the details stay");
}

#[test]
fn what_has_ended_is_not_taken_and_of_many_those_that_can_be_are() {
    let mut stage = at(&world::active());
    stage.keys("u");
    assert!(orders(&stage).is_empty());
    assert!(stage.drawn().contains("nothing waits for you"), "{}", stage.drawn());
    stage.keys("Au");
    assert!(stage.drawn().contains("Recorded as seen to by ana"), "{}", stage.drawn());
    stage.keys("y");
    assert!(orders(&stage).iter().all(|order| **order == Order::Take));
    assert!(!orders(&stage).is_empty());
}
