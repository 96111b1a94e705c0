//! What it takes to go on, and what Enter would do.

use crate::tui::keymap::Verb;
use crate::tui::model::Model;
use crate::tui::model::question::{ASKS_NAME, Answer, Question};
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

/// The cells of a field for a name, and of one for a count.
const NAME: usize = 40;
const COUNT: usize = 8;

/// Draws it.
pub(super) fn draw(model: &Model, asked: &Question, mut y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    if asked.is_over() {
        canvas.put(0, y, "nothing is ordered · Esc closes", theme.quiet());
        return;
    }
    let one = asked.targets.len() == 1;
    let typed = match &asked.answer {
        Answer::Yes => return yes_or_no(asked, y, canvas),
        Answer::Name(typed) => {
            let name = asked.targets.first().map_or("", |target| target.name.as_str());
            if let Some(lines) = asked.name_lines(canvas.width()) {
                let words = [ASKS_NAME.0, name, ASKS_NAME.1].concat();
                for (down, line) in text::wrap(&words, canvas.width()).iter().enumerate() {
                    canvas.put(0, y + down, line, theme.strong());
                }
                y += lines;
                dialog::line(canvas, (0, y), canvas.width(), typed, Focus::Here);
            } else {
                let x = canvas.put(0, y, ASKS_NAME.0, theme.plain());
                let x = canvas.put(x, y, name, theme.strong());
                let x = canvas.put(x, y, ASKS_NAME.1, theme.plain());
                dialog::line(canvas, (x + 1, y), NAME, typed, Focus::Here);
            }
            typed
        }
        Answer::Count(typed) => {
            let count = asked.ready(&model.plans).count().to_string();
            let x = canvas.put(0, y, "type ", theme.plain());
            let x = canvas.put(x, y, &count, theme.strong());
            let x = canvas.put(x, y, ", which is how many, to go on: ", theme.plain());
            dialog::line(canvas, (x, y), COUNT, typed, Focus::Here);
            typed
        }
        Answer::Reason(typed) => {
            let all = if one { "why: " } else { "why, for all of them: " };
            let x = canvas.put(0, y, all, theme.strong());
            let width = canvas.width().saturating_sub(x);
            dialog::line(canvas, (x, y), width, typed, Focus::Here);
            typed
        }
    };
    let leaves = if one { "Esc leaves it" } else { "Esc leaves them" };
    let known = asked.is_known(&model.plans);
    let (words, style) = match (known, asked.is_typed(&model.plans), &asked.answer) {
        (false, _, _) => (format!("Enter is dead until all is read · {leaves}"), theme.quiet()),
        (true, true, Answer::Reason(_)) => {
            let who = &model.operator;
            (format!("Enter goes on, recorded for {who} · {leaves}"), theme.danger())
        }
        (true, true, Answer::Yes | Answer::Name(_) | Answer::Count(_)) => {
            let whom = if one { "it".to_owned() } else { format!("all {}", typed.value()) };
            let does = match asked.verb {
                Verb::Rollback => format!("rolls {whom} back"),
                Verb::Cancel
                | Verb::Retry
                | Verb::Skip
                | Verb::Abandon
                | Verb::Hold
                | Verb::Take
                | Verb::Details => format!("cancels {whom}"),
            };
            (format!("Enter {does} · {leaves}"), theme.danger())
        }
        (true, false, Answer::Reason(_)) => {
            (format!("Enter is dead until a reason is there · {leaves}"), theme.quiet())
        }
        (true, false, Answer::Yes | Answer::Name(_) | Answer::Count(_)) => {
            (format!("Enter is dead until it matches · {leaves}"), theme.quiet())
        }
    };
    canvas.put(0, y + 1, &words, style);
}

fn yes_or_no(asked: &Question, y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let one = asked.targets.len() == 1;
    let (question, yes) = match (asked.undoes(), one) {
        (true, _) => ("cancel it?", "yes, undo all of it"),
        (false, true) => ("go on?", "yes"),
        (false, false) => ("go on?", "yes, all of them"),
    };
    let danger = if asked.undoes() { theme.danger() } else { theme.strong() };
    let x = canvas.put(0, y, question, theme.strong());
    let x = dialog::answer(canvas, (x + 2, y), ("y", danger), yes);
    dialog::answer(canvas, (x + 3, y), ("N", theme.strong()), "no (Enter, Esc)");
}
