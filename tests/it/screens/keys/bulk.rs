//! One key for many: the question that is asked, what it takes to go on, and what is told of it.

use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::tui::effect::Effect;
use arcadia::tui::model::outbox::AT_ONCE;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::{orders, stage};
use crate::screens::on_file;
use crate::screens::stage::{Plans, Stage};
use crate::screens::world::{self, Story};

/// A screen on which these are marked.
fn marking(stories: &[Story]) -> Stage {
    let mut stage = stage();
    for story in stories {
        stage.select(story.id());
        stage.keys(" ");
    }
    stage
}

fn asked(stage: &Stage) -> Vec<(DeploymentId, Order)> {
    let order = |effect: &Effect| match effect {
        Effect::Order { deployment, order } => Some((*deployment, order.clone())),
        Effect::Watch
        | Effect::AskHeartbeat
        | Effect::Drain
        | Effect::ReadUsual
        | Effect::ReadCatalogue
        | Effect::Show(_)
        | Effect::ReadLogs { .. }
        | Effect::ReadHoldings(_)
        | Effect::ReadHistories(_)
        | Effect::Capture(_)
        | Effect::ReadPlan { .. }
        | Effect::Launch { .. }
        | Effect::Plan { .. }
        | Effect::Export(_)
        | Effect::Remember(_)
        | Effect::Notify(_)
        | Effect::Copy(_)
        | Effect::Redraw
        | Effect::Suspend => None,
    };
    stage.asked.iter().filter_map(order).collect()
}

fn answer(stage: &mut Stage, story: &Story, verb: &'static str, result: Result<(), String>) {
    stage.send(What::Ordered { deployment: story.id(), verb, result });
}

#[test]
fn a_cancel_of_many_wants_the_count_typed_and_says_to_whom_it_applies() {
    let mut stage = marking(&[world::running(), world::backing_off(), world::active()]);
    stage.keys("c");
    let drawn = stage.drawn();
    for words in [
        "Cancel 2 of 3 marked?",
        "destroys 2 droplets with all data, saves $0.018/h",
        "acme/edge-prod-01201  PROVISIONING",
        "1 destroy droplet 398271 (203.0.113.7) DATA LOST",
        "acme/web-blue-00416: it is active; R rolls it back",
        "type 2, which is how many, to go on:",
        "Enter is dead until it matches",
    ] {
        assert!(drawn.contains(words), "{words}\n{drawn}");
    }
    for typed in ["", "y", "3", "22"] {
        stage.keys(typed);
        stage.press(KeyCode::Enter);
        assert!(orders(&stage).is_empty(), "{typed}");
        typed.chars().for_each(|_| stage.press(KeyCode::Backspace));
    }
    stage.keys("2");
    assert!(stage.drawn().contains("Enter cancels all 2"));
    stage.press(KeyCode::Enter);
    let mut ids: Vec<_> = asked(&stage).into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [world::running().id(), world::backing_off().id()]);
    assert_eq!(orders(&stage), [&Order::Cancel, &Order::Cancel]);
    assert!(stage.model.marks.is_empty(), "the next key must not act on them again");
}

#[test]
fn of_one_marked_deployment_the_question_is_the_same_as_of_the_selected_one() {
    let mut stage = marking(&[world::running()]);
    stage.select(world::active().id());
    stage.keys("c");
    assert!(stage.drawn().contains("Cancel acme/web-00418?"));
    stage.keys("y");
    assert_eq!(asked(&stage), [(world::running().id(), Order::Cancel)]);
}

#[test]
fn a_verb_that_applies_to_none_of_the_marked_says_why_and_orders_nothing() {
    let mut stage = marking(&[world::active(), world::failed()]);
    stage.keys("c");
    let drawn = stage.drawn();
    assert!(drawn.contains("Cancel none of 2 marked?") && !drawn.contains("destroys"), "{drawn}");
    assert!(drawn.contains("it is active; R rolls it back"), "{drawn}");
    assert!(drawn.contains("it has ended, and nothing is left to act on"), "{drawn}");
    stage.keys("y0");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
}

#[test]
fn hold_and_retry_of_many_are_asked_with_y_and_n() {
    let mut stage = marking(&[world::running(), world::backing_off(), world::on_hold()]);
    stage.keys("h");
    let drawn = stage.drawn();
    assert!(drawn.contains("Hold 2 of 3 marked?") && drawn.contains("on hold already"), "{drawn}");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    assert_eq!(stage.model.marks.count(), 3, "left as it was");
    stage.keys("hy");
    assert_eq!(orders(&stage), [&Order::Hold, &Order::Hold]);
}

