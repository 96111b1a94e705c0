//! Reading our marks off a droplet.

use crate::domain::id::SagaId;
use crate::providers::Droplet;
use crate::steps::Marks;

/// What a droplet's tags say about who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing of ours: never touched, never told of.
    None,
    /// A saga of some journal made it.
    Saga(SagaId),
    /// It is ours, and no saga or several are named: nobody can say whose.
    Unclear,
}

/// What a droplet's tags say. The provider compares tags without their case.
pub fn of(droplet: &Droplet) -> Mark {
    let mut sagas = sagas(droplet);
    let managed = droplet.tags.iter().any(|tag| tag.eq_ignore_ascii_case(Marks::MANAGED));
    match (sagas.next(), sagas.next(), managed) {
        (Some(saga), None, true) => Mark::Saga(saga),
        (Some(_), None | Some(_), _) | (None, _, true) => Mark::Unclear,
        (None, _, false) => Mark::None,
    }
}

/// Every saga that a droplet's tags name.
pub fn sagas(droplet: &Droplet) -> impl Iterator<Item = SagaId> {
    droplet.tags.iter().filter_map(|tag| saga(tag))
}

fn saga(tag: &str) -> Option<SagaId> {
    let tag = tag.to_ascii_lowercase();
    let saga = tag.strip_prefix("arcadia-saga-")?.parse().ok()?;
    // The steps alone say what the tag looks like.
    (Marks::saga_tag(saga) == tag).then_some(saga)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::world;

    #[test]
    fn a_mark_is_read_whatever_its_case_and_never_guessed() {
        let saga = SagaId::from_u128(7);
        let (ours, tag) = ("Managed-By-Arcadia", Marks::saga_tag(saga));
        let other = Marks::saga_tag(SagaId::from_u128(8));
        let read = |tags: &[&str]| of(&world::droplet(1, tags, "203.0.113.7"));
        assert_eq!(read(&[ours, &tag.to_ascii_uppercase()]), Mark::Saga(saga));
        assert_eq!(read(&["web", "arcadia-saga-", "arcadia-saga-7"]), Mark::None);
        for unclear in [&[ours][..], &[&tag], &[ours, &tag, &other], &[ours, "arcadia-saga-7"]] {
            assert_eq!(read(unclear), Mark::Unclear, "{unclear:?}");
        }
    }
}
