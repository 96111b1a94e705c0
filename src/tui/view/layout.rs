//! Which pane lies where, for any size. Pure.

use ratatui::layout::Rect;

use crate::tui::model::{Pane, Zoom};

/// From how many columns on the list lies beside the saga and its log.
const SIDE_BY_SIDE: u16 = 140;

/// From how many columns on panes have frames and lie above each other.
const STACKED: u16 = 64;

/// Below this many columns or rows only the counts are shown.
const SMALLEST: (u16, u16) = (40, 8);

/// Which pane lies where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The line of counts.
    pub header: Rect,
    /// The deployments.
    pub list: Option<Rect>,
    /// The saga.
    pub saga: Option<Rect>,
    /// Its log.
    pub log: Option<Rect>,
    /// What was said last.
    pub toast: Option<Rect>,
    /// The keys.
    pub footer: Option<Rect>,
    /// Whether panes have frames.
    pub frames: Frames,
}

/// Whether panes have frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// They do.
    Drawn,
    /// Every cell is needed for content.
    None,
    /// There is no room for a pane at all.
    TooSmall,
}

/// How a screen of this size is divided. `steps` is how many rows the saga wants for its steps.
pub fn layout(screen: Rect, steps: usize, pane: Pane, zoom: Zoom) -> Layout {
    let row = |y: u16| Rect::new(screen.x, y, screen.width, 1).intersection(screen);
    let mut layout = Layout {
        header: row(screen.y),
        list: None,
        saga: None,
        log: None,
        toast: None,
        footer: None,
        frames: Frames::TooSmall,
    };
    if screen.width < SMALLEST.0 || screen.height < SMALLEST.1 {
        return layout;
    }
    layout.toast = Some(row(screen.bottom() - 2));
    layout.footer = Some(row(screen.bottom() - 1));
    let body = Rect::new(screen.x, screen.y + 1, screen.width, screen.height - 3);
    layout.frames = if screen.width < STACKED { Frames::None } else { Frames::Drawn };
    let alone = zoom == Zoom::In || (screen.height < 17 && pane != Pane::List);
    if alone || (layout.frames == Frames::None && pane != Pane::List) {
        match pane {
            Pane::List => layout.list = Some(body),
            Pane::Saga => layout.saga = Some(body),
            Pane::Log => layout.log = Some(body),
        }
    } else if layout.frames == Frames::None {
        bare(&mut layout, body);
    } else if screen.width >= SIDE_BY_SIDE && screen.height >= 20 {
        side_by_side(&mut layout, body, steps);
    } else {
        stacked(&mut layout, body, steps, screen);
    }
    layout
}

/// A narrow screen: the list, and a few lines about the selected deployment.
fn bare(layout: &mut Layout, body: Rect) {
    let about = if body.height >= 9 { 4 } else { 0 };
    let (list, saga) = split_down(body, body.height - about);
    layout.list = Some(list);
    layout.saga = (about > 0).then_some(saga);
}

fn side_by_side(layout: &mut Layout, body: Rect, steps: usize) {
    let across = body.width / 2;
    let left = Rect::new(body.x, body.y, across, body.height);
    let right = Rect::new(body.x + across, body.y, body.width - across, body.height);
    let (saga, log) = split_down(right, saga_height(steps, 4).min(right.height * 2 / 3));
    layout.list = Some(left);
    layout.saga = Some(saga);
    layout.log = Some(log);
}

fn stacked(layout: &mut Layout, body: Rect, steps: usize, screen: Rect) {
    if screen.height < 17 {
        let (list, saga) = split_down(body, body.height.saturating_sub(4));
        layout.list = Some(list);
        layout.saga = Some(saga);
        return;
    }
    let extras = if screen.height >= 30 { 4 } else { 1 };
    let saga = saga_height(steps, extras).min(body.height - 7);
    let log = match screen.height {
        ..20 => 0,
        20..30 => 4.min(body.height.saturating_sub(saga + 7)),
        30.. => (body.height - saga) * 2 / 5,
    };
    let log = if log < 3 { 0 } else { log };
    let (list, rest) = split_down(body, body.height - saga - log);
    let (saga, below) = split_down(rest, saga);
    layout.list = Some(list);
    layout.saga = Some(saga);
    layout.log = (log > 0).then_some(below);
}

fn saga_height(steps: usize, extras: u16) -> u16 {
    u16::try_from(steps.clamp(3, 24)).unwrap_or(24) + 2 + extras
}

fn split_down(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect::new(area.x, area.y, area.width, height),
        Rect::new(area.x, area.y + height, area.width, area.height - height),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_never_overlap_nor_leave_the_screen_at_any_size() {
        for width in 0..180 {
            for height in 0..60 {
                let screen = Rect::new(0, 0, width, height);
                for pane in Pane::ALL {
                    for zoom in [Zoom::In, Zoom::Out] {
                        check(screen, layout(screen, 7, pane, zoom));
                    }
                }
            }
        }
    }

    fn check(screen: Rect, layout: Layout) {
        let Layout { header, list, saga, log, toast, footer, .. } = layout;
        let panes: Vec<Rect> =
            [Some(header), list, saga, log, toast, footer].into_iter().flatten().collect();
        for (index, pane) in panes.iter().enumerate() {
            assert_eq!(pane.intersection(screen), *pane, "{screen:?} {layout:?}");
            for other in &panes[index + 1..] {
                assert!(pane.intersection(*other).is_empty(), "{screen:?} {layout:?}");
            }
        }
    }

    #[test]
    fn the_panes_of_a_laptop_terminal_are_all_there() {
        let panes = layout(Rect::new(0, 0, 80, 24), 7, Pane::List, Zoom::Out);
        let heights = [panes.list, panes.saga, panes.log].map(|pane| pane.map(|pane| pane.height));
        assert_eq!(heights, [Some(7), Some(10), Some(4)]);
    }
}