#[test]
fn when_all_of_the_marked_are_on_hold_they_are_resumed() {
    let mut stage = marking(&[world::on_hold(), world::active()]);
    stage.keys("h");
    assert!(stage.drawn().contains("Resume 1 of 2 marked?"), "{}", stage.drawn());
    stage.keys("y");
    assert_eq!(orders(&stage), [&Order::Resume]);
}

#[test]
fn one_reason_is_given_for_all_that_are_skipped() {
    let mut stage = marking(&[world::needs_you(), world::held_with_unknown_outcome()]);
    stage.keys("s");
    let drawn = stage.drawn();
    assert!(drawn.contains("acme/cache-prod-00093  skips create droplet"), "{drawn}");
    assert!(drawn.contains("why, for all of them:") && drawn.contains("398271"), "{drawn}");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    stage.keys("by hand");
    stage.press(KeyCode::Enter);
    let skip = |step: &str| Order::Skip { step: step.into(), reason: "by hand".to_owned() };
    assert_eq!(orders(&stage), [&skip("create_droplet"), &skip("point_deployment_dns")]);
}

#[test]
fn nothing_is_undone_before_the_plan_of_each_is_there() {
    let mut stage = marking(&[world::running(), world::backing_off()]);
    stage.plans = Plans::HeldBack;
    stage.keys("c2");
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty());
    assert!(stage.drawn().contains("reading what would be undone"));
    assert!(stage.drawn().contains("Enter is dead until all is read"));
    for read in std::mem::take(&mut stage.held_back) {
        stage.send(read);
    }
    stage.press(KeyCode::Enter);
    assert_eq!(orders(&stage).len(), 2);
}

#[test]
fn a_deployment_whose_plan_cannot_be_read_is_left_out_and_said_to_be() {
    let mut stage = marking(&[world::running(), world::backing_off()]);
    stage.plans = Plans::HeldBack;
    stage.keys("c");
    for read in std::mem::take(&mut stage.held_back) {
        let What::PlanRead { question, deployment, result } = read else { panic!("{read:?}") };
        let broken = deployment == world::running().id();
        let result = if broken { Err("its history is torn".to_owned()) } else { result };
        stage.send(What::PlanRead { question, deployment, result });
    }
    assert!(stage.drawn().contains("cannot be ordered here: its history is torn"));
    stage.keys("1");
    stage.press(KeyCode::Enter);
    assert_eq!(asked(&stage), [(world::backing_off().id(), Order::Cancel)]);
}

#[test]
fn a_count_that_was_typed_for_more_does_not_hold_once_one_moved_on() {
    let mut stage = marking(&[world::running(), world::backing_off(), world::on_hold()]);
    stage.keys("c3");
    let stopped =
        world::backing_off().after(1).forward(1, StepEvent::Failed { failure: world::limited() });
    stage.goes_on(stopped);
    assert!(stage.drawn().contains("left out, it has moved on"), "{}", stage.drawn());
    stage.press(KeyCode::Enter);
    assert!(orders(&stage).is_empty(), "three were meant");
    stage.press(KeyCode::Backspace);
    stage.keys("2");
    stage.press(KeyCode::Enter);
    assert_eq!(orders(&stage).len(), 2);
}

#[test]
fn the_answers_are_summed_up_and_a_refusal_stops_nobody() {
    let three = [world::running(), world::backing_off(), world::on_hold()];
    let mut stage = marking(&three);
    stage.keys("c3");
    stage.press(KeyCode::Enter);
    assert!(stage.drawn().contains("cancel asked of 3"));
    answer(&mut stage, &three[1], "cancel", Err("it is gone".to_owned()));
    answer(&mut stage, &three[0], "cancel", Ok(()));
    answer(&mut stage, &three[2], "cancel", Ok(()));
    let sum = "cancel asked of 3: 2 accepted, 1 refused: acme/edge-prod-01201: it is gone";
    assert!(stage.drawn().contains(sum), "{}", stage.drawn());
    assert!(stage.drawn().contains("cancel refused: it is gone"), "in its row");
    // What was asked for is no news that takes the place of the sum.
    stage.goes_on(three[0].clone().orders(Order::Cancel));
    assert!(stage.drawn().contains(sum), "{}", stage.drawn());
    stage.pass(9_000);
    assert!(!stage.drawn().contains(sum));
    assert!(stage.model.acts.is_empty(), "said long enough");
}

