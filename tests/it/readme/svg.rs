//! Cells as a picture: one text for each run of cells that look alike, held to its width, in whatever
//! monospaced font is there.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;
const FONT: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
const PAPER: &str = "#16181d";
const INK: &str = "#d8dbe2";

#[derive(Debug, Clone, PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    modifier: Modifier,
}

/// The picture of a screen.
pub(crate) fn of(cells: &[Cell], (width, height): (u16, u16)) -> String {
    let across = f32::from(width) * CELL.0 + 2.0 * MARGIN;
    let down = f32::from(height) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {across:.0} {down:.0}\" \
         font-family=\"{FONT}\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for (y, row) in (0_u16..).zip(cells.chunks(usize::from(width))) {
        let mut from = 0;
        while from < row.len() {
            let look = look(&row[from]);
            let same = row[from..].iter().take_while(|cell| self::look(cell) == look).count();
            let text: String = row[from..from + same].iter().map(Cell::symbol).collect();
            run(&mut svg, &text, (u16::try_from(from).unwrap(), y), same, &look);
            from += same;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn run(svg: &mut String, text: &str, (x, y): (u16, u16), cells: usize, look: &Look) {
    let (left, top) = (MARGIN + f32::from(x) * CELL.0, MARGIN + f32::from(y) * CELL.1);
    let wide = f32::from(u16::try_from(cells).unwrap()) * CELL.0;
    if let Some(paper) = &look.paper {
        let high = CELL.1;
        writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high}\" fill=\"{paper}\"/>"
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    let mut marks = String::new();
    for (modifier, mark) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\".6\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if look.modifier.contains(modifier) {
            marks.push_str(mark);
        }
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (base, ink) = (top + 13.5, &look.ink);
    writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{ink}\"{marks}>{text}</text>"
    )
    .unwrap();
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (color(cell.fg), color(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        let under = paper.unwrap_or_else(|| PAPER.to_owned());
        paper = Some(ink.unwrap_or_else(|| INK.to_owned()));
        ink = Some(under);
    }
    Look { ink: ink.unwrap_or_else(|| INK.to_owned()), paper, modifier: cell.modifier }
}

fn color(color: Color) -> Option<String> {
    let named = match color {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => return Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(number) => panic!("color {number} has no name"),
        Color::Black => "#2b2e37",
        Color::Red => "#ef6b73",
        Color::Green => "#8ccf7e",
        Color::Yellow => "#e5c76b",
        Color::Blue => "#67b0e8",
        Color::Magenta => "#d08ceb",
        Color::Cyan => "#6cd0ca",
        Color::Gray => "#b3b9b8",
        Color::DarkGray => "#6b707c",
        Color::LightRed => "#ff8f96",
        Color::LightGreen => "#a7e39b",
        Color::LightYellow => "#f5dc8d",
        Color::LightBlue => "#8dcbff",
        Color::LightMagenta => "#e3a9f7",
        Color::LightCyan => "#8fe8e2",
        Color::White => "#f4f6fa",
    };
    Some(named.to_owned())
}
