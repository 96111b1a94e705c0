//! Walking through a saga's history, and letting it go by.

use arcadia::domain::aggregate::Aggregate;
use arcadia::domain::saga::event::Order;
use arcadia::domain::summary::Summary;
use arcadia::tui::model::past::{Pace, Past};
use arcadia::tui::model::saga::Opened;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

fn at(story: &Story) -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture(world::zoo());
    stage.select(story.id());
    stage
}

fn past(stage: &Stage) -> Option<&Past> {
    stage.model.saga.as_ref().and_then(Opened::past)
}

fn shown(stage: &Stage) -> Option<usize> {
    past(stage).map(Past::shown)
}

#[test]
fn every_moment_is_what_the_law_makes_of_the_entries_up_to_it() {
    for story in world::zoo() {
        let mut stage = at(&story);
        for left in (1..story.entries.len()).rev() {
            stage.keys("[");
            let then = Aggregate::from_history(&story.entries[..left]).unwrap();
            let past = past(&stage).unwrap();
            assert_eq!(past.read.detail.aggregate, then);
            assert_eq!(past.row, Summary::of(&then));
            assert_eq!(past.moment(), story.entries[left - 1].at);
            stage.drawn();
        }
        stage.keys("[");
        assert_eq!(shown(&stage), Some(1).filter(|_| story.entries.len() > 1), "the launch stays");
    }
}

#[test]
fn forward_through_the_history_is_the_way_back_and_ends_in_the_present() {
    let story = world::rolling_back();
    let mut stage = at(&story);
    let present = stage.drawn();
    stage.keys("[[[");
    assert_ne!(stage.drawn(), present);
    stage.keys("]]");
    assert_eq!(shown(&stage), Some(story.entries.len() - 1));
    stage.keys("]");
    assert_eq!(shown(&stage), None, "the present");
    assert_eq!(stage.drawn(), present);
    stage.keys("]");
    assert_eq!(stage.drawn(), present, "there is nothing beyond it");
}

#[test]
fn esc_and_l_lead_back_to_the_present_before_anything_else() {
    for way_back in [KeyCode::Esc, KeyCode::Char('L')] {
        let mut stage = at(&world::active());
        stage.keys("2z[[");
        stage.press(way_back);
        assert!(past(&stage).is_none());
        assert_eq!(stage.model.zoom, arcadia::tui::model::Zoom::In, "one level at a time");
    }
}

#[test]
fn an_outcome_is_one_key_away_however_often_a_step_was_asked() {
    let story = world::active();
    let mut stage = at(&story);
    let mut keys = 0;
    while shown(&stage) != Some(1) {
        stage.keys("{");
        keys += 1;
        assert!(keys < story.entries.len(), "it ends at the launch");
    }
    assert!(keys <= 12, "seven outcomes, the launch, the inventory and the end, in {keys} keys");
    stage.keys("}");
    assert!(stage.drawn().contains("mark provisioning: done"));
}

#[test]
fn what_happens_meanwhile_does_not_move_the_past() {
    let story = world::running();
    let mut stage = at(&story);
    stage.keys("[");
    let before = stage.drawn();
    let before = pane(&before);
    stage.goes_on(story.clone().orders(Order::Hold));
    let after = stage.drawn();
    let total = |entries: usize| format!("/{entries} ");
    let count = story.entries.len();
    assert_eq!(before.replace(&total(count), &total(count + 1)), pane(&after));
    stage.keys("L");
    assert!(stage.drawn().contains("run 7f01 · ON HOLD"), "the present went on");
}

/// The saga pane of a drawn screen.
fn pane(drawn: &str) -> String {
    let below_header = drawn.lines().skip(1);
    let lines = below_header.skip_while(|line| !line.contains("PAST"));
    let lines = lines.take_while(|line| !line.contains("Log ·"));
    // The width of the title's count may change the rule beside it.
    lines.collect::<Vec<_>>().join("\n").replace('─', "")
}

#[test]
fn another_deployment_is_shown_as_it_is() {
    let mut stage = at(&world::active());
    stage.keys("[");
    stage.keys("k");
    assert!(past(&stage).is_none());
    assert!(stage.model.log.until.is_none());
}

#[test]
fn the_log_ends_at_the_moment_that_is_shown() {
    let mut stage = at(&world::active());
    stage.keys("3v");
    let all = stage.model.log.count();
    assert!(all > 0);
    while shown(&stage) != Some(1) {
        stage.keys("[");
    }
    assert_eq!(stage.model.log.count(), 0, "nothing was logged before the launch");
    stage.keys("L");
    assert_eq!(stage.model.log.count(), all);
}

#[test]
fn a_replay_keeps_the_pace_of_life_but_for_long_pauses_and_stops_at_the_end() {
    for (presses, speed) in [(1, 1), (2, 10)] {
        let story = world::rolling_back();
        let mut stage = at(&story);
        while shown(&stage) != Some(1) {
            stage.keys("[");
        }
        (0..presses).for_each(|_| stage.keys(" "));
        let mut waited = 0;
        while shown(&stage) < Some(story.entries.len()) {
            let due = past(&stage).unwrap().next_at().expect("it goes on by itself");
            let pause = stage.now.until(due).as_millis();
            waited += pause;
            stage.pass(u64::try_from(pause).unwrap());
        }
        let pauses = story.entries.windows(2).map(|pair| pair[1].at.since(pair[0].at));
        let life: u128 = pauses.map(|pause| pause.as_millis().min(3_000)).sum();
        assert_eq!(waited, life / speed);
        assert_eq!(past(&stage).unwrap().pace(), Pace::Still);
        assert!(past(&stage).unwrap().next_at().is_none());
    }
}

#[test]
fn a_replay_stops_at_the_third_press() {
    let mut stage = at(&world::active());
    stage.keys("{{{   ");
    assert_eq!(past(&stage).unwrap().pace(), Pace::Still);
    let before = shown(&stage);
    stage.pass(60_000);
    assert_eq!(shown(&stage), before);
}

#[test]
fn a_history_that_cannot_be_read_again_stays_as_it_was_read_and_that_is_said() {
    let story = world::active();
    let mut stage = at(&story);
    stage.keys("2[");
    let before = shown(&stage);
    let failed =
        || What::Shown { deployment: story.id(), result: Err("the disk is on fire".to_owned()) };
    stage.send(failed());
    assert_eq!(shown(&stage), before);
    stage.keys("L");
    let drawn = stage.drawn();
    assert!(drawn.contains("cannot be read again: the disk is on fire"), "{drawn}");
    assert!(drawn.contains("activate             ✓ done"), "{drawn}");
    // One of which nothing has been read yet has nothing to show.
    stage.picture(vec![world::failed()]);
    let id = stage.selected().unwrap();
    stage.model.saga = Some(Opened::reading(id));
    stage.send(What::Shown { deployment: id, result: Err("the disk is on fire".to_owned()) });
    let drawn = stage.drawn();
    assert!(drawn.contains("cannot be read: the disk is on fire"), "{drawn}");
}
