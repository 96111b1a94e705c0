//! What a theme gives a look to.

/// A meaning that has a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// What matters less.
    Quiet,
    /// Headings and keys.
    Strong,
    /// The selected row.
    Selected,
    /// A row that is marked.
    Marked,
    /// What was searched for.
    Match,
    /// The cell that the next letter goes to.
    Cursor,
    /// The border of a pane.
    Border,
    /// The border of the pane that has the keys.
    FocusedBorder,
    /// Which environment this is.
    Badge,
    /// The field that is being typed into.
    Field,
    /// What destroys something, and what failed.
    Danger,
    /// What a person has to look at.
    Warning,
    /// What is as it should be.
    Good,
    /// What goes forward.
    Running,
    /// What is being undone.
    Undoing,
    /// What waits for a person.
    NeedsYou,
    /// What an operator put on hold.
    Held,
    /// In the timeline: an attempt.
    BarTry,
    /// In the timeline: a wait.
    BarWait,
    /// In the timeline: a wait after a failure.
    BarBackOff,
    /// In the timeline: anything while undoing.
    BarUndo,
    /// In the timeline: how long it usually takes.
    BarUsual,
}

impl Role {
    /// Every role, in the order of the files.
    pub const ALL: [Self; 23] = [
        Self::Text,
        Self::Quiet,
        Self::Strong,
        Self::Selected,
        Self::Marked,
        Self::Match,
        Self::Cursor,
        Self::Border,
        Self::FocusedBorder,
        Self::Badge,
        Self::Field,
        Self::Danger,
        Self::Warning,
        Self::Good,
        Self::Running,
        Self::Undoing,
        Self::NeedsYou,
        Self::Held,
        Self::BarTry,
        Self::BarWait,
        Self::BarBackOff,
        Self::BarUndo,
        Self::BarUsual,
    ];

    /// Its name in a theme's file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Quiet => "quiet",
            Self::Strong => "strong",
            Self::Selected => "selected",
            Self::Marked => "marked",
            Self::Match => "match",
            Self::Cursor => "cursor",
            Self::Border => "border",
            Self::FocusedBorder => "focused_border",
            Self::Badge => "badge",
            Self::Field => "field",
            Self::Danger => "danger",
            Self::Warning => "warning",
            Self::Good => "good",
            Self::Running => "running",
            Self::Undoing => "undoing",
            Self::NeedsYou => "needs_you",
            Self::Held => "held",
            Self::BarTry => "bar_try",
            Self::BarWait => "bar_wait",
            Self::BarBackOff => "bar_back_off",
            Self::BarUndo => "bar_undo",
            Self::BarUsual => "bar_usual",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
