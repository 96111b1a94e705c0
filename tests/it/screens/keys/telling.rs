//! What the screen says of a saga, and what of it can be copied.

use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::summary::Standing;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::stage::Stage;
use crate::screens::world;
use crate::screens::world::Story;

fn stall(stage: &mut Stage, story: &Story) {
    let error = "no space left for the journal in `/data`".into();
    let hint = Some("make room, and what stands still goes on");
    let notice = arcadia::control::Notice::Stalled { deployment: story.id(), error, hint };
    stage.send(What::Noticed(notice));
}

#[test]
fn a_saga_that_the_journal_stops_says_so_everywhere_until_it_moves_again() {
    let mut stage = stage();
    let (needed, ran) = counts(&stage);
    stall(&mut stage, &world::running());
    stage.pass(60_000);
    stage.select(world::running().id());
    let drawn = stage.drawn();
    let first = drawn.lines().nth(3).unwrap();
    assert!(first.contains("STANDS STILL") && first.contains("no space left"), "{drawn}");
    assert_eq!(counts(&stage), (needed + 1, ran - 1), "it needs a person, and does not run");
    assert!(drawn.contains(&format!("‼{} ", needed + 1)), "{drawn}");
    for words in [
        "1 STANDS STILL",
        "· STANDS STILL ─",
        "STANDS STILL no space left for the journal in `/data`; for 1m00s",
        "✗ acme/web-00418 stands still: no space left",
    ] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    stage.send(What::Lagged { missed: 9 });
    assert!(stage.drawn().contains("1 STANDS STILL"), "a new picture without news is none");

    stage.keys("o");
    assert!(stage.drawn().contains("make room, and what stands still goes on"));
    stage.press(KeyCode::Esc);
    stage.keys("!");
    assert!(stage.model.list.shown().contains(&world::running().id()), "it needs a person");
    stage.keys("!");
    stage.send(What::Lagged { missed: 9 });
    assert_eq!(counts(&stage), (needed + 1, ran - 1), "a new picture counts it as the old one");
    stage.goes_on(world::running().after(1).forward(2, StepEvent::Polled));
    assert!(!stage.drawn().contains("STANDS STILL"), "{}", stage.drawn());
    assert_eq!(counts(&stage), (needed, ran));
}

/// How many need a person, and how many run.
fn counts(stage: &Stage) -> (usize, usize) {
    let list = &stage.model.list;
    (list.count(Standing::NeedsYou), list.count(Standing::Running))
}

#[test]
fn a_step_that_the_provider_tells_to_wait_says_that_and_when_it_gives_up() {
    let mut stage = Stage::new(160, 45);
    stage.picture(vec![world::backing_off()]);
    let drawn = stage.drawn();
    let words = "429 rate limited; told to wait, tries again in 8s, gives up in 23h59m";
    assert!(drawn.contains(words), "{drawn}");
    assert!(!drawn.contains("2 of"), "no try is used up: {drawn}");
}

#[test]
fn the_error_with_its_request_and_a_line_of_the_log_can_be_copied() {
    let mut stage = at(&world::rolling_back());
    stage.keys("y");
    assert!(stage.copied[0].starts_with("acme/web-blue-00417 dep_"), "{:?}", stage.copied);
    assert!(stage.copied[0].contains("409 already linked"), "{:?}", stage.copied);
    assert!(stage.copied[0].contains("(request "), "{:?}", stage.copied);
    stage.keys("3vGkkky");
    assert!(stage.copied[1].contains("409 already linked to droplet 391"), "{:?}", stage.copied);
    stage.keys("ky");
    assert!(stage.copied[2].contains("evil  text"), "harmless in a shell, too: {:?}", stage.copied);
}

#[test]
fn a_step_that_is_tried_again_still_says_what_went_wrong_the_last_time() {
    let story = world::backing_off().after(48_000).starts(1, 3);
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![story]);
    let drawn = stage.drawn();
    assert!(drawn.contains("now  calling") && drawn.contains("last 429 rate limited"), "{drawn}");
}

#[test]
fn what_has_ended_shows_the_step_that_failed_and_a_cancel_blames_no_request() {
    let mut stage = at(&world::failed());
    assert!(stage.drawn().contains("Log · create droplet"), "{}", stage.drawn());
    stage.select(world::cancelled().id());
    let drawn = stage.drawn();
    assert!(drawn.contains("why  cancelled by operator:ana  "), "{drawn}");
}

#[test]
fn the_bottom_line_says_what_gave_up_and_never_that_a_skipped_step_was_undone() {
    let mut stage = Stage::new(160, 36);
    let story = world::rolling_back();
    stage.picture(vec![story.clone()]);
    let stuck = story.after(1).undo(3, StepEvent::Failed { failure: world::limited() });
    stage.goes_on(stuck.clone());
    let drawn = stage.drawn();
    assert!(drawn.contains("needs you: undo register inventory: 429 rate limited"), "{drawn}");

    let step = world::STEPS[3].0.into();
    let ended = stuck
        .after(9_000)
        .orders(Order::Skip { step, reason: "by hand".to_owned() })
        .undoes(1, 100)
        .undoes(0, 100)
        .rolled_back(arcadia::domain::deployment::TransitionReason::ProvisionFailed);
    stage.goes_on(ended);
    let drawn = stage.drawn();
    assert!(drawn.contains("failed, and undone, but for the step that was skipped"), "{drawn}");
}

#[test]
fn the_running_step_is_followed_until_the_operator_picks_another_or_reads_its_lines() {
    let picked = |stage: &Stage| stage.model.saga.as_ref().unwrap().picked().unwrap();
    let mut stage = at(&world::running());
    assert_eq!(picked(&stage), 2);
    let next = world::running().after(1).forward(2, StepEvent::Polled).succeeds(2).starts(3, 1);

    stage.keys("3f");
    stage.goes_on(next.clone());
    assert_eq!(picked(&stage), 2, "its lines are being read");
    stage.keys("f");
    assert_eq!(picked(&stage), 3, "nobody reads them any more");

    stage.keys("2k");
    assert_eq!(picked(&stage), 2, "the operator moved there");
    stage.keys("j");
    stage.goes_on(next.after(1).succeeds(3).starts(4, 1));
    assert_eq!(picked(&stage), 4, "the operator came back to the running one");
}

#[test]
fn the_details_offer_what_the_deployment_allows_and_nothing_else() {
    let bottom = |story: &Story| {
        let mut stage = at(story);
        stage.keys("o");
        stage.drawn().lines().last().unwrap().to_owned()
    };
    assert!(bottom(&world::needs_you()).contains("r retry  s skip step  a abandon  Esc close"));
    assert!(
        !bottom(&world::rolling_back()).contains("retry"),
        "{}",
        bottom(&world::rolling_back())
    );
}
