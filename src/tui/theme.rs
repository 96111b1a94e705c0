//! Colours, signs and words by meaning. The only file that names a colour.
//!
//! Meaning is carried by two of sign, word and colour at least, so the screen reads without colour.
//! The background is never painted: it belongs to the person's terminal.

use ratatui::style::{Color as Ansi, Modifier, Style};

use crate::domain::log::LogLevel;
use crate::domain::saga::plan::Direction;
use crate::domain::saga::timeline::SpanKind;
use crate::domain::summary::{Standing, StepMark};
use crate::tui::options::{Ascii, Color};

/// Colours and signs.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    color: Color,
    ascii: Ascii,
}

impl Theme {
    /// The theme of a terminal with these abilities.
    pub const fn new(color: Color, ascii: Ascii) -> Self {
        Self { color, ascii }
    }

    /// Whether only ASCII may be drawn.
    pub const fn ascii(self) -> Ascii {
        self.ascii
    }

    /// Ordinary text.
    pub const fn plain(self) -> Style {
        Style::new()
    }

    /// What matters less: borders, finished rows, hints.
    pub const fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Headings, and the key in a hint.
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row of the pane that has the keys.
    pub const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM)
    }

    /// A row that is marked.
    pub const fn marked(self) -> Style {
        self.tint(Ansi::Yellow).add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM)
    }

    /// The border of the pane that has the keys, and of dialogs.
    pub const fn focused_border(self) -> Style {
        self.tint(Ansi::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The badge that says which environment this is.
    pub const fn badge(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD)
    }

    /// What destroys something for good.
    pub const fn danger(self) -> Style {
        self.tint(Ansi::Red).add_modifier(Modifier::BOLD)
    }

    /// What a person has to look at.
    pub const fn warning(self) -> Style {
        self.tint(Ansi::Yellow)
    }

    /// What is as it should be.
    pub const fn good(self) -> Style {
        self.tint(Ansi::Green)
    }

    /// The field that is being typed into.
    pub const fn field(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// How a saga stands.
    pub const fn standing(self, standing: Standing) -> Style {
        match standing {
            Standing::NeedsYou => self.tint(Ansi::Magenta).add_modifier(Modifier::BOLD),
            Standing::RollingBack => self.warning(),
            Standing::Running => self.tint(Ansi::Cyan),
            Standing::Held => self.tint(Ansi::Yellow).add_modifier(Modifier::BOLD),
            Standing::Active => self.good(),
            Standing::Failed => self.danger(),
            Standing::Cancelled | Standing::RolledBack | Standing::Abandoned => self.quiet(),
        }
    }

    /// How one step stands.
    pub const fn mark(self, mark: StepMark) -> Style {
        match mark {
            StepMark::Pending | StepMark::NothingToUndo | StepMark::Undone | StepMark::Skipped => {
                self.quiet()
            }
            StepMark::Running | StepMark::Waiting => self.tint(Ansi::Cyan),
            StepMark::Done => self.good(),
            StepMark::Failed => self.danger(),
            StepMark::Unknown | StepMark::UndoFailed => {
                self.tint(Ansi::Magenta).add_modifier(Modifier::BOLD)
            }
            StepMark::Undoing => self.warning(),
        }
    }

    /// What a step did in a stretch of time.
    pub const fn span(self, direction: Direction, kind: SpanKind) -> Style {
        match (direction, kind) {
            (Direction::Forward, SpanKind::Attempt) => self.tint(Ansi::Cyan),
            (Direction::Forward, SpanKind::Wait) => self.quiet(),
            (Direction::Forward, SpanKind::BackOff)
            | (Direction::Undo, SpanKind::Attempt | SpanKind::Wait | SpanKind::BackOff) => {
                self.warning()
            }
        }
    }

    /// How grave a log line is.
    pub const fn level(self, level: LogLevel) -> Style {
        match level {
            LogLevel::Debug => self.quiet(),
            LogLevel::Info => self.plain(),
            LogLevel::Warn => self.warning(),
            LogLevel::Error => self.danger(),
        }
    }

    /// The signs that may be drawn.
    pub const fn signs(self) -> &'static Signs {
        match self.ascii {
            Ascii::No => &UNICODE,
            Ascii::Yes => &ASCII,
        }
    }

    /// The sign of a standing.
    pub const fn standing_sign(self, standing: Standing) -> &'static str {
        let signs = self.signs();
        match standing {
            Standing::NeedsYou => signs.needs_you,
            Standing::RollingBack => signs.undoing,
            Standing::Running => signs.running,
            Standing::Held => signs.held,
            Standing::Active => signs.active,
            Standing::Failed => signs.failed,
            Standing::Cancelled => signs.cancelled,
            Standing::RolledBack => signs.rolled_back,
            Standing::Abandoned => signs.abandoned,
        }
    }

    /// The sign of a step's mark.
    pub const fn mark_sign(self, mark: StepMark) -> &'static str {
        let signs = self.signs();
        match mark {
            StepMark::Pending => signs.pending,
            StepMark::Running => signs.running,
            StepMark::Waiting => signs.waiting,
            StepMark::Done => signs.done,
            StepMark::Failed => signs.failed,
            StepMark::Unknown => "?",
            StepMark::Skipped => signs.skipped,
            StepMark::NothingToUndo => signs.nothing,
            StepMark::Undoing => signs.undoing,
            StepMark::Undone => signs.undone,
            StepMark::UndoFailed => "!",
        }
    }

    /// The sign of a stretch of time.
    pub const fn span_sign(self, direction: Direction, kind: SpanKind) -> &'static str {
        let signs = self.signs();
        match (kind, direction) {
            (SpanKind::Attempt, Direction::Forward) => signs.bar_try,
            (SpanKind::Attempt, Direction::Undo) => signs.bar_undo,
            (SpanKind::Wait, Direction::Forward | Direction::Undo) => signs.bar_wait,
            (SpanKind::BackOff, Direction::Forward | Direction::Undo) => signs.bar_back_off,
        }
    }

    const fn tint(self, color: Ansi) -> Style {
        match self.color {
            Color::Ansi => Style::new().fg(color),
            // Setting no colour at all keeps the reversed row: terminals are sent a full reset at
            // each change of colour when NO_COLOR is set.
            Color::None => Style::new(),
        }
    }
}

