//! The launch form.

use crate::domain::saga::plan::OnFailure;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::form::{Field, LaunchForm, Progress};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

const LABEL: usize = 13;

/// Draws the form.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let form = &model.form;
    let mut inside = dialog::open(canvas, "Launch a deployment", &model.environment, 84, 18);
    let theme = inside.theme;
    let value = (inside.width().saturating_sub(LABEL) / 2).clamp(12, 32);
    for (y, field) in Field::ALL.into_iter().enumerate().take(Field::TYPED) {
        let focus = if form.focus == field { Focus::Here } else { Focus::Elsewhere };
        let label = if focus == Focus::Here { theme.strong() } else { theme.quiet() };
        inside.field(0, y, LABEL - 1, field.label(), label);
        if let Some(input) = form.input(field) {
            dialog::line(&mut inside, (LABEL, y), value, input, focus);
        }
        verdict(form, field, (LABEL + value + 1, y), &mut inside);
    }
    let y = Field::TYPED;
    let style = if form.focus == Field::OnFailure { theme.selected() } else { theme.plain() };
    inside.put(0, y, Field::OnFailure.label(), theme.quiet());
    inside.put(LABEL, y, on_failure(form.on_failure), style);
    let y = plan(form, y + 2, &mut inside);
    let bottom = inside.height().saturating_sub(1);
    let style = match (form.focus, form.spec()) {
        (Field::Launch, Some(_)) => theme.selected(),
        (_, Some(_)) => theme.strong(),
        (_, None) => theme.quiet(),
    };
    let x = inside.put(0, bottom, "[ Launch ]", style) + 2;
    let (words, style) = match &form.progress {
        Progress::Asked => ("asked…".to_owned(), theme.warning()),
        Progress::Refused(why) => (format!("refused: {why}"), theme.danger()),
        Progress::Writing if form.problems() > 0 => {
            (format!("{} to put right", fields(form.problems())), theme.warning())
        }
        Progress::Writing => {
            ("nothing starts before [ Launch ]; the draft survives Esc".to_owned(), theme.quiet())
        }
    };
    let room = inside.width().saturating_sub(x);
    inside.field(x, bottom, room, &words, style);
    if let Some(problem) = form.problem(form.focus) {
        let words = format!("{}: {problem}", form.focus.label());
        dialog::paragraph(&mut inside, y.min(bottom.saturating_sub(2)), &words, theme.danger());
    }
    if let Some(error) = form.other_problem() {
        inside.field(0, y.min(bottom), inside.width(), &error.to_string(), theme.danger());
    }
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

/// What the launch would do.
fn plan(form: &LaunchForm, y: usize, canvas: &mut Canvas<'_>) -> usize {
    let theme = canvas.theme;
    let Some(plan) = &form.plan else { return y };
    let names: Vec<String> = plan.steps().iter().map(|step| format::step(&step.name)).collect();
    let words = format!("will run {} steps: {}", names.len(), names.join(", "));
    dialog::paragraph(canvas, y, &words, theme.quiet())
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}
