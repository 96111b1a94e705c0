//! What is right, wrong or doubtful about a field, beside it.

use crate::domain::catalogue::offline as own;
use crate::tui::model::Model;
use crate::tui::model::form::choice::{self, Verdict};
use crate::tui::model::form::{Field, LaunchForm};
use crate::tui::model::offer::Asked;
use crate::tui::view::canvas::Canvas;

/// Draws what is to be said of a field.
pub(super) fn draw(model: &Model, field: Field, (x, y): (usize, usize), canvas: &mut Canvas<'_>) {
    let (form, theme) = (&model.form, canvas.theme);
    let room = canvas.width().saturating_sub(x);
    let value = form.value(field).trim();
    let taken = form.would_take(&model.offer.catalogue).filter(|_| form.focus == field);
    if let Some(taken) = taken {
        canvas.field(x, y, room, &format!("Enter takes {taken}"), theme.quiet());
        return;
    }
    if let Some(problem) = form.problem(field) {
        if value.is_empty() {
            canvas.field(x, y, room, problem, theme.warning());
        } else {
            let words = format!("{} {problem}", theme.signs().failed);
            canvas.field(x, y, room, &words, theme.danger());
        }
        return;
    }
    if value.is_empty() {
        canvas.field(x, y, room, default(field), theme.quiet());
        return;
    }
    let region = form.value(Field::Region).trim();
    match choice::verdict(field, value, &model.offer.catalogue, region) {
        Verdict::Doubtful(words) => {
            let words = format!("{} {words}", theme.signs().warning);
            canvas.field(x, y, room, &words, theme.warning());
        }
        Verdict::Known(words) => right(&words, (x, y), canvas),
        Verdict::None => right(&said(form, field), (x, y), canvas),
    }
}

fn right(words: &str, (x, y): (usize, usize), canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let x = canvas.put(x, y, theme.signs().done, theme.good()) + 1;
    canvas.field(x, y, canvas.width().saturating_sub(x), words, theme.quiet());
}

/// What is said of a field that is as it should be.
fn said(form: &LaunchForm, field: Field) -> String {
    match (field, form.specs()) {
        (Field::Slug, Some([_])) => "free".to_owned(),
        (Field::Slug, Some(many)) => format!("all {} free", many.len()),
        (Field::Count, Some([first, .., last])) => format!("{} to {}", first.slug, last.slug),
        (_, Some(_) | None) => String::new(),
    }
}

/// What is said of the program's own list, where it stands in for the provider's.
pub(super) fn offline(model: &Model) -> Option<String> {
    let date = own::date();
    match model.offer.asked {
        Asked::Never => None,
        Asked::UnderWay => choice::is_offline(&model.offer.catalogue)
            .map(|_| format!("asking the provider; offline list of {date} until it answers")),
        Asked::Answered => {
            if let Some(why) = choice::is_offline(&model.offer.catalogue) {
                return Some(format!("offline list of {date}: the provider did not answer: {why}"));
            }
            let field = model.form.focus;
            let why = choice::why_offline(field, &model.offer.catalogue)?;
            Some(format!("{}: the provider gave no list: {why}", field.label()))
        }
    }
}

fn default(field: Field) -> &'static str {
    match field {
        Field::Count => "optional: 1",
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
