//! Leaving when what is under way has come to its end: the engine starts nothing more meanwhile, and the
//! screen stays and shows the rest.

/// Whether the engine starts anything more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drain {
    /// It does.
    #[default]
    No,
    /// It does not; the screen is left when what is under way has come to its end.
    Begun {
        /// How many calls of steps are under way, once that was told.
        calls: Option<usize>,
    },
}

impl Drain {
    /// Whether it starts nothing more.
    pub fn is_begun(self) -> bool {
        match self {
            Self::No => false,
            Self::Begun { .. } => true,
        }
    }

    /// So many calls are under way.
    pub fn count(&mut self, under_way: usize) {
        if let Self::Begun { calls } = self {
            *calls = Some(under_way);
        }
    }
}
