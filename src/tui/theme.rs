//! Colours, signs and words by meaning.
//!
//! Meaning is carried by two of sign, word and colour at least, so the screen reads without colour.
//! What each meaning looks like is data: the files in `assets/themes/`, or a person's own. No colour
//! is named outside this module and its parts, and a theme that names no background leaves it to the
//! person's terminal.

use ratatui::style::{Modifier, Style};

use crate::domain::log::LogLevel;
use crate::domain::saga::plan::Direction;
use crate::domain::saga::timeline::SpanKind;
use crate::domain::summary::{Standing, StepMark};
use crate::tui::options::{Ascii, Color};
use crate::tui::theme::palette::Palette;
use crate::tui::theme::role::Role;
use crate::tui::theme::shelf::Themes;
use crate::tui::theme::signs::Signs;

pub mod color;
pub mod file;
pub mod palette;
pub mod role;
pub mod shelf;
pub mod signs;

/// Colours and signs.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    palette: Palette,
    ascii: Ascii,
}

impl Theme {
    /// The theme that a terminal with these abilities begins with.
    pub fn new(color: Color, ascii: Ascii) -> Self {
        let themes = Themes::shipped(color);
        let palette =
            themes.get(themes.first()).expect("a shelf has the theme that it begins with");
        Self::of(palette, ascii)
    }

    /// The theme with these colours.
    pub const fn of(palette: Palette, ascii: Ascii) -> Self {
        Self { palette, ascii }
    }

    /// Whether only ASCII may be drawn.
    pub const fn ascii(self) -> Ascii {
        self.ascii
    }

    /// What lies under everything: ordinary text, on the theme's background where it has one.
    pub const fn ground(self) -> Style {
        self.palette.ground()
    }

    /// Ordinary text.
    pub const fn plain(self) -> Style {
        self.style(Role::Text)
    }

    /// What matters less: finished rows, hints.
    pub const fn quiet(self) -> Style {
        self.style(Role::Quiet)
    }

    /// Headings, and the key in a hint.
    pub const fn strong(self) -> Style {
        self.style(Role::Strong)
    }

    /// The title of a pane, written over its border.
    pub fn title(self) -> Style {
        self.plain().patch(self.strong()).remove_modifier(Modifier::DIM)
    }

    /// The selected row of the pane that has the keys. It is never dim, whatever it was before.
    pub const fn selected(self) -> Style {
        self.style(Role::Selected).remove_modifier(Modifier::DIM)
    }

    /// What was searched for, where it was found.
    pub const fn highlight(self) -> Style {
        self.style(Role::Match).remove_modifier(Modifier::DIM)
    }

    /// The cell that the next letter goes to.
    pub const fn cursor(self) -> Style {
        self.style(Role::Cursor)
    }

    /// The border of a pane.
    pub const fn border(self) -> Style {
        self.style(Role::Border)
    }

    /// A row that is marked.
    pub const fn marked(self) -> Style {
        self.style(Role::Marked).remove_modifier(Modifier::DIM)
    }

    /// The border of the pane that has the keys, and of dialogs.
    pub const fn focused_border(self) -> Style {
        self.style(Role::FocusedBorder)
    }

    /// The badge that says which environment this is.
    pub const fn badge(self) -> Style {
        self.style(Role::Badge)
    }

    /// What destroys something for good.
    pub const fn danger(self) -> Style {
        self.style(Role::Danger)
    }

    /// What must not be overlooked, whatever else is on the screen.
    pub const fn alarm(self) -> Style {
        self.danger().remove_modifier(Modifier::DIM).add_modifier(Modifier::REVERSED)
    }

    /// What a person has to look at.
    pub const fn warning(self) -> Style {
        self.style(Role::Warning)
    }

    /// What is as it should be.
    pub const fn good(self) -> Style {
        self.style(Role::Good)
    }

    /// The field that is being typed into.
    pub const fn field(self) -> Style {
        self.style(Role::Field)
    }

    /// How a saga stands.
    pub const fn standing(self, standing: Standing) -> Style {
        self.style(match standing {
            Standing::NeedsYou => Role::NeedsYou,
            Standing::RollingBack => Role::Undoing,
            Standing::Running => Role::Running,
            Standing::Held => Role::Held,
            Standing::Active => Role::Good,
            Standing::Failed => Role::Danger,
            Standing::Cancelled | Standing::RolledBack | Standing::Abandoned => Role::Quiet,
        })
    }

    /// How one step stands.
    pub const fn mark(self, mark: StepMark) -> Style {
        self.style(match mark {
            StepMark::Pending | StepMark::NothingToUndo | StepMark::Undone | StepMark::Skipped => {
                Role::Quiet
            }
            StepMark::Running | StepMark::Waiting => Role::Running,
            StepMark::Done => Role::Good,
            StepMark::Failed => Role::Danger,
            StepMark::Unknown | StepMark::UndoFailed => Role::NeedsYou,
            StepMark::Undoing => Role::Undoing,
        })
    }

    /// What a step did in a stretch of time.
    pub const fn span(self, direction: Direction, kind: SpanKind) -> Style {
        self.style(match (direction, kind) {
            (Direction::Forward, SpanKind::Attempt) => Role::BarTry,
            (Direction::Forward, SpanKind::Wait) => Role::BarWait,
            (Direction::Forward, SpanKind::BackOff) => Role::BarBackOff,
            (Direction::Undo, SpanKind::Attempt | SpanKind::Wait | SpanKind::BackOff) => {
                Role::BarUndo
            }
        })
    }

    /// How long a step usually takes, ahead of it.
    pub const fn usual(self) -> Style {
        self.style(Role::BarUsual)
    }

    /// How grave a log line is.
    pub const fn level(self, level: LogLevel) -> Style {
        self.style(match level {
            LogLevel::Debug => Role::Quiet,
            LogLevel::Info => Role::Text,
            LogLevel::Warn => Role::Warning,
            LogLevel::Error => Role::Danger,
        })
    }

    /// The signs that may be drawn.
    pub const fn signs(self) -> &'static Signs {
        match self.ascii {
            Ascii::No => &signs::UNICODE,
            Ascii::Yes => &signs::ASCII,
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

    const fn style(self, role: Role) -> Style {
        self.palette.style(role)
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
pub const fn standing_count_word(standing: Standing, count: usize) -> &'static str {
    match standing {
        Standing::NeedsYou if count == 1 => "needs you",
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

    #[test]
    fn what_stands_out_is_not_dim_whatever_it_was_before() {
        let theme = Theme::new(Color::Ansi, Ascii::No);
        assert!(theme.quiet().add_modifier.contains(Modifier::DIM));
        for over in [theme.title(), theme.selected(), theme.highlight(), theme.marked()] {
            let both = theme.quiet().patch(over);
            assert!(!both.add_modifier.contains(Modifier::DIM), "{both:?}");
        }
    }
}
