//! The line of counts: is anything on fire? It never scrolls.

use ratatui::style::Style;

use crate::domain::summary::Standing;
use crate::tui::format;
use crate::tui::model::drain::Drain;
use crate::tui::model::past::Past;
use crate::tui::model::saga::Opened;
use crate::tui::model::{Connection, Model};
use crate::tui::text;
use crate::tui::theme::{Theme, standing_count_word};
use crate::tui::view::canvas::Canvas;

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let badge = format!(" {} ", text::clean(&model.environment));
    let mut x = canvas.put(0, 0, &badge, theme.badge()) + 1;
    let status = status(model, theme);
    let room = canvas.width().saturating_sub(x + text::width(&status) + 2);
    let tallies = tallies(model, theme);
    let written: usize = tallies
        .iter()
        .map(|tally| text::width(&tally.words(Words::Written)) + gap(Words::Written))
        .sum();
    let words = if written <= room { Words::Written } else { Words::Left };
    for tally in tallies {
        let told = tally.words(words);
        if x + text::width(&told) + 1 + text::width(&status) > canvas.width() {
            break;
        }
        x = canvas.put(x, 0, &told, tally.style) + gap(words);
    }
    if !model.marks.is_empty() {
        // It stands in every pane: what a key does depends on it.
        let count = format!("{}{}", theme.signs().marked, model.marks.count());
        if x + text::width(&count) + 1 + text::width(&status) <= canvas.width() {
            canvas.put(x, 0, &count, theme.marked());
        }
    }
    let style = match model.connection {
        Connection::Open if model.frozen.is_some() => theme.warning(),
        Connection::Open if !model.pulse.is_stale() && model.drain.is_begun() => theme.warning(),
        Connection::Open if model.pulse.is_stale() => theme.alarm(),
        Connection::Open if model.list.stalls().len() == 0 && past(model).is_some() => {
            theme.warning()
        }
        Connection::Open if model.list.stalls().len() == 0 => theme.quiet(),
        Connection::Opening | Connection::Reading => theme.warning(),
        Connection::Open | Connection::Failed(_) | Connection::Lost(_) => theme.danger(),
    };
    canvas.right(0, &status, style);
}

/// All that a tiny screen has room for: still live.
pub(super) fn too_small(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let mut x = 0;
    for tally in tallies(model, theme) {
        x = canvas.put(x, 0, &tally.words(Words::Left), tally.style) + 1;
    }
    match silence(model, theme) {
        Some(words) => canvas.put(0, 1, &words, theme.alarm()),
        None => canvas.put(0, 1, "make me larger", theme.quiet()),
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Written,
    Left,
}

fn gap(words: Words) -> usize {
    match words {
        Words::Written => 3,
        Words::Left => 1,
    }
}

/// How many stand so.
struct Tally {
    sign: &'static str,
    number: usize,
    word: &'static str,
    style: Style,
}

impl Tally {
    fn words(&self, words: Words) -> String {
        let Self { sign, number, word, .. } = self;
        match words {
            Words::Written => format!("{sign} {number} {word}"),
            Words::Left => format!("{sign}{number}"),
        }
    }
}

/// What is worth its place: whether a person is needed and what runs, always; the rest, if any. Those that
/// wait for a seat are told apart from those that run.
fn tallies(model: &Model, theme: Theme) -> Vec<Tally> {
    let waiting = model.list.line().waiting();
    let mut tallies = Vec::new();
    for standing in Standing::ALL {
        let all = model.count(standing);
        let number = if standing == Standing::Running { all.saturating_sub(waiting) } else { all };
        let always = matches!(standing, Standing::NeedsYou | Standing::Running | Standing::Active);
        if number > 0 || always {
            let style = if number == 0 { theme.quiet() } else { theme.standing(standing) };
            let (sign, word) =
                (theme.standing_sign(standing), standing_count_word(standing, number));
            tallies.push(Tally { sign, number, word, style });
        }
        if standing == Standing::Running && waiting > 0 {
            let sign = theme.signs().waiting;
            tallies.push(Tally { sign, number: waiting, word: "queued", style: theme.quiet() });
        }
    }
    tallies
}

/// The past that the saga's pane shows.
fn past(model: &Model) -> Option<&Past> {
    model.saga.as_ref().and_then(Opened::past)
}

/// For how long nothing has been heard, when that is too long.
fn silence(model: &Model, theme: Theme) -> Option<String> {
    let silent = model.now.since(model.pulse.stale_since()?);
    Some(format!("{} {} STALE", theme.signs().warning, format::running(silent)))
}

fn status(model: &Model, theme: Theme) -> String {
    match &model.connection {
        Connection::Opening => "opening".to_owned(),
        Connection::Reading => "reading".to_owned(),
        Connection::Failed(_) => "NO JOURNAL".to_owned(),
        Connection::Lost(_) => "ENGINE GONE".to_owned(),
        Connection::Open if model.frozen.is_some() => {
            format!("FROZEN {} UTC", format::time_of_day(model.shown_at()))
        }
        Connection::Open if let Some(silence) = silence(model, theme) => silence,
        Connection::Open if let Drain::Begun { calls } = model.drain => match calls {
            Some(calls) => format!("{} DRAINING {calls}", theme.signs().undoing),
            None => format!("{} DRAINING", theme.signs().undoing),
        },
        Connection::Open if model.list.stalls().len() > 0 => {
            let count = model.list.stalls().len();
            let verb = if count == 1 { "STANDS" } else { "STAND" };
            format!("{} {count} {verb} STILL", theme.signs().warning)
        }
        Connection::Open if let Some(past) = past(model) => {
            format!("PAST {}", format::moment(past.moment(), model.now))
        }
        // The time is shown while something counts seconds; an idle screen is not woken for it.
        Connection::Open if model.runs() > 0 => {
            format!("{} {} UTC", theme.signs().alive, format::time_of_day(model.now))
        }
        Connection::Open => "idle".to_owned(),
    }
}
