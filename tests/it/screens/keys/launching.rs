//! The form of a launch, and what is pasted into it.

use arcadia::tui::msg::{LaunchRefusal, What};
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::world;
use crate::screens::world::Story;

#[test]
fn a_draft_survives_escape_and_a_refused_launch() {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("shop");
    stage.press(KeyCode::Esc);
    stage.keys("n");
    assert_eq!(stage.model.form.spec().unwrap().name(), "acme/shop");
    stage.press(KeyCode::BackTab);
    stage.press(KeyCode::BackTab);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.asked.len(), 1, "a launch under way is not launched again");
    let why = "`acme/shop` exists already".to_owned();
    stage.send(What::Launched(Err(LaunchRefusal::Other(why))));
    assert!(stage.drawn().contains("refused: `acme/shop` exists already"));
    assert_eq!(stage.model.form.spec().unwrap().name(), "acme/shop");
}

#[test]
fn what_was_launched_is_selected_as_soon_as_it_is_there() {
    let mut stage = stage();
    let story = Story::launched(77, "brand-new", 0);
    let launched =
        arcadia::control::Launched { deployment: story.id(), saga: story.aggregate.saga };
    stage.keys("n");
    stage.send(What::Launched(Ok(launched)));
    assert!(stage.model.overlay.is_none());
    stage.goes_on(story.clone());
    assert_eq!(stage.selected(), Some(story.id()), "whichever of the two comes first");
    assert!(stage.drawn().contains("acme/brand-new"));
}

#[test]
fn a_form_with_mistakes_goes_to_the_first_of_them_and_launches_nothing() {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::BackTab);
    stage.press(KeyCode::Enter);
    assert!(stage.asked.is_empty());
    stage.keys("web");
    assert_eq!(stage.model.form.spec().unwrap().name(), "acme/web");
}

#[test]
fn pasted_text_is_cleaned_and_never_taken_for_commands() {
    let mut stage = at(&world::running());
    stage.send(What::Pasted("cy".to_owned()));
    assert!(stage.model.overlay.is_none() && stage.asked.is_empty());
    stage.keys("n");
    stage.send(What::Pasted("\u{1b}[31mac\u{202e}me\n".to_owned()));
    stage.press(KeyCode::Tab);
    stage.send(What::Pasted("web".to_owned()));
    assert_eq!(stage.model.form.spec().unwrap().name(), "acme/web");
}
