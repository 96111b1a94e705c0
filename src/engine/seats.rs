//! Seats: how many sagas go forward at once, and who is next.
//!
//! A provider grants a number of requests a minute, and a step has a deadline. If every saga that was
//! launched went forward at once, each would have its turn too seldom to meet its deadlines, and a
//! burst of launches would roll itself back. So a saga takes a seat before its first step starts, and
//! gives it up when it ends, is held or turns round. Undoing needs none: it frees money, and a person
//! may wait for it.
//!
//! **Order.** The oldest launch is first, after a restart as well. Who waits has its launch in the
//! journal and a place here; it needs no task, timer or wake-up, and its patience has not begun.
//!
//! A seat that comes free goes to the first in line and to nobody else; an usher (see
//! [`crate::engine`]) takes it there. A dropped seat is given up, wherever it was dropped, so that a
//! panic costs none.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::domain::aggregate::Aggregate;
use crate::domain::id::SagaId;
use crate::domain::time::Timestamp;

/// A saga's place in the line: older launches stand before younger ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    launched_at: Timestamp,
    saga: SagaId,
}

impl Ticket {
    /// The ticket of a saga; it is the same for as long as the saga lives.
    pub(super) fn of(aggregate: &Aggregate) -> Self {
        Self { launched_at: aggregate.launched_at, saga: aggregate.saga }
    }

    /// Whose it is.
    pub(super) fn saga(&self) -> SagaId {
        self.saga
    }
}

/// The seats of one engine. Cheap to clone; clones share them.
#[derive(Clone)]
pub(super) struct Seats {
    hall: Arc<Hall>,
}

struct Hall {
    state: Mutex<State>,
    given_tx: mpsc::UnboundedSender<Seat>,
}

struct State {
    doors: Doors,
    seats: usize,
    /// Who has a seat, or has one on its way.
    seated: BTreeSet<Ticket>,
    line: BTreeSet<Ticket>,
}

/// Whether seats are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doors {
    /// Not yet, or no longer: who asks gets in line.
    Closed,
    Open,
}

/// The right to go forward; ends when dropped.
pub(super) struct Seat {
    seats: Seats,
    ticket: Ticket,
}

impl Seats {
    /// So many seats behind closed doors, and where those come that are given to the line.
    pub(super) fn new(seats: NonZeroUsize) -> (Self, mpsc::UnboundedReceiver<Seat>) {
        // Bounded by the number of seats.
        let (given_tx, given_rx) = mpsc::unbounded_channel();
        let state = State {
            doors: Doors::Closed,
            seats: seats.get(),
            seated: BTreeSet::new(),
            line: BTreeSet::new(),
        };
        (Self { hall: Arc::new(Hall { state: Mutex::new(state), given_tx }) }, given_rx)
    }

    /// Begins to give out seats.
    pub(super) fn open(&self) {
        self.state().doors = Doors::Open;
        self.give_out();
    }

    /// Gives out no seat any more.
    pub(super) fn close(&self) {
        self.state().doors = Doors::Closed;
    }

    /// A seat, if one is free and nobody waits for it.
    pub(super) fn take_free(&self, ticket: Ticket) -> Option<Seat> {
        let mut state = self.state();
        if !state.has_room() || !state.line.is_empty() || !state.seated.insert(ticket) {
            return None;
        }
        Some(Seat { seats: self.clone(), ticket })
    }

    /// A seat, or a place in the line; the seat comes later then.
    pub(super) fn take_or_wait(&self, ticket: Ticket) -> Option<Seat> {
        let free = self.take_free(ticket);
        if free.is_none() {
            self.wait(ticket);
        }
        free
    }

    /// Gets in line. Who is there already keeps its place, and who has a seat needs none.
    pub(super) fn wait(&self, ticket: Ticket) {
        {
            let mut state = self.state();
            if state.seated.contains(&ticket) {
                return;
            }
            state.line.insert(ticket);
        }
        self.give_out();
    }

    /// Leaves the line.
    pub(super) fn leave(&self, ticket: Ticket) {
        self.state().line.remove(&ticket);
    }

