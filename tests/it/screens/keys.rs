//! What keys do: to the selection, the filter, the dialogs, and to the engine.

use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::domain::summary::Standing;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::{Connection, Pane};
use arcadia::tui::msg::{LaunchRefusal, Msg, What};
use arcadia::tui::options::Exit;
use arcadia::tui::update::update;
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture(world::zoo());
    stage
}

fn at(story: &Story) -> Stage {
    let mut stage = stage();
    stage.select(story.id());
    stage
}

fn orders(stage: &Stage) -> Vec<&Order> {
    stage
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Order { order, .. } => Some(order),
            Effect::Watch
            | Effect::ReadUsual
            | Effect::Show(_)
            | Effect::ReadLogs(_)
            | Effect::Launch { .. }
            | Effect::Plan { .. }
            | Effect::Copy(_)
            | Effect::Redraw
            | Effect::Suspend => None,
        })
        .collect()
}

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

#[test]
fn escape_goes_one_level_back_and_never_out() {
    let mut stage = stage();
    stage.keys("/web");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.keys("z");
    assert_eq!(stage.model.pane, Pane::Log);
    for _ in 0..8 {
        stage.press(KeyCode::Esc);
    }
    assert_eq!(stage.model.pane, Pane::List);
    assert_eq!(stage.model.list.filter(), "");
    assert_eq!(stage.model.ended, None);
}

#[test]
fn leaving_asks_only_while_something_runs() {
    let mut stage = stage();
    stage.keys("q");
    assert_eq!(stage.model.ended, None);
    stage.press(KeyCode::Enter);
    stage.keys("ql");
    assert_eq!(stage.model.ended, Some(Exit::SagasRunning { count: 7 }));

    let mut stage = Stage::new(80, 24);
    stage.picture(vec![world::active()]);
    stage.keys("q");
    assert_eq!(stage.model.ended, Some(Exit::Idle));

    let mut stage = Stage::new(80, 24);
    stage.keys("q");
    assert_eq!(stage.model.ended, Some(Exit::NotConnected));
}

#[test]
fn the_second_interrupt_within_two_seconds_leaves() {
    let mut stage = stage();
    stage.keys("c");
    stage.control('c');
    assert!(stage.model.overlay.is_none(), "the first one closes what is open");
    stage.pass(2_500);
    stage.control('c');
    assert_eq!(stage.model.ended, None, "too late to be the second");
    stage.pass(500);
    stage.control('c');
    assert_eq!(stage.model.ended, Some(Exit::SagasRunning { count: 7 }));
}

fn stall(stage: &mut Stage, story: &Story) {
    let error = "no space left for the journal in `/data`".into();
    let notice = arcadia::control::Notice::Stalled { deployment: story.id(), error, hint: None };
    stage.send(What::Noticed(notice));
}

#[test]
fn a_saga_that_the_journal_stops_says_so_everywhere_until_it_moves_again() {
    let mut stage = stage();
    stall(&mut stage, &world::running());
    stage.pass(60_000);
    stage.select(world::running().id());
    let drawn = stage.drawn();
    let first = drawn.lines().nth(3).unwrap();
    assert!(first.contains("STANDS STILL") && first.contains("no space left"), "{drawn}");
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

    stage.keys("!");
    assert!(stage.model.list.shown().contains(&world::running().id()), "it needs a person");
    stage.keys("!");
    stage.goes_on(world::running().after(1).forward(2, StepEvent::Polled));
    assert!(!stage.drawn().contains("STANDS STILL"), "{}", stage.drawn());
}

#[test]
fn an_engine_without_a_picture_yet_does_not_claim_that_there_are_no_deployments() {
    let mut stage = Stage::new(80, 24);
    let effects = update(&mut stage.model, Msg { at: world::NOW, what: What::Connected });
    assert_eq!(effects, [Effect::Watch]);
    let drawn = stage.drawn();
    assert!(drawn.contains("reading the journal…") && !drawn.contains("No deployments"), "{drawn}");
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
fn what_was_launched_is_shown_whatever_the_filter_hides() {
    let mut stage = stage();
    stage.keys("!/cache");
    stage.press(KeyCode::Enter);
    let story = Story::launched(77, "brand-new", 0);
    let launched =
        arcadia::control::Launched { deployment: story.id(), saga: story.aggregate.saga };
    stage.send(What::Launched(Ok(launched)));
    stage.goes_on(story.clone());
    assert_eq!(stage.selected(), Some(story.id()));
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
fn an_engine_that_went_away_leaves_its_last_picture_and_says_so() {
    let mut stage = stage();
    stage.send(What::Silenced);
    assert!(matches!(stage.model.connection, Connection::Lost(_)));
    assert!(stage.drawn().contains("ENGINE GONE"));
    assert_eq!(stage.model.list.total(), 11);
}

#[test]
fn a_request_that_is_never_answered_does_not_block_the_next() {
    let mut stage = at(&world::running());
    stage.keys("h");
    stage.send(What::AnswerLost);
    assert!(stage.drawn().contains("look whether it took effect"));
    stage.keys("k");
    assert!(stage.model.saga.as_ref().unwrap().read().is_some());
}

#[test]
fn a_new_picture_reads_the_open_saga_and_its_log_again() {
    let mut stage = at(&world::running());
    let id = world::running().id();
    let what = What::Pictured(Ok(vec![world::running().summary()]));
    let effects = update(&mut stage.model, Msg { at: world::NOW, what });
    assert_eq!(effects, [Effect::Show(id), Effect::ReadLogs(id)]);
}

#[test]
fn a_held_down_key_reads_one_saga_at_a_time() {
    let mut stage = stage();
    let mut effects = Vec::new();
    for _ in 0..5 {
        let what = What::Key(KeyCode::Char('j').into());
        effects.extend(update(&mut stage.model, Msg { at: world::NOW, what }));
    }
    let [Effect::Show(first)] = effects[..] else { panic!("{effects:?}") };
    let result = Err("gone".to_owned());
    let what = What::Shown { deployment: first, result };
    let effects = update(&mut stage.model, Msg { at: world::NOW, what });
    assert_eq!(effects, [Effect::Show(stage.selected().unwrap())], "the one it ended on");
}

#[test]
fn nothing_wakes_a_screen_on_which_nothing_changes() {
    use arcadia::tui::view::Counting;
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![world::active(), world::failed()]);
    stage.drawn();
    assert_eq!(stage.state.counting, Counting::Nothing);
    assert_eq!(stage.model.due(), None);
    stage.goes_on(world::running());
    stage.drawn();
    assert_eq!(stage.state.counting, Counting::Seconds);
}
