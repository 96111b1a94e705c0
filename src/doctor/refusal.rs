//! Droplets that the operator named and that stay all the same, each with the reason.

use crate::doctor::books::Books;
use crate::doctor::cloud::{Listing, Looks, describe};
use crate::doctor::finding::{Area, Finding, Subject};
use crate::doctor::marks::{self, Mark};
use crate::doctor::plan::{Act, Choice, Orphan, Thing};
use crate::providers::{Droplet, DropletId, DropletStatus};

/// What is known of the things out there, when it is known.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the journal says.
    pub books: &'a Books,
    /// What the provider lists.
    pub listing: &'a Listing,
    /// What was looked at.
    pub looks: &'a Looks,
    /// What nothing owns.
    pub orphans: &'a [Orphan],
}

/// What is told of the droplets that were named and that the plan does not hold. One that stays is a
/// problem, because somebody wanted it gone; one that is not there is a warning, because its number may
/// be mistyped.
pub fn judge(acts: &[Act], choice: &Choice, known: Option<Known<'_>>) -> Vec<Finding> {
    let is_planned = |id: &u64| {
        acts.iter().any(|act| droplet_of(&act.orphan).is_some_and(|planned| planned.0 == *id))
    };
    let stays = choice.named.iter().filter(|id| !is_planned(id));
    stays.map(|id| told(DropletId(*id), known).about(Subject::Droplet { id: *id })).collect()
}

fn told(id: DropletId, known: Option<Known<'_>>) -> Finding {
    let problem = |text: String, remedy: String| {
        Finding::problem(Area::Orphans, "stays", text).remedy(remedy)
    };
    let Some(Known { books, listing, looks, orphans }) = known else {
        let text = format!("droplet {} stays: journal or cloud could not be read", id.0);
        return problem(text, "see above what is wrong with them, and run this again".to_owned());
    };
    let listed = listing.droplet(id).map(|placed| &placed.droplet);
    let gone = matches!(looks.droplets.get(&id), Some(None));
    let Some(droplet) = listed.filter(|_| !gone) else {
        let text = format!("the account shows no droplet {}, so there is nothing to remove", id.0);
        return Finding::warning(Area::Orphans, "stays", text)
            .remedy("if that is a mistyped number: `arcadia doctor` lists what nothing owns");
    };
    let what = describe(droplet);
    let by_hand = format!("doctl compute droplet delete {}", id.0);
    if let Some(orphan) = orphans.iter().find(|orphan| droplet_of(orphan) == Some(id)) {
        let text = format!("{what} stays: {}", orphan.evidence);
        return problem(text, format!("decide by hand; to remove it: {by_hand}"));
    }
    if let Some(Some(Droplet { status: DropletStatus::Archive, .. })) = looks.droplets.get(&id) {
        let text = format!("{what} stays: the provider has archived it");
        return problem(text, format!("ask the provider why; to remove it: {by_hand}"));
    }
    let mark = marks::of(droplet);
    if mark == Mark::None && !books.own_droplet(id) {
        let text = format!("{what} stays: it carries no mark of ours");
        return problem(text, format!("Arcadia did not make it; to remove it: {by_hand}"));
    }
    match books.owner_of(droplet) {
        Some(owner) => problem(
            format!("{what} stays: {} owns it", owner.describe()),
            format!("arcadia rollback {} takes it down", owner.name),
        ),
        None => problem(
            format!("{what} stays: nobody can say whether somebody owns it"),
            format!("run doctor again; if it is not wanted: {by_hand}"),
        ),
    }
}

fn droplet_of(orphan: &Orphan) -> Option<DropletId> {
    match &orphan.thing {
        Thing::Droplet(droplet) => Some(droplet.id),
        Thing::Record { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::books::Ownership;
    use crate::doctor::finding::Verdict;
    use crate::doctor::world::{ADDRESS, SAGA, Shown, droplet, entry, marked};
    use crate::doctor::{orphans, plan};

    /// Names droplet 1 in such a world, in which nothing may be removed.
    fn refused(shown: &Shown) -> (Verdict, String) {
        let orphans = orphans::judge(&shown.books, &shown.listing, &shown.looks).orphans;
        let choice = Choice { named: [1].into(), ..Choice::default() };
        let plan = plan::plan(&orphans, &choice);
        let Shown { books, listing, looks } = shown;
        let known = Known { books, listing, looks, orphans: &orphans };
        let told = judge(&plan, &choice, Some(known));
        let [finding] = told.try_into().unwrap_or_else(|told| panic!("{told:?}"));
        assert!(finding.remedy.is_some(), "{finding:?}");
        (finding.verdict, finding.text)
    }

    #[test]
    fn each_reason_why_a_named_droplet_stays_is_told() {
        let entry = |ownership| [(SAGA, entry(ownership, &[]))];
        let ours = || [marked(1, SAGA, ADDRESS)];
        let check = |shown: &Shown, expected: &str| {
            let (verdict, text) = refused(shown);
            assert_eq!(verdict, Verdict::Problem, "{text}");
            assert!(text.contains(expected), "{text}");
        };
        check(&Shown::of([], &[droplet(1, &["web"], ADDRESS)], &[]), "carries no mark of ours");
        check(&Shown::of(entry(Ownership::Deployment), &ours(), &[]), "acme/web, active owns it");
        check(&Shown::of(entry(Ownership::Saga), &ours(), &[]), "acme/web, running owns it");
        let mut nameless = Shown::of([], &ours(), &[]);
        nameless.books.add_nameless();
        check(&nameless, "it may be of the deployment whose row is damaged");
        let mut opaque = Shown::of([], &ours(), &[]);
        opaque.books.add_opaque(SAGA);
        check(&opaque, "nobody can say whether");
        let mut unlooked = Shown::of(entry(Ownership::Nobody), &ours(), &[]);
        unlooked.looks.droplets.clear();
        check(&unlooked, "nobody can say whether");
        let told = judge(&[], &Choice { named: [1].into(), ..Choice::default() }, None);
        assert_eq!(told[0].verdict, Verdict::Problem);
    }

    #[test]
    fn a_named_droplet_that_is_not_there_is_no_failure_and_one_that_goes_is_not_told() {
        assert_eq!(refused(&Shown::of([], &[], &[])).0, Verdict::Warning);
        let mut lagging =
            Shown::of([(SAGA, entry(Ownership::Nobody, &[]))], &[marked(1, SAGA, ADDRESS)], &[]);
        lagging.looks.droplets.insert(DropletId(1), None);
        assert_eq!(refused(&lagging).0, Verdict::Warning);
        let shown =
            Shown::of([(SAGA, entry(Ownership::Nobody, &[]))], &[marked(1, SAGA, ADDRESS)], &[]);
        let orphans = orphans::judge(&shown.books, &shown.listing, &shown.looks).orphans;
        let choice = Choice { named: [1].into(), ..Choice::default() };
        assert_eq!(judge(&plan::plan(&orphans, &choice), &choice, None), []);
    }
}
