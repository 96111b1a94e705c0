//! Answers that never come, and those that come when nobody waits for them any more.

use arcadia::control::Launched;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::form::Field;
use arcadia::tui::model::{Connection, Model};
use arcadia::tui::msg::{LaunchRefusal, What};
use crossterm::event::KeyCode;

use crate::screens::keys::stage;
use crate::screens::stage::Stage;
use crate::screens::world::{self, NOW, Story};

/// The form, which was asked for this launch.
fn asked(slug: &str) -> Stage {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys(slug);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert!(stage.model.form.is_asked());
    stage
}

fn there(slug: &str) -> What {
    let story = Story::launched(77, slug, 0);
    let launched = Launched { deployment: story.id(), saga: story.aggregate.saga };
    What::Launched { slug: slug.to_owned(), result: Ok(launched) }
}

#[test]
fn who_left_the_form_is_not_taken_away_from_where_he_is_by_its_answer() {
    let mut stage = asked("shop");
    stage.press(KeyCode::Esc);
    stage.keys("/api");
    stage.press(KeyCode::Enter);
    stage.keys("j");
    let (selected, filter) = (stage.selected(), stage.model.list.filter().to_owned());
    assert_eq!(filter, "api");
    stage.answer_launches(&[]);
    stage.goes_on(Story::launched(900, "shop", 0));
    assert_eq!((stage.selected(), stage.model.list.filter()), (selected, &*filter));
    assert!(stage.drawn().contains("launched; it resumes by itself"));
}

#[test]
fn a_late_answer_is_told_and_changes_nothing_of_what_is_typed_meanwhile() {
    let mut stage = asked("shop");
    stage.send(What::AnswerLost);
    stage.press(KeyCode::Tab);
    stage.press(KeyCode::BackTab);
    stage.keys("x");
    let typed = stage.model.form.draft();
    stage.send(there("shop"));
    assert_eq!(stage.model.form.draft(), typed);
    assert!(stage.model.overlay.is_some(), "{}", stage.drawn());
    assert!(stage.drawn().contains("launched; it resumes by itself"));
    let why = "`acme/shop` exists already".to_owned();
    stage.send(What::Launched { slug: "shop".to_owned(), result: Err(LaunchRefusal::Other(why)) });
    assert_eq!(stage.model.form.draft(), typed);
    assert!(stage.drawn().contains("launch of shop refused: `acme/shop` exists already"));
}

#[test]
fn an_answer_of_another_round_does_not_end_the_one_that_is_open() {
    let mut stage = asked("shop");
    stage.send(there("web"));
    assert!(stage.model.form.is_asked(), "shop was not answered");
    stage.answer_launches(&[]);
    assert!(!stage.model.form.is_asked());
}

#[test]
fn ones_own_launch_does_not_take_its_own_name() {
    let mut stage = asked("shop");
    stage.goes_on(Story::launched(900, "shop", 0));
    assert!(!stage.drawn().contains("is taken"), "{}", stage.drawn());
    stage.answer_launches(&["shop"]);
    assert!(stage.drawn().contains("`shop` is taken"), "{}", stage.drawn());
}

#[test]
fn a_cursor_key_changes_nothing_so_nothing_is_worked_out_again() {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("shop");
    let plans = |stage: &Stage| {
        let plans = stage.effects.iter().filter(|effect| matches!(effect, Effect::Plan { .. }));
        plans.count()
    };
    let before = plans(&stage);
    for key in [KeyCode::Left, KeyCode::Home, KeyCode::Right, KeyCode::End] {
        stage.press(key);
    }
    assert_eq!(plans(&stage), before);
    assert!(stage.model.form.plan.is_some());
    stage.keys("s");
    assert_eq!(plans(&stage), before + 1);
}

#[test]
fn nothing_is_launched_from_a_screen_that_is_too_small_to_show_it() {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("shop");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.form.focus, Field::Launch);
    stage.resize(30, 5);
    stage.press(KeyCode::Enter);
    assert!(stage.asked.is_empty() && !stage.model.form.is_asked());
    stage.resize(120, 36);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.asked.len(), 1);
}

#[test]
fn a_lost_answer_leaves_nothing_waiting_for_ever() {
    let mut stage = Stage::new(120, 36);
    stage.catalogue = None;
    stage.send(What::AnswerLost);
    assert!(matches!(stage.model.connection, Connection::Failed(_)), "nobody opens the journal");
    stage.picture(world::zoo());
    let asks = |stage: &Stage| {
        let asks = stage.effects.iter().filter(|effect| **effect == Effect::ReadCatalogue);
        asks.count()
    };
    assert_eq!(asks(&stage), 1);
    stage.send(What::AnswerLost);
    assert_eq!(asks(&stage), 1, "not at once: it may be lost again");
    stage.keys("n");
    assert_eq!(asks(&stage), 2, "the provider can be asked again");
}

#[test]
fn a_picture_that_is_lost_is_said_to_be() {
    let mut stage = Stage::new(120, 36);
    let draft = stage.model.form.draft();
    stage.model = Model::new("SIM".to_owned(), "ana".to_owned(), draft, NOW);
    stage.model.connection = Connection::Reading;
    stage.send(What::AnswerLost);
    assert!(matches!(stage.model.connection, Connection::Lost(_)));
    stage.pass(1_000);
    assert!(!stage.effects.contains(&Effect::Watch), "not at once");
    stage.pass(1_000);
    assert_eq!(stage.model.connection, Connection::Open, "another one was asked for");
}
