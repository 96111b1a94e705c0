//! The audit: what happened to all deployments, and what keys do there.

use std::time::Duration;

use arcadia::control::Notice;
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::Direction;
use arcadia::tui::model::audit::{CAPACITY, Position, reading};
use arcadia::tui::model::saga::Opened;
use arcadia::tui::model::screen::Screen;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world::{self, NOW, Story};
use crate::screens::{check, with_zoo};

fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    with_zoo(&mut stage);
    stage.keys("E");
    stage
}

fn words(stage: &Stage) -> Vec<String> {
    let audit = &stage.model.audit;
    audit.shown().iter().map(|key| audit.line(*key).unwrap().words.clone()).collect()
}

fn whole_from_beginning(stage: &Stage) -> bool {
    stage.model.audit.reading.whole_from().is_none()
}

/// More deployments than a page has, each launched a minute after the one before, and done at once.
fn many(count: u128) -> Vec<Story> {
    (0..count)
        .map(|number| {
            let seconds = u64::try_from(count - number).unwrap() * 60;
            Story::launched(1_000 + number, &format!("web-{number}"), seconds).does(0, 5)
        })
        .collect()
}

#[test]
fn what_happened_to_all_deployments() {
    check("audit", |stage| {
        with_zoo(stage);
        stage.keys("E");
    });
}

#[test]
fn an_audit_of_nothing_says_so() {
    check("audit_empty", |stage| {
        stage.picture(Vec::new());
        stage.keys("E");
    });
}

#[test]
fn a_filtered_audit_that_is_scrolled() {
    check("audit_filtered", |stage| {
        with_zoo(stage);
        stage.keys("E/kind:failed");
        stage.press(KeyCode::Enter);
        stage.keys("kk");
    });
}

#[test]
fn every_fact_but_polls_has_its_line_in_the_order_of_time() {
    let stage = stage();
    assert!(whole_from_beginning(&stage));
    let shown = stage.model.audit.shown();
    assert!(shown.is_sorted());
    let mut expected: Vec<_> = world::zoo()
        .iter()
        .flat_map(|story| {
            story.entries.iter().map(|entry| (entry.at, story.id(), entry.seq)).collect::<Vec<_>>()
        })
        .collect();
    expected.sort_unstable();
    let found: Vec<_> = shown.iter().map(|key| (key.at, key.deployment, key.seq)).collect();
    assert!(found.iter().all(|key| expected.contains(key)));
    assert!(found.len() * 3 > expected.len(), "{} of {}", found.len(), expected.len());
    assert!(
        !words(&stage).iter().any(|words| words.contains("waits:") || words.contains("begins"))
    );
}

#[test]
fn what_happens_is_added_at_the_bottom_and_does_not_move_what_is_read() {
    let mut stage = stage();
    let before = words(&stage).len();
    stage.goes_on(world::backing_off().after(600_000).orders(Order::Cancel));
    assert_eq!(words(&stage).len(), before + 1);
    assert_eq!(words(&stage).last().unwrap(), "operator:ana ordered cancel");
    stage.keys("kkk");
    let read = stage.model.audit.selected().unwrap().0;
    stage.goes_on(world::on_hold().after(900_000).orders(Order::Resume));
    assert_eq!(stage.model.audit.selected().unwrap().0, read);
    stage.keys("G");
    assert_eq!(stage.model.audit.position(), Position::Following);
    stage.keys("f");
    assert_ne!(stage.model.audit.position(), Position::Following);
}

#[test]
fn the_filter_asks_who_what_and_for_whom() {
    for (filter, line) in [
        ("who:ana kind:order hold", "operator:ana ordered hold"),
        ("by hand", "operator:ana abandoned it: by hand"),
        ("kind:retry edge", "create droplet: 429 rate limited; again in 4.0s"),
        ("kind:failed cache-prod undo", "undo create droplet: GAVE UP: 500 internal server error"),
        ("kind:state -who:ana 416", "active after"),
    ] {
        let mut stage = stage();
        stage.keys(&format!("/{filter}"));
        stage.press(KeyCode::Enter);
        let words = words(&stage);
        assert!(words.iter().any(|words| words.starts_with(line)), "{filter}: {words:?}");
        assert!(words.len() < 15, "{filter}: {words:?}");
    }
}

#[test]
fn enter_goes_to_that_moment_of_the_deployment() {
    let mut stage = stage();
    stage.keys("/429 409");
    stage.press(KeyCode::Esc);
    stage.keys("/kind:retry blue-00417");
    stage.press(KeyCode::Enter);
    let (key, _) = stage.model.audit.selected().unwrap();
    stage.press(KeyCode::Enter);
    assert_eq!(stage.model.screen, Screen::Deployments);
    assert_eq!(stage.selected(), Some(world::rolling_back().id()));
    let past = stage.model.saga.as_ref().and_then(Opened::past).unwrap();
    assert_eq!((past.last().seq, past.last().at), (key.seq, key.at));
    stage.press(KeyCode::Esc);
    assert!(stage.model.saga.as_ref().and_then(Opened::past).is_none(), "the present again");
    stage.keys("E");
    stage.press(KeyCode::Esc);
    stage.keys("G");
    let (key, _) = stage.model.audit.selected().unwrap();
    stage.press(KeyCode::Enter);
    assert_eq!(stage.selected(), Some(key.deployment));
}

#[test]
fn a_line_is_copied_whole() {
    let mut stage = stage();
    stage.keys("/by hand");
    stage.press(KeyCode::Enter);
    stage.keys("y");
    let copied = &stage.copied[0];
    assert!(copied.contains("operator:ana abandoned it: by hand"), "{copied}");
    assert!(copied.contains("acme/old-cache dep_"), "{copied}");
}

