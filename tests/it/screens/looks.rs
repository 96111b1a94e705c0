//! What every view looks like in every theme, at every class of size.
//!
//! Nothing is drawn but by a role, so two things are kept on file instead of thousands of frames: for
//! each view which role lies on which cell ("roles"), found with a palette in which every role can be
//! told from every other; and for each theme what every combination of roles that occurs anywhere is
//! drawn as ("styles"). That the one leads to the other, that no view says anything else in another
//! theme, and that all of it can be read, is tested for every view, theme and size.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use arcadia::tui::options::{Ascii, Color};
use arcadia::tui::theme::Theme;
use arcadia::tui::theme::color::{contrast, rgb};
use arcadia::tui::theme::palette::{Faint, Look, Palette};
use arcadia::tui::theme::role::Role;
use arcadia::tui::theme::shelf::Themes;
use ratatui::buffer::Cell;
use ratatui::style::{Color as Drawn, Modifier, Style};

use crate::screens::stage::Stage;
use crate::screens::themed::look;
use crate::screens::views::VIEWS;
use crate::themes::SHAPES;
use crate::themes::palettes::TERMINALS;

/// One of each class.
const SIZES: [(u16, u16); 6] = [(160, 45), (120, 36), (80, 24), (60, 15), (30, 8), (1, 1)];

/// The classes in which there is no room for a view.
const TOO_SMALL: [(u16, u16); 2] = [(30, 8), (1, 1)];

/// Roles that lie under letters; the others are letters.
const GROUNDS: [Role; 5] = [Role::Selected, Role::Match, Role::Cursor, Role::Badge, Role::Field];

