//! Everything as plain lines: words from the top down, and the terminal's cursor where the selection is.

use arcadia::tui::options::Lines;
use arcadia::tui::view::Counting;
use crossterm::event::KeyCode;

use crate::screens::on_file;
use crate::screens::stage::Stage;
use crate::screens::usual;
use crate::screens::world;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 8)];

fn plain(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.state.lines = Lines::Plain;
    stage.picture(world::zoo());
    stage
}

/// What a screen reader would read as noise.
fn is_drawing(letter: char) -> bool {
    matches!(letter, '\u{2500}'..='\u{259f}' | '▸')
}

/// What is done to see a scene, with its name.
type Scene = (&'static str, fn(&mut Stage));

const SCENES: [Scene; 13] = [
    ("list", |_| {}),
    ("saga", |stage| stage.keys("2")),
    ("log", |stage| stage.keys("3v")),
    ("inventory", |stage| stage.keys("I")),
    ("audit", |stage| stage.keys("E")),
    ("filter", |stage| stage.keys("/web")),
    ("details", |stage| stage.keys("o")),
    ("help", |stage| stage.keys("?")),
    ("launch", |stage| {
        stage.keys("n");
        stage.press(KeyCode::Tab);
        stage.press(KeyCode::Tab);
        stage.press(KeyCode::Tab);
    }),
    ("cancel", |stage| {
        stage.select(world::running().id());
        stage.keys("c");
    }),
    ("command_line", |stage| stage.keys(":la")),
    ("leave", |stage| stage.keys("q")),
    ("past", |stage| stage.keys("2[")),
];

#[test]
fn every_view_and_dialog_is_plain_lines_at_any_size_with_the_cursor_on_what_is_selected() {
    for (name, scene) in SCENES {
        for (width, height) in SIZES {
            let mut stage = plain(width, height);
            scene(&mut stage);
            let drawn = stage.drawn();
            let noise: Vec<_> = drawn.chars().filter(|letter| is_drawing(*letter)).collect();
            assert!(noise.is_empty(), "{name}: {noise:?}\n{drawn}");
            let (column, line) = stage.cursor();
            let under = drawn.lines().nth(usize::from(line)).unwrap_or_default();
            let marked = format!("cursor at {column}, {line}: {under}\n\n{drawn}");
            on_file(&format!("linear_{name}_{width}x{height}"), &marked);
        }
    }
}

#[test]
fn nothing_counts_so_nothing_is_read_out_again_and_again() {
    let mut stage = plain(120, 36);
    stage.select(world::running().id());
    stage.pass(10_000);
    let before = stage.drawn();
    assert_eq!(stage.state.counting, Counting::Nothing);
    let list: Vec<_> = before.lines().take(12).map(str::to_owned).collect();
    stage.pass(3_000);
    let after = stage.drawn();
    assert_eq!(after.lines().take(12).collect::<Vec<_>>(), list);
}

#[test]
fn what_changed_is_one_line_and_the_cursor_follows_the_selection() {
    let mut stage = plain(80, 24);
    let (_, before) = {
        stage.drawn();
        stage.cursor()
    };
    stage.keys("j");
    stage.drawn();
    assert_eq!(stage.cursor().1, before + 1);
    stage.goes_on(world::running().orders(arcadia::domain::saga::event::Order::Hold));
    let drawn = stage.drawn();
    let told = drawn.lines().nth(22).unwrap();
    assert_eq!(told, " 08:53:20 acme/web-00418: on hold");
}

#[test]
fn what_is_slow_is_said_in_words() {
    let mut stage = Stage::new(120, 36);
    stage.state.lines = Lines::Plain;
    let mut known = usual::waits(1_000);
    let story = world::running();
    known.follow(story.id(), &story.summary().region, &story.entries);
    stage.usual = Some(known);
    stage.picture(world::zoo());
    let drawn = stage.drawn();
    let row = drawn.lines().find(|line| line.contains("web-00418")).unwrap();
    assert!(row.contains("slower than usual"), "{row}");
}
