//! What the mouse does: clicks and the wheel, on what is drawn.

use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;
use arcadia::tui::keymap::{Command, Verb};
use arcadia::tui::model::form::{Field, Progress};
use arcadia::tui::model::log::Position;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::saga::Opened;
use arcadia::tui::model::screen::Screen;
use arcadia::tui::model::{Model, Pane};
use arcadia::tui::msg::What;
use arcadia::tui::options::Mouse;
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture(world::zoo());
    stage.drawn();
    stage
}

/// Lets the time of a double click pass.
fn rest(stage: &mut Stage) {
    stage.pass(1_000);
}

fn picked(model: &Model) -> Option<usize> {
    model.saga.as_ref().and_then(Opened::picked)
}

#[test]
fn a_click_selects_a_row_and_a_step_and_a_pane() {
    let mut stage = stage();
    stage.click("acme/web-blue-00417");
    assert_eq!(stage.selected(), Some(world::rolling_back().id()));
    assert_eq!(stage.model.pane, Pane::List);
    stage.click("register inventory");
    assert_eq!((stage.model.pane, picked(&stage.model)), (Pane::Saga, Some(3)));
    assert_eq!(stage.selected(), Some(world::rolling_back().id()));
    stage.click("Log ·");
    assert_eq!(stage.model.pane, Pane::Log);
    stage.click("Deployments 11");
    assert_eq!(stage.model.pane, Pane::List);
}

#[test]
fn a_double_click_opens_and_two_slow_ones_do_not() {
    let mut stage = stage();
    stage.click("acme/web-blue-00417");
    rest(&mut stage);
    stage.click("acme/web-blue-00417");
    assert_eq!(stage.model.pane, Pane::List);
    stage.click("acme/web-blue-00417");
    assert_eq!(stage.model.pane, Pane::Saga);
    rest(&mut stage);
    stage.click("activate");
    stage.click("activate");
    assert_eq!(stage.model.pane, Pane::Log);
    rest(&mut stage);
    stage.keys("I");
    rest(&mut stage);
    stage.drawn();
    stage.click("acme/api-canary-0311");
    stage.click("acme/api-canary-0311");
    assert_eq!(stage.model.screen, Screen::Deployments);
    assert_eq!(stage.selected(), Some(world::held_with_unknown_outcome().id()));
}

#[test]
fn a_click_on_a_field_leaves_the_place_in_the_list_of_the_last_one() {
    let mut stage = stage();
    stage.keys("n");
    stage.click("region");
    stage.press(KeyCode::Up);
    rest(&mut stage);
    stage.click("count");
    rest(&mut stage);
    stage.click("region");
    assert_eq!(stage.model.form.focus, Field::Region);
    stage.press(KeyCode::Enter);
    assert_eq!(
        stage.model.form.value(Field::Region),
        "syd1",
        "nothing is marked but what it holds"
    );
}

#[test]
fn a_click_on_a_field_takes_back_that_several_were_about_to_be_launched() {
    let mut stage = stage();
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys("web");
    stage.press(KeyCode::Tab);
    stage.keys("25");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert!(matches!(stage.model.form.progress, Progress::Confirming(_)));
    rest(&mut stage);
    stage.click("slug");
    stage.keys("s");
    assert_eq!(stage.model.form.value(Field::Slug), "webs");
    assert!(stage.asked.is_empty());
}

#[test]
fn the_wheel_scrolls_what_lies_under_it_and_moves_no_selection_of_another_pane() {
    let mut stage = stage();
    stage.select(world::rolling_back().id());
    stage.keys("2");
    let step = picked(&stage.model);
    stage.turn("Log ·", Gesture::WheelUp);
    assert_ne!(stage.model.log.position, Position::Following, "scrolling up stops following");
    assert_eq!((stage.model.pane, picked(&stage.model)), (Pane::Saga, step));
    stage.turn("Log ·", Gesture::WheelDown);
    stage.turn("Log ·", Gesture::WheelDown);
    assert_eq!(stage.model.log.position, Position::Following);
    stage.turn("Saga acme", Gesture::WheelUp);
    assert_ne!(picked(&stage.model), step);
    assert_eq!(stage.selected(), Some(world::rolling_back().id()));
}

