//! The pictures of the README: made from scenes and from a session with a real engine, and held to what
//! is committed. `cargo readme-screens` makes them anew.

use std::fs;
use std::path::PathBuf;

use vt100::Parser;

use crate::readme::cast::Cast;
use crate::screens::stage::Stage;
use crate::screens::world::{self, Story};

mod cast;
mod demo;
mod svg;

const SIZE: (u16, u16) = (120, 36);

/// Set to write the files instead of comparing them.
const WRITE: &str = "ARCADIA_README_SCREENS";

#[test]
fn the_screens_of_the_readme_are_those_of_the_program() {
    for (name, scene) in scenes() {
        let mut stage = Stage::new(SIZE.0, SIZE.1);
        scene(&mut stage);
        let text = stage.drawn();
        held_to(&format!("screens/{name}.txt"), &text);
        held_to(&format!("screens/{name}.svg"), &svg::of(stage.cells(), SIZE));
    }
}

#[tokio::test(start_paused = true)]
async fn the_demo_is_what_the_program_does_and_ends_with_nothing_left_behind() {
    held_to("demo.cast", &demo::play().await.text());
    let cast = Cast::parse(&fs::read_to_string(asset("demo.cast")).unwrap());
    let times: Vec<_> = cast.output.iter().map(|(at, _)| *at).collect();
    assert!(times.is_sorted() && times[0] == 0, "{times:?}");
    let (columns, rows) = cast.size;
    let size = |cells: u16| std::num::NonZeroU16::new(cells).unwrap();
    let mut parser = Parser::new(size(rows), size(columns), 0);
    let mut seen = String::new();
    for (_, output) in &cast.output {
        parser.process(output.as_bytes());
        seen.push_str(&parser.screen().contents());
    }
    for words in ["Launch a deployment", "PROVISIONING", "ACTIVE", "ROLLING BACK", "FAILED"] {
        assert!(seen.contains(words), "`{words}` is never shown");
    }
    insta::assert_snapshot!(parser.screen().contents());
}

type Scene = fn(&mut Stage);

fn scenes() -> [(&'static str, Scene); 4] {
    [
        ("healthy", |stage| {
            stage.picture(healthy());
            stage.select(world::running().id());
        }),
        ("rolling-back", |stage| {
            stage.picture(world::zoo());
            stage.select(world::rolling_back().id());
            stage.keys("2");
        }),
        ("needs-you", |stage| {
            stage.picture(world::zoo());
            stage.select(world::needs_you().id());
            stage.keys("o");
        }),
        ("launch", |stage| {
            stage.picture(healthy());
            stage.keys("n");
            stage.keys("acme");
            stage.press(crossterm::event::KeyCode::Tab);
            stage.keys("web");
        }),
    ]
}

/// One that is on its way, and the rest up.
fn healthy() -> Vec<Story> {
    let names = ["api", "billing", "cache", "docs", "mail", "search", "shop", "wiki"];
    let ups = (20_u8..).zip(names).map(|(number, name)| {
        let days = u64::from(number - 18);
        world::up(number, &format!("{name}-prod"), 86_400 * days, 11 * days % 17)
    });
    ups.chain([world::running(), world::backing_off()]).collect()
}

/// Compares a file with what it should be, or writes it.
fn held_to(name: &str, expected: &str) {
    let path = asset(name);
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, expected).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == expected,
        "assets/{name} is not what the program shows; `cargo readme-screens` makes it anew",
    );
}

fn asset(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "assets", name].iter().collect()
}
