//! What is slow, beside what is usual.

use std::time::Duration;

use arcadia::domain::usual::Usual;
use arcadia::tui::effect::Effect;
use arcadia::tui::msg::What;

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

/// Ten deployments came up, whose wait took from one to ten times so many milliseconds.
pub(crate) fn waits(millis: u64) -> Usual {
    let mut usual = Usual::default();
    for number in 1..=10 {
        let story = Story::launched(u128::from(100 + number), "before", 90_000);
        let story = story.does(0, 300).does(1, 4_000).does(2, number * millis);
        let region = story.summary().region.clone();
        usual.follow(story.id(), &region, &story.entries);
    }
    usual
}

/// A deployment that has been waiting for its droplet for 24.5 s.
fn stage(usual: Usual) -> Stage {
    let mut stage = Stage::new(160, 45);
    let story = world::running();
    // What the engine reads at the start has what is under way in it, too.
    let mut usual = usual;
    usual.follow(story.id(), &story.summary().region, &story.entries);
    stage.usual = Some(usual);
    stage.picture(world::zoo());
    stage.select(story.id());
    stage
}

fn row(drawn: &str) -> &str {
    drawn.lines().find(|line| line.contains("web-00418")).unwrap()
}

#[test]
fn a_step_within_the_usual_says_what_that_is_and_no_more() {
    let mut stage = stage(waits(10_000));
    let drawn = stage.drawn();
    assert!(drawn.contains("usual 50s, 9 of 10 within 1m30s"), "{drawn}");
    assert!(!drawn.contains("slower than"), "{drawn}");
    assert!(drawn.contains("╌╌"), "as far as it usually goes: {drawn}");
}

#[test]
fn a_step_beyond_nine_of_ten_is_marked_slow() {
    let mut stage = stage(waits(1_000));
    let drawn = stage.drawn();
    assert!(
        drawn.contains("usual 5.0s, 9 of 10 within 9.0s; this one is slower than 100 %"),
        "{drawn}"
    );
    assert!(!drawn.contains("╌╌"), "its usual end is past: {drawn}");
}

#[test]
fn what_is_usual_is_read_a_minute_later_when_news_were_missed_within_it() {
    let mut stage = stage(waits(10_000));
    let reads =
        |stage: &Stage| stage.effects.iter().filter(|effect| **effect == Effect::ReadUsual).count();
    assert_eq!(reads(&stage), 1);
    stage.pass(1_000);
    for _ in 0..3 {
        stage.send(What::Lagged { missed: 3 });
    }
    assert_eq!(reads(&stage), 1, "it is a look at hundreds of histories");
    while stage.now < world::NOW + Duration::from_mins(1) {
        let due = stage.model.due().expect("the screen must be woken to read");
        stage.pass(stage.now.until(due).as_millis().max(1).try_into().unwrap());
    }
    assert_eq!(reads(&stage), 2);
}

#[test]
fn the_list_says_how_many_times_the_usual_a_step_has_taken() {
    let mut stage = stage(waits(1_000));
    stage.keys("1z");
    let drawn = stage.drawn();
    assert!(row(&drawn).contains("x ▲"), "{}", row(&drawn));
    let mut stage = self::stage(waits(10_000));
    stage.keys("1z");
    let drawn = stage.drawn();
    assert!(row(&drawn).contains(" 0.5x "), "{}", row(&drawn));
}

#[test]
fn nothing_is_called_usual_before_it_is_known() {
    let mut stage = stage(Usual::default());
    let drawn = stage.drawn();
    assert!(!drawn.contains("within") && !drawn.contains("╌╌"), "{drawn}");
}

#[test]
fn what_goes_on_here_counts_from_then_on() {
    let mut stage = stage(Usual::default());
    for number in 0..3 {
        let story = Story::launched(200 + number, "later", 60);
        stage.goes_on(story.clone());
        stage.goes_on(story.does(0, 300).does(1, 4_000).does(2, 40_000));
    }
    assert!(stage.drawn().contains("usual 40s, 9 of 10 within 40s"));
}

/// Ten deployments came up, and every step of them is known.
pub(crate) fn whole() -> Usual {
    let mut usual = Usual::default();
    for number in 0..10 {
        let story = Story::launched(300 + number, "whole", 90_000)
            .does(0, 300)
            .does(1, 4_100)
            .does(2, 62_000)
            .does(3, 400)
            .does(4, 200)
            .does(5, 1_800)
            .does(6, 300);
        usual.follow(story.id(), &story.summary().region, &story.entries);
    }
    usual
}
