//! The line before a gate, pure: who waits, and whose turn is next.
//!
//! Each key has a lane of its own, first come first served. The keys take turns: a key that was
//! served goes to the end. Urgent lanes go first, but not for ever: see [`URGENT_IN_A_ROW`].

use std::collections::{BTreeMap, VecDeque};

use crate::fair::Urgency;

/// How many urgent turns there are for each usual one while both wait: a storm of rollbacks takes
/// three quarters, and what goes forward keeps going.
pub(super) const URGENT_IN_A_ROW: u32 = 3;

/// Who waits. `T` is how a waiter is told.
pub(super) struct Line<K, T> {
    urgent: Ring<K, T>,
    usual: Ring<K, T>,
    urgent_in_a_row: u32,
    /// The next number of a waiter, or of a key's place in its ring.
    next: u64,
}

/// Where somebody waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<K> {
    key: K,
    urgency: Urgency,
    number: u64,
}

struct Ring<K, T> {
    lanes: BTreeMap<K, Lane<T>>,
    /// The keys in the order of their turns.
    order: BTreeMap<u64, K>,
}

struct Lane<T> {
    /// The lane's place in the order.
    place: u64,
    waiters: VecDeque<(u64, T)>,
}

impl<K: Ord + Clone, T> Line<K, T> {
    /// Nobody waits.
    pub(super) fn new() -> Self {
        Self { urgent: Ring::new(), usual: Ring::new(), urgent_in_a_row: 0, next: 0 }
    }

    /// Goes to the end of the key's lane.
    pub(super) fn join(&mut self, key: K, urgency: Urgency, waiter: T) -> Place<K> {
        self.next += 1;
        let number = self.next;
        self.ring(urgency).join(key.clone(), number, waiter);
        Place { key, urgency, number }
    }

    /// Leaves, if it still waits.
    pub(super) fn leave(&mut self, place: &Place<K>) {
        self.ring(place.urgency).leave(&place.key, place.number);
    }

    /// Takes out whose turn it is.
    pub(super) fn take(&mut self) -> Option<T> {
        let usual_first = self.urgent_in_a_row >= URGENT_IN_A_ROW && !self.usual.order.is_empty();
        self.next += 1;
        let next = self.next;
        if !usual_first && let Some(waiter) = self.urgent.take(next) {
            self.urgent_in_a_row = self.urgent_in_a_row.saturating_add(1);
            return Some(waiter);
        }
        self.urgent_in_a_row = 0;
        self.usual.take(next)
    }

    fn ring(&mut self, urgency: Urgency) -> &mut Ring<K, T> {
        match urgency {
            Urgency::Urgent => &mut self.urgent,
            Urgency::Usual => &mut self.usual,
        }
    }
}

impl<K: Ord + Clone, T> Ring<K, T> {
    fn new() -> Self {
        Self { lanes: BTreeMap::new(), order: BTreeMap::new() }
    }

    fn join(&mut self, key: K, number: u64, waiter: T) {
        let order = &mut self.order;
        let lane = self.lanes.entry(key).or_insert_with_key(|key| {
            order.insert(number, key.clone());
            Lane { place: number, waiters: VecDeque::new() }
        });
        lane.waiters.push_back((number, waiter));
    }

    fn leave(&mut self, key: &K, number: u64) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.waiters.retain(|(waiter, _)| *waiter != number);
        if lane.waiters.is_empty() {
            self.order.remove(&lane.place);
            self.lanes.remove(key);
        }
    }

    /// Takes the first key's first waiter; the key goes to the end, at `place`.
    fn take(&mut self, place: u64) -> Option<T> {
        let (_, key) = self.order.pop_first()?;
        let lane = self.lanes.get_mut(&key).expect("a key in the order has a lane");
        let (_, waiter) = lane.waiters.pop_front().expect("a lane has waiters");
        if lane.waiters.is_empty() {
            self.lanes.remove(&key);
        } else {
            lane.place = place;
            self.order.insert(place, key);
        }
        Some(waiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<K: Ord + Clone, T>(line: &mut Line<K, T>) -> Vec<T> {
        std::iter::from_fn(|| line.take()).collect()
    }

    #[test]
    fn a_storm_of_one_key_lets_every_other_key_in_between() {
        let mut line = Line::new();
        for number in 0..5 {
            line.join("storm", Urgency::Usual, format!("storm {number}"));
        }
        for key in ["a", "b"] {
            for number in 0..2 {
                line.join(key, Urgency::Usual, format!("{key} {number}"));
            }
        }
        assert_eq!(
            all(&mut line),
            ["storm 0", "a 0", "b 0", "storm 1", "a 1", "b 1", "storm 2", "storm 3", "storm 4"]
        );
    }

    #[test]
    fn a_key_that_was_served_and_comes_again_goes_to_the_end() {
        let mut line = Line::new();
        for key in ["a", "b", "c"] {
            line.join(key, Urgency::Usual, key);
        }
        assert_eq!(line.take(), Some("a"));
        line.join("a", Urgency::Usual, "a again");
        assert_eq!(all(&mut line), ["b", "c", "a again"]);
    }

    #[test]
    fn what_is_urgent_goes_first_and_every_fourth_turn_is_for_the_others() {
        let mut line = Line::new();
        for number in 0..3 {
            line.join(number, Urgency::Usual, 'u');
        }
        for number in 0..8 {
            line.join(number, Urgency::Urgent, '!');
        }
        assert_eq!(String::from_iter(all(&mut line)), "!!!u!!!u!!u");
    }

    #[test]
    fn who_leaves_is_skipped_and_the_rest_of_its_lane_keeps_its_place() {
        let mut line = Line::new();
        let first = line.join("a", Urgency::Usual, "a 0");
        line.join("b", Urgency::Usual, "b 0");
        line.join("a", Urgency::Usual, "a 1");
        let alone = line.join("c", Urgency::Urgent, "c 0");
        line.leave(&first);
        line.leave(&alone);
        line.leave(&alone);
        assert_eq!(all(&mut line), ["a 1", "b 0"]);
    }
}
