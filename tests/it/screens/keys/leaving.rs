//! One level back, and out.

use arcadia::control::Heartbeat;
use arcadia::tui::effect::Effect;
use arcadia::tui::model::Pane;
use arcadia::tui::msg::What;
use arcadia::tui::options::Exit;
use crossterm::event::KeyCode;

use crate::screens::keys::stage;
use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::world;

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

fn drains(stage: &Stage) -> usize {
    stage.effects.iter().filter(|effect| **effect == Effect::Drain).count()
}

fn head(stage: &mut Stage) -> String {
    stage.drawn().lines().next().unwrap().to_owned()
}

#[test]
fn a_drain_stays_and_counts_what_is_under_way_until_it_has_come_to_its_end() {
    let mut stage = stage();
    stage.keys("qd");
    assert_eq!((drains(&stage), stage.model.ended), (1, None));
    assert!(stage.model.overlay.is_none());
    assert!(head(&mut stage).ends_with("◑ DRAINING 1"), "{}", head(&mut stage));
    stage.keys("j");
    stage.pass(5_000);
    stage.send(What::Heartbeat(Ok(Heartbeat { calls: 0 })));
    assert!(head(&mut stage).ends_with("◑ DRAINING 0"), "{}", head(&mut stage));
    stage.send(What::Drained(Ok(())));
    assert_eq!(stage.model.ended, Some(Exit::SagasRunning { count: 7 }));
}

#[test]
fn who_drains_may_leave_at_once_all_the_same() {
    let mut stage = stage();
    stage.keys("qdq");
    on_file("quit_draining", &stage.drawn());
    stage.keys("d");
    assert_eq!(drains(&stage), 1, "it has begun");
    stage.press(KeyCode::Esc);
    assert!(stage.model.overlay.is_none() && stage.model.drain.is_begun());
    stage.keys("qq");
    assert_eq!(stage.model.ended, Some(Exit::SagasRunning { count: 7 }));
}

#[test]
fn how_many_calls_are_left_is_asked_whenever_something_happens() {
    let mut stage = stage();
    stage.keys("qd");
    let asked = |stage: &Stage| {
        stage.effects.iter().filter(|effect| **effect == Effect::AskHeartbeat).count()
    };
    let before = asked(&stage);
    stage.goes_on(world::active());
    assert_eq!(asked(&stage), before + 1);
}

#[test]
fn a_drain_whose_answer_may_be_lost_is_asked_for_again_and_one_that_cannot_be_is_told() {
    let mut stage = stage();
    stage.keys("qd");
    stage.send(What::AnswerLost);
    assert_eq!(drains(&stage), 2);
    stage.send(What::Drained(Err("there is no engine".to_owned())));
    assert_eq!(stage.model.ended, None);
    assert!(head(&mut stage).ends_with("UTC"), "{}", head(&mut stage));
    let told = &stage.model.toast.as_ref().unwrap().text;
    assert_eq!(told, "it cannot be drained: there is no engine");
}

#[test]
fn the_question_counts_what_goes_on_costing_money() {
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![world::running(), world::active()]);
    stage.keys("q");
    assert!(stage.drawn().contains("there keeps"), "{}", stage.drawn());
    let mut stage = self::stage();
    stage.keys("q");
    assert!(stage.drawn().contains("2 droplets or more keep"), "{}", stage.drawn());
}
