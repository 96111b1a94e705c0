//! Marks, the question about many and the command line, cell by cell.

use arcadia::tui::options::{Ascii, Color};
use crossterm::event::KeyCode;

use crate::screens::stage::{Plans, Stage};
use crate::screens::world::{self, Story};
use crate::screens::{check, on_file};

fn mark(stage: &mut Stage, stories: &[Story]) {
    stage.picture(world::zoo());
    for story in stories {
        stage.select(story.id());
        stage.keys(" ");
    }
}

#[test]
fn marked_rows_and_how_many_there_are() {
    let three = [world::running(), world::on_hold(), world::active()];
    check("marked", |stage| mark(stage, &three));
    for size in [(120, 36), (60, 15)] {
        let mut stage = Stage::with(size.0, size.1, Ascii::Yes, Color::None);
        mark(&mut stage, &three);
        on_file(&format!("marked_ascii_{}x{}", size.0, size.1), &stage.drawn());
    }
}

#[test]
fn the_question_before_many_are_cancelled() {
    let four = [world::running(), world::backing_off(), world::on_hold(), world::active()];
    check("cancel_many", |stage| {
        mark(stage, &four);
        stage.keys("c3");
    });
}

#[test]
fn the_question_while_plans_are_on_their_way() {
    let two = [world::running(), world::backing_off()];
    let mut stage = Stage::new(120, 36);
    mark(&mut stage, &two);
    stage.plans = Plans::HeldBack;
    // The selected one's plan is there with its saga.
    stage.keys("c");
    on_file("cancel_many_reading_120x36", &stage.drawn());
}

#[test]
fn the_question_before_many_are_rolled_back() {
    let active = |number: u128, slug: &str| {
        let story = Story::launched(number, slug, 7_200);
        (0..7).fold(story, |story, step| story.does(step, 900)).completes()
    };
    let mut stories = world::zoo();
    stories.extend([active(21, "web-green"), active(22, "api-green")]);
    check("rollback_many", |stage| {
        stage.picture(stories.clone());
        stage.keys("/state:active");
        stage.press(KeyCode::Enter);
        stage.keys("AR");
    });
}

#[test]
fn the_question_before_many_are_abandoned() {
    let two = [world::needs_you(), world::held_with_unknown_outcome()];
    check("abandon_many", |stage| {
        mark(stage, &two);
        stage.keys("adealt with by hand");
    });
}

#[test]
fn the_question_before_many_are_held() {
    let three = [world::running(), world::backing_off(), world::on_hold()];
    check("hold_many", |stage| {
        mark(stage, &three);
        stage.keys("h");
    });
}

#[test]
fn the_command_line_with_what_it_may_become() {
    check("command", |stage| {
        stage.picture(world::zoo());
        stage.keys(":ma");
        stage.press(KeyCode::Tab);
    });
}

#[test]
fn the_command_line_completes_the_name_of_a_deployment() {
    check("command_go", |stage| {
        stage.picture(world::zoo());
        stage.keys(":go web");
    });
}

#[test]
fn the_command_line_says_what_is_wrong() {
    check("command_wrong", |stage| {
        stage.picture(world::zoo());
        stage.keys(":frobnicate");
        stage.press(KeyCode::Enter);
    });
}
