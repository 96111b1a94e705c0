//! The launch form.

use ratatui::style::Style;

use crate::domain::saga::plan::OnFailure;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::form::{Field, LaunchForm, Progress};
use crate::tui::model::pointer::Target;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

const LABEL: usize = 13;

/// However small the screen, so many fields are shown.
const LEAST_FIELDS: usize = 3;

/// Draws the form: the fields, what is wrong or what would be done, and the button in the last line.
/// Where not all of it fits, the fields scroll: what would be done is read before it is.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let form = &model.form;
    let mut inside = dialog::open(canvas, "Launch a deployment", &model.environment, 84, 18);
    let (height, width) = (inside.height(), inside.width());
    let theme = inside.theme;
    let (words, style) = below(form, theme);
    let lines = text::wrap(&text::clean(&words), width);
    let rows = Field::Launch as usize;
    let room = height.saturating_sub(1);
    let kept = match form.progress {
        // What went wrong comes first, and what to do stands at its end.
        Progress::Refused(_) => 0,
        Progress::Writing | Progress::Asked => LEAST_FIELDS,
    };
    let shown = rows.min(room.saturating_sub(lines.len()).max(kept)).min(room);
    let last = (form.focus as usize).min(rows - 1);
    let first = (last + 1).saturating_sub(shown);
    for (y, field) in Field::ALL.into_iter().skip(first).take(shown).enumerate() {
        row(form, field, y, &mut inside);
    }
    let gap = usize::from(room > shown + lines.len());
    for (y, line) in (shown + gap..room).zip(&lines) {
        inside.put(0, y, line, style);
    }
    button(form, room, &mut inside);
}

fn row(form: &LaunchForm, field: Field, y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let value = (canvas.width().saturating_sub(LABEL) / 2).clamp(12, 32);
    let focus = if form.focus == field { Focus::Here } else { Focus::Elsewhere };
    let label = if focus == Focus::Here { theme.strong() } else { theme.quiet() };
    canvas.field(0, y, LABEL - 1, field.label(), label);
    canvas.zone(0, y, canvas.width(), Target::Field(field));
    if let Some(input) = form.input(field) {
        dialog::line(canvas, (LABEL, y), value, input, focus);
        verdict(form, field, (LABEL + value + 1, y), canvas);
    } else {
        let style = if focus == Focus::Here { theme.selected() } else { theme.plain() };
        canvas.put(LABEL, y, on_failure(form.on_failure), style);
    }
}

/// What is wrong with the draft, why it was refused, or else what the launch would do.
fn below(form: &LaunchForm, theme: Theme) -> (String, Style) {
    if let Some(error) = form.other_problem() {
        return (error.to_string(), theme.danger());
    }
    if let Progress::Refused(why) = &form.progress {
        return (format!("refused: {why}"), theme.danger());
    }
    if let Some(problem) = form.problem(form.focus) {
        return (format!("{}: {problem}", form.focus.label()), theme.danger());
    }
    let words = form.plan.as_ref().map(|plan| {
        let names: Vec<_> = plan.steps().iter().map(|step| format::step(&step.name)).collect();
        format!("runs {} steps: {}", names.len(), names.join(", "))
    });
    (words.unwrap_or_default(), theme.quiet())
}

fn button(form: &LaunchForm, y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let style = match (form.focus, form.spec()) {
        (Field::Launch, Some(_)) => theme.selected(),
        (_, Some(_)) => theme.strong(),
        (_, None) => theme.quiet(),
    };
    let x = canvas.put(0, y, "[ Launch ]", style) + 2;
    canvas.zone(0, y, x - 2, Target::Field(Field::Launch));
    let (words, style) = match &form.progress {
        Progress::Asked => ("asked…".to_owned(), theme.warning()),
        Progress::Refused(_) => {
            ("refused, as said above; the draft stays".to_owned(), theme.danger())
        }
        Progress::Writing if form.problems() > 0 => {
            (format!("{} to put right", fields(form.problems())), theme.warning())
        }
        Progress::Writing => {
            ("nothing starts before; Esc keeps the draft".to_owned(), theme.quiet())
        }
    };
    canvas.field(x, y, canvas.width().saturating_sub(x), &words, style);
}

/// What is right or wrong with a field, beside it.
fn verdict(form: &LaunchForm, field: Field, (x, y): (usize, usize), canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let room = canvas.width().saturating_sub(x);
    let empty = form.input(field).is_none_or(|input| input.value().is_empty());
    match form.problem(field) {
        Some(problem) if empty => canvas.field(x, y, room, problem, theme.warning()),
        Some(problem) => {
            let words = format!("{} {problem}", theme.signs().failed);
            canvas.field(x, y, room, &words, theme.danger());
        }
        None if empty => canvas.field(x, y, room, default(field), theme.quiet()),
        None => {
            canvas.put(x, y, theme.signs().done, theme.good());
        }
    }
}

fn default(field: Field) -> &'static str {
    match field {
        Field::DnsDomain => "optional: no name is pointed",
        Field::DnsRecordName => "optional: the slug",
        Field::DropletName => "optional: dep-<slug>",
        Field::SshKeys => "optional: ids or fingerprints",
        Field::Tenant
        | Field::Slug
        | Field::Region
        | Field::Size
        | Field::Image
        | Field::OnFailure
        | Field::Launch => "",
    }
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
