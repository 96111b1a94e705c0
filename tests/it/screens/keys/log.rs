//! What keys do to the log: a search, a level, how times are told.

use arcadia::control::Notice;
use arcadia::tui::msg::What;
use arcadia::tui::view::Counting;
use crossterm::event::KeyCode;
use ratatui::style::Modifier;

use crate::screens::control;
use crate::screens::keys::at;
use crate::screens::stage::Stage;
use crate::screens::world;

#[test]
fn a_search_in_the_log_marks_what_it_finds_and_goes_from_one_to_the_next() {
    let mut stage = at(&world::rolling_back());
    stage.keys("3v/request");
    let drawn = stage.drawn();
    let title = drawn.lines().find(|line| line.contains("Log ·")).unwrap();
    let found = stage.model.log.found();
    assert!(title.contains(&format!("search: request▏ {found} found")), "{title}");
    assert!(found > 1);
    let reversed = |stage: &Stage| {
        let cells = stage.cells().iter();
        cells.filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count()
    };
    let marked = reversed(&stage);
    stage.press(KeyCode::Up);
    let before = stage.model.log.position;
    stage.press(KeyCode::Enter);
    stage.keys("<");
    assert_ne!(stage.model.log.position, before, "the next one above");
    stage.keys(">");
    assert_eq!(stage.model.log.position, before);
    stage.keys("/");
    stage.press(KeyCode::Esc);
    stage.drawn();
    assert!(reversed(&stage) < marked, "Esc takes the marks away");
    assert!(stage.model.log.search().text().is_empty());
    assert_eq!(stage.model.list.filter(), "", "the list is not filtered by it");
}

#[test]
fn lines_below_a_level_are_left_out_and_the_title_says_so() {
    let mut stage = at(&world::rolling_back());
    stage.keys("3v");
    let all = stage.model.log.count();
    stage.keys("ii");
    let left = stage.model.log.count();
    assert!(left < all);
    let drawn = stage.drawn();
    assert!(drawn.contains("WARN and worse") && !drawn.contains(" INFO "), "{drawn}");
    stage.keys("ii");
    assert_eq!(stage.model.log.count(), all);
}

#[test]
fn times_are_told_as_the_reader_wants_them() {
    let mut stage = at(&world::rolling_back());
    stage.keys("3vt");
    assert!(stage.drawn().contains("since launch"));
    stage.keys("t");
    assert!(stage.drawn().contains("s ago "));
    assert_eq!(stage.state.counting, Counting::Seconds, "they count");
    stage.keys("t");
    assert!(stage.drawn().contains("UTC"));
}

#[test]
fn a_wrapped_line_that_is_taller_than_the_pane_is_seen_from_its_beginning_and_to_its_end() {
    let story = world::rolling_back();
    let mut stage = at(&story);
    stage.keys("3wv");
    let mut line = control::log_lines().pop().unwrap();
    line.number += 1;
    line.line.text = format!("alpha {}omega", "and so on ".repeat(500));
    stage.send(What::Noticed(Notice::Logged { deployment: story.id(), line: line.into() }));
    let drawn = stage.drawn();
    assert!(drawn.contains("omega") && !drawn.contains("alpha"), "the end is followed: {drawn}");
    stage.keys("f");
    let drawn = stage.drawn();
    assert!(drawn.contains("alpha") && !drawn.contains("omega"), "{drawn}");
}
