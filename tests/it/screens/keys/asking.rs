//! What the screen asks of the engine by itself, how often, and what it shows until it is answered.

use std::time::Duration;

use arcadia::control::Notice;
use arcadia::domain::log::LogPage;
use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::Connection;
use arcadia::tui::msg::{Msg, What};
use arcadia::tui::update::update;
use crossterm::event::KeyCode;

use crate::screens::keys::{at, stage};
use crate::screens::stage::Stage;
use crate::screens::world;

#[test]
fn an_engine_without_a_picture_yet_does_not_claim_that_there_are_no_deployments() {
    let mut stage = Stage::new(80, 24);
    let effects = update(&mut stage.model, Msg { at: world::NOW, what: What::Connected });
    assert_eq!(effects, [Effect::Watch, Effect::ReadCatalogue]);
    let drawn = stage.drawn();
    assert!(drawn.contains("reading the journal…") && !drawn.contains("No deployments"), "{drawn}");
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
fn what_is_usual_is_read_with_a_picture_but_once_a_minute() {
    let mut stage = at(&world::running());
    let mut is_read = |after: Duration| {
        let what = What::Pictured(Ok(vec![world::running().summary()]));
        let effects = update(&mut stage.model, Msg { at: world::NOW + after, what });
        effects.contains(&Effect::ReadUsual)
    };
    let after = [59, 60, 61, 119, 120].map(Duration::from_secs);
    assert_eq!(after.map(&mut is_read), [false, true, false, false, true]);
}

#[test]
fn a_new_picture_reads_the_open_saga_and_its_log_again() {
    let mut stage = at(&world::running());
    let id = world::running().id();
    let what = What::Pictured(Ok(vec![world::running().summary()]));
    let effects = update(&mut stage.model, Msg { at: world::NOW, what });
    let again = [Effect::Show(id), Effect::ReadLogs { deployment: id, page: LogPage::Last }];
    assert_eq!(effects, again);
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
fn a_notice_that_comes_after_the_picture_that_has_it_says_nothing() {
    let mut stage = Stage::new(120, 36);
    let held = world::running().orders(Order::Hold);
    let goes_on = held.clone().orders(Order::Resume);
    stage.picture(vec![goes_on.clone()]);
    stage.model.toast = None;
    let late = Notice::Changed { summary: held.summary(), entries: held.entries.clone().into() };
    assert!(held.summary().next_seq < goes_on.summary().next_seq);
    stage.send(What::Noticed(late));
    assert_eq!(stage.model.toast, None);
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

#[test]
fn the_question_before_leaving_does_not_speak_of_sagas_that_have_ended_meanwhile() {
    let mut stage = at(&world::running());
    stage.keys("q");
    assert!(stage.drawn().contains(" not ended: "), "{}", stage.drawn());
    stage.send(What::Pictured(Ok(Vec::new())));
    let drawn = stage.drawn();
    assert!(
        drawn.contains("Every saga has ended meanwhile.") && !drawn.contains("billing"),
        "{drawn}"
    );
}

#[test]
fn details_that_do_not_fit_say_that_there_is_more_and_where() {
    let mut stage = at(&world::needs_you());
    stage.keys("o");
    assert!(!stage.drawn().contains("more is below"));
    stage.resize(60, 12);
    let drawn = stage.drawn();
    assert!(drawn.contains("more is below; Esc, then e writes all"), "{drawn}");
}
