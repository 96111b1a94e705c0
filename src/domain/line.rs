//! The line of those that wait for a seat, as anybody can tell it from the rows: the oldest launch
//! is first. So nobody is told when others move up.

use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;

/// Who waits for a seat, in the order of their turns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(Timestamp, SagaId)>);

impl Line {
    /// The line among these rows.
    pub fn of<'a>(rows: impl Iterator<Item = &'a Summary>) -> Self {
        let mut places: Vec<_> = rows.filter(|row| waits_for_seat(row)).map(place).collect();
        places.sort_unstable();
        Self(places)
    }

    /// Takes in that a row changed.
    pub fn change(&mut self, row: &Summary) {
        match (self.0.binary_search(&place(row)), waits_for_seat(row)) {
            (Err(at), true) => self.0.insert(at, place(row)),
            (Ok(at), false) => {
                self.0.remove(at);
            }
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    /// How many stand before a row, if it waits.
    pub fn before(&self, row: &Summary) -> Option<usize> {
        self.0.binary_search(&place(row)).ok()
    }

    /// What a row that waits waits for, in words.
    pub fn words(&self, row: &Summary) -> Option<String> {
        Some(match self.before(row)? {
            0 => "waits for a seat, next in line".to_owned(),
            before => format!("waits for a seat, {before} before it"),
        })
    }
}

/// Whether it would go forward if it had a seat: a running saga does something or waits for
/// something of the provider, unless that is so.
fn waits_for_seat(row: &Summary) -> bool {
    row.standing == Standing::Running && row.focus.is_none()
}

fn place(row: &Summary) -> (Timestamp, SagaId) {
    (row.launched_at, row.saga)
}
