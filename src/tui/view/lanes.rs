//! A step's spans on the time axis: tries, waits and back-offs going forward, and the undo growing
//! to their right.

use crate::domain::saga::plan::Direction;
use crate::domain::saga::timeline::{Axis, Span, SpanEnd, SpanKind, StepTimeline};
use crate::domain::summary::StepMark;
use crate::domain::time::Timestamp;
use crate::tui::view::canvas::Canvas;

const KINDS: [(Direction, SpanKind); 6] = [
    (Direction::Forward, SpanKind::Attempt),
    (Direction::Forward, SpanKind::BackOff),
    (Direction::Forward, SpanKind::Wait),
    (Direction::Undo, SpanKind::Attempt),
    (Direction::Undo, SpanKind::BackOff),
    (Direction::Undo, SpanKind::Wait),
];

/// What a cell of a lane shows: what took most of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cell {
    millis: [u64; KINDS.len()],
}

/// Draws the lane of a step from column `x` on.
pub(super) fn draw(
    lane: &StepTimeline,
    axis: &Axis,
    now: Timestamp,
    (x, y): (usize, usize),
    canvas: &mut Canvas<'_>,
) {
    let width = canvas.width().saturating_sub(x);
    let theme = canvas.theme;
    for (column, kind) in shape(lane, axis, now, width).into_iter().enumerate() {
        if let Some((direction, kind)) = kind {
            let (sign, style) = (theme.span_sign(direction, kind), theme.span(direction, kind));
            canvas.put(x + column, y, sign, style);
        }
    }
    for span in &lane.spans {
        let Some((at, end)) = span.end else { continue };
        let (sign, style) = match end {
            SpanEnd::Failed => (theme.signs().failed, theme.danger()),
            SpanEnd::Unknown if span.kind == SpanKind::Attempt => {
                ("?", theme.mark(StepMark::Unknown))
            }
            SpanEnd::Unknown | SpanEnd::GoesOn | SpanEnd::Succeeded | SpanEnd::CutShort => continue,
        };
        if let Some(column) = last_column(axis, at, width) {
            canvas.put(x + column, y, sign, style);
        }
    }
}

/// Draws how far a step that is under way usually goes, from now on.
pub(super) fn draw_usual(
    axis: &Axis,
    (now, until): (Timestamp, Timestamp),
    (x, y): (usize, usize),
    canvas: &mut Canvas<'_>,
) {
    let width = canvas.width().saturating_sub(x);
    let (sign, style) = (canvas.theme.signs().bar_usual, canvas.theme.usual());
    let drawn = last_column(axis, now, width).map_or(0, |column| column + 1);
    let Some(last) = last_column(axis, until, width) else { return };
    for column in drawn..=last {
        canvas.put(x + column, y, sign, style);
    }
}

/// What each cell of a lane shows.
fn shape(
    lane: &StepTimeline,
    axis: &Axis,
    now: Timestamp,
    width: usize,
) -> Vec<Option<(Direction, SpanKind)>> {
    let mut cells = vec![Cell::default(); width];
    let scale = Scale { length: axis.length().max(1), width: width as u64 };
    for span in &lane.spans {
        fill(&mut cells, span, axis, now, scale);
    }
    cells.iter().map(Cell::kind).collect()
}

#[derive(Clone, Copy)]
struct Scale {
    length: u64,
    width: u64,
}

fn fill(cells: &mut [Cell], span: &Span, axis: &Axis, now: Timestamp, scale: Scale) {
    let Some(kind) = KINDS.iter().position(|kind| *kind == (span.direction, span.kind)) else {
        return;
    };
    // Cells are counted in units of 1/width of a millisecond, so that nothing is rounded away.
    let from = axis.offset(span.from).saturating_mul(scale.width);
    let to = span.end.map_or(now.max(span.from), |(at, _)| at);
    let to = axis.offset(to).saturating_mul(scale.width).max(from + 1);
    let last = (to - 1) / scale.length;
    for column in (from / scale.length)..=last {
        let Some(cell) = usize::try_from(column).ok().and_then(|column| cells.get_mut(column))
        else {
            break;
        };
        let start = column * scale.length;
        cell.millis[kind] += to.min(start + scale.length) - from.max(start);
    }
}

impl Cell {
    fn kind(&self) -> Option<(Direction, SpanKind)> {
        let most = *self.millis.iter().max()?;
        let index = self.millis.iter().position(|millis| *millis == most && most > 0)?;
        Some(KINDS[index])
    }
}

fn last_column(axis: &Axis, at: Timestamp, width: usize) -> Option<usize> {
    let scaled = axis.offset(at).saturating_mul(width as u64).saturating_sub(1);
    usize::try_from(scaled / axis.length().max(1)).ok().filter(|column| *column < width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(direction: Direction, kind: SpanKind, from: i64, to: i64) -> Span {
        Span {
            direction,
            kind,
            from: Timestamp::from_millis(from),
            end: Some((Timestamp::from_millis(to), SpanEnd::GoesOn)),
        }
    }

    fn drawn(spans: Vec<Span>, width: usize) -> String {
        let lane = StepTimeline { spans };
        let now = Timestamp::from_millis(100);
        let axis = Axis::new(std::slice::from_ref(&lane), now);
        shape(&lane, &axis, now, width)
            .into_iter()
            .map(|kind| match kind {
                Some((Direction::Undo, _)) => '<',
                Some((Direction::Forward, SpanKind::Attempt)) => '#',
                Some((Direction::Forward, SpanKind::Wait)) => '-',
                Some((Direction::Forward, SpanKind::BackOff)) => '%',
                None => ' ',
            })
            .collect()
    }

    #[test]
    fn a_cell_shows_what_took_most_of_its_time() {
        let spans = vec![
            span(Direction::Forward, SpanKind::Attempt, 0, 30),
            span(Direction::Forward, SpanKind::BackOff, 30, 60),
            span(Direction::Forward, SpanKind::Wait, 60, 80),
            span(Direction::Undo, SpanKind::Attempt, 80, 100),
        ];
        assert_eq!(drawn(spans.clone(), 10), "###%%%--<<");
        assert_eq!(drawn(spans, 0), "");
    }

    #[test]
    fn a_span_of_no_length_still_takes_a_cell() {
        let spans = vec![
            span(Direction::Forward, SpanKind::Attempt, 0, 0),
            span(Direction::Undo, SpanKind::Attempt, 50, 100),
        ];
        assert_eq!(drawn(spans, 4).trim_end().chars().last(), Some('<'));
    }
}
