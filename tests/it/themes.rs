//! The themes of the house: everything that is drawn can be read, and what differs looks different,
//! to people who do not tell red from green as well.

#![expect(clippy::unwrap_used, reason = "what a test has set up is there")]

pub(crate) mod palettes;
mod vision;

use arcadia::tui::options::Color;
use arcadia::tui::theme::color::{contrast, rgb};
use arcadia::tui::theme::palette::Palette;
use arcadia::tui::theme::role::Role;
use arcadia::tui::theme::shelf::Themes;
use palettes::{TERMINALS, Terminal};
use ratatui::style::{Modifier, Style};
use vision::{Eyes, distance};

/// What is read. WCAG 2.2 wants 4.5 of it (1.4.3), and 7 of what calls itself enhanced (1.4.6).
const TEXT: [Role; 15] = [
    Role::Text,
    Role::Quiet,
    Role::Strong,
    Role::FocusedBorder,
    Role::Badge,
    Role::Field,
    Role::Marked,
    Role::Match,
    Role::Danger,
    Role::Warning,
    Role::Good,
    Role::Running,
    Role::Undoing,
    Role::NeedsYou,
    Role::Held,
];

/// What is seen, and not read. WCAG 2.2 wants 3 of it (1.4.11).
pub(crate) const SHAPES: [Role; 6] =
    [Role::Border, Role::BarTry, Role::BarWait, Role::BarBackOff, Role::BarUndo, Role::BarUsual];

/// What a row of the list may be.
const STATES: [Role; 7] = [
    Role::Quiet,
    Role::Danger,
    Role::Good,
    Role::Running,
    Role::Undoing,
    Role::NeedsYou,
    Role::Held,
];

/// What a step's bar may be made of, waiting apart, which is faint.
const BARS: [Role; 3] = [Role::BarTry, Role::BarBackOff, Role::BarUndo];

/// The least distance of two states, in CIE 1976 L*a*b*: some ten times what side by side is just
/// seen, because they stand rows apart.
const APART: f64 = 20.0;

fn theme(name: &str) -> Palette {
    Themes::shipped(Color::Ansi).get(name).unwrap()
}

/// The names of the themes that paint a background, so that their colours are known.
fn painted() -> Vec<String> {
    let themes = Themes::shipped(Color::Ansi);
    let painted = |name: &&str| themes.get(name).unwrap().background().is_some();
    themes.names().filter(painted).map(str::to_owned).collect()
}

/// Ink and paper of a role where nothing else is: a painted theme's are known without a terminal.
fn cell(palette: &Palette, over: Style) -> ([u8; 3], [u8; 3]) {
    let style = palette.ground().patch(over);
    let (ink, paper) = (rgb(style.fg.unwrap()).unwrap(), rgb(style.bg.unwrap()).unwrap());
    if style.add_modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) }
}

#[test]
fn every_painted_theme_can_be_read_on_its_ground_and_in_its_selected_row() {
    assert_eq!(painted(), ["dark", "light", "high-contrast", "colour-blind-safe"]);
    let mut faint = Vec::new();
    for name in painted() {
        let palette = theme(&name);
        let least = if name == "high-contrast" { 7.0 } else { 4.5 };
        let mut judge = |role: Role, place: &str, style: Style, least: f64| {
            let (ink, paper) = cell(&palette, style);
            let found = contrast(ink, paper);
            if found < least {
                faint.push(format!("{name}: {} {place}: {found:.2} < {least}", role.name()));
            }
        };
        for role in TEXT {
            let style = palette.style(role);
            judge(role, "on the ground", style, least);
            // What has a ground of its own stands in no row.
            if style.bg.is_some() {
                continue;
            }
            judge(role, "when selected", style.patch(palette.style(Role::Selected)), least);
            judge(role, "when found", style.patch(palette.style(Role::Match)), least);
        }
        for role in SHAPES {
            judge(role, "on the ground", palette.style(role), 3.0);
        }
        let selected = contrast(
            cell(&palette, palette.style(Role::Selected)).1,
            cell(&palette, Style::new()).1,
        );
        assert!(selected > 1.2, "{name}: the selected row does not show ({selected:.2})");
    }
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}

