//! The inventory. Only the rows on the screen are built, so a frame costs the same however many there
//! are.

use ratatui::style::Style;

use crate::domain::holding::HoldingState;
use crate::domain::money::Dollars;
use crate::domain::summary::Standing;
use crate::tui::format;
use crate::tui::model::inventory::{Item, Totals};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::{Connection, Model};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::{ViewState, board};

/// Draws the inventory: a title, headings, the rows, and in the last line what they add up to.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, frames: Frames) {
    let inventory = &model.inventory;
    canvas.whole_zone(Target::Board);
    let room = canvas.height().saturating_sub(match frames {
        // The frame, the headings, and the totals.
        Frames::Drawn => 4,
        Frames::None | Frames::TooSmall => 2,
    });
    let (offset, total) = (state.inventory_offset, inventory.shown().len());
    state.inventory_offset = board::scrolled(offset, inventory.cursor(), total, room);
    let right = board::range(state.inventory_offset, room, total);
    let title = title(model, canvas.theme);
    let mut inside = board::open(canvas, frames, &title, &right);
    let headings = u16::from(frames == Frames::Drawn);
    let area = board::below(inside.area(), headings);
    let columns = Columns::fitting(inside.width());
    if headings == 1 {
        columns.headings(&mut inside);
    }
    let last = inside.height().saturating_sub(1);
    let (totals, style) = totals(model, inside.theme);
    inside.field(1, last, inside.width().saturating_sub(1), &totals, style);
    let mut body = area;
    body.height = body.height.saturating_sub(1);
    rows(model, state, &columns, &mut inside.part(body));
}

fn rows(model: &Model, state: &mut ViewState, columns: &Columns, canvas: &mut Canvas<'_>) {
    let (inventory, theme, height) = (&model.inventory, canvas.theme, canvas.height());
    let shown = inventory.shown();
    if shown.is_empty() {
        return empty(model, canvas);
    }
    let (cursor, offset) = (inventory.cursor(), state.inventory_offset);
    for (y, place) in shown.iter().skip(offset).take(height).enumerate() {
        let Some(item) = inventory.item_at(*place) else { continue };
        let age = model.shown_at().since(item.holding.since);
        state.counting = state.counting.or_for(age);
        columns.row(item, &format::running(age), y, canvas);
        canvas.zone(0, y, canvas.width(), Target::Holding(*place));
        if offset + y == cursor {
            canvas.restyle(0, y, canvas.width(), theme.selected());
            canvas.put(0, y, theme.signs().cursor, theme.selected());
            canvas.cursor_at(0, y);
        }
    }
}

fn title(model: &Model, theme: Theme) -> String {
    let inventory = &model.inventory;
    if let Some(Overlay::Filter(input)) = &model.overlay {
        let hint = "words, state: tenant: region: kind: age>1h age<2d, - for not";
        let found = inventory.shown().len();
        return board::typing(input.value(), inventory.query(), found, hint, theme);
    }
    let found = inventory.shown().len();
    let filter = board::filtered(inventory.filter(), inventory.query(), found, theme);
    let reading = match inventory.reading.left() {
        Some(left @ 1..) => format!(" · reading, {left} deployments left"),
        Some(0) | None => String::new(),
    };
    let (total, sort) = (inventory.total(), inventory.sort().words());
    format!("Inventory {total}, as the journal knows it{filter} · {sort}{reading}")
}

/// What the rows add up to, and what they leave out.
fn totals(model: &Model, theme: Theme) -> (String, Style) {
    if let Some(why) = model.inventory.reading.trouble() {
        return (format!("not all of it is here, and it is tried again: {why}"), theme.danger());
    }
    let Totals { droplets, records, cost, unpriced } = model.inventory.totals();
    let mut words = format!("{}, {}", count(droplets, "droplet"), count(records, "record"));
    if cost > Dollars::default() {
        words = format!("{words}, {}{}", model.offer.about(), cost.an_hour());
        if unpriced > 0 {
            words = format!("{words} and {} of unknown price", count(unpriced, "droplet"));
        }
    }
    let unreadable = model.inventory.unreadable();
    if let Some((id, why)) = unreadable.first_key_value() {
        let name = model.list.row(*id).map(|row| row.name()).unwrap_or_default();
        let histories = if unreadable.len() == 1 { "history" } else { "histories" };
        let words = format!(
            "{words}; {} {histories} cannot be read, that of {name}: {why}",
            unreadable.len()
        );
        return (words, theme.danger());
    }
    (words, theme.strong())
}

fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn empty(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let words = match &model.connection {
        Connection::Opening | Connection::Reading => "reading the journal…",
        Connection::Failed(_) => "The journal did not open, so nobody knows what is out there.",
        Connection::Open | Connection::Lost(_)
            if model.inventory.reading.left().is_some_and(|left| left > 0) =>
        {
            "reading what is out there…"
        }
        Connection::Open | Connection::Lost(_) if !model.inventory.filter().is_empty() => {
            "Nothing matches. {back} shows everything again."
        }
        // What was read is laid out in a moment.
        Connection::Open | Connection::Lost(_) if model.inventory.total() > 0 => {
            "reading what is out there…"
        }
        Connection::Open | Connection::Lost(_) => "Nothing is known to be out there.",
    };
    let words = model.keymap.fill(words);
    canvas.field(2, usize::from(canvas.height() > 4), canvas.width(), &words, theme.plain());
}

/// How many cells each column has; none when it is left out.
struct Columns {
    state: usize,
    kind: usize,
    id: usize,
    owner: usize,
    spec: usize,
    address: usize,
    age: usize,
    cost: usize,
}

impl Columns {
    /// Columns go in this order as room shrinks: what was asked for, the address, the cost.
    fn fitting(width: usize) -> Self {
        let mut columns = Self {
            state: 14,
            kind: 9,
            id: 12,
            owner: 0,
            spec: 0,
            address: if width >= 86 { 17 } else { 0 },
            age: 7,
            cost: if width >= 72 { 9 } else { 0 },
        };
        let rest = width.saturating_sub(2 + columns.used());
        columns.owner = if width >= 110 { 24 } else { rest.min(40) };
        columns.spec = rest.saturating_sub(columns.owner);
        columns.spec = if columns.spec < 12 { 0 } else { columns.spec };
        columns
    }

    fn used(&self) -> usize {
        self.state + self.kind + self.id + self.address + self.age + self.cost
    }

    fn headings(&self, canvas: &mut Canvas<'_>) {
        let style = canvas.theme.quiet();
        self.cells(
            [
                ("STATE", style),
                ("KIND", style),
                ("ID", style),
                ("OWNER", style),
                ("REGION SIZE IMAGE", style),
                ("ADDRESS", style),
                ("AGE", style),
                ("$/H", style),
            ],
            0,
            canvas,
        );
    }

    fn row(&self, item: &Item, age: &str, y: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        let Item { owner, holding, cost, .. } = item;
        let made = &holding.made;
        let name = owner.name();
        let name = text::clean(&name);
        let spec = match &made.image {
            Some(image) => format!("{} {} {image}", owner.region, owner.size),
            None => made.name.clone(),
        };
        let address = made.address.map(|address| address.to_string()).unwrap_or_default();
        let cost = cost.map(Dollars::an_hour).unwrap_or_default();
        let (plain, quiet) = (theme.plain(), theme.quiet());
        self.cells(
            [
                (holding.state.as_str(), state(holding.state, theme)),
                (made.kind.as_str(), plain),
                (made.id.as_deref().unwrap_or("unknown"), plain),
                (&text::cut_middle(&name, self.owner.saturating_sub(1)), plain),
                (&spec, quiet),
                (&address, plain),
                (age, quiet),
                (&cost, plain),
            ],
            y,
            canvas,
        );
    }

    fn cells(&self, cells: [(&str, Style); 8], y: usize, canvas: &mut Canvas<'_>) {
        let widths = [
            self.state,
            self.kind,
            self.id,
            self.owner,
            self.spec,
            self.address,
            self.age,
            self.cost,
        ];
        let mut x = 2;
        for (cells, (words, style)) in widths.into_iter().zip(cells) {
            canvas.field(x, y, cells.saturating_sub(1), words, style);
            x += cells;
        }
    }
}

fn state(state: HoldingState, theme: Theme) -> Style {
    match state {
        HoldingState::LeftBehind | HoldingState::Stuck => theme.standing(Standing::NeedsYou),
        HoldingState::BeingUndone => theme.standing(Standing::RollingBack),
        HoldingState::BeingMade => theme.standing(Standing::Running),
        HoldingState::InUse => theme.standing(Standing::Active),
    }
}
