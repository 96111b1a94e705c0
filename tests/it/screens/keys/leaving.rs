//! One level back, and out.

use arcadia::tui::model::Pane;
use arcadia::tui::options::Exit;
use crossterm::event::KeyCode;

use crate::screens::keys::stage;
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