#[test]
fn the_wheel_looks_elsewhere_in_the_list_and_a_key_comes_back() {
    let mut stage = Stage::new(80, 24);
    stage.picture(world::zoo());
    let selected = stage.selected();
    let top = |stage: &mut Stage| stage.drawn().lines().nth(3).unwrap().to_owned();
    let first = top(&mut stage);
    stage.turn("DEPLOYMENT", Gesture::WheelDown);
    assert_ne!(top(&mut stage), first);
    assert_eq!(stage.selected(), selected, "the selection stays where it is");
    for _ in 0..9 {
        stage.turn("DEPLOYMENT", Gesture::WheelDown);
    }
    assert!(stage.drawn().contains("8-11 of 11"), "{}", stage.drawn());
    stage.turn("DEPLOYMENT", Gesture::WheelUp);
    assert!(stage.drawn().contains("5-8 of 11"), "{}", stage.drawn());
    stage.keys("k");
    assert_eq!(top(&mut stage), first);
}

#[test]
fn a_hint_in_the_footer_is_clicked_as_its_key_is_pressed() {
    let mut stage = stage();
    stage.click("o details");
    assert!(matches!(stage.model.overlay, Some(Overlay::Details { .. })));
    rest(&mut stage);
    stage.click("Esc close");
    assert!(stage.model.overlay.is_none());
    stage.click("r retry");
    assert!(matches!(stage.asked[..], [Effect::Order { order: Order::Retry, .. }]));
}

#[test]
fn nothing_behind_a_dialog_or_beside_it_is_clicked() {
    let mut stage = stage();
    let selected = stage.selected();
    stage.keys("?");
    stage.drawn();
    for y in 0..36 {
        for x in 0..120 {
            let press = stage.state.zones.at((x, y), Gesture::Press);
            let allowed = matches!(press, None | Some(Target::Dialog | Target::Answer(_)));
            assert!(allowed, "{x},{y}: {press:?}");
        }
    }
    stage.point((3, 4), Gesture::Press);
    assert!(stage.model.overlay.is_some() && stage.selected() == selected);
}

#[test]
fn nothing_is_destroyed_by_one_click_nor_by_a_double_click() {
    for (width, height) in [(160, 45), (120, 36), (80, 24), (60, 15)] {
        let mut stage = Stage::new(width, height);
        stage.picture(vec![world::running()]);
        stage.keys("c");
        stage.drawn();
        let answers: Vec<_> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .filter(|at| {
                matches!(stage.state.zones.at(*at, Gesture::Press), Some(Target::Answer(_)))
            })
            .collect();
        assert!(answers.len() > 20, "yes, no, and what the footer says, if it is to be seen");
        for at in answers {
            stage.press(KeyCode::Esc);
            rest(&mut stage);
            // The click that opens the dialog, and at once others that fall on its answers.
            let target = Target::Hint(Command::Act(Verb::Cancel));
            stage.send(What::Pointed { target, gesture: Gesture::Press });
            stage.drawn();
            for _ in 0..4 {
                stage.point(at, Gesture::Press);
            }
            assert!(stage.asked.is_empty(), "{at:?} at {width}x{height}");
            assert!(stage.model.overlay.is_some(), "it was not answered");
        }
    }
}

#[test]
fn a_question_is_answered_by_a_click_that_took_its_time() {
    let mut stage = stage();
    stage.select(world::running().id());
    stage.click("c cancel");
    rest(&mut stage);
    stage.drawn();
    stage.click("no (Enter, Esc)");
    assert!(stage.model.overlay.is_none() && stage.asked.is_empty());
    rest(&mut stage);
    stage.click("c cancel");
    rest(&mut stage);
    stage.click("yes, undo all of it");
    assert!(matches!(stage.asked[..], [Effect::Order { order: Order::Cancel, .. }]));
}

