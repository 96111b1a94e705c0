//! One way through a saga, as plain data: what is found, what goes wrong, what the operator does.

use arcadia::domain::saga::plan::OnFailure;

use crate::support::trouble::Trouble;

/// The address of the first droplet that the simulated cloud makes.
pub(crate) const FIRST_ADDRESS: &str = "203.0.113.2";

/// The address that somebody else writes into the name's first record.
pub(crate) const FOREIGN_ADDRESS: &str = "198.51.100.99";

/// One way through a saga.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// Unique, and a part of the command that replays a case.
    pub(crate) name: String,
    pub(crate) on_failure: OnFailure,
    pub(crate) name_before: NameBefore,
    /// What goes wrong in the steps until the operator repairs it.
    pub(crate) troubles: Vec<Trouble>,
    /// What goes wrong at the provider.
    pub(crate) faults: Vec<ProviderFault>,
    /// What is done from outside, in this order.
    pub(crate) moves: Vec<Move>,
}

impl Path {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            on_failure: OnFailure::Rollback,
            name_before: NameBefore::Records(&[]),
            troubles: Vec::new(),
            faults: Vec::new(),
            moves: Vec::new(),
        }
    }
}

/// What the deployment's name is before the launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameBefore {
    /// No name is asked for.
    NotAskedFor,
    /// These A records: address and seconds.
    Records(&'static [(&'static str, u32)]),
}

/// A fault rule that is in force until the operator repairs it, and what it comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProviderFault {
    pub(crate) rule: &'static str,
    pub(crate) comes_to: ComesTo,
}

/// What a fault at the provider comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ComesTo {
    /// Nothing: the step tries again.
    Nothing,
    /// The same as this trouble.
    Trouble(Trouble),
}

/// One thing that is done from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) when: When,
    pub(crate) act: Act,
}

/// The moment for a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The step of this trouble hangs, waits or polls.
    In(Trouble),
    /// It waits for a person.
    NeedsYou,
    /// It is held, and no call is under way.
    Held,
    /// It is up.
    Active,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// In trouble, that trouble passes once the order is taken; a failure passes before it is given.
    Cancel,
    /// The trouble passes once the order is taken.
    Hold,
    Resume,
    /// It changes nothing; the trouble passes once the order is taken.
    Take,
    Rollback,
    /// All trouble passes before the order is given.
    Retry,
    Skip(&'static str),
    Abandon,
    /// Both orders are refused, and change nothing; the trouble then passes.
    TryToCancelAndHold,
    /// Somebody else writes over the first record of the name; the trouble then passes.
    ChangeTheRecord,
}