/// How a saga stands, in one word.
pub const fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::NeedsYou => "NEEDS YOU",
        Standing::RollingBack => "ROLLING BACK",
        Standing::Running => "PROVISIONING",
        Standing::Held => "ON HOLD",
        Standing::Active => "ACTIVE",
        Standing::Failed => "FAILED",
        Standing::Cancelled => "CANCELLED",
        Standing::RolledBack => "ROLLED BACK",
        Standing::Abandoned => "ABANDONED",
    }
}

/// How many are in a standing, as the header says it.
pub const fn standing_count_word(standing: Standing) -> &'static str {
    match standing {
        Standing::NeedsYou => "need you",
        Standing::RollingBack => "undoing",
        Standing::Running => "running",
        Standing::Held => "on hold",
        Standing::Active => "active",
        Standing::Failed => "failed",
        Standing::Cancelled => "cancelled",
        Standing::RolledBack => "rolled back",
        Standing::Abandoned => "abandoned",
    }
}

/// The signs that may be drawn; each is one cell wide, save `needs_you` in ASCII.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named by what its sign means")]
pub struct Signs {
    pub cursor: &'static str,
    pub marked: &'static str,
    pub needs_you: &'static str,
    pub running: &'static str,
    pub waiting: &'static str,
    pub held: &'static str,
    pub pending: &'static str,
    pub done: &'static str,
    pub undoing: &'static str,
    pub undone: &'static str,
    pub nothing: &'static str,
    pub skipped: &'static str,
    pub failed: &'static str,
    pub active: &'static str,
    pub rolled_back: &'static str,
    pub cancelled: &'static str,
    pub abandoned: &'static str,
    pub warning: &'static str,
    pub bar_try: &'static str,
    pub bar_wait: &'static str,
    pub bar_back_off: &'static str,
    pub bar_undo: &'static str,
    pub bar_usual: &'static str,
    pub now: &'static str,
    pub text_cursor: &'static str,
    pub dash: &'static str,
    /// Top left, top right, bottom left, bottom right, horizontal, vertical.
    pub border: [&'static str; 6],
}

const UNICODE: Signs = Signs {
    cursor: "▸",
    marked: "◆",
    needs_you: "‼",
    running: "◐",
    waiting: "◌",
    held: "‖",
    pending: "·",
    done: "✓",
    undoing: "◑",
    undone: "↩",
    nothing: "–",
    skipped: "»",
    failed: "✗",
    active: "●",
    rolled_back: "○",
    cancelled: "⊘",
    abandoned: "†",
    warning: "▲",
    bar_try: "█",
    bar_wait: "░",
    bar_back_off: "▚",
    bar_undo: "▒",
    bar_usual: "╌",
    now: "┊",
    text_cursor: "▏",
    dash: "–",
    border: ["┌", "┐", "└", "┘", "─", "│"],
};

const ASCII: Signs = Signs {
    cursor: ">",
    marked: "+",
    needs_you: "!!",
    running: ">",
    waiting: "~",
    held: "=",
    pending: ".",
    done: "#",
    undoing: "<",
    undone: "-",
    nothing: " ",
    skipped: "s",
    failed: "x",
    active: "*",
    rolled_back: "o",
    cancelled: "c",
    abandoned: "a",
    warning: "^",
    bar_try: "#",
    bar_wait: "-",
    bar_back_off: "%",
    bar_undo: "<",
    bar_usual: ".",
    now: ":",
    text_cursor: "_",
    dash: "-",
    border: ["+", "+", "+", "+", "-", "|"],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::text;

    #[test]
    fn without_colour_no_style_sets_one() {
        let theme = Theme::new(Color::None, Ascii::No);
        let styles = Standing::ALL.map(|standing| theme.standing(standing));
        for style in styles.into_iter().chain([theme.danger(), theme.focused_border()]) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn every_sign_of_a_step_takes_one_cell_and_tells_it_from_the_others() {
        for ascii in [Ascii::No, Ascii::Yes] {
            let theme = Theme::new(Color::Ansi, ascii);
            let mut signs = StepMark::ALL.map(|mark| theme.mark_sign(mark));
            assert!(signs.iter().all(|sign| text::width(sign) == 1), "{signs:?}");
            signs.sort_unstable();
            assert!(signs.windows(2).all(|pair| pair[0] != pair[1]), "{signs:?}");
            assert!(ascii == Ascii::No || signs.iter().all(|sign| sign.is_ascii()));
        }
    }
}