#[test]
fn what_is_rolled_back_has_to_be_typed_however_much_is_clicked() {
    let story: Story = world::active();
    let mut stage = stage();
    stage.select(story.id());
    stage.keys("R");
    stage.drawn();
    for y in 0..36 {
        for x in 0..120 {
            if stage.model.overlay.is_none() {
                stage.keys("R");
                stage.drawn();
            }
            rest(&mut stage);
            stage.point((x, y), Gesture::Press);
        }
    }
    assert!(stage.asked.is_empty());
}

#[test]
fn the_launch_form_is_filled_in_where_it_is_clicked() {
    let mut stage = stage();
    stage.keys("n");
    stage.drawn();
    stage.click("region");
    assert_eq!(stage.model.form.focus, Field::Region);
    rest(&mut stage);
    let before = stage.model.form.on_failure;
    stage.click("on failure");
    assert_ne!(stage.model.form.on_failure, before);
    rest(&mut stage);
    stage.click("[ Launch ]");
    assert!(stage.asked.is_empty(), "the draft makes no sense yet");
    assert_eq!(stage.model.form.focus, Field::Tenant, "and this is the first thing to put right");
}

#[test]
fn a_key_takes_the_mouse_and_gives_it_back() {
    let mut stage = stage();
    stage.keys("M");
    assert!(stage.drawn().contains("hold Shift to select text"));
    stage.keys("IM");
    assert_eq!(stage.captured, [Mouse::Captured, Mouse::Left]);
}

#[test]
fn whatever_is_drawn_lies_on_the_screen_and_each_row_is_its_own() {
    for (width, height) in [(160, 45), (120, 36), (80, 24), (60, 15), (40, 8), (20, 5), (1, 1)] {
        for keys in ["", "2", "3", "I", "E", "n", "?", "o"] {
            let mut stage = Stage::new(width, height);
            stage.picture(world::zoo());
            stage.keys(keys);
            stage.pass(1_000);
            let drawn = stage.drawn();
            for (line, y) in drawn.lines().zip(0..) {
                if let Some(Target::Row(id)) = stage.state.zones.at((width / 2, y), Gesture::Press)
                {
                    let name = stage.model.list.row(id).unwrap().name();
                    let tail = &name[name.len() - 4..];
                    assert!(line.contains(tail), "{name} in {line}");
                }
            }
            assert_eq!(stage.state.zones.at((width, 0), Gesture::Press), None);
            assert_eq!(stage.state.zones.at((0, height), Gesture::Press), None);
        }
    }
}

#[test]
fn a_click_takes_an_entry_of_a_list_and_what_the_command_line_may_become() {
    let mut stage = stage();
    stage.keys("n");
    while stage.model.form.focus != Field::Region {
        stage.press(KeyCode::Tab);
    }
    stage.click("nyc3  New York 3");
    assert_eq!(stage.model.form.draft().region, "nyc3");
    assert_ne!(stage.model.form.focus, Field::Region, "as Enter does, the keys go on");
    stage.press(KeyCode::Esc);
    stage.keys(":la");
    stage.click("launch   ");
    let Some(Overlay::CommandLine(line)) = &stage.model.overlay else { panic!("it is closed") };
    assert_eq!(line.input.value(), "launch");
}

#[test]
fn the_wheel_scrolls_what_a_question_lists() {
    let mut stage = Stage::new(80, 24);
    stage.picture(world::zoo());
    stage.keys("A");
    stage.keys("c");
    let before = stage.drawn();
    stage.turn("Cancel", Gesture::WheelDown);
    let after = stage.drawn();
    assert_ne!(after, before);
    assert!(after.contains("2-"), "{after}");
    assert!(matches!(stage.model.overlay, Some(Overlay::Question(_))));
}