/// What a cell of a telltale screen shows: which roles lie on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Roles {
    letters: Option<Role>,
    ground: Option<Role>,
    strong: Strong,
    marked: Marked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strong {
    No,
    Yes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Marked {
    No,
    Yes,
}

/// A palette that tells the roles apart, and those that lie upon each other.
fn telltale() -> Palette {
    Role::ALL.into_iter().fold(Palette::BARE, |palette, role| {
        let color = Some(Drawn::Indexed(100 + role as u8));
        let look = if role == Role::Strong {
            Look { modifiers: Modifier::BOLD, ..Look::default() }
        } else if role == Role::Marked {
            Look { modifiers: Modifier::ITALIC, ..Look::default() }
        } else if GROUNDS.contains(&role) {
            Look { paper: color, ..Look::default() }
        } else {
            Look { ink: color, ..Look::default() }
        };
        palette.with(role, look)
    })
}

impl Roles {
    /// The roles of a cell of a telltale screen.
    fn of(cell: &Cell) -> Self {
        let role = |color: Drawn| {
            Role::ALL.into_iter().find(|role| color == Drawn::Indexed(100 + *role as u8))
        };
        let is = |modifier| cell.modifier.contains(modifier);
        Self {
            letters: role(cell.fg),
            ground: role(cell.bg),
            strong: if is(Modifier::BOLD) { Strong::Yes } else { Strong::No },
            marked: if is(Modifier::ITALIC) { Marked::Yes } else { Marked::No },
        }
    }

    fn all(self) -> impl Iterator<Item = Role> {
        let strong = (self.strong == Strong::Yes).then_some(Role::Strong);
        let marked = (self.marked == Marked::Yes).then_some(Role::Marked);
        [self.letters, self.ground, strong, marked].into_iter().flatten()
    }

    fn words(self) -> String {
        let mut words = self.letters.map_or("-", Role::name).to_owned();
        if self.strong == Strong::Yes {
            words.push_str("+strong");
        }
        if self.marked == Marked::Yes {
            words.push_str("+marked");
        }
        if let Some(ground) = self.ground {
            write!(words, "/{}", ground.name()).unwrap();
        }
        words
    }
}

/// A view at a size, before anything is drawn.
fn stage(scene: impl Fn(&mut Stage), (width, height): (u16, u16)) -> Stage {
    // A screen too small to be seen takes no keys, so whoever is there had more room before.
    let mut stage = Stage::new(width.max(40), height.max(8));
    scene(&mut stage);
    stage.resize(width, height);
    stage
}

/// The cells of a view in a theme.
fn cells(stage: &mut Stage, palette: Palette, ascii: Ascii) -> Vec<Cell> {
    stage.state.theme = Theme::of(palette, ascii);
    stage.draw();
    stage.cells().to_vec()
}

/// What is said, whatever it looks like.
fn words(cells: &[Cell]) -> Vec<&str> {
    cells.iter().map(Cell::symbol).collect()
}

/// Every theme of the house, and its name.
fn themes() -> Vec<(String, Palette)> {
    let themes = Themes::shipped(Color::Ansi);
    themes.names().map(|name| (name.to_owned(), themes.get(name).unwrap())).collect()
}

#[test]
fn the_role_of_every_cell_of_every_view() {
    for (name, scene) in VIEWS {
        let mut stage = stage(scene, (80, 24));
        let cells = cells(&mut stage, telltale(), Ascii::No);
        let mut lines = String::new();
        // The line of keys is the same everywhere, and changes with every key.
        for row in cells.chunks(80).take(23) {
            let runs = row.chunk_by(|one, other| Roles::of(one) == Roles::of(other));
            let runs = runs.map(|run| format!("{} {}", run.len(), Roles::of(&run[0]).words()));
            writeln!(lines, "{}", runs.collect::<Vec<_>>().join(", ")).unwrap();
        }
        insta::assert_snapshot!(format!("roles_{name}"), lines);
    }
}

/// What the roles of a cell are drawn as in a theme.
type Styles = BTreeMap<Roles, BTreeSet<String>>;

#[test]
fn every_view_says_the_same_in_every_theme_and_looks_as_its_roles_do() {
    let themes = themes();
    let mut styles: BTreeMap<&str, Styles> = BTreeMap::new();
    let mut faint = BTreeSet::new();
    for (view, scene) in VIEWS {
        for size in SIZES {
            let mut stage = stage(scene, size);
            let told = cells(&mut stage, telltale(), Ascii::No);
            for (theme, palette) in &themes {
                let drawn = cells(&mut stage, *palette, Ascii::No);
                assert_eq!(words(&drawn), words(&told), "{view} {size:?} {theme}");
                let known = styles.entry(theme.as_str()).or_default();
                let pairs: Vec<_> = drawn.iter().zip(&told).collect();
                let alike = |one: &(&Cell, &Cell), other: &(&Cell, &Cell)| {
                    (one.0.style(), one.1.style()) == (other.0.style(), other.1.style())
                };
                for run in pairs.chunk_by(alike) {
                    let (cell, roles) = (run[0].0, Roles::of(run[0].1));
                    let is_new = known.entry(roles).or_default().insert(look(cell));
                    if is_new {
                        faint.extend(unreadable(theme, palette, roles, cell));
                    }
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
    let seen: BTreeSet<_> = styles["mono"].keys().flat_map(|roles| roles.all()).collect();
    assert_eq!(seen, Role::ALL.into(), "each is drawn in some view");
    for (theme, known) in styles {
        let mut lines = String::new();
        for (roles, looks) in known {
            let looks: Vec<_> = looks.into_iter().collect();
            writeln!(lines, "{}: {}", roles.words(), looks.join(", ")).unwrap();
        }
        insta::assert_snapshot!(format!("styles_{theme}"), lines);
    }
}

/// Where a cell cannot be read, or seen: what it is, and how faint.
fn unreadable(theme: &str, palette: &Palette, roles: Roles, cell: &Cell) -> Vec<String> {
    let is_shape = roles.letters.is_some_and(|role| SHAPES.contains(&role));
    let style = Style {
        fg: Some(cell.fg).filter(|color| *color != Drawn::Reset),
        bg: Some(cell.bg).filter(|color| *color != Drawn::Reset),
        add_modifier: cell.modifier,
        ..Style::default()
    };
    let judge = |place: &str, (ink, paper), text: f64| {
        let (found, least) = (contrast(ink, paper), if is_shape { 3.0 } else { text });
        let said =
            format!("{theme}, {place}: {} {}: {found:.2} < {least}", roles.words(), look(cell));
        (found < least).then_some(said)
    };
    if palette.background().is_some() {
        let (ink, paper) = (rgb(cell.fg).unwrap(), rgb(cell.bg).unwrap());
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        let pair = if reversed { (paper, ink) } else { (ink, paper) };
        let least = if theme == "high-contrast" { 7.0 } else { 4.5 };
        return judge("painted", pair, least).into_iter().collect();
    }
    let shown = TERMINALS.iter().filter_map(|terminal| {
        let mut style = style;
        if terminal.faint == Faint::Lost {
            style.add_modifier -= Modifier::DIM;
        }
        judge(terminal.name, terminal.cell(style), terminal.least)
    });
    shown.collect()
}

#[test]
fn in_ascii_every_view_is_ascii_at_every_size_with_and_without_colour() {
    let themes = Themes::shipped(Color::Ansi);
    for (view, scene) in VIEWS {
        for size in SIZES {
            let mut stage = stage(scene, size);
            let [calm, mono] = ["ansi-16", "mono"].map(|name| themes.get(name).unwrap());
            let drawn = cells(&mut stage, calm, Ascii::Yes);
            assert!(words(&drawn).iter().all(|symbol| symbol.is_ascii()), "{view} {size:?}");
            let plain = cells(&mut stage, mono, Ascii::Yes);
            assert_eq!(words(&plain), words(&drawn), "{view} {size:?}");
            let is_colored = |cell: &Cell| (cell.fg, cell.bg) != (Drawn::Reset, Drawn::Reset);
            assert!(!plain.iter().any(is_colored), "{view} {size:?}");
        }
    }
}

#[test]
fn where_there_is_no_room_for_a_view_its_counts_are_shown() {
    let mut frames: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for size in TOO_SMALL {
        for (view, scene) in VIEWS {
            let drawn = stage(scene, size).drawn();
            frames.entry(format!("{size:?}\n{drawn}")).or_default().push(view);
        }
    }
    let frames = frames.into_iter().map(|(frame, views)| format!("{frame}= {}\n", views.join(" ")));
    insta::assert_snapshot!("too_small", frames.collect::<String>());
}
