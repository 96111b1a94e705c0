//! Every view that there is, each as a scene that any screen can be brought to.

use arcadia::config::{Environment, Loaded};
use arcadia::tui::keymap::Keymap;
use arcadia::tui::model::form::Field;
use arcadia::tui::msg::{LaunchRefusal, What};
use crossterm::event::KeyCode;

use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};
use crate::screens::{at_field, usual, with_zoo};

/// Brings a screen there.
pub(crate) type Scene = fn(&mut Stage);

/// Every view, by name.
pub(crate) const VIEWS: [(&str, Scene); 33] = [
    ("opening", |_| {}),
    ("failed", |stage| stage.fail_to_connect("it is in use by process 4711")),
    ("empty", |stage| stage.picture(Vec::new())),
    ("running", |stage| at(stage, &world::running(), "")),
    ("usual", |stage| waiting(stage, 10_000)),
    ("slow", |stage| waiting(stage, 2_500)),
    ("rolling_back", |stage| at(stage, &world::rolling_back(), "2")),
    ("needs_you", |stage| at(stage, &world::needs_you(), "")),
    ("on_hold", |stage| at(stage, &world::on_hold(), "")),
    ("unknown", |stage| at(stage, &world::held_with_unknown_outcome(), "")),
    ("active", |stage| at(stage, &world::active(), "")),
    ("zoomed", |stage| at(stage, &world::rolling_back(), "2z")),
    ("log", |stage| at(stage, &world::rolling_back(), "3zv")),
    ("search", |stage| at(stage, &world::rolling_back(), "3v/droplet")),
    ("past", |stage| at(stage, &world::rolling_back(), "2[[[[[[")),
    ("marked", |stage| at(stage, &world::rolling_back(), "A")),
    ("filter", |stage| at(stage, &world::active(), "/web state:run")),
    ("no_match", |stage| at(stage, &world::active(), "/zzz")),
    ("details", |stage| at(stage, &world::needs_you(), "o")),
    ("question", |stage| at(stage, &world::running(), "c")),
    ("question_with_a_name", |stage| at(stage, &world::active(), "Racme/web-bl")),
    ("question_with_a_reason", |stage| at(stage, &world::needs_you(), "agone by hand")),
    ("question_about_many", |stage| at(stage, &world::running(), "Ac3")),
    ("launch", |stage| {
        with_zoo(stage);
        stage.keys("nAcme Inc");
        stage.press(KeyCode::Tab);
    }),
    ("launch_ready", |stage| at_field(stage, "web", Field::Launch)),
    ("pick", |stage| at_field(stage, "web", Field::Size)),
    ("help", |stage| at(stage, &world::active(), "?")),
    ("command_line", |stage| at(stage, &world::active(), ":go acme")),
    ("chord", |stage| {
        let text = "[keys]\ncancel = \", c\"\nhold = \", h\"\n";
        let loaded = Loaded::from_text(text, &Environment::default()).unwrap();
        stage.model.keymap = Keymap::new(&loaded.config.keys).unwrap();
        at(stage, &world::running(), ",");
    }),
    ("inventory", |stage| at(stage, &world::active(), "I")),
    ("audit", |stage| at(stage, &world::active(), "E")),
    ("quit", |stage| at(stage, &world::active(), "q")),
    ("refused", |stage| {
        at_field(stage, "web", Field::Launch);
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Esc);
        let result = Err(LaunchRefusal::Other("the journal failed".to_owned()));
        stage.send(What::Launched { slug: "web".to_owned(), result });
    }),
];

/// The wait of a running saga usually takes from one to ten times so many milliseconds.
fn waiting(stage: &mut Stage, millis: u64) {
    let (mut known, story) = (usual::waits(millis), world::running());
    known.follow(story.id(), &story.summary().region, &story.entries);
    stage.usual = Some(known);
    at(stage, &story, "");
}

/// One of each deployment is there, this one is selected, and these keys were pressed.
fn at(stage: &mut Stage, story: &Story, keys: &str) {
    with_zoo(stage);
    stage.select(story.id());
    stage.keys(keys);
}