#[test]
fn of_a_thousand_orders_a_few_are_under_way_at_a_time_and_each_row_shows_how_far_its_own_came() {
    let stories: Vec<_> =
        (0..1_000).map(|number| Story::launched(100 + number, &format!("s{number}"), 9)).collect();
    let mut stage = Stage::new(120, 36);
    stage.picture(stories.clone());
    stage.keys("Ac1000");
    stage.press(KeyCode::Enter);
    assert_eq!(orders(&stage).len(), AT_ONCE);
    let drawn = stage.drawn();
    assert!(drawn.contains("cancel asked") && drawn.contains("cancel in line"), "{drawn}");
    let mut answered = 0;
    while answered < stage.asked.len() {
        let (deployment, _) = asked(&stage)[answered];
        stage.send(What::Ordered { deployment, verb: "cancel", result: Ok(()) });
        answered += 1;
        assert!(stage.asked.len() <= answered + AT_ONCE);
    }
    assert_eq!(answered, 1_000);
    assert!(stage.drawn().contains("cancel asked of 1000: 1000 accepted"));
}

#[test]
fn an_answer_that_is_lost_is_told_of_and_the_rest_is_still_ordered() {
    let stories: Vec<_> =
        (0..20).map(|number| Story::launched(100 + number, &format!("s{number}"), 9)).collect();
    let mut stage = Stage::new(120, 36);
    stage.picture(stories);
    stage.keys("Ac20");
    stage.press(KeyCode::Enter);
    stage.send(What::AnswerLost);
    assert_eq!(orders(&stage).len(), 2 * AT_ONCE);
    assert!(stage.drawn().contains("look whether it took effect"));
}

#[test]
fn an_act_in_the_details_of_one_deployment_is_for_that_one_whatever_is_marked() {
    let mut stage = marking(&[world::held_with_unknown_outcome()]);
    stage.select(world::needs_you().id());
    stage.keys("or");
    assert_eq!(asked(&stage), [(world::needs_you().id(), Order::Retry)]);
}

#[test]
fn a_long_question_scrolls_to_its_end_and_back_without_a_dead_key() {
    let mut stage = marking(&[world::running(), world::backing_off(), world::on_hold()]);
    stage.resize(60, 12);
    stage.keys("c");
    let top = stage.drawn();
    assert!(top.contains("more below"), "{top}");
    for _ in 0..30 {
        stage.press(KeyCode::Down);
    }
    let end = stage.drawn();
    assert!(!end.contains("more below") && end.contains("mark the deployment"), "{end}");
    stage.press(KeyCode::Up);
    assert_ne!(stage.drawn(), end);
    stage.press(KeyCode::PageUp);
    stage.press(KeyCode::PageUp);
    assert_eq!(stage.drawn(), top);
}

#[test]
fn the_plan_on_the_screen_is_read_again_when_its_saga_goes_on_but_not_while_it_only_waits() {
    let mut stage = marking(&[world::running(), world::backing_off()]);
    stage.keys("c");
    stage.plans = Plans::HeldBack;
    let waits = world::running().after(1).forward(2, StepEvent::Polled);
    stage.goes_on(waits.clone());
    assert!(stage.held_back.is_empty());
    stage.goes_on(waits.after(1).succeeds(2));
    assert_eq!(stage.held_back.len(), 1);
}

#[test]
fn what_many_save_together_is_said_and_what_nobody_knows_the_price_of_as_well() {
    let mut known = marking(&[world::running(), world::backing_off()]);
    known.keys("c");
    assert!(known.drawn().contains("saves $0.018/h"), "{}", known.drawn());
    on_file("bulk_saves", &known.drawn());
    let mut stage = marking(&[world::running(), world::backing_off()]);
    let mut catalogue = (*stage.model.offer.catalogue).clone();
    catalogue.sizes.items.retain(|size| size.slug != "s-1vcpu-1gb");
    stage.model.offer.catalogue = catalogue.into();
    stage.keys("c");
    assert!(stage.drawn().contains("saves an unknown price"), "{}", stage.drawn());
}
