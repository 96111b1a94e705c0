//! What undoing would do to each deployment that a question is about: asked for a few at a time, and
//! shown while the rest is on its way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::control::Detail;
use crate::domain::id::DeploymentId;
use crate::domain::undo_preview::{Leftover, UndoLine};

/// How many are asked for at a time: enough to keep a journal busy, and few enough that a thousand
/// marked deployments leave the engine and the screen free for everything else.
pub const AT_ONCE: usize = 8;

/// What undoing would do to one deployment, and what is out there on its account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoPlan {
    /// Each compensation, in the order in which it would run.
    pub lines: Vec<UndoLine>,
    /// What is out there.
    pub leftovers: Vec<Leftover>,
}

impl From<&Detail> for UndoPlan {
    fn from(detail: &Detail) -> Self {
        Self { lines: detail.undo.lines.clone(), leftovers: detail.leftovers.clone() }
    }
}

/// What is known of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is on its way.
    Coming,
    /// It is there.
    Read(UndoPlan),
    /// It could not be read.
    Failed(String),
}

/// Says which question a plan is asked for, so that the answer to an earlier one is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct QuestionNumber(u64);

/// The plans of the deployments that the open question is about. Outlives the question, because
/// what was asked for before it was left is still under way.
#[derive(Debug, Default)]
pub struct Plans {
    question: QuestionNumber,
    known: BTreeMap<DeploymentId, Known>,
    line: VecDeque<DeploymentId>,
    flying: BTreeSet<(QuestionNumber, DeploymentId)>,
    outdated: BTreeSet<DeploymentId>,
}

impl Plans {
    /// Begins a question about these. `read` is what is known already.
    pub fn begin(
        &mut self,
        about: impl IntoIterator<Item = DeploymentId>,
        read: Option<(DeploymentId, UndoPlan)>,
    ) {
        self.end();
        self.line = about.into_iter().collect();
        self.known = self.line.iter().map(|id| (*id, Known::Coming)).collect();
        if let Some((id, plan)) = read
            && let Some(known) = self.known.get_mut(&id)
        {
            *known = Known::Read(plan);
            self.line.retain(|waiting| *waiting != id);
        }
    }

    /// Ends the question.
    pub fn end(&mut self) {
        self.question.0 += 1;
        self.known.clear();
        self.line.clear();
        self.outdated.clear();
    }

    /// What is known of one.
    pub fn of(&self, id: DeploymentId) -> Option<&Known> {
        self.known.get(&id)
    }

    /// How many are not there yet.
    pub fn coming(&self) -> usize {
        self.known.values().filter(|known| **known == Known::Coming).count()
    }

    /// Takes in that a deployment went on: its plan may be another one.
    pub fn outdate(&mut self, id: DeploymentId) {
        if !self.known.contains_key(&id) || self.line.contains(&id) {
            return;
        }
        if self.flying.contains(&(self.question, id)) {
            self.outdated.insert(id);
        } else {
            self.line.push_back(id);
        }
    }

    /// Which to ask for at this moment; they count as under way from then on.
    pub fn ask(&mut self) -> Vec<(QuestionNumber, DeploymentId)> {
        let room = AT_ONCE.saturating_sub(self.flying.len());
        let count = room.min(self.line.len());
        let question = self.question;
        let asked: Vec<_> = self.line.drain(..count).map(|id| (question, id)).collect();
        self.flying.extend(&asked);
        asked
    }

    /// Takes an answer.
    pub fn take(
        &mut self,
        question: QuestionNumber,
        id: DeploymentId,
        result: Result<UndoPlan, String>,
    ) {
        self.flying.remove(&(question, id));
        if question != self.question {
            return;
        }
        if let Some(known) = self.known.get_mut(&id) {
            *known = result.map_or_else(Known::Failed, Known::Read);
        }
        if self.outdated.remove(&id) {
            self.line.push_back(id);
        }
    }

    /// An answer will never come, and nobody knows which: none is waited for.
    pub fn lose(&mut self) {
        for (question, id) in std::mem::take(&mut self.flying) {
            self.take(question, id, Err("no answer came".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: std::ops::Range<u128>) -> impl Iterator<Item = DeploymentId> {
        numbers.map(DeploymentId::from_u128)
    }

    #[test]
    fn a_thousand_plans_are_asked_for_a_few_at_a_time_and_all_of_them_come() {
        let mut plans = Plans::default();
        plans.begin(ids(0..1_000), None);
        let mut under_way: VecDeque<_> = plans.ask().into();
        let mut answered = 0;
        while let Some((question, id)) = under_way.pop_front() {
            assert!(under_way.len() < AT_ONCE);
            plans.take(question, id, Ok(UndoPlan::default()));
            answered += 1;
            under_way.extend(plans.ask());
        }
        assert_eq!((answered, plans.coming()), (1_000, 0));
    }

    #[test]
    fn what_an_earlier_question_asked_for_counts_as_under_way_and_is_not_shown_in_the_next() {
        let mut plans = Plans::default();
        plans.begin(ids(0..20), None);
        let earlier = plans.ask();
        plans.begin(ids(0..20), None);
        assert_eq!(plans.ask(), []);
        plans.take(earlier[0].0, earlier[0].1, Ok(UndoPlan::default()));
        assert_eq!(plans.coming(), 20);
        assert_eq!(plans.ask().len(), 1);
    }

    #[test]
    fn a_plan_of_a_deployment_that_went_on_meanwhile_is_asked_for_again() {
        let mut plans = Plans::default();
        plans.begin(ids(0..1), None);
        let [(question, id)] = plans.ask()[..] else { panic!("one") };
        plans.outdate(id);
        assert_eq!(plans.ask(), []);
        plans.take(question, id, Ok(UndoPlan::default()));
        assert_eq!(plans.ask(), [(question, id)]);
    }

    #[test]
    fn a_lost_answer_blocks_nobody() {
        let mut plans = Plans::default();
        plans.begin(ids(0..10), None);
        plans.ask();
        plans.lose();
        assert_eq!(plans.coming(), 2);
        assert_eq!(plans.ask().len(), 2);
    }
}
