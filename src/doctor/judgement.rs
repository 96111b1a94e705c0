//! Orphans and drift, judged from what books and cloud show; and what becomes of a judgement when a
//! running Arcadia went on while it was made.

use crate::doctor::books::Books;
use crate::doctor::cloud::{Listing, Looks};
use crate::doctor::counted;
use crate::doctor::finding::{Area, Finding, Verdict};
use crate::doctor::plan::Orphan;
use crate::doctor::{drift, orphans};

/// What is told of orphans and drift.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What nothing owns.
    pub orphans: Vec<Orphan>,
    /// What is told.
    pub findings: Vec<Finding>,
}

/// Judges. `record_ttl` is what Arcadia writes, in seconds.
pub fn judge(books: &Books, listing: &Listing, looks: &Looks, record_ttl: u32) -> Judgement {
    let verdicts = orphans::judge(books, listing, looks);
    let mut findings = orphans::findings(&verdicts);
    findings.extend(drift::judge(books, listing, looks, record_ttl));
    Judgement { orphans: verdicts.orphans, findings }
}

impl Judgement {
    /// What stands when sagas went on between two books, and the cloud was looked at in between: what
    /// both say. A droplet that a saga made meanwhile is a stranger by the earlier books, and one that it
    /// was about to take down an orphan by the later ones; neither is by both.
    #[must_use]
    pub fn and_later(self, later: &Self) -> Self {
        let mut findings = Vec::new();
        for area in [Area::Orphans, Area::Drift] {
            let of_area = |finding: &&Finding| finding.area == area;
            let (kept, before): (Vec<_>, Vec<_>) = self
                .findings
                .iter()
                .filter(of_area)
                .partition(|finding| later.findings.contains(finding));
            let after = later.findings.iter().filter(of_area);
            let after: Vec<_> = after.filter(|finding| !self.findings.contains(finding)).collect();
            let moved = |told: &[&Finding]| told.iter().filter(|finding| is_ill(finding)).count();
            // What was ill and is not, or is and was not, is told by number only.
            let moving = moved(&before).max(moved(&after));
            let is_well = kept.is_empty() && moving == 0;
            findings.extend(kept.into_iter().cloned());
            if is_well {
                findings.extend(after.into_iter().cloned());
            }
            if moving > 0 {
                findings.push(on_the_move(area, moving));
            }
        }
        let orphans =
            self.orphans.into_iter().filter(|orphan| later.orphans.contains(orphan)).collect();
        Self { orphans, findings }
    }
}

fn is_ill(finding: &Finding) -> bool {
    finding.verdict != Verdict::Ok
}

fn on_the_move(area: Area, count: usize) -> Finding {
    let text = format!("{} changed hands while it was looked at", counted(count, "thing"));
    Finding::not_checked(area, "moving", text)
        .because("a running Arcadia makes it, or takes it down")
        .remedy("run doctor again when that saga has ended")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::books::Ownership;
    use crate::doctor::world::{ADDRESS, SAGA, Shown, entry, marked, record};

    fn told(judgement: &Judgement) -> Vec<(&'static str, Verdict)> {
        judgement.findings.iter().map(|finding| (finding.check, finding.verdict)).collect()
    }

    /// By the books before and after, while the cloud shows a droplet and its name.
    fn between(before: Option<Ownership>, after: Option<Ownership>) -> Judgement {
        let judged = |ownership: Option<Ownership>| {
            let entries = ownership.map(|ownership| (SAGA, entry(ownership, &[])));
            let records = [record(11, "web", ADDRESS)];
            let shown = Shown::of(entries, &[marked(1, SAGA, ADDRESS)], &records);
            judge(&shown.books, &shown.listing, &shown.looks, 300)
        };
        judged(before).and_later(&judged(after))
    }

    #[test]
    fn what_both_books_say_stands() {
        let nobody = Some(Ownership::Nobody);
        let stands = between(nobody, nobody);
        assert_eq!(stands.orphans.len(), 2);
        let ill = [("orphan_droplet", Verdict::Problem), ("orphan_record", Verdict::Problem)];
        assert_eq!(told(&stands), [ill[0], ill[1], ("none", Verdict::Ok)]);
    }

    #[test]
    fn what_a_saga_made_or_took_down_meanwhile_is_no_orphan() {
        let (well, moving) = (("none", Verdict::Ok), ("moving", Verdict::NotChecked));
        let check = |before, after, expected: &[(&'static str, Verdict)]| {
            let judgement = between(before, after);
            assert_eq!(judgement.orphans, [], "{before:?} {after:?}");
            assert_eq!(told(&judgement), expected, "{before:?} {after:?}");
        };
        // It was launched, and is under way, up, or rolled back already.
        check(None, Some(Ownership::Saga), &[moving, well]);
        check(None, Some(Ownership::Deployment), &[moving, well]);
        check(None, Some(Ownership::Nobody), &[moving, well]);
        // It was under way or up, and is rolled back.
        check(Some(Ownership::Saga), Some(Ownership::Nobody), &[moving, well]);
        check(Some(Ownership::Deployment), Some(Ownership::Nobody), &[moving, well]);
        // It came up, and nothing was ever wrong.
        check(Some(Ownership::Saga), Some(Ownership::Deployment), &[well, well]);
    }
}
