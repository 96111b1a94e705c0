//! In which order the list stands, and which states it shows.

use arcadia::control::Notice;
use arcadia::domain::saga::event::{Order, StepEvent};
use arcadia::tui::model::order::Sort;
use arcadia::tui::msg::What;
use crossterm::event::KeyCode;

use crate::screens::keys::stage;
use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};
use crate::screens::{on_file, usual};

fn names(stage: &Stage) -> Vec<&str> {
    let list = &stage.model.list;
    list.shown().iter().map(|id| list.row(*id).unwrap().slug.as_str()).collect()
}

/// The frame's line that has the title of the list.
fn title(stage: &mut Stage) -> String {
    let drawn = stage.drawn();
    drawn.lines().find(|line| line.contains("Deployments")).unwrap().to_owned()
}

#[test]
fn the_orders_go_round_and_the_title_says_which_it_is() {
    let mut stage = stage();
    let urgent = names(&stage).iter().map(ToString::to_string).collect::<Vec<_>>();
    let selected = stage.selected();
    let mut firsts = Vec::new();
    for words in ["latest change first", "longest first", "latest launch first", "by name"] {
        stage.keys("O");
        assert!(title(&mut stage).contains(words), "{}", title(&mut stage));
        assert_eq!(stage.selected(), selected, "{words}: the selection stays");
        firsts.push(names(&stage)[0].to_owned());
    }
    assert!(names(&stage).is_sorted());
    assert_eq!(firsts[1..], ["cache-prod-00093", "web-blue-00419", "api-canary-0311"]);
    stage.keys("O");
    assert_eq!(names(&stage), urgent);
    assert!(title(&mut stage).contains("needs you first, then slowest"));
    stage.keys("!O");
    assert!(title(&mut stage).contains("needs you only, latest change first"));
}

#[test]
fn what_changes_comes_first_where_the_latest_change_does() {
    let mut stage = stage();
    stage.keys("O");
    assert_eq!(stage.model.list.sort(), Sort::Change);
    stage.pass(5_000);
    stage.goes_on(world::running().after(40_000).forward(2, StepEvent::Polled));
    stage.pass(1);
    assert_eq!(names(&stage)[0], "web-00418");
}

#[test]
fn what_is_frozen_is_sorted_at_once_when_that_is_asked_for() {
    let mut stage = stage();
    stage.keys("j");
    let before = stage.model.list.shown().to_vec();
    stage.goes_on(world::running().orders(Order::Hold));
    stage.pass(500);
    assert_eq!(stage.model.list.shown(), before, "frozen");
    stage.keys("=");
    assert_ne!(stage.model.list.shown(), before);
}

/// Two that wait for their droplets: the older one for 25 s, the younger one for 20 s in a region
/// where that takes so many times this many milliseconds.
fn two_waiting(millis: u64) -> Stage {
    let mut stage = Stage::new(120, 36);
    let older = world::running();
    let younger = Story::launched(20, "younger", 26).does(0, 300).starts(1, 1);
    let mut known = usual::waits(10_000);
    for (step, number) in [(1, 30), (1, 31), (1, 32)] {
        let story = Story::launched(number, "before", 90_000).does(0, 10).does(step, millis);
        known.follow(story.id(), &story.summary().region, &story.entries);
    }
    for story in [&older, &younger] {
        known.follow(story.id(), &story.summary().region, &story.entries);
    }
    stage.usual = Some(known);
    stage.picture(vec![older, younger]);
    stage
}

#[test]
fn what_is_slower_than_usual_stands_before_what_is_not_but_older() {
    let mut stage = two_waiting(4_000);
    assert_eq!(names(&stage), ["younger", "web-00418"]);
    on_file("slow_one_first", &stage.drawn());
    assert_eq!(names(&two_waiting(60_000)), ["web-00418", "younger"]);
}

#[test]
fn a_step_becomes_slow_without_any_news_and_the_screen_is_woken_for_it() {
    let mut stage = two_waiting(30_000);
    assert_eq!(names(&stage), ["web-00418", "younger"]);
    let mut woken = 0;
    while names(&stage)[0] != "younger" {
        let due = stage.model.due().expect("there is something to wake for");
        let left = stage.now.until(due).as_millis();
        stage.pass(u64::try_from(left).unwrap());
        woken += 1;
        assert!(woken < 10, "at {due} it is still not slow");
    }
}

#[test]
fn the_sets_of_states_are_words_of_the_filter() {
    let mut stage = stage();
    stage.keys("/-tenant:other");
    stage.press(KeyCode::Enter);
    let mut counts = Vec::new();
    for words in ["needs_you", "moving", "active", "ended"] {
        stage.keys("S");
        assert_eq!(stage.model.list.filter(), format!("-tenant:other state:{words}"));
        assert!(title(&mut stage).contains(words));
        counts.push(stage.model.list.shown().len());
    }
    assert_eq!(counts, [2, 5, 1, 3]);
    stage.keys("S");
    assert_eq!(stage.model.list.filter(), "-tenant:other");
    assert_eq!(stage.model.list.shown().len(), 11);
}

#[test]
fn what_stands_still_because_of_the_journal_is_among_what_needs_a_person() {
    let mut stage = stage();
    let deployment = world::running().id();
    let stalled = Notice::Stalled { deployment, error: "no space".into(), hint: None };
    stage.send(What::Noticed(stalled));
    stage.keys("S");
    assert_eq!(stage.model.list.filter(), "state:needs_you");
    assert_eq!(stage.model.list.shown().len(), 3);
    assert!(stage.model.list.shown().contains(&deployment));
}
