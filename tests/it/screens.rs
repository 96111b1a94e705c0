//! The screens, cell by cell, and what keys do to them.

#![expect(clippy::unwrap_used, reason = "what a test has set up is there")]

mod audit;
pub(crate) mod catalogue;
mod chaos;
pub(crate) mod control;
mod inventory;
mod keys;
mod linear;
mod looks;
mod marked;
mod notifying;
mod past;
mod pointer;
mod pulse;
mod remembering;
mod running;
pub(crate) mod stage;
mod themed;
mod usual;
pub(crate) mod views;
pub(crate) mod world;

use arcadia::domain::id::DeploymentId;
use arcadia::tui::model::form::Field;
use arcadia::tui::msg::{LaunchRefusal, What};
use arcadia::tui::options::{Ascii, Color};
use crossterm::event::KeyCode;
use ratatui::style::{Color as Plain, Modifier};
use stage::Stage;

const SIZES: [(u16, u16); 4] = [(160, 45), (120, 36), (80, 24), (60, 15)];

/// Draws a scene at every size and compares it with what is on file.
fn check(name: &str, scene: impl Fn(&mut Stage)) {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        scene(&mut stage);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.drawn());
    }
}

/// Compares a frame with the one of that name on file.
fn on_file(name: &str, drawn: &str) {
    insta::assert_snapshot!(name, drawn);
}

fn with_zoo(stage: &mut Stage) {
    stage.picture(world::zoo());
}

fn selecting(story: &world::Story) -> impl Fn(&mut Stage) + use<> {
    let id: DeploymentId = story.id();
    move |stage| {
        with_zoo(stage);
        stage.select(id);
    }
}

#[test]
fn the_journal_is_being_opened() {
    let mut stage = Stage::new(80, 24);
    insta::assert_snapshot!(stage.drawn());
}

#[test]
fn the_journal_did_not_open() {
    let mut stage = Stage::new(80, 24);
    stage.fail_to_connect("the data folder `/var/lib/arcadia` is in use by process 4711");
    insta::assert_snapshot!(stage.drawn());
}

#[test]
fn sizes_between_the_layouts() {
    for (width, height) in [(100, 20), (80, 16), (63, 30), (40, 8)] {
        let mut stage = Stage::new(width, height);
        with_zoo(&mut stage);
        insta::assert_snapshot!(format!("between_{width}x{height}"), stage.drawn());
    }
}

#[test]
fn an_empty_list_teaches() {
    check("empty", |stage| stage.picture(Vec::new()));
}

#[test]
fn every_standing_has_its_row() {
    check("zoo", with_zoo);
}

#[test]
fn a_running_saga() {
    check("running", selecting(&world::running()));
}

#[test]
fn a_saga_that_is_slower_than_usual() {
    let select = selecting(&world::running());
    check("slow", |stage| {
        let mut known = usual::waits(2_500);
        let story = world::running();
        known.follow(story.id(), &story.summary().region, &story.entries);
        stage.usual = Some(known);
        select(stage);
    });
}

#[test]
fn a_saga_rolling_back() {
    let select = selecting(&world::rolling_back());
    check("rolling_back", |stage| {
        select(stage);
        stage.keys("2");
    });
}

#[test]
fn an_outcome_that_nobody_knows() {
    check("unknown", selecting(&world::held_with_unknown_outcome()));
}

#[test]
fn what_is_active() {
    check("active", selecting(&world::active()));
}

#[test]
fn a_saga_alone() {
    let select = selecting(&world::rolling_back());
    check("zoomed", |stage| {
        select(stage);
        stage.keys("2z");
    });
}

#[test]
fn a_filter_while_it_is_typed() {
    check("filter", |stage| {
        with_zoo(stage);
        stage.keys("/web state:run");
    });
}

#[test]
fn a_search_in_the_log() {
    let select = selecting(&world::rolling_back());
    check("search", |stage| {
        select(stage);
        stage.keys("3v/droplet");
    });
}

#[test]
fn what_needs_a_person() {
    let select = selecting(&world::needs_you());
    check("needs_you", |stage| {
        select(stage);
        stage.keys("o");
    });
}

#[test]
fn the_launch_form_with_mistakes() {
    check("launch", |stage| {
        with_zoo(stage);
        stage.keys("n");
        stage.keys("Acme Inc");
        stage.press(KeyCode::Tab);
    });
}

#[test]
fn the_launch_form_ready() {
    check("launch_ready", |stage| {
        with_zoo(stage);
        stage.keys("n");
        stage.keys("acme");
        stage.press(KeyCode::Tab);
        stage.keys("web");
    });
}

/// The form with a name in it, at one of its fields.
fn at_field(stage: &mut Stage, slug: &str, field: Field) {
    with_zoo(stage);
    stage.keys("nacme");
    stage.press(KeyCode::Tab);
    stage.keys(slug);
    go(stage, field);
}

fn go(stage: &mut Stage, field: Field) {
    while stage.model.form.focus != field {
        stage.press(KeyCode::Tab);
    }
}

#[test]
fn each_list_of_the_launch_form() {
    for (name, field) in [
        ("regions", Field::Region),
        ("sizes", Field::Size),
        ("images", Field::Image),
        ("domains", Field::DnsDomain),
        ("keys", Field::SshKeys),
    ] {
        for (width, height) in SIZES {
            let mut stage = Stage::new(width, height);
            at_field(&mut stage, "web", field);
            insta::assert_snapshot!(format!("pick_{name}_{width}x{height}"), stage.drawn());
        }
    }
}