#[test]
fn older_histories_are_read_when_the_oldest_line_is_near_and_nothing_is_shown_with_gaps() {
    let stories = many(400);
    let mut stage = Stage::new(120, 36);
    stage.picture(stories.clone());
    stage.keys("E");
    let pages = stage.read.len();
    assert!(pages >= 1 && pages * reading::PAGE < 400, "not all at once: {pages}");
    check_whole(&stage, &stories);
    for _ in 0..40 {
        if whole_from_beginning(&stage) {
            break;
        }
        stage.keys("g");
        check_whole(&stage, &stories);
    }
    assert!(whole_from_beginning(&stage));
    assert_eq!(words(&stage).len(), 800);
    assert!(stage.read.len() > pages);
}

/// Whatever is shown, nothing after the first of it is missing.
fn check_whole(stage: &Stage, stories: &[Story]) {
    let shown = stage.model.audit.shown();
    let from = shown.first().unwrap().at;
    let entries = stories.iter().flat_map(|story| &story.entries);
    // Of two entries each, that a step began is no line.
    let lines = entries.filter(|entry| entry.at >= from).filter(|entry| entry.seq != 1).count();
    assert_eq!(shown.len(), lines);
}

#[test]
fn what_an_old_deployment_does_now_is_shown_before_its_history_is_read() {
    let stories = many(400);
    let mut stage = Stage::new(120, 36);
    stage.picture(stories.clone());
    stage.keys("E");
    stage.goes_on(stories[0].clone().after(30_000_000).orders(Order::Cancel));
    assert_eq!(words(&stage).last().unwrap(), "operator:ana ordered cancel");
    let launches = words(&stage).iter().filter(|words| words.starts_with("launched")).count();
    assert!(launches < 400);
    stage.keys("gggggggggg");
    assert!(whole_from_beginning(&stage));
    assert_eq!(words(&stage).len(), 801, "each line is there once");
}

#[test]
fn notices_that_were_missed_are_read_from_the_histories() {
    let mut stage = stage();
    let before = words(&stage).len();
    stage.replace(world::backing_off().after(600_000).orders(Order::Cancel));
    stage.send(What::Lagged { missed: 3 });
    assert_eq!(words(&stage).len(), before + 1);
}

#[test]
fn a_journal_that_cannot_be_read_is_said_and_tried_again() {
    let mut stage = stage();
    let read = stage.read.len();
    stage.refuse_to_read = true;
    stage.replace(world::backing_off().after(600_000).orders(Order::Cancel));
    stage.send(What::Lagged { missed: 3 });
    assert!(stage.drawn().contains("it is tried again: the journal failed"));
    stage.refuse_to_read = false;
    stage.pass(1_000);
    assert_eq!(stage.read.len(), read + 1, "not at once");
    assert!(stage.model.due().is_some());
    stage.pass(5_000);
    assert!(!stage.drawn().contains("tried again"));
    assert_eq!(words(&stage).last().unwrap(), "operator:ana ordered cancel");
}

#[test]
fn the_oldest_lines_make_room_and_the_screen_says_so() {
    let mut stage = stage();
    let retry = || StepEvent::RetryScheduled { failure: world::limited(), at: NOW };
    let entry = |number: u64| Entry {
        seq: number,
        at: NOW + Duration::from_millis(number),
        fact: Fact::Saga(EventKind::Step {
            step: "create_droplet".into(),
            direction: Direction::Forward,
            event: retry(),
        }),
    };
    let entries = (0..CAPACITY as u64).map(entry).collect();
    let summary = Story::launched(77, "busy", 1).summary();
    stage.send(What::Noticed(Notice::Changed { summary, entries }));
    let shown = stage.model.audit.shown().len();
    assert!(shown == CAPACITY, "{shown}");
    assert!(stage.drawn().contains("`arcadia history` tells what is older"));
    let read = stage.read.len();
    stage.keys("gggg");
    assert_eq!(stage.read.len(), read);
}

#[test]
fn keys_of_the_deployments_do_nothing_here() {
    let mut stage = stage();
    stage.keys("cRrsahon!z[3S");
    assert!(stage.asked.is_empty() && stage.model.overlay.is_none());
    let drawn = stage.drawn();
    let footer = drawn.lines().last().unwrap();
    assert!(footer.contains("E deployments") && !footer.contains("cancel"), "{footer}");
    stage.keys("I");
    assert_eq!(stage.model.screen, Screen::Inventory);
    stage.keys("EE");
    assert_eq!(stage.model.screen, Screen::Deployments);
}

#[test]
fn what_happens_passes_the_filter_or_is_not_shown() {
    let mut stage = stage();
    stage.keys("/who:nobody");
    stage.press(KeyCode::Enter);
    assert_eq!(words(&stage), Vec::<String>::new());
    stage.goes_on(world::running().orders(Order::Hold));
    assert_eq!(words(&stage), Vec::<String>::new());
    stage.press(KeyCode::Esc);
    assert!(words(&stage).iter().any(|words| words.contains("hold")), "{:?}", words(&stage));
}

#[test]
fn who_points_at_the_last_line_follows() {
    let mut stage = stage();
    let lines = stage.model.audit.shown().to_vec();
    let [.., before, last] = lines[..] else { panic!("some lines") };
    stage.model.audit.point_at(before);
    assert_eq!(stage.model.audit.position(), Position::At(before));
    stage.model.audit.point_at(last);
    assert_eq!(stage.model.audit.position(), Position::Following);
}
