//! The sixteen colours as terminals come with them, dark ones: what a theme of names looks like.

use arcadia::tui::theme::color::{Depth, ansi_index};
use arcadia::tui::theme::palette::Faint;
use ratatui::style::{Modifier, Style};

/// A terminal as it comes.
pub(crate) struct Terminal {
    pub(crate) name: &'static str,
    /// What a text in it must reach. Where less than 4.5 is asked, the terminal's own red and magenta
    /// leave no more.
    pub(crate) least: f64,
    pub(crate) depth: Depth,
    pub(crate) faint: Faint,
    /// Whether bold letters take the bright colour.
    bold: Bold,
    ink: u32,
    paper: u32,
    sixteen: [u32; 16],
}

/// What bold does to one of the first eight colours.
#[derive(PartialEq, Eq)]
enum Bold {
    Brightens,
    KeepsColour,
}

impl Terminal {
    /// Ink and paper of a cell.
    pub(crate) fn cell(&self, style: Style) -> ([u8; 3], [u8; 3]) {
        let is = |modifier| style.add_modifier.contains(modifier);
        let brightens = is(Modifier::BOLD) && self.bold == Bold::Brightens;
        let named = |color: ratatui::style::Color| {
            let index = ansi_index(color).expect("a theme of names names no other colour");
            self.sixteen[if brightens && index < 8 { index + 8 } else { index }]
        };
        let dim = is(Modifier::DIM) && !style.sub_modifier.contains(Modifier::DIM);
        let ink = split(style.fg.map_or(self.ink, named));
        // As xterm and VTE draw it: two thirds of each channel.
        let ink = if dim { ink.map(|part| part / 3 * 2) } else { ink };
        let paper = split(style.bg.map_or(self.paper, named));
        if is(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) }
    }
}

fn split(color: u32) -> [u8; 3] {
    let [_, red, green, blue] = color.to_be_bytes();
    [red, green, blue]
}

pub(crate) const TERMINALS: [Terminal; 5] = [
    // XTerm-col.ad of xterm, in reverse video; `boldColors` is on.
    Terminal {
        name: "xterm",
        least: 4.5,
        depth: Depth::Indexed,
        faint: Faint::Legible,
        bold: Bold::Brightens,
        ink: 0x00e5_e5e5,
        paper: 0x0000_0000,
        sixteen: [
            0x0000_0000,
            0x00cd_0000,
            0x0000_cd00,
            0x00cd_cd00,
            0x0000_00ee,
            0x00cd_00cd,
            0x0000_cdcd,
            0x00e5_e5e5,
            0x007f_7f7f,
            0x00ff_0000,
            0x0000_ff00,
            0x00ff_ff00,
            0x005c_5cff,
            0x00ff_00ff,
            0x0000_ffff,
            0x00ff_ffff,
        ],
    },
    // `default_red` and its like in drivers/tty/vt/vt.c of Linux: the colours of VGA.
    Terminal {
        name: "the Linux console",
        least: 4.5,
        depth: Depth::Indexed,
        faint: Faint::Lost,
        bold: Bold::Brightens,
        ink: 0x00aa_aaaa,
        paper: 0x0000_0000,
        sixteen: [
            0x0000_0000,
            0x00aa_0000,
            0x0000_aa00,
            0x00aa_5500,
            0x0000_00aa,
            0x00aa_00aa,
            0x0000_aaaa,
            0x00aa_aaaa,
            0x0055_5555,
            0x00ff_5555,
            0x0055_ff55,
            0x00ff_ff55,
            0x0055_55ff,
            0x00ff_55ff,
            0x0055_ffff,
            0x00ff_ffff,
        ],
    },
    // `colour_defaults` of PuTTY; "bolded text is a different colour" is on.
    Terminal {
        name: "PuTTY",
        least: 4.5,
        depth: Depth::Indexed,
        faint: Faint::Legible,
        bold: Bold::Brightens,
        ink: 0x00bb_bbbb,
        paper: 0x0000_0000,
        sixteen: [
            0x0000_0000,
            0x00bb_0000,
            0x0000_bb00,
            0x00bb_bb00,
            0x0000_00bb,
            0x00bb_00bb,
            0x0000_bbbb,
            0x00bb_bbbb,
            0x0055_5555,
            0x00ff_5555,
            0x0055_ff55,
            0x00ff_ff55,
            0x0055_55ff,
            0x00ff_55ff,
            0x0055_ffff,
            0x00ff_ffff,
        ],
    },
    // The palette of GNOME Terminal ("GNOME", terminal-profile-editor).
    Terminal {
        name: "GNOME Terminal",
        least: 4.0,
        depth: Depth::True,
        faint: Faint::Legible,
        bold: Bold::KeepsColour,
        ink: 0x00d0_cfcc,
        paper: 0x0017_1421,
        sixteen: [
            0x0017_1421,
            0x00c0_1c28,
            0x0026_a269,
            0x00a2_734c,
            0x0012_488b,
            0x00a3_47ba,
            0x002a_a1b3,
            0x00d0_cfcc,
            0x005e_5c64,
            0x00f6_6151,
            0x0033_da7a,
            0x00e9_ad0c,
            0x002a_7bde,
            0x00c0_61cb,
            0x0033_c7de,
            0x00ff_ffff,
        ],
    },
    // The scheme "Campbell" of Windows Terminal (defaults.json).
    Terminal {
        name: "Windows Terminal",
        least: 3.0,
        depth: Depth::True,
        faint: Faint::Legible,
        bold: Bold::KeepsColour,
        ink: 0x00cc_cccc,
        paper: 0x000c_0c0c,
        sixteen: [
            0x000c_0c0c,
            0x00c5_0f1f,
            0x0013_a10e,
            0x00c1_9c00,
            0x0000_37da,
            0x0088_1798,
            0x003a_96dd,
            0x00cc_cccc,
            0x0076_7676,
            0x00e7_4856,
            0x0016_c60c,
            0x00f9_f1a5,
            0x003b_78ff,
            0x00b4_009e,
            0x0061_d6d6,
            0x00f2_f2f2,
        ],
    },
];
