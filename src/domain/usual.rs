//! How long a step usually takes: the last runs of each step in each region, from the journal's own
//! history, so that what is slow here and now can be told from what is always slow.
//!
//! Only runs that succeeded count: how long failing takes says nothing about how long doing takes.
//! The time of a run is the time that a person waited for it, retries and back-off included.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::id::DeploymentId;
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::{Direction, Plan, StepName};
use crate::domain::time::Timestamp;

/// How many runs of a step in a region are remembered: enough for a ninetieth percentile, few enough
/// to follow a provider that became slower this week.
pub const RUNS_KEPT: usize = 50;

/// From how many runs on anything is said.
const FEWEST: usize = 3;

/// The last runs of each step in each region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usual {
    runs: BTreeMap<StepName, BTreeMap<String, Runs>>,
    begun: BTreeMap<(DeploymentId, StepName), Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Runs {
    latest: VecDeque<Duration>,
    sorted: Vec<Duration>,
}

/// How long something usually takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typical {
    /// Half of the runs took no longer.
    pub median: Duration,
    /// Nine of ten took no longer.
    pub p90: Duration,
    /// How many runs these are of.
    pub runs: usize,
}

impl Usual {
    /// Takes in what happened to a deployment in this region.
    pub fn follow(&mut self, deployment: DeploymentId, region: &str, entries: &[Entry]) {
        for entry in entries {
            let Fact::Saga(EventKind::Step { step, direction: Direction::Forward, event }) =
                &entry.fact
            else {
                continue;
            };
            match event {
                // A later attempt without the first is one whose beginning was missed.
                StepEvent::Started { attempt: 1 } => {
                    self.begun.entry((deployment, step.clone())).or_insert(entry.at);
                }
                StepEvent::Succeeded { .. } => {
                    if let Some(since) = self.begun.remove(&(deployment, step.clone())) {
                        self.add(step, region, entry.at.since(since));
                    }
                }
                StepEvent::Failed { .. } => {
                    self.begun.remove(&(deployment, step.clone()));
                }
                StepEvent::Started { .. }
                | StepEvent::Waiting { .. }
                | StepEvent::Polled
                | StepEvent::RetryScheduled { .. }
                | StepEvent::Interrupted => {}
            }
        }
    }

    /// Since when this step of a deployment has been under way.
    pub fn since(&self, deployment: DeploymentId, step: &StepName) -> Option<Timestamp> {
        self.begun.get(&(deployment, step.clone())).copied()
    }

    /// Takes what was read, and keeps what began while it was read.
    pub fn take(&mut self, read: Self) {
        let noticed = std::mem::replace(self, read).begun;
        for (step, since) in noticed {
            self.begun.entry(step).or_insert(since);
        }
    }

    /// Forgets what is known of steps that had begun: their news were missed.
    pub fn lose_track(&mut self) {
        self.begun.clear();
    }

    /// How long this step usually takes in this region; `None` before enough is known.
    pub fn of(&self, step: &StepName, region: &str) -> Option<Typical> {
        let sorted = &self.runs(step, region)?.sorted;
        if sorted.len() < FEWEST {
            return None;
        }
        let (median, p90) = (percentile(sorted, 50), percentile(sorted, 90));
        Some(Typical { median, p90, runs: sorted.len() })
    }

    /// How many of a hundred runs were over by now; `None` before enough is known.
    pub fn slower_than(&self, step: &StepName, region: &str, took: Duration) -> Option<usize> {
        let sorted = &self.runs(step, region)?.sorted;
        let quicker = sorted.partition_point(|run| *run < took);
        (sorted.len() >= FEWEST).then(|| 100 * quicker / sorted.len())
    }

    /// How long a launch usually takes, if that is known of each of its steps.
    pub fn of_plan(&self, plan: &Plan, region: &str) -> Option<Duration> {
        let steps = plan.steps().iter();
        steps.map(|step| self.of(&step.name, region).map(|typical| typical.median)).sum()
    }

    /// The latest runs of each step in each region, oldest first.
    pub fn runs_kept(
        &self,
    ) -> impl Iterator<Item = (&StepName, &str, impl Iterator<Item = Duration>)> {
        self.runs.iter().flat_map(|(step, regions)| {
            regions
                .iter()
                .map(move |(region, runs)| (step, region.as_str(), runs.latest.iter().copied()))
        })
    }

    /// The runs that are under way, and since when.
    pub fn under_way(&self) -> impl Iterator<Item = (DeploymentId, &StepName, Timestamp)> {
        self.begun.iter().map(|((deployment, step), at)| (*deployment, step, *at))
    }

