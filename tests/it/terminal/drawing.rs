//! What is drawn, whatever the terminal is like.

use rustix::process::Signal;
use vt100::{Color, Screen};

use crate::support::home::{Home, launch};
use crate::support::terminal::ESC;
use crate::terminal::{SIZE, WAITING, cells, dashboard, header, launch_in, patient};

/// The key that draws every cell anew.
const CTRL_L: &str = "\x0c";

#[test]
fn any_size_is_drawn_down_to_a_single_cell_and_back() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    for (width, height) in [(60, 15), (1, 1), (20, 5), (300, 80), SIZE] {
        terminal.resize(width, height);
        terminal.wait_for_frame();
    }
    terminal.wait_for("the whole screen again", |screen| {
        header(screen).contains("idle") && screen.contents().contains("acme/web")
    });
    terminal.resize(60, 15);
    terminal.wait_for_text("acme/web");
    terminal.keys(CTRL_L);
    terminal.wait_for_frame();
    terminal.wait_for_text("acme/web");
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_question_that_is_too_small_to_read_is_not_answered() {
    let home = patient();
    let mut terminal = dashboard(&home);
    launch_in(&mut terminal, "web");
    terminal.wait_for_text(WAITING);
    terminal.keys("c");
    terminal.wait_for_text("destroy droplet");
    terminal.resize(1, 1);
    terminal.wait_for_frame();
    terminal.keys("y");
    terminal.keys(CTRL_L);
    terminal.wait_for_frame();
    terminal.resize(SIZE.0, SIZE.1);
    terminal.wait_for_text("Cancel acme/web?");
    terminal.keys(ESC);
    terminal.wait_for("the launch, which still waits", |screen| {
        let text = screen.contents();
        text.contains(WAITING)
            && text.contains("PROVISIONING")
            && !text.contains("Cancel acme/web?")
    });
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn without_colour_the_selected_row_stands_out_as_well() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let plain = (Color::Default, Color::Default);
    let drawn = |home: &Home| {
        let mut terminal = dashboard(home);
        terminal.wait_for_text("acme/web");
        let colored = |cell: &vt100::Cell| (cell.fgcolor(), cell.bgcolor()) != plain;
        let colored = cells(terminal.screen()).filter(|cell| colored(cell)).count();
        (colored, cells(terminal.screen()).filter(|cell| cell.inverse()).count())
    };
    let (colored, reversed) = drawn(&home);
    assert!(colored > 0 && reversed > 50, "{colored} in colour, {reversed} reversed");
    assert_eq!(drawn(&home.with("NO_COLOR", "1")), (0, reversed));
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let home = Home::new().with("LANG", "C");
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
}

#[test]
fn the_linux_console_is_asked_nothing_and_gets_ascii() {
    let home = Home::new().with("TERM", "linux");
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("No deployments yet");
    assert!(terminal.text().is_ascii(), "{}", terminal.text());
    let asked = terminal.bytes().windows(5).any(|bytes| bytes == b"\x1b]11;");
    assert!(!asked);
}

/// The cells of a screen that have this background.
fn painted(screen: &Screen, background: Color) -> usize {
    cells(screen).filter(|cell| cell.bgcolor() == background).count()
}

/// White, as one of xterm's 256.
const WHITE: Color = Color::Idx(231);

#[test]
fn the_terminals_word_on_its_background_changes_the_theme_and_is_no_key() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let mut terminal = dashboard(&home);
    terminal.wait_for_text("acme/web");
    assert_eq!(painted(terminal.screen(), WHITE), 0);
    // Its letters are commands: `r` would try again, `c` cancel, `1` and `2` go to other panes.
    terminal.keys("j\x1b]11;rgb:fdfd/f6f6/e3e3\x07?");
    terminal.wait_for("a light screen", |screen| painted(screen, WHITE) > 3_000);
    terminal.wait_for_text("MOVE");
    terminal.keys(ESC);
    terminal.wait_for("no help, nor anything else", |screen| {
        let text = screen.contents();
        !text.contains("MOVE") && !text.contains("Roll back") && !text.contains("nothing waits")
    });
    terminal.keys("q");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_theme_that_is_not_there_is_told_before_the_screen_is_taken() {
    let home = Home::new().with("ARCADIA_UI_THEME", "drak");
    let mut terminal = home.dashboard(SIZE);
    assert_eq!(terminal.wait_for_end(), 1);
    let text = terminal.text();
    assert!(text.contains("there is no theme `drak`; did you mean `dark`"), "{text}");
    assert!(!terminal.screen().alternate_screen());
}
