//! The screens in every theme: what each stretch of a row looks like.

use arcadia::tui::model::looks::Ground;
use arcadia::tui::msg::What;
use arcadia::tui::options::{Ascii, Color};
use arcadia::tui::theme::shelf::Themes;
use ratatui::buffer::Cell;
use ratatui::style::Color as Drawn;

use crate::screens::stage::Stage;
use crate::screens::world;

/// The main screen at 80x24, in this theme.
fn stage(theme: &str) -> Stage {
    let mut stage = Stage::new(80, 24);
    stage.model.looks = stage.state.themes.looks();
    stage.model.looks.resume(theme);
    assert_eq!(stage.model.looks.name(), Some(theme));
    stage.picture(world::zoo());
    stage.select(world::rolling_back().id());
    stage
}

/// A colour, or `-` for the terminal's own.
fn color(color: Drawn) -> String {
    if color == Drawn::Reset { "-".to_owned() } else { color.to_string().to_lowercase() }
}

/// A cell's look: ink, paper where it is painted, and modifiers.
pub(crate) fn look(cell: &Cell) -> String {
    let paper =
        if cell.bg == Drawn::Reset { String::new() } else { format!("/{}", color(cell.bg)) };
    let modifiers =
        cell.modifier.iter_names().flat_map(|(name, _)| ["+".to_owned(), name.to_lowercase()]);
    let modifiers: String = modifiers.collect();
    format!("{}{paper}{modifiers}", color(cell.fg))
}

/// The looks of a frame, row by row: how many cells, and how they look.
fn looks(stage: &mut Stage) -> String {
    stage.drawn();
    let mut lines = String::new();
    for row in stage.cells().chunks(80) {
        let runs = row.chunk_by(|one, other| look(one) == look(other));
        let runs: Vec<_> = runs.map(|run| format!("{} {}", run.len(), look(&run[0]))).collect();
        lines.push_str(&runs.join(", "));
        lines.push('\n');
    }
    lines
}

#[test]
fn the_main_screen_in_every_theme() {
    for name in Themes::default().names() {
        let mut stage = stage(name);
        insta::assert_snapshot!(format!("theme_{name}"), looks(&mut stage));
    }
}

#[test]
fn a_theme_with_a_background_paints_every_cell_of_every_screen() {
    for name in ["dark", "light", "high-contrast", "colour-blind-safe"] {
        let mut stage = stage(name);
        for keys in ["", "n", "?", "o", "q", "c"] {
            stage.press(crossterm::event::KeyCode::Esc);
            stage.keys(keys);
            stage.drawn();
            let bare = |cell: &&Cell| cell.bg == Drawn::Reset || cell.fg == Drawn::Reset;
            assert_eq!(stage.cells().iter().find(bare), None, "{name}, {keys}");
        }
    }
}

#[test]
fn a_key_goes_through_the_themes_and_says_their_names() {
    let names: Vec<_> = Themes::default().names().map(str::to_owned).collect();
    let mut stage = stage("ansi-16");
    for name in &names[1..] {
        stage.keys("T");
        assert_eq!(stage.model.looks.name(), Some(name.as_str()));
        let drawn = stage.drawn();
        assert!(drawn.contains(&format!("theme {name}, at the next start as well")), "{drawn}");
    }
    stage.keys("T");
    let drawn = stage.drawn();
    assert!(drawn.contains("theme auto: ansi-16 suits this terminal"), "{drawn}");
    assert_eq!(stage.model.looks.to_keep(), None, "the terminal has its say again");
}

#[test]
fn without_colour_there_is_one_theme() {
    let mut stage = Stage::with(80, 24, Ascii::No, Color::None);
    stage.model.looks = Themes::shipped(Color::None).looks();
    stage.picture(world::zoo());
    stage.keys("T");
    let drawn = stage.drawn();
    assert!(drawn.contains("theme mono: there is no other without colour"), "{drawn}");
    assert!(stage.cells().iter().all(|cell| (cell.fg, cell.bg) == (Drawn::Reset, Drawn::Reset)));
}

#[test]
fn a_light_background_changes_the_theme_that_nobody_chose() {
    let mut stage = stage("dark");
    stage.send(What::Background(Ground::Light));
    assert_eq!(stage.model.looks.name(), Some("dark"), "somebody chose it");
    stage.model.looks = stage.state.themes.looks();
    stage.send(What::Background(Ground::Dark));
    assert_eq!(stage.model.looks.name(), Some("ansi-16"));
    stage.send(What::Background(Ground::Light));
    assert_eq!(stage.model.looks.name(), Some("light"));
}
