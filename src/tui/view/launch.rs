//! The launch form: the fields, the list of the one that has the keys, what the launch would do.

use ratatui::style::Style;

use crate::domain::money::Price;
use crate::domain::saga::plan::OnFailure;
use crate::tui::model::Model;
use crate::tui::model::form::{Field, MANY, Progress};
use crate::tui::model::pointer::Target;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

mod picks;
mod preview;
mod verdict;

/// How many cells the labels of the fields take.
const LABEL: usize = 13;

/// However small the screen, so many fields are shown.
const LEAST_FIELDS: usize = 3;

/// Draws the form: the fields, what is wrong or what would be done, and the button in the last line.
/// Where not all of it fits, the fields scroll: what would be done is read before it is.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let form = &model.form;
    let mut inside = dialog::open(canvas, "Launch a deployment", &model.environment, 86, 25);
    let (height, width) = (inside.height(), inside.width());
    let rows = Field::Launch as usize;
    let room = height.saturating_sub(1);
    let list = picks::List::of(model);
    let mut lines = below(model, preview::Detail::Full, width, &inside);
    let listed = list.as_ref().map_or(0, |list| form.focus as usize + 1 + list.height(room));
    if form.focus != Field::Launch && rows.max(listed) + lines.len() > room {
        lines = below(model, preview::Detail::Short, width, &inside);
    }
    let kept = match (&form.progress, form.focus) {
        // What went wrong comes first, and what to do stands at its end; and what would be done is
        // read before it is.
        (Progress::Refused(_), _) | (_, Field::Launch) => 0,
        (Progress::Writing | Progress::Confirming(_) | Progress::Asked(_), _) => LEAST_FIELDS,
    };
    let shown = rows.min(room.saturating_sub(lines.len()).max(kept)).min(room);
    let at = (form.focus as usize).min(rows - 1);
    // The field that has the keys is seen, and its list with it.
    let above = list
        .as_ref()
        .map_or(0, |list| at.saturating_sub(room.saturating_sub(1 + list.height(room))));
    let first = above.max((at + 1).saturating_sub(shown.max(1))).min(at);
    for (y, field) in Field::ALL.into_iter().take(rows).skip(first).take(shown).enumerate() {
        row(model, field, y, &mut inside);
    }
    let end = list.as_ref().map_or(0, |list| (at - first + 1 + list.height(room)).min(room));
    let top = shown.max(end);
    let gap = usize::from(room > top + lines.len());
    for (y, line) in (top + gap..room).zip(&lines) {
        inside.put(0, y, &line.words, line.style);
        inside.right(y, &line.right, line.style);
    }
    if let Some(list) = list {
        list.draw(at - first + 1, room, &mut inside);
    }
    button(model, room, &mut inside);
}

/// A line below the fields.
struct Line {
    words: String,
    /// What stands at its end.
    right: String,
    style: Style,
}

/// How many cells of a field's row its value takes.
fn value_width(canvas: &Canvas<'_>) -> usize {
    (canvas.width().saturating_sub(LABEL) / 2).clamp(12, 32)
}

fn row(model: &Model, field: Field, y: usize, canvas: &mut Canvas<'_>) {
    let form = &model.form;
    let theme = canvas.theme;
    let value = value_width(canvas);
    let focus = if form.focus == field { Focus::Here } else { Focus::Elsewhere };
    let label = if focus == Focus::Here { theme.strong() } else { theme.quiet() };
    canvas.field(0, y, LABEL - 1, field.label(), label);
    canvas.zone(0, y, canvas.width(), Target::Field(field));
    if let Some(input) = form.input(field) {
        dialog::line(canvas, (LABEL, y), value, input, focus);
        if focus == Focus::Here && form.replaces() && !input.value().is_empty() {
            // As in any form: what a letter would replace is marked.
            let cells = text::width(&text::clean(input.value())).min(value);
            canvas.restyle(LABEL, y, cells, theme.selected());
        }
        verdict::draw(model, field, (LABEL + value + 1, y), canvas);
    } else {
        let style = if focus == Focus::Here { theme.selected() } else { theme.plain() };
        canvas.put(LABEL, y, on_failure(form.on_failure), style);
        if focus == Focus::Here {
            canvas.cursor_at(LABEL, y);
        }
    }
}