    /// Whether it has a seat, or one is on its way.
    pub(super) fn has_seat(&self, ticket: Ticket) -> bool {
        self.state().seated.contains(&ticket)
    }

    /// Whether nobody waits.
    pub(super) fn is_line_empty(&self) -> bool {
        self.state().line.is_empty()
    }

    fn give_out(&self) {
        loop {
            let ticket = {
                let mut state = self.state();
                if !state.has_room() {
                    return;
                }
                let Some(ticket) = state.line.pop_first() else { return };
                state.seated.insert(ticket);
                ticket
            };
            // Not under the lock: a seat that is refused is dropped, and a dropped seat takes it.
            if let Err(refused) = self.hall.given_tx.send(Seat { seats: self.clone(), ticket }) {
                // The engine is gone. Nobody is to be called any more.
                self.state().doors = Doors::Closed;
                drop(refused);
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in a section can panic half-way.
        self.hall.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self) -> bool {
        self.doors == Doors::Open && self.seated.len() < self.seats
    }
}

impl Seat {
    /// Whose it is.
    pub(super) fn saga(&self) -> SagaId {
        self.ticket.saga()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.state().seated.remove(&self.ticket);
        self.seats.give_out();
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(&self.ticket).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: u8) -> Ticket {
        Ticket {
            launched_at: Timestamp::from_millis(i64::from(number)),
            saga: SagaId::from_bytes([number; 16]),
        }
    }

    fn seats(count: usize) -> (Seats, mpsc::UnboundedReceiver<Seat>) {
        let (seats, given_rx) = Seats::new(NonZeroUsize::new(count).unwrap());
        seats.open();
        (seats, given_rx)
    }

    #[test]
    fn the_oldest_is_first_whenever_it_came() {
        let (seats, mut given_rx) = seats(1);
        let first = seats.take_or_wait(ticket(5)).unwrap();
        for number in [4, 2, 3] {
            assert!(seats.take_or_wait(ticket(number)).is_none());
        }
        drop(first);
        for number in [2, 3, 4] {
            assert_eq!(given_rx.try_recv().unwrap().saga(), ticket(number).saga());
        }
    }

    #[test]
    fn who_asks_again_while_its_seat_is_on_the_way_gets_no_second_one() {
        let (seats, mut given_rx) = seats(2);
        let [a, _b] = [1, 2].map(|number| seats.take_or_wait(ticket(number)).unwrap());
        assert!(seats.take_or_wait(ticket(3)).is_none());
        drop(a);
        assert!(seats.take_or_wait(ticket(3)).is_none());
        assert_eq!(given_rx.try_recv().unwrap().saga(), ticket(3).saga());
        assert!(given_rx.try_recv().is_err());
        assert!(seats.is_line_empty());
    }

    #[test]
    fn behind_closed_doors_all_get_in_line_first() {
        let (seats, mut given_rx) = Seats::new(NonZeroUsize::MIN);
        for number in [3, 1, 2] {
            assert!(seats.take_or_wait(ticket(number)).is_none());
        }
        assert!(given_rx.try_recv().is_err());
        seats.open();
        assert_eq!(given_rx.try_recv().unwrap().saga(), ticket(1).saga());
    }

    #[test]
    fn who_leaves_the_line_gets_no_seat_and_the_end_of_the_engine_ends_the_line() {
        let (seats, mut given_rx) = seats(1);
        let first = seats.take_or_wait(ticket(0)).unwrap();
        for number in 1..=200 {
            seats.wait(ticket(number));
        }
        seats.leave(ticket(1));
        drop(first);
        let second = given_rx.try_recv().unwrap();
        assert_eq!(second.saga(), ticket(2).saga());
        drop(given_rx);
        drop(second);
        assert!(!seats.is_line_empty(), "they wait for the next engine");
    }

    #[test]
    fn a_seat_that_a_panic_takes_along_is_free_again() {
        let (seats, _given_rx) = seats(1);
        let seat = seats.take_or_wait(ticket(1)).unwrap();
        let panicked = std::thread::spawn(move || {
            let _seat = seat;
            panic!("this is what is tested");
        });
        assert!(panicked.join().is_err());
        assert!(seats.take_free(ticket(2)).is_some());
    }
}