    /// Takes in that a run of a step took so long.
    pub fn took(&mut self, step: &StepName, region: &str, took: Duration) {
        self.add(step, region, took);
    }

    /// Takes in that a run of a step began.
    pub fn began(&mut self, deployment: DeploymentId, step: StepName, at: Timestamp) {
        self.begun.insert((deployment, step), at);
    }

    fn add(&mut self, step: &StepName, region: &str, took: Duration) {
        let regions = self.runs.entry(step.clone()).or_default();
        regions.entry(region.to_owned()).or_default().add(took);
    }

    fn runs(&self, step: &StepName, region: &str) -> Option<&Runs> {
        self.runs.get(step)?.get(region)
    }
}

impl Runs {
    fn add(&mut self, took: Duration) {
        if self.latest.len() == RUNS_KEPT
            && let Some(oldest) = self.latest.pop_front()
        {
            let place = self.sorted.partition_point(|run| *run < oldest);
            self.sorted.remove(place);
        }
        self.latest.push_back(took);
        let place = self.sorted.partition_point(|run| *run < took);
        self.sorted.insert(place, took);
    }
}

/// The smallest run that so many of a hundred do not exceed.
fn percentile(sorted: &[Duration], of_a_hundred: usize) -> Duration {
    let rank = (sorted.len() * of_a_hundred).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYDNEY: &str = "syd1";

    fn happens(usual: &mut Usual, deployment: u128, at: i64, event: StepEvent) {
        let (step, direction) = (StepName::new("create_droplet"), Direction::Forward);
        let fact = Fact::Saga(EventKind::Step { step, direction, event });
        let entry = Entry { seq: 1, at: Timestamp::from_millis(at), fact };
        usual.follow(DeploymentId::from_u128(deployment), SYDNEY, &[entry]);
    }

    fn runs(usual: &mut Usual, deployment: u128, millis: i64) {
        happens(usual, deployment, 0, StepEvent::Started { attempt: 1 });
        let output = serde_json::Value::Null;
        happens(usual, deployment, millis, StepEvent::Succeeded { output });
    }

    fn create() -> StepName {
        StepName::new("create_droplet")
    }

    #[test]
    fn half_of_the_runs_are_within_the_median_and_nine_of_ten_within_the_ninetieth() {
        let mut usual = Usual::default();
        for run in [5, 1, 9, 3, 7, 2, 8, 4, 10, 6] {
            runs(&mut usual, 1, run * 1_000);
        }
        let typical = usual.of(&create(), SYDNEY).unwrap();
        assert_eq!((typical.median.as_secs(), typical.p90.as_secs()), (5, 9));
        let after =
            |millis| usual.slower_than(&create(), SYDNEY, Duration::from_millis(millis)).unwrap();
        assert_eq!([after(500), after(5_500), after(60_000)], [0, 50, 100]);
    }

    #[test]
    fn nothing_is_said_of_a_step_or_a_region_that_is_hardly_known() {
        let mut usual = Usual::default();
        runs(&mut usual, 1, 1_000);
        runs(&mut usual, 1, 1_000);
        assert_eq!(usual.of(&create(), SYDNEY), None);
        runs(&mut usual, 1, 1_000);
        assert!(usual.of(&create(), SYDNEY).is_some());
        assert_eq!(usual.of(&create(), "nyc3"), None);
    }

    #[test]
    fn the_latest_runs_push_the_oldest_out() {
        let mut usual = Usual::default();
        for run in (1..=100).rev() {
            runs(&mut usual, 1, run * 1_000);
        }
        let typical = usual.of(&create(), SYDNEY).unwrap();
        assert_eq!((typical.median.as_secs(), typical.p90.as_secs()), (25, 45));
    }

    #[test]
    fn a_run_lasts_from_its_first_try_and_one_that_fails_does_not_count() {
        let mut usual = Usual::default();
        for deployment in 1..=3 {
            happens(&mut usual, deployment, 0, StepEvent::Started { attempt: 1 });
            happens(&mut usual, deployment, 8_000, StepEvent::Started { attempt: 2 });
            let output = serde_json::Value::Null;
            happens(&mut usual, deployment, 10_000, StepEvent::Succeeded { output });
        }
        let failure = crate::domain::failure::Failure::without_effect(
            crate::domain::failure::FailureCode::Internal,
            "no",
        );
        happens(&mut usual, 9, 0, StepEvent::Started { attempt: 1 });
        happens(&mut usual, 9, 90_000, StepEvent::Failed { failure });
        let typical = usual.of(&create(), SYDNEY).unwrap();
        assert_eq!((typical.median.as_secs(), typical.p90.as_secs()), (10, 10));
    }
}
