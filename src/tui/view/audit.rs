//! The audit: the newest line at the bottom, and below them all of the selected one. Only the lines on
//! the screen are built.

use ratatui::style::Style;

use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::model::audit::line::{Kind, Line};
use crate::tui::model::audit::{Audit, Position};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::{Connection, Model};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::{ViewState, board};

/// How many lines the selected one may take below the others.
const IN_FULL: usize = 3;

/// Draws the audit.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, frames: Frames) {
    let theme = canvas.theme;
    canvas.whole_zone(Target::Board);
    let mut inside =
        board::open(canvas, frames, &title(model, theme), &model.keymap.fill(&mode(&model.audit)));
    let full = in_full(&model.audit, inside.width().saturating_sub(2));
    let mut body = inside.area();
    let below = if inside.height() >= 8 { full.len().min(IN_FULL) } else { 0 };
    body.height = body.height.saturating_sub(u16::try_from(below).unwrap_or(0));
    let top = usize::from(body.height);
    for (y, line) in full.iter().take(below).enumerate() {
        inside.put(1, top + y, line, theme.strong());
    }
    lines(model, state, &mut inside.part(body));
}

fn lines(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>) {
    let (audit, theme, height) = (&model.audit, canvas.theme, canvas.height());
    let shown = audit.shown();
    if shown.is_empty() {
        return empty(model, canvas);
    }
    let top = state.audit_top.map_or(0, |top| shown.partition_point(|key| *key < top));
    let top = match audit.position() {
        Position::Following => shown.len(),
        Position::At(_) => top,
    };
    let offset = board::scrolled(top, audit.cursor(), shown.len(), height);
    state.audit_top = shown.get(offset).copied();
    let columns = Columns::fitting(canvas.width());
    for (y, key) in shown.iter().skip(offset).take(height).enumerate() {
        let Some(line) = audit.line(*key) else { continue };
        columns.row(line, model.shown_at(), y, canvas);
        canvas.zone(0, y, canvas.width(), Target::Event(*key));
        if offset + y == audit.cursor() {
            canvas.restyle(0, y, canvas.width(), theme.selected());
            canvas.put(0, y, theme.signs().cursor, theme.selected());
            canvas.cursor_at(0, y);
        }
    }
}

fn title(model: &Model, theme: Theme) -> String {
    let audit = &model.audit;
    let found = audit.shown().len();
    if let Some(Overlay::Filter(input)) = &model.overlay {
        let hint = "words, who:ana kind:order|failed|retry|step|state tenant: age<1h, - for not";
        return board::typing(input.value(), audit.query(), found, hint, theme);
    }
    let filter = board::filtered(audit.filter(), audit.query(), found, theme);
    let extent = model.keymap.fill(&extent(audit, model.shown_at()));
    format!("Audit{filter} · {extent}")
}

/// How far back it goes, and how to see more.
fn extent(audit: &Audit, now: Timestamp) -> String {
    if let Some(why) = audit.reading.trouble() {
        return format!("not all of it is here, and it is tried again: {why}");
    }
    let from = match audit.reading.whole_from() {
        _ if !audit.reading.has_begun() => "reading…".to_owned(),
        None => "from the beginning".to_owned(),
        Some(from) if audit.reading.is_under_way() => {
            format!("since {}, reading older ones…", format::moment(from, now))
        }
        Some(from) if audit.reading.has_older() => {
            format!("since {}; {{up}} at the top reads older ones", format::moment(from, now))
        }
        Some(from) => {
            format!("since {}; `arcadia history` tells what is older", format::moment(from, now))
        }
    };
    match audit.damaged().len() {
        0 => from,
        1 => format!("{from}; 1 history is damaged, so lines are missing"),
        count => format!("{from}; {count} histories are damaged, so lines are missing"),
    }
}

fn mode(audit: &Audit) -> String {
    match audit.position() {
        Position::Following => "follow".to_owned(),
        Position::At(_) => {
            let below = audit.shown().len().saturating_sub(audit.cursor() + 1);
            format!("{below} below, {{last}} follows")
        }
    }
}

/// All of the selected line.
fn in_full(audit: &Audit, width: usize) -> Vec<String> {
    let Some((_, line)) = audit.selected() else { return Vec::new() };
    let words = format!("{} {}: {}", line.at, line.owner.name, line.words);
    text::wrap(&text::clean(&words), width)
}

fn empty(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let words = match &model.connection {
        Connection::Opening | Connection::Reading => "reading the journal…",
        Connection::Failed(_) => "The journal did not open, so nobody knows what happened.",
        Connection::Open | Connection::Lost(_) if model.audit.reading.is_under_way() => "reading…",
        Connection::Open | Connection::Lost(_) if model.audit.filter().is_empty() => {
            "Nothing has happened yet."
        }
        Connection::Open | Connection::Lost(_) if model.audit.reading.has_older() => {
            "Nothing matches so far. {up} reads older ones, {back} shows everything again."
        }
        Connection::Open | Connection::Lost(_) => "Nothing matches. {back} shows everything again.",
    };
    let words = model.keymap.fill(words);
    canvas.field(2, usize::from(canvas.height() > 4), canvas.width(), &words, theme.plain());
}

/// How many cells each column has; none when it is left out.
struct Columns {
    when: usize,
    who: usize,
    name: usize,
}

impl Columns {
    fn fitting(width: usize) -> Self {
        let (who, name) = match width {
            ..72 => (0, 15),
            72..100 => (9, 18),
            100.. => (11, 24),
        };
        Self { when: 12, who, name }
    }

    fn row(&self, line: &Line, now: Timestamp, y: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        let (sign, style) = look(line.kind, theme);
        let mut x = 2;
        canvas.field(x, y, self.when - 1, &format::moment(line.at, now), theme.quiet());
        x += self.when;
        if self.who > 0 {
            canvas.field(x, y, self.who - 1, &line.who, theme.plain());
            x += self.who;
        }
        let name = text::clean(&line.owner.name);
        canvas.put(x, y, &text::cut_middle(&name, self.name - 1), theme.plain());
        x += self.name;
        canvas.put(x, y, sign, style);
        canvas.field(x + 2, y, canvas.width().saturating_sub(x + 2), &line.words, style);
    }
}

fn look(kind: Kind, theme: Theme) -> (&'static str, Style) {
    let signs = theme.signs();
    match kind {
        Kind::Order => ("!", theme.strong()),
        Kind::Failed => (signs.failed, theme.danger()),
        Kind::Retry => (signs.waiting, theme.warning()),
        Kind::Step => (signs.done, theme.plain()),
        Kind::State => (signs.active, theme.good()),
        Kind::Inventory => (signs.pending, theme.quiet()),
    }
}