#[test]
fn the_sixteen_can_be_read_on_the_dark_palettes_that_terminals_come_with() {
    let ansi = theme("ansi-16");
    let mut faint = Vec::new();
    for terminal in &TERMINALS {
        let Terminal { name, least, .. } = terminal;
        let ansi = ansi.fitted(terminal.depth, terminal.faint);
        let mut judge = |role: Role, place: &str, style: Style, least: f64| {
            let (ink, paper) = terminal.cell(style);
            let found = contrast(ink, paper);
            if found < least {
                faint.push(format!("{name}: {} {place}: {found:.2} < {least}", role.name()));
            }
        };
        for role in TEXT {
            let style = ansi.style(role);
            let selected = ansi.style(Role::Selected).remove_modifier(Modifier::DIM);
            judge(role, "on the ground", style, *least);
            judge(role, "when selected", style.patch(selected), *least);
        }
        for role in SHAPES {
            judge(role, "on the ground", ansi.style(role), 3.0);
        }
    }
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}

#[test]
fn only_painted_themes_name_a_colour_of_a_background() {
    for name in ["ansi-16", "mono"] {
        let palette = theme(name);
        let papers = Role::ALL.into_iter().filter_map(|role| palette.style(role).bg);
        assert_eq!((palette.background(), papers.count()), (None, 0), "{name}");
    }
    let mono = theme("mono");
    assert!(Role::ALL.into_iter().all(|role| mono.style(role).fg.is_none()));
}

#[test]
fn states_stay_apart_for_people_who_do_not_tell_red_from_green() {
    let safe = theme("colour-blind-safe");
    let mut close = Vec::new();
    for eyes in [Eyes::Usual, Eyes::Protanopia, Eyes::Deuteranopia] {
        for group in [&STATES[..], &BARS[..]] {
            for (one, other) in pairs(group) {
                let found = apart(&safe, one, other, eyes);
                if found < APART {
                    close.push(format!(
                        "{eyes:?}: {} and {}: {found:.1}",
                        one.name(),
                        other.name()
                    ));
                }
            }
        }
    }
    assert!(close.is_empty(), "{}", close.join("\n"));
    // What the measure is worth: the dark theme's red and green are one colour to a deuteranope.
    let dark = theme("dark");
    assert!(apart(&dark, Role::Danger, Role::Good, Eyes::Deuteranopia) < APART);
}

#[test]
fn states_stay_apart_in_every_painted_theme() {
    for name in painted() {
        for (one, other) in pairs(&STATES) {
            let found = apart(&theme(&name), one, other, Eyes::Usual);
            assert!(found >= APART, "{name}: {} and {}: {found:.1}", one.name(), other.name());
        }
    }
}

#[test]
fn where_no_true_colour_is_known_the_themes_of_the_house_look_the_same() {
    use arcadia::tui::theme::color::Depth;
    use arcadia::tui::theme::palette::Faint;
    for name in painted() {
        let (full, few) = (theme(&name), theme(&name).fitted(Depth::Indexed, Faint::Legible));
        for role in Role::ALL {
            let shown = |palette: &Palette| cell(palette, palette.style(role));
            assert_eq!(shown(&full), shown(&few), "{name}: {}", role.name());
        }
    }
}

/// How far apart two roles look: by their ink, or by their paper.
fn apart(palette: &Palette, one: Role, other: Role, eyes: Eyes) -> f64 {
    let (one, other) = (cell(palette, palette.style(one)), cell(palette, palette.style(other)));
    distance(one.0, other.0, eyes).max(distance(one.1, other.1, eyes))
}

fn pairs(roles: &[Role]) -> impl Iterator<Item = (Role, Role)> {
    let rest = |at: usize| roles[at + 1..].iter().copied();
    roles.iter().enumerate().flat_map(move |(at, one)| rest(at).map(move |other| (*one, other)))
}
