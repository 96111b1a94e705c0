//! A gate with a number of turns, fair between those who ask: no one's storm starves another.
//!
//! **The bound.** While somebody stands first in its key's lane, every other key of the same urgency
//! is given at most one turn before it; and of four turns at most three go to what is urgent as long
//! as anybody else waits. Waiting costs a place in the line and no task, timer or wake-up; who stops
//! waiting leaves at once, wherever it stands.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::fair::line::{Line, Place};

mod line;

/// How soon somebody wants a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A person waits for it, or it takes back what costs money.
    Urgent,
    /// Everything else.
    Usual,
}

/// A number of turns that are given out fairly. Cheap to clone; clones share them.
pub struct Gate<K: Ord + Clone> {
    shared: Arc<Mutex<State<K>>>,
}

struct State<K: Ord + Clone> {
    turns: usize,
    free: usize,
    line: Line<K, oneshot::Sender<Turn<K>>>,
}

/// A turn; it ends when this is dropped.
pub struct Turn<K: Ord + Clone> {
    gate: Gate<K>,
}

/// Waits for a turn from the moment it is made; leaves the line when it is dropped.
pub struct Waiting<K: Ord + Clone> {
    gate: Gate<K>,
    place: Place<K>,
    turn_rx: oneshot::Receiver<Turn<K>>,
}

impl<K: Ord + Clone> Gate<K> {
    /// A gate with this many turns at once.
    pub fn new(turns: usize) -> Self {
        Self { shared: Arc::new(Mutex::new(State { turns, free: turns, line: Line::new() })) }
    }

    /// Gets in line.
    pub fn turn(&self, key: K, urgency: Urgency) -> Waiting<K> {
        let (turn_tx, turn_rx) = oneshot::channel();
        let place = self.state().line.join(key, urgency, turn_tx);
        self.give_out();
        Waiting { gate: self.clone(), place, turn_rx }
    }

    /// How many turns are taken.
    pub fn taken(&self) -> usize {
        let state = self.state();
        state.turns - state.free
    }

    /// Gives out what is free. A turn is sent when the state is not locked: nobody may be there to
    /// take it any more, and it comes back then.
    fn give_out(&self) {
        loop {
            let turn_tx = {
                let mut state = self.state();
                if state.free == 0 {
                    return;
                }
                let Some(turn_tx) = state.line.take() else { return };
                state.free -= 1;
                turn_tx
            };
            drop(turn_tx.send(Turn { gate: self.clone() }));
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        // Nothing in a section can panic half-way.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> Clone for Gate<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: Ord + Clone> Drop for Turn<K> {
    fn drop(&mut self) {
        self.gate.state().free += 1;
        self.gate.give_out();
    }
}

impl<K: Ord + Clone> fmt::Debug for Turn<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

impl<K: Ord + Clone + Unpin> Future for Waiting<K> {
    type Output = Turn<K>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn<K>> {
        Pin::new(&mut self.turn_rx)
            .poll(cx)
            .map(|turn| turn.expect("a place in the line is kept until it is served or left"))
    }
}

impl<K: Ord + Clone> Drop for Waiting<K> {
    fn drop(&mut self) {
        self.gate.state().line.leave(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn there_are_never_more_turns_than_the_gate_has() {
        let gate = Gate::new(2);
        let mut waiting: Vec<_> = (0..5).map(|key| gate.turn(key, Urgency::Usual)).collect();
        let mut given: Vec<_> = waiting.iter_mut().filter_map(FutureExt::now_or_never).collect();
        assert_eq!(given.len(), 2);
        given.pop();
        let more = waiting[2..].iter_mut().filter_map(FutureExt::now_or_never).count();
        assert_eq!(more, 3, "each was given back at once, and went on to the next");
    }

    #[test]
    fn a_turn_that_nobody_takes_any_more_goes_to_the_next() {
        let gate = Gate::new(1);
        let first = gate.turn("a", Urgency::Usual).now_or_never().unwrap();
        let second = gate.turn("b", Urgency::Usual);
        let mut third = gate.turn("c", Urgency::Usual);
        drop(first);
        assert!((&mut third).now_or_never().is_none(), "it is the second's");
        drop(second);
        assert!(third.now_or_never().is_some());
    }

    #[test]
    fn a_turn_that_a_panic_takes_along_goes_to_the_next() {
        let gate = Gate::new(1);
        let turn = gate.turn(1, Urgency::Usual).now_or_never().unwrap();
        let mut next = gate.turn(2, Urgency::Usual);
        let panicked = std::thread::spawn(move || {
            let _turn = turn;
            panic!("this is what is tested");
        });
        assert!(panicked.join().is_err());
        assert!((&mut next).now_or_never().is_some());
    }

    #[test]
    fn who_leaves_the_line_takes_no_turn() {
        let gate = Gate::new(1);
        let first = gate.turn(1, Urgency::Usual).now_or_never().unwrap();
        drop(gate.turn(2, Urgency::Usual));
        let mut third = gate.turn(3, Urgency::Usual);
        drop(first);
        assert!((&mut third).now_or_never().is_some());
    }
}
