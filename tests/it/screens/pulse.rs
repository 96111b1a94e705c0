//! The screen proves its own freshness.

use arcadia::control::Heartbeat;
use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::msg::What;
use arcadia::tui::options::Lines;
use ratatui::style::Modifier;

use crate::screens::keys::orders;
use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::world;

/// A screen on which something runs, and whose engine gave a sign of life just now.
fn running() -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![world::running(), world::active()]);
    stage.pass(1_000);
    stage
}

/// So many seconds pass on the clock, one by one.
fn seconds(stage: &mut Stage, count: usize) {
    for _ in 0..count {
        stage.pass(1_000);
    }
}

fn head(stage: &mut Stage) -> String {
    stage.drawn().lines().next().unwrap().to_owned()
}

fn asked(stage: &Stage) -> usize {
    stage.effects.iter().filter(|effect| **effect == Effect::AskHeartbeat).count()
}

/// The frame below the line of counts, without the line at the bottom.
fn body(stage: &mut Stage) -> Vec<String> {
    stage.drawn().lines().skip(1).take(33).map(str::to_owned).collect()
}

#[test]
fn while_signs_of_life_come_the_clock_says_so_and_one_is_asked_for_a_second() {
    let mut stage = running();
    let before = asked(&stage);
    seconds(&mut stage, 10);
    assert_eq!(asked(&stage), before + 10);
    assert!(head(&mut stage).ends_with("● 08:53:31 UTC"), "{}", head(&mut stage));
}

#[test]
fn without_a_sign_of_life_the_screen_is_stale_and_durations_stand_still_until_one_comes() {
    let mut stage = running();
    stage.alive = false;
    let fresh = body(&mut stage);
    seconds(&mut stage, 3);
    assert!(head(&mut stage).contains("08:53:24 UTC"), "not yet: {}", head(&mut stage));
    assert_ne!(body(&mut stage), fresh);
    seconds(&mut stage, 1);
    assert!(head(&mut stage).ends_with("▲ 4s STALE"), "{}", head(&mut stage));
    assert_eq!(body(&mut stage), fresh, "as it was when something was heard");
    let told = stage.model.toast.as_ref().unwrap().text.clone();
    assert!(told.contains("no word from the engine or its disk since 08:53:21 UTC"), "{told}");

    seconds(&mut stage, 8);
    assert!(head(&mut stage).ends_with("▲ 12s STALE"), "the silence is counted");
    assert_eq!(body(&mut stage), fresh);
    on_file("stale", &stage.drawn());
    let last = &stage.cells()[119];
    assert!(last.modifier.contains(Modifier::REVERSED), "{last:?}");

    stage.send(What::Heartbeat(Ok(Heartbeat { calls: 1 })));
    assert!(head(&mut stage).ends_with("● 08:53:33 UTC"), "{}", head(&mut stage));
    assert_ne!(body(&mut stage), fresh);
    let told = &stage.model.toast.as_ref().unwrap().text;
    assert_eq!(told, "the engine answers again, after 12s");
}

#[test]
fn any_word_of_the_engine_is_a_sign_of_life() {
    let mut stage = running();
    stage.alive = false;
    for _ in 0..10 {
        stage.pass(500);
        stage.goes_on(world::active());
    }
    assert!(head(&mut stage).ends_with("● 08:53:26 UTC"), "{}", head(&mut stage));
    seconds(&mut stage, 8);
    assert!(head(&mut stage).ends_with("STALE"));
    stage.goes_on(world::active());
    assert!(head(&mut stage).ends_with("UTC"), "{}", head(&mut stage));
}

#[test]
fn a_program_that_was_stopped_and_continued_is_not_stale() {
    for alive in [true, false] {
        let mut stage = running();
        stage.alive = alive;
        stage.pass(1_000);
        stage.pass(3_600_000);
        assert!(head(&mut stage).ends_with(" UTC"), "{}", head(&mut stage));
    }
}

#[test]
fn an_error_is_no_sign_of_life() {
    let mut stage = running();
    stage.alive = false;
    for _ in 0..5 {
        stage.pass(1_000);
        stage.send(What::Heartbeat(Err("the journal is closed".to_owned())));
    }
    assert!(head(&mut stage).ends_with("STALE"), "{}", head(&mut stage));
}

#[test]
fn what_is_stale_can_be_acted_on() {
    let mut stage = running();
    stage.alive = false;
    seconds(&mut stage, 6);
    stage.select(world::running().id());
    stage.keys("cy");
    assert_eq!(orders(&stage), [&Order::Cancel]);
}

#[test]
fn nobody_is_asked_while_nothing_runs() {
    let mut stage = Stage::new(120, 36);
    stage.picture(vec![world::active(), world::failed()]);
    stage.alive = false;
    seconds(&mut stage, 10);
    assert_eq!(asked(&stage), 0);
    assert!(head(&mut stage).ends_with("idle"));
}

#[test]
fn it_is_said_in_plain_lines_and_on_the_smallest_screen() {
    let mut stage = running();
    stage.alive = false;
    seconds(&mut stage, 12);
    stage.state.lines = Lines::Plain;
    let plain = head(&mut stage);
    assert!(plain.starts_with("SIM: STALE: no word since 08:53:21 UTC, 0 need you"), "{plain}");
    stage.state.lines = Lines::Framed;
    stage.resize(20, 3);
    let small = stage.drawn();
    assert_eq!(small.lines().nth(1), Some("▲ 12s STALE"), "{small}");
    stage.resize(60, 15);
    assert!(head(&mut stage).ends_with("▲ 12s STALE"));
}
