//! The dashboard as a person meets it: the real program in a pseudo-terminal, keys in, cells out.
//!
//! | what a person does | test |
//! |---|---|
//! | launch | `acting::a_deployment_is_launched_and_rolled_back_by_keys_alone` |
//! | watch | `acting::a_launch_is_watched_from_its_first_step_to_its_last` |
//! | cancel in the middle of a wait | `acting::a_launch_is_cancelled_in_the_middle_of_a_wait` |
//! | roll back what is active | `acting::a_deployment_is_launched_and_rolled_back_by_keys_alone` |
//! | needs attention, retry | `acting::what_gave_up_is_told_and_is_done_once_it_is_tried_again` |
//! | cancel many | `acting::many_are_marked_and_cancelled_after_their_count_is_typed` |
//! | paste | `acting::what_is_pasted_is_text_and_never_a_key` |
//! | filter | `looking::the_filter_narrows_the_list_and_the_help_names_the_keys` |
//! | time travel | `looking::a_history_is_walked_through_replayed_and_left` |
//! | resize to 1x1 and back | `drawing::any_size_is_drawn_down_to_a_single_cell_and_back` |
//! | resize over a question | `drawing::a_question_that_is_too_small_to_read_is_not_answered` |
//! | ctrl-z, fg | `leaving::the_dashboard_is_suspended_and_continued_like_any_job` |
//! | drain, and leave when it is done | `leaving::a_drain_waits_for_the_call_under_way_and_leaves_by_itself` |
//! | kill -9: the sagas | `leaving::a_saga_goes_on_after_the_dashboard_was_killed` |
//! | kill -9: the view | `leaving::the_view_is_the_same_after_a_kill` |

mod acting;
mod drawing;
mod leaving;
mod looking;

use vt100::Screen;

use crate::support::home::Home;
use crate::support::terminal::{ENTER, TAB, Terminal};

/// A terminal of a usual size.
const SIZE: (u16, u16) = (120, 36);

/// What a row shows when every step is done.
const SEVEN_DONE: &str = "✓✓✓✓✓✓✓";

/// The key that suspends.
const CTRL_Z: &str = "\x1a";

/// What is wrong with a terminal that was given back.
const NOTHING: [&str; 0] = [];

/// A home in whose cloud no droplet ever gets an address, so that a launch waits and waits.
fn patient() -> Home {
    Home::new().with("ARCADIA_SIMULATOR_ADDRESS_DELAY", "1h")
}

/// What a launch says while it waits there.
const WAITING: &str = "no public address yet";

/// Opens the dashboard and waits until its journal is open.
fn dashboard(home: &Home) -> Terminal {
    let mut terminal = home.dashboard(SIZE);
    terminal.wait_for("the open journal", |screen| {
        let header = header(screen);
        header.contains("idle") || header.contains("UTC")
    });
    terminal
}

/// The line at the top.
fn header(screen: &Screen) -> String {
    screen.rows(0, screen.size().1.get()).next().unwrap_or_default()
}

/// Fills in the launch form and launches `acme/<slug>`.
fn launch_in(terminal: &mut Terminal, slug: &str) {
    fill_in(terminal, slug);
    // The zone of the simulated account is filled in; Enter goes to the button, Enter presses it.
    terminal.keys(ENTER);
    terminal.keys(ENTER);
    terminal.wait_for("the row, and no form", |screen| {
        let text = screen.contents();
        text.contains(&format!("acme/{slug}")) && !text.contains("Launch a deployment")
    });
}

/// Fills in the launch form for `acme/<slug>`.
fn fill_in(terminal: &mut Terminal, slug: &str) {
    terminal.keys("n");
    terminal.wait_for_text("Launch a deployment");
    terminal.keys(&format!("acme{TAB}{slug}"));
    terminal.wait_for_text("runs 7 steps");
}

/// Every cell of a screen.
fn cells(screen: &Screen) -> impl Iterator<Item = &vt100::Cell> {
    let (rows, columns) = screen.size();
    let all =
        (0..rows.get()).flat_map(move |row| (0..columns.get()).map(move |column| (row, column)));
    all.filter_map(|(row, column)| screen.cell(row, column))
}
