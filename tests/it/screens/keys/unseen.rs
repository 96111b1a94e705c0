//! What keys do on a screen that is too small to be seen, and how much is seen on one that is just large
//! enough.

use crossterm::event::KeyCode;

use crate::screens::keys::{at, orders, stage};
use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

#[test]
fn a_screen_too_small_to_see_takes_no_orders_and_opens_nothing() {
    let mut stage = at(&world::running());
    stage.resize(30, 8);
    stage.keys("hncy :/AR");
    assert!(orders(&stage).is_empty(), "{:?}", stage.asked);
    assert!(stage.model.overlay.is_none() && stage.model.marks.is_empty());
    stage.resize(120, 36);
    stage.keys("h");
    assert_eq!(orders(&stage).len(), 1);
}

#[test]
fn a_question_is_not_answered_where_it_cannot_be_seen_and_who_leaves_is_asked() {
    let mut stage = at(&world::running());
    stage.keys("c");
    stage.resize(20, 5);
    stage.keys("y");
    assert!(orders(&stage).is_empty());
    stage.resize(120, 36);
    stage.press(KeyCode::Esc);
    stage.resize(20, 5);
    stage.keys("q");
    assert_eq!(stage.model.ended, None);
    stage.keys("l");
    assert!(stage.model.ended.is_some());
}

#[test]
fn the_smallest_screen_shows_something_of_what_would_be_undone() {
    for size in [(40, 8), (64, 8), (40, 9)] {
        let mut stage = at(&world::active());
        stage.resize(size.0, size.1);
        stage.keys("R");
        let drawn = stage.drawn();
        assert!(drawn.contains(" 1 ") && drawn.contains("more below"), "{size:?}\n{drawn}");
        stage.keys("acme");
        let drawn = stage.drawn();
        assert!(drawn.contains("acme"), "what is typed is seen\n{drawn}");
    }
}

#[test]
fn every_row_of_a_long_plan_can_be_scrolled_to() {
    for size in [(120, 36), (80, 24), (64, 12), (40, 8)] {
        let mut stage = stage();
        stage.resize(size.0, size.1);
        stage.keys("Ac");
        let rows = stage.drawn();
        for _ in 0..200 {
            stage.press(KeyCode::Down);
        }
        let drawn = stage.drawn();
        let all_fit = !rows.contains("more below");
        assert!(all_fit || !drawn.contains("more below"), "{size:?}\n{drawn}");
        stage.press(KeyCode::Up);
        assert!(
            all_fit || stage.drawn().contains("more below"),
            "a key is dead at the end: {size:?}"
        );
    }
}

#[test]
fn the_longest_name_and_what_is_typed_of_it_are_both_seen() {
    let slug = "w".repeat(63);
    let story = (0..7).fold(Story::launched(77, &slug, 60), |story, step| story.does(step, 100));
    let story = story.completes();
    for size in [(80, 24), (40, 12), (120, 36)] {
        let mut stage = Stage::new(size.0, size.1);
        stage.picture(vec![story.clone()]);
        stage.keys("R");
        let drawn = stage.drawn();
        let letters = drawn.matches('w').count();
        assert!(letters >= 63, "{size:?}\n{drawn}");
        stage.keys("acme/qqq");
        assert!(stage.drawn().contains("acme/qqq"), "{size:?}\n{}", stage.drawn());
    }
}
