//! Keys that a person chose: one by one, and some in a row.

use arcadia::config::{Environment, Loaded};
use arcadia::tui::keymap::Keymap;
use arcadia::tui::model::overlay::Overlay;
use crossterm::event::KeyCode;

use crate::screens::keys::orders;
use crate::screens::stage::Stage;
use crate::screens::world;

/// A running saga is selected, and these keys hold.
fn stage(keys: &str) -> Stage {
    let text = format!("[keys]\n{keys}");
    let loaded = Loaded::from_text(&text, &Environment::default()).unwrap();
    let mut stage = Stage::new(80, 24);
    stage.picture(world::zoo());
    stage.select(world::running().id());
    stage.model.keymap = Keymap::new(&loaded.config.keys).unwrap();
    stage
}

#[test]
fn the_footer_and_the_help_name_the_keys_that_hold() {
    let mut stage = stage("cancel = \"x\"\nhelp = \"H\"\n");
    let drawn = stage.drawn();
    assert!(drawn.contains("x cancel") && !drawn.contains("c cancel"), "{drawn}");
    stage.keys("?c");
    assert!(stage.model.overlay.is_none(), "the keys before are free");
    stage.keys("H");
    let drawn = stage.drawn();
    assert!(drawn.contains("x       cancel"), "{drawn}");
    stage.press(KeyCode::Esc);
    stage.keys("x");
    assert!(matches!(stage.model.overlay, Some(Overlay::Question(_))));
}

#[test]
fn after_the_first_of_some_keys_a_panel_says_what_may_follow() {
    let mut stage =
        stage("cancel = \", c\"\nhold = \", h\"\nretry = [\", r\"]\nlaunch = \", n\"\n");
    stage.keys(",");
    insta::assert_snapshot!(stage.drawn());
    stage.keys("h");
    assert_eq!(orders(&stage).len(), 1);
    assert!(!stage.drawn().contains("Esc leaves"), "the panel goes with the last key");
}

#[test]
fn esc_leaves_a_row_of_keys_and_a_stray_key_says_so_and_does_nothing() {
    let mut stage = stage("cancel = \", c\"\n");
    stage.keys("2,");
    stage.press(KeyCode::Esc);
    let drawn = stage.drawn();
    assert!(!drawn.contains("Esc leaves") && !drawn.contains("is no key"), "{drawn}");
    stage.keys("c");
    assert!(stage.model.overlay.is_none(), "the row was left");
    stage.keys(",q");
    let drawn = stage.drawn();
    assert!(drawn.contains("`,q` is no key; ? lists them"), "{drawn}");
    assert!(stage.model.overlay.is_none() && stage.model.ended.is_none());
    stage.keys(",");
    stage.control('c');
    assert!(stage.drawn().contains("Ctrl-C again leaves"), "leaving is never out of reach");
}

#[test]
fn a_panel_fits_any_screen() {
    let mut stage = stage("cancel = \", c\"\nhold = \", h\"\nretry = \", r\"\nlaunch = \", n\"\n");
    stage.keys(",");
    for (width, height) in [(120, 36), (40, 8), (20, 5), (3, 3), (1, 1), (0, 0)] {
        stage.resize(width, height);
        stage.drawn();
    }
}

#[test]
fn texts_and_dialogs_name_the_keys_that_hold() {
    let mut stage =
        stage("cancel = \"x\"\nretry = \"o\"\ndetails = \"D\"\nskip = []\nlaunch = \", n\"\n");
    stage.keys("R");
    assert!(stage.drawn().contains("it is still provisioning; x cancels it"), "{}", stage.drawn());
    stage.select(world::needs_you().id());
    stage.keys("D");
    let drawn = stage.drawn();
    assert!(drawn.contains("o try it again") && !drawn.contains("s did it"), "{drawn}");
    stage.keys("o");
    assert_eq!(orders(&stage).len(), 1, "what the dialog closed with before is another key's");
    stage.picture(Vec::new());
    stage.press(KeyCode::Esc);
    assert!(stage.drawn().contains("No deployments yet. ,n launches one"), "{}", stage.drawn());
}