#[test]
fn a_list_that_answers_to_what_is_typed() {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        at_field(&mut stage, "web", Field::Size);
        stage.keys("2 gb");
        insta::assert_snapshot!(format!("pick_typed_{width}x{height}"), stage.drawn());
        go(&mut stage, Field::SshKeys);
        stage.keys("ana ");
        stage.keys("dep");
        insta::assert_snapshot!(format!("pick_keys_typed_{width}x{height}"), stage.drawn());
    }
}

#[test]
fn the_launch_form_without_the_provider() {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        stage.catalogue = Some(catalogue::of_nobody());
        at_field(&mut stage, "web", Field::Size);
        insta::assert_snapshot!(format!("pick_offline_{width}x{height}"), stage.drawn());
        go(&mut stage, Field::Launch);
        insta::assert_snapshot!(format!("launch_offline_{width}x{height}"), stage.drawn());
    }
}

#[test]
fn several_launches_before_the_last_enter() {
    check("launch_several", |stage| {
        stage.usual = Some(usual::whole());
        at_field(stage, "web, api, worker", Field::Launch);
        stage.press(KeyCode::Enter);
    });
    check("launch_many", |stage| {
        at_field(stage, "web", Field::Count);
        stage.keys("25");
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Enter);
        stage.keys("2");
    });
}

#[test]
fn several_launches_of_which_one_is_refused() {
    for (width, height) in [(80, 24), (60, 15)] {
        let mut stage = Stage::new(width, height);
        at_field(&mut stage, "web, api, worker", Field::Launch);
        stage.press(KeyCode::Enter);
        stage.press(KeyCode::Enter);
        stage.answer_launches(&["api"]);
        insta::assert_snapshot!(format!("one_refused_{width}x{height}"), stage.drawn());
    }
}

#[test]
fn why_a_launch_was_refused_and_what_to_do_can_be_read_to_the_end() {
    let why = "the journal failed: the journal's data file in \
               `/home/ana/.local/share/arcadia/journal` is gone: it was deleted while it was written \
               to; stop arcadia; bring the file back if it was moved, or have `arcadia rebuild` make \
               the journal anew from the archive";
    for (width, height) in [(80, 24), (60, 15)] {
        let mut stage = Stage::new(width, height);
        at_field(&mut stage, "web", Field::Launch);
        stage.press(KeyCode::Enter);
        // The form is left before the answer comes, so the bottom of the screen says it.
        stage.press(KeyCode::Esc);
        let result = Err(LaunchRefusal::Other(why.to_owned()));
        stage.send(What::Launched { slug: "web".to_owned(), result });
        insta::assert_snapshot!(format!("refused_{width}x{height}"), stage.drawn());
        stage.keys("n");
        insta::assert_snapshot!(format!("refused_in_form_{width}x{height}"), stage.drawn());
    }
}

#[test]
fn the_question_before_a_cancel() {
    let select = selecting(&world::running());
    check("cancel", |stage| {
        select(stage);
        stage.keys("c");
    });
}

#[test]
fn the_question_before_a_rollback() {
    let select = selecting(&world::active());
    check("rollback", |stage| {
        select(stage);
        stage.keys("Racme/web-bl");
    });
}

#[test]
fn the_question_before_an_abandon() {
    let select = selecting(&world::needs_you());
    check("abandon", |stage| {
        select(stage);
        stage.keys("agone by hand");
    });
}

#[test]
fn the_help() {
    check("help", |stage| {
        with_zoo(stage);
        stage.keys("?");
    });
}

#[test]
fn leaving_while_sagas_run() {
    check("quit", |stage| {
        with_zoo(stage);
        stage.keys("q");
    });
}

#[test]
fn the_log_alone() {
    let select = selecting(&world::rolling_back());
    check("log", |stage| {
        select(stage);
        stage.keys("3zv");
    });
}

#[test]
fn a_moment_of_the_past() {
    let select = selecting(&world::rolling_back());
    check("past", |stage| {
        select(stage);
        stage.keys("2[[[[[[");
    });
}

#[test]
fn ascii_without_colour() {
    let select = selecting(&world::rolling_back());
    for (width, height) in [(120, 36), (60, 15)] {
        let mut stage = Stage::with(width, height, Ascii::Yes, Color::None);
        select(&mut stage);
        let drawn = stage.drawn();
        assert!(drawn.is_ascii(), "{drawn}");
        insta::assert_snapshot!(format!("ascii_{width}x{height}"), drawn);
    }
}

#[test]
fn without_colour_no_cell_has_one_and_the_selected_row_is_reversed() {
    let mut stage = Stage::with(120, 36, Ascii::No, Color::None);
    with_zoo(&mut stage);
    stage.drawn();
    let cells = stage.cells();
    assert!(cells.iter().all(|cell| cell.fg == Plain::Reset && cell.bg == Plain::Reset));
    let reversed = cells.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED));
    assert!(reversed.count() >= 118, "the selected row");
}

#[test]
fn the_background_is_never_painted() {
    let mut stage = Stage::new(120, 36);
    with_zoo(&mut stage);
    for keys in ["", "s", "n", "?", "o", "q"] {
        stage.press(KeyCode::Esc);
        stage.keys(keys);
        stage.drawn();
        assert!(stage.cells().iter().all(|cell| cell.bg == Plain::Reset));
    }
}

#[test]
fn tiny_screens_keep_the_counts() {
    for (width, height) in [(39, 7), (20, 5), (5, 2), (1, 1), (0, 0)] {
        let mut stage = Stage::new(width, height);
        with_zoo(&mut stage);
        if width >= 20 {
            insta::assert_snapshot!(format!("tiny_{width}x{height}"), stage.drawn());
        }
    }
}
