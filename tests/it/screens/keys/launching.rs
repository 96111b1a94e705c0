//! The form of a launch, and what is pasted into it.

use arcadia::domain::deployment::TransitionReason;
use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::form::Field;
use arcadia::tui::msg::{LaunchRefusal, What};
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::stage::Stage;
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
    let result = Err(LaunchRefusal::Other(why));
    stage.send(What::Launched { slug: "shop".to_owned(), result });
    assert!(stage.drawn().contains("refused: `acme/shop` exists already"));
    assert_eq!(stage.model.form.spec().unwrap().name(), "acme/shop");
}

#[test]
fn what_was_launched_is_selected_as_soon_as_it_is_there() {
    let mut stage = ready("brand-new", "");
    let story = Story::launched(77, "brand-new", 0);
    let launched =
        arcadia::control::Launched { deployment: story.id(), saga: story.aggregate.saga };
    stage.press(KeyCode::Enter);
    stage.send(What::Launched { slug: "brand-new".to_owned(), result: Ok(launched) });
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

/// The form, ready to launch these.
fn ready(slugs: &str, count: &str) -> Stage {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys(slugs);
    stage.press(KeyCode::Tab);
    stage.keys(count);
    stage.press(KeyCode::Enter);
    stage
}

fn asked(stage: &Stage) -> Vec<String> {
    let mut slugs = Vec::new();
    for effect in &stage.asked {
        if let Effect::Launch { spec, .. } = effect {
            slugs.push(spec.slug.clone());
        }
    }
    slugs
}

#[test]
fn several_are_launched_after_a_second_enter_and_the_bottom_sums_up() {
    let mut stage = ready("web", "3");
    let drawn = stage.drawn();
    assert!(drawn.contains("3 deployments, $0.027/h: web-1, web-2, web-3"), "{drawn}");
    stage.press(KeyCode::Enter);
    assert!(stage.drawn().contains("launch 3 deployments, $0.027/h? Enter yes"));
    assert!(asked(&stage).is_empty());
    stage.press(KeyCode::Esc);
    assert!(stage.model.overlay.is_some(), "one level back is the form");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert_eq!(asked(&stage), ["web-1", "web-2", "web-3"], "each is its own request");
    stage.press(KeyCode::Enter);
    assert_eq!(asked(&stage).len(), 3);
    stage.answer_launches(&[]);
    assert!(stage.model.overlay.is_none());
    assert!(stage.drawn().contains("launched 3: web-1, web-2, web-3"));
}

#[test]
fn a_refused_one_is_named_and_stays_in_the_form_while_the_others_go_on() {
    let mut stage = ready("web, api, worker", "");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.answer_launches(&["api", "worker"]);
    let drawn = stage.drawn();
    assert!(drawn.contains("api: `acme/api` exists already"), "{drawn}");
    assert!(drawn.contains("launched 1 of 3; refused: api, worker"), "{drawn}");
    assert_eq!(stage.model.form.draft().slug, "api, worker");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert_eq!(asked(&stage), ["api", "worker"], "another try is for those alone");
}

#[test]
fn nothing_is_asked_for_when_one_of_them_makes_no_sense() {
    let mut stage = ready("web, Api", "");
    for _ in 0..3 {
        stage.press(KeyCode::Enter);
    }
    assert!(asked(&stage).is_empty());
    assert_eq!(stage.model.form.focus, Field::Slug);
    assert!(stage.drawn().contains("`Api` is not a DNS label"));
}

#[test]
fn many_want_their_number_typed() {
    let mut stage = ready("web", "25");
    stage.press(KeyCode::Enter);
    assert!(stage.drawn().contains("type 25 to launch 25 deployments, $0.223/h:"));
    stage.press(KeyCode::Enter);
    stage.keys("24");
    stage.press(KeyCode::Enter);
    assert!(asked(&stage).is_empty());
    stage.press(KeyCode::Backspace);
    stage.keys("5");
    stage.press(KeyCode::Enter);
    assert_eq!(asked(&stage).len(), 25);
}

#[test]
fn an_answer_that_never_comes_leaves_what_is_in_doubt_in_the_form() {
    let mut stage = ready("web, api", "");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.asked.remove(1);
    stage.answer_launches(&[]);
    stage.send(What::AnswerLost);
    assert!(stage.drawn().contains("api: no answer came; look at the list"));
    assert_eq!(stage.model.form.draft().slug, "api");
}

#[test]
fn a_name_that_is_taken_is_told_as_it_is_typed_and_as_it_becomes_free() {
    let running = world::running();
    let slug = running.summary().slug.clone();
    let mut stage = ready(&slug, "");
    let told = stage.drawn();
    assert!(told.contains(&format!("`{slug}` is taken: it is provisioning")), "{told}");
    assert!(stage.model.form.spec().is_none());
    let reason = TransitionReason::ProvisionFailed;
    stage.goes_on(running.orders(Order::Cancel).undoes(1, 1).undoes(0, 1).rolled_back(reason));
    assert!(stage.model.form.spec().is_some(), "{}", stage.drawn());
    let mut stage = ready("brand-new", "");
    assert!(stage.drawn().contains("✓ free"));
}
