//! Orders for many deployments: given a few at a time, and summed up.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::domain::time::Timestamp;

/// How many orders are under way at a time. Each is one durable write, and writes that meet share a
/// flush; more would only fill the engine's line.
pub const AT_ONCE: usize = 8;

/// Orders for many deployments, under way.
#[derive(Debug, Default)]
pub struct Outbox {
    batches: Vec<Batch>,
}

/// One verb for many deployments.
#[derive(Debug)]
pub struct Batch {
    /// What was ordered, as the command line spells it.
    pub verb: &'static str,
    /// How many were accepted.
    pub accepted: usize,
    /// Which were refused, and why.
    pub refused: Vec<(DeploymentId, String)>,
    /// Since when every answer has been there.
    pub done_at: Option<Timestamp>,
    members: BTreeSet<DeploymentId>,
    line: VecDeque<(DeploymentId, Order)>,
    flying: BTreeSet<DeploymentId>,
}

impl Batch {
    /// How many deployments it is for.
    pub fn size(&self) -> usize {
        self.members.len()
    }
}

impl Outbox {
    /// Puts orders of one verb in.
    pub fn put(&mut self, verb: &'static str, orders: Vec<(DeploymentId, Order)>) {
        self.batches.push(Batch {
            verb,
            accepted: 0,
            refused: Vec::new(),
            done_at: None,
            members: orders.iter().map(|(id, _)| *id).collect(),
            line: orders.into(),
            flying: BTreeSet::new(),
        });
    }

    /// Which orders to give at this moment; they count as under way from then on.
    pub fn give(&mut self) -> Vec<(DeploymentId, Order)> {
        let flying: usize = self.batches.iter().map(|batch| batch.flying.len()).sum();
        let mut room = AT_ONCE.saturating_sub(flying);
        let mut given = Vec::new();
        for batch in &mut self.batches {
            let count = room.min(batch.line.len());
            room -= count;
            for (id, order) in batch.line.drain(..count) {
                batch.flying.insert(id);
                given.push((id, order));
            }
        }
        given
    }

    /// Takes an answer, if it is to an order that was given here; the batch with it.
    pub fn take(
        &mut self,
        id: DeploymentId,
        verb: &'static str,
        result: &Result<(), String>,
        now: Timestamp,
    ) -> Option<&Batch> {
        let mut batches = self.batches.iter_mut();
        let batch = batches.find(|batch| batch.verb == verb && batch.flying.contains(&id))?;
        batch.flying.remove(&id);
        match result {
            Ok(()) => batch.accepted += 1,
            Err(why) => batch.refused.push((id, why.clone())),
        }
        if batch.flying.is_empty() && batch.line.is_empty() {
            batch.done_at = Some(now);
        }
        Some(batch)
    }

    /// Every order that is under way, and its verb.
    pub fn under_way(&self) -> Vec<(DeploymentId, &'static str)> {
        let of = |batch: &Batch| {
            let verb = batch.verb;
            batch.flying.iter().map(move |id| (*id, verb)).collect::<Vec<_>>()
        };
        self.batches.iter().flat_map(of).collect()
    }

    /// Whether a deployment is one of many whose orders are summed up: what comes of its own order
    /// is no news beside that.
    pub fn speaks_for(&self, id: DeploymentId) -> bool {
        self.batches.iter().any(|batch| batch.members.contains(&id))
    }

    /// Forgets what was summed up before this moment.
    pub fn forget_before(&mut self, moment: Timestamp) {
        self.batches.retain(|batch| batch.done_at.is_none_or(|at| at > moment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(7);

    #[test]
    fn a_thousand_orders_are_given_a_few_at_a_time_and_each_exactly_once() {
        let mut outbox = Outbox::default();
        let orders = |from: u128, to: u128| {
            (from..to).map(|number| (DeploymentId::from_u128(number), Order::Cancel)).collect()
        };
        outbox.put("cancel", orders(0, 600));
        outbox.put("cancel", orders(600, 1_000));
        let mut under_way: VecDeque<_> = outbox.give().into();
        let mut given = Vec::new();
        while let Some((id, _)) = under_way.pop_front() {
            assert!(under_way.len() < AT_ONCE);
            given.push(id);
            let refused = given.len() % 100 == 0;
            let result = if refused { Err("no".to_owned()) } else { Ok(()) };
            assert!(outbox.take(id, "cancel", &result, NOW).is_some());
            under_way.extend(outbox.give());
        }
        assert_eq!(given.len(), 1_000);
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 1_000);
        let told: Vec<_> = outbox.batches.iter().map(|b| (b.accepted, b.refused.len())).collect();
        assert_eq!(told, [(594, 6), (396, 4)]);
        outbox.forget_before(NOW);
        assert!(outbox.batches.is_empty());
    }

    #[test]
    fn an_answer_to_an_order_that_was_given_elsewhere_is_not_taken() {
        let mut outbox = Outbox::default();
        let id = DeploymentId::from_u128(1);
        outbox.put("cancel", vec![(id, Order::Cancel)]);
        assert!(outbox.take(id, "cancel", &Ok(()), NOW).is_none(), "not given yet");
        outbox.give();
        assert!(outbox.take(id, "hold", &Ok(()), NOW).is_none());
        assert!(outbox.take(id, "cancel", &Ok(()), NOW).is_some());
    }
}
