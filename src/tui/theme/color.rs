//! Colours: how a theme's file writes them, and what a terminal makes of them.

use ratatui::style::Color;

/// The sixteen colours that every terminal names and every person may have changed.
const NAMED: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// How many colours a terminal draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Red, green and blue in 256 shades each.
    True,
    /// The 256 of xterm. What most terminals draw, whatever they say: a remote shell is seldom told
    /// more (`COLORTERM` does not travel over SSH).
    #[default]
    Indexed,
}

/// A colour as a theme's file writes it: `#d0d0d0`, or one of the sixteen names.
pub fn parse(text: &str) -> Option<Color> {
    if let Some((_, color)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some(*color);
    }
    let is_hex = |digits: &&str| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit());
    let digits = text.strip_prefix('#').filter(is_hex)?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some(Color::Rgb(channel(0)?, channel(2)?, channel(4)?))
}

/// The place of one of the sixteen among them, from 0 for black.
pub fn ansi_index(color: Color) -> Option<usize> {
    NAMED.iter().position(|(_, named)| *named == color)
}

/// The colour that a terminal of this depth draws for it.
pub fn fitted(color: Color, depth: Depth) -> Color {
    match (rgb(color), depth) {
        (Some(rgb), Depth::Indexed) => Color::Indexed(nearest(rgb)),
        (Some(_), Depth::True) | (None, _) => color,
    }
}

/// Red, green and blue, where the colour is made of them.
pub fn rgb(color: Color) -> Option<[u8; 3]> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "ratatui's enum; all others are names")]
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(index @ 16..) => Some(of_index(index)),
        _ => None,
    }
}

/// The shades of a channel in xterm's cube of 6 x 6 x 6 (256colres.pl of its sources).
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Red, green and blue of a colour of xterm's from 16 up: the cube, then 24 greys.
fn of_index(index: u8) -> [u8; 3] {
    match index {
        232.. => [8 + 10 * (index - 232); 3],
        16.. => {
            let place = index - 16;
            [place / 36, place / 6 % 6, place % 6].map(|shade| CUBE[usize::from(shade)])
        }
        0..16 => [0; 3],
    }
}

/// The one of xterm's colours from 16 up that is least far away.
fn nearest(wanted: [u8; 3]) -> u8 {
    let far = |index: &u8| -> u32 {
        let shades = of_index(*index).into_iter().zip(wanted);
        shades.map(|(is, should)| u32::from(is.abs_diff(should)).pow(2)).sum()
    };
    (16..=u8::MAX).min_by_key(far).unwrap_or(u8::MAX)
}

/// How light a colour is, from 0 to 1: the relative luminance of WCAG 2.2
/// (<https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
pub fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// A channel of sRGB as an amount of light, from 0 to 1.
pub fn linear(channel: u8) -> f64 {
    let share = f64::from(channel) / 255.0;
    if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
}

/// The contrast of two colours, from 1 to 21, as WCAG 2.2 reckons it
/// (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).
pub fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_digits_or_a_name_and_nothing_else() {
        assert_eq!(parse("#12ABef"), Some(Color::Rgb(0x12, 0xab, 0xef)));
        assert_eq!(parse("white"), Some(Color::Gray));
        assert_eq!(parse("bright-white"), Some(Color::White));
        for bad in ["", "#", "#12345", "#1234567", "#12345g", "#+1+2+3", "Red", "12", "#é1234"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn without_true_colour_the_nearest_of_the_256_is_drawn() {
        assert_eq!(fitted(Color::Rgb(255, 135, 0), Depth::Indexed), Color::Indexed(208));
        assert_eq!(fitted(Color::Rgb(250, 130, 6), Depth::Indexed), Color::Indexed(208));
        assert_eq!(fitted(Color::Rgb(18, 18, 18), Depth::Indexed), Color::Indexed(233));
        assert_eq!(fitted(Color::Rgb(250, 130, 6), Depth::True), Color::Rgb(250, 130, 6));
        assert_eq!(fitted(Color::Red, Depth::Indexed), Color::Red);
    }

    #[test]
    fn contrast_is_what_wcag_reckons() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // WCAG's own example of a pair that just fails and one that just passes on white.
        assert!(contrast([0x77; 3], [255; 3]) < 4.5 && contrast([0x76; 3], [255; 3]) > 4.5);
    }
}
