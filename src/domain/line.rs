//! The line of those that wait for a seat, as anybody can tell it from the rows: the oldest launch
//! is first. So nobody is told when others move up.

use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;

/// What those wait for.
pub const WAITS: &str = "waits for a seat";

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

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.len()
    }

    /// How many stand before a row, if it waits.
    pub fn before(&self, row: &Summary) -> Option<usize> {
        self.0.binary_search(&place(row)).ok()
    }

    /// How far a row is from its seat, in words, if it waits for one.
    pub fn distance(&self, row: &Summary) -> Option<String> {
        Some(match self.before(row)? {
            0 => "next".to_owned(),
            before => format!("{before} before it"),
        })
    }

    /// The same as a sentence.
    pub fn words(&self, row: &Summary) -> Option<String> {
        self.distance(row).map(|distance| format!("{WAITS}; {distance}"))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::aggregate::{Aggregate, Launch};
    use crate::domain::deployment::Actor;
    use crate::domain::id::DeploymentId;
    use crate::domain::saga::plan::{OnFailure, Plan};
    use crate::domain::spec::DeploymentSpec;

    fn row(number: u128) -> Summary {
        let launch = Launch {
            deployment: DeploymentId::from_u128(number),
            saga: SagaId::from_u128(number),
            spec: Arc::new(DeploymentSpec::example()),
            plan: Arc::new(Plan::new(Vec::new(), OnFailure::Rollback).unwrap()),
            by: Actor::Operator("ana".to_owned()),
        };
        Summary::of(&Aggregate::launched(launch, Timestamp::from_millis(7)))
    }

    #[test]
    fn a_changed_row_changes_the_line_as_a_new_picture_would() {
        let mut rows: Vec<_> = [3, 1, 2].map(row).into();
        let mut line = Line::default();
        for row in &rows {
            line.change(row);
        }
        assert_eq!(line, Line::of(rows.iter()));
        assert_eq!(line.words(&rows[0]).unwrap(), "waits for a seat; 2 before it");
        assert_eq!(line.words(&rows[1]).unwrap(), "waits for a seat; next");
        rows[1].standing = Standing::Cancelled;
        line.change(&rows[1]);
        line.change(&rows[1]);
        assert_eq!(line, Line::of(rows.iter()));
        assert_eq!(line.before(&rows[1]), None);
        assert_eq!(line.before(&rows[2]), Some(0));
    }
}
