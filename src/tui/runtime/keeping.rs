//! Keeping how the screen looks, without waiting for a disk in the loop.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::tui::beside::Keeper;
use crate::tui::model::remembered::Remembered;
use crate::tui::msg::What;
use crate::tui::runtime::Answer;

/// Keeps the latest looks: one write at a time, and of those that wait for it only the last.
#[derive(Default)]
pub(super) struct Keeping {
    keeper: Option<Arc<dyn Keeper>>,
    writing: Writing,
    waiting: Option<Remembered>,
    complaint: Complaint,
}

/// Whether something is being written.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Writing {
    #[default]
    Nothing,
    Something,
}

/// Whether the operator was told that nothing can be kept.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Complaint {
    #[default]
    Untold,
    Told,
}

impl Keeping {
    pub(super) fn with(keeper: Option<Arc<dyn Keeper>>) -> Self {
        Self { keeper, ..Self::default() }
    }

    /// Keeps this, now or as soon as what is being written is.
    pub(super) fn keep(&mut self, remembered: Remembered, tasks: &mut JoinSet<Answer>) {
        self.waiting = Some(remembered);
        self.go_on(tasks);
    }

    /// What was being written is, or cannot be. The operator is told once.
    pub(super) fn kept(
        &mut self,
        result: Result<(), String>,
        tasks: &mut JoinSet<Answer>,
    ) -> Option<What> {
        self.writing = Writing::Nothing;
        self.go_on(tasks);
        let why = result.err()?;
        if self.complaint == Complaint::Told {
            return None;
        }
        self.complaint = Complaint::Told;
        Some(What::Warned(format!("how the screen looks cannot be kept: {why}")))
    }

    fn go_on(&mut self, tasks: &mut JoinSet<Answer>) {
        if self.writing == Writing::Something {
            return;
        }
        let Some(keeper) = self.keeper.clone() else { return };
        let Some(remembered) = self.waiting.take() else { return };
        self.writing = Writing::Something;
        // A write that panics is told as well: whoever waits for it would keep nothing ever again.
        tasks.spawn(async move {
            let written = tokio::task::spawn_blocking(move || keeper.keep(&remembered)).await;
            Answer::Kept(written.unwrap_or_else(|error| Err(error.to_string())))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panics;

    impl Keeper for Panics {
        fn keep(&self, _remembered: &Remembered) -> Result<(), String> {
            panic!("as a test wants it")
        }
    }

    #[tokio::test]
    async fn a_write_that_is_lost_is_told_and_the_next_one_is_tried() {
        let mut tasks = JoinSet::new();
        let mut keeping = Keeping::with(Some(Arc::new(Panics)));
        for _ in 0..2 {
            keeping.keep(Remembered::default(), &mut tasks);
            let Some(Ok(Answer::Kept(result))) = tasks.join_next().await else {
                panic!("nothing says that it was lost")
            };
            assert!(result.is_err());
            keeping.kept(result, &mut tasks);
        }
    }
}