/// What is wrong with the draft, why it was refused, or else what the launch would do.
fn below(model: &Model, detail: preview::Detail, width: usize, canvas: &Canvas<'_>) -> Vec<Line> {
    let (form, theme) = (&model.form, canvas.theme);
    let wrong = if let Some(error) = form.other_problem() {
        Some(error.to_string())
    } else if let Progress::Refused(why) = &form.progress {
        Some(format!("refused: {why}"))
    } else {
        form.problem(form.focus).map(|problem| format!("{}: {problem}", form.focus.label()))
    };
    let mut lines = match wrong {
        Some(words) => wrapped(&words, theme.danger(), width),
        None => preview::lines(model, detail, width, theme),
    };
    if let Some(words) = verdict::offline(model) {
        lines.extend(wrapped(&words, theme.warning(), width));
    }
    lines
}

fn wrapped(words: &str, style: Style, width: usize) -> Vec<Line> {
    let lines = text::wrap(&text::clean(words), width);
    lines.into_iter().map(|words| Line { words, right: String::new(), style }).collect()
}

fn button(model: &Model, y: usize, canvas: &mut Canvas<'_>) {
    let (form, theme) = (&model.form, canvas.theme);
    let style = match (form.focus, form.spec()) {
        (Field::Launch, Some(_)) => theme.selected(),
        (_, Some(_)) => theme.strong(),
        (_, None) => theme.quiet(),
    };
    if let Progress::Confirming(typed) = &form.progress {
        let many = form.specs().map_or(0, <[_]>::len);
        let what = deployments(model).unwrap_or_default();
        if many <= MANY {
            let words = format!("launch {what}? Enter yes, Esc back");
            canvas.field(0, y, canvas.width(), &words, theme.danger());
        } else {
            let words = format!("type {many} to launch {what}: ");
            let room = canvas.width().saturating_sub(6);
            let x = canvas.put(0, y, &text::cut(&words, room), theme.danger());
            dialog::line(canvas, (x, y), 5, typed, Focus::Here);
        }
        return;
    }
    let x = canvas.put(0, y, "[ Launch ]", style) + 2;
    if form.focus == Field::Launch {
        canvas.cursor_at(0, y);
    }
    canvas.zone(0, y, x - 2, Target::Field(Field::Launch));
    let (words, style) = match &form.progress {
        Progress::Asked(round) if round.count() > 1 => {
            (format!("asked; {} of {} answered…", round.answered(), round.count()), theme.warning())
        }
        Progress::Asked(_) => ("asked…".to_owned(), theme.warning()),
        Progress::Refused(_) => {
            ("refused, as said above; the draft stays".to_owned(), theme.danger())
        }
        Progress::Confirming(_) | Progress::Writing if form.problems() > 0 => {
            (format!("{} to put right", fields(form.problems())), theme.warning())
        }
        Progress::Confirming(_) | Progress::Writing => {
            ("nothing starts until Enter here; Esc keeps the draft".to_owned(), theme.quiet())
        }
    };
    canvas.field(x, y, canvas.width().saturating_sub(x), &words, style);
}

/// How many deployments, and what they cost together: `3 deployments, $0.027/h`; nothing for one.
fn deployments(model: &Model) -> Option<String> {
    let specs = model.form.specs().filter(|specs| specs.len() > 1)?;
    let price = hourly(model).map(|price| format!(", {price}")).unwrap_or_default();
    Some(format!("{} deployments{price}", specs.len()))
}

/// What everything costs in an hour; `None` when that is not known.
fn hourly(model: &Model) -> Option<String> {
    let (price, count) = price(model)?;
    Some(price.hourly.times(count).an_hour())
}

/// What everything costs in an hour, and in a month.
fn cost(model: &Model) -> Option<String> {
    let (price, count) = price(model)?;
    let month = price.monthly.times(count);
    Some(format!("{}, {month} a month", price.hourly.times(count).an_hour()))
}

/// What one of them costs, and how many there are.
fn price(model: &Model) -> Option<(Price, u64)> {
    let specs = model.form.specs()?;
    let price = model.offer.catalogue.price(&specs.first()?.size)?;
    Some((price, u64::try_from(specs.len()).unwrap_or(u64::MAX)))
}

fn on_failure(on_failure: OnFailure) -> &'static str {
    match on_failure {
        OnFailure::Rollback => "< roll everything back >",
        OnFailure::Hold => "< hold, and wait for me >",
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}
