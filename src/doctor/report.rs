//! Everything that the doctor found, planned and did.

use std::collections::BTreeSet;

use crate::doctor::finding::{Finding, Subject, Verdict};
use crate::doctor::plan::{Act, Thing};
use crate::domain::time::Timestamp;

/// Everything that the doctor found, planned and did.
#[derive(Debug, Clone)]
pub struct Report {
    /// When.
    pub at: Timestamp,
    /// What was found, by area.
    pub findings: Vec<Finding>,
    /// What `--fix` does, in order.
    pub plan: Vec<Act>,
    /// What was done of it.
    pub repairs: Vec<Repair>,
}

/// One act, and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What was to be done.
    pub act: Act,
    /// How it went.
    pub outcome: Outcome,
}

/// The name that may still point at the droplet that is to go, because it could not be removed before it:
/// its address soon belongs to somebody else.
pub fn name_at<'r>(act: &Act, repairs: &'r [Repair]) -> Option<&'r str> {
    let Thing::Droplet(droplet) = &act.orphan.thing else { return None };
    let address = droplet.public_ipv4?.to_string();
    repairs.iter().find_map(|repair| match (&repair.act.orphan.thing, &repair.outcome) {
        (Thing::Record { name, record, .. }, Outcome::Failed { .. }) => {
            (record.data == address).then_some(name.as_str())
        }
        (Thing::Record { .. } | Thing::Droplet(_), _) => None,
    })
}

/// How an act went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is gone: the provider answers 404 for it.
    Done,
    /// It was gone before anything was done.
    AlreadyGone,
    /// It is no longer what the plan said, and was left alone.
    LeftAlone {
        /// Why.
        why: String,
    },
    /// It may still be there.
    Failed {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// The stable text form.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadyGone => "already_gone",
            Self::LeftAlone { .. } => "left_alone",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Report {
    /// A report of these findings; they are put in the order of their areas, and keep it within.
    pub fn new(at: Timestamp, mut findings: Vec<Finding>, plan: Vec<Act>) -> Self {
        findings.sort_by_key(|finding| finding.area);
        Self { at, findings, plan, repairs: Vec::new() }
    }

    /// The gravest verdict that stands after what was done.
    pub fn verdict(&self) -> Verdict {
        let standing = self.standing().map(|finding| finding.verdict);
        // Somebody wanted it gone, however little it matters that it is there.
        let failed = self.repairs.iter().any(|repair| match repair.outcome {
            Outcome::Failed { .. } | Outcome::LeftAlone { .. } => true,
            Outcome::Done | Outcome::AlreadyGone => false,
        });
        let failed = failed.then_some(Verdict::Problem);
        standing.chain(failed).max().unwrap_or(Verdict::Ok)
    }

    /// The findings whose things are not gone.
    pub fn standing(&self) -> impl Iterator<Item = &Finding> {
        let settled = self.settled();
        self.findings.iter().filter(move |finding| {
            finding.subject.as_ref().is_none_or(|subject| !settled.contains(subject))
        })
    }

    /// How many findings have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// The things that are gone.
    fn settled(&self) -> BTreeSet<Subject> {
        let gone = self.repairs.iter().filter(|repair| match repair.outcome {
            Outcome::Done | Outcome::AlreadyGone => true,
            Outcome::LeftAlone { .. } | Outcome::Failed { .. } => false,
        });
        gone.map(|repair| subject(&repair.act)).collect()
    }
}

/// What an act is about.
pub fn subject(act: &Act) -> Subject {
    match &act.orphan.thing {
        Thing::Droplet(droplet) => Subject::Droplet { id: droplet.id.0 },
        Thing::Record { zone, record, .. } => {
            Subject::Record { zone: zone.clone(), id: record.id.0 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Area;
    use crate::doctor::plan::{Certainty, Orphan};
    use crate::doctor::world;

    #[test]
    fn a_thing_that_was_to_go_and_stays_is_a_problem_however_little_it_matters() {
        let verdict = |outcome: Outcome| {
            let orphan = Orphan {
                thing: Thing::Droplet(world::droplet(7, &[], "203.0.113.7")),
                certainty: Certainty::Stranger,
                evidence: String::new(),
                saga: None,
                deployment: None,
            };
            let act = Act { orphan };
            let finding = Finding::warning(Area::Orphans, "x", "y").about(subject(&act));
            let at = Timestamp::from_millis(0);
            let mut report = Report::new(at, vec![finding], vec![act.clone()]);
            report.repairs.push(Repair { act, outcome });
            report.verdict()
        };
        let why = String::new;
        assert_eq!(verdict(Outcome::Done), Verdict::Ok);
        assert_eq!(verdict(Outcome::AlreadyGone), Verdict::Ok);
        assert_eq!(verdict(Outcome::LeftAlone { why: why() }), Verdict::Problem);
        assert_eq!(verdict(Outcome::Failed { why: why() }), Verdict::Problem);
    }
}
