//! The plain reference model: how a path must end, whatever crashes on the way. It knows the seven
//! steps by name, what each one makes and takes away, and what each order means; of the program it
//! knows nothing but words.

use arcadia::domain::deployment::DeploymentState::{self, Active, Cancelled, Provisioning};
use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::domain::summary::Standing;
use arcadia::simulator::faults::Moment;

use crate::crash::path::{
    Act, ComesTo, FIRST_ADDRESS, FOREIGN_ADDRESS, Move, NameBefore, Path, When,
};
use crate::support::plans::{STEPS, UNDONE};
use crate::support::trouble::{Kind, Trouble};

/// Seconds of the records that are made for a deployment.
const OUR_TTL: u32 = 300;

/// What must be there in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) standing: Standing,
    /// Every change of the deployment's state.
    pub(crate) transitions: Vec<Change>,
    pub(crate) droplets: usize,
    pub(crate) row: Row,
    /// The name's A records, sorted: address and seconds.
    pub(crate) records: Vec<(String, u32)>,
    /// The orders that were taken, in this order.
    pub(crate) orders: Vec<&'static str>,
    /// Steps whose work is left although the saga goes, or went, back.
    pub(crate) left: Vec<&'static str>,
}

/// A change of state: from, to, why, who.
pub(crate) type Change = (Option<DeploymentState>, DeploymentState, &'static str, Who);

/// Who changes a deployment's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Operator,
    Saga,
}

/// The deployment's row in the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    None,
    Free,
    Linked,
}

/// The ends that a path may come to: one, but where a call is under way when the operator cancels.
/// Then the program may die before the call has done anything, and the end is the same without it.
pub(crate) fn ends(path: &Path) -> Vec<End> {
    let cancelled_in_flight = path.moves.iter().any(|step| match (step.when, step.act) {
        (When::In(trouble), Act::Cancel | Act::Hold) => {
            trouble.kind == Kind::Hangs(Moment::BeforeEffect)
        }
        (When::In(_) | When::NeedsYou | When::Held | When::Active, _) => false,
    });
    let mut ends = vec![Story::of(path, InFlight::TakesEffect).play()];
    if cancelled_in_flight {
        let other = Story::of(path, InFlight::Dies).play();
        if other != ends[0] {
            ends.push(other);
        }
    }
    ends
}

/// What becomes of a call that is cancelled or held before it has done anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InFlight {
    TakesEffect,
    Dies,
}

/// The world as the story goes.
struct Story<'a> {
    path: &'a Path,
    moves: std::slice::Iter<'a, Move>,
    in_flight: InFlight,
    trouble: Vec<Trouble>,
    started: [bool; 7],
    succeeded: [bool; 7],
    droplet: bool,
    row: Row,
    pointed: bool,
    /// What somebody else wrote, and whether that was before the name was pointed.
    foreign: Option<Foreign>,
    transitions: Vec<Change>,
    orders: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Foreign {
    BeforeIt,
    SinceThen,
}

/// What going forward came to.
enum Way {
    There,
    Back { reason: &'static str, standing: Standing },
    Abandoned,
}

impl<'a> Story<'a> {
    fn of(path: &'a Path, in_flight: InFlight) -> Self {
        let faults = path.faults.iter().filter_map(|fault| match fault.comes_to {
            ComesTo::Trouble(trouble) => Some(trouble),
            ComesTo::Nothing => None,
        });
        Self {
            path,
            moves: path.moves.iter(),
            in_flight,
            trouble: path.troubles.iter().copied().chain(faults).collect(),
            started: [false; 7],
            succeeded: [false; 7],
            droplet: false,
            row: Row::None,
            pointed: false,
            foreign: None,
            transitions: vec![(None, Provisioning, "launched", Who::Operator)],
            orders: Vec::new(),
        }
    }

    fn play(mut self) -> End {
        let mut way = self.forward();
        if let Way::There = way {
            way = match self.next() {
                Some(Act::ChangeTheRecord) => {
                    self.foreign = Some(Foreign::SinceThen);
                    self.active()
                }
                Some(Act::Rollback) => self.roll_back(),
                _ => return self.end(Standing::Active),
            };
        }
        let standing = match way {
            Way::There => Standing::Active,
            Way::Abandoned => Standing::Abandoned,
            Way::Back { reason, standing } => self.back(reason, standing),
        };
        self.end(standing)
    }

    fn active(&mut self) -> Way {
        if self.next() == Some(Act::Rollback) { self.roll_back() } else { Way::There }
    }

    fn roll_back(&mut self) -> Way {
        self.orders.push("rollback");
        Way::Back { reason: "rolled_back", standing: Standing::RolledBack }
    }

    fn forward(&mut self) -> Way {
        let mut at = 0;
        while at < STEPS.len() {
            self.started[at] = true;
            let Some(kind) = self.obstacle(at) else {
                self.make(at);
                self.succeeded[at] = true;
                at += 1;
                continue;
            };
            if let Kind::Fails(Moment::AfterEffect)
            | Kind::Busy(Moment::AfterEffect)
            | Kind::Hangs(Moment::AfterEffect) = kind
            {
                self.make(at);
            }
            let failed = |reason| Way::Back { reason, standing: Standing::Failed };
            if let Kind::Fails(_) = kind
                && self.path.on_failure == OnFailure::Rollback
            {
                return failed("provision_failed");
            }
            match self.next().expect("a path says how trouble ends") {
                Act::Retry => {
                    self.orders.push("retry");
                    self.trouble.clear();
                }
                Act::Skip(_) => {
                    self.orders.push("skip");
                    at += 1;
                }
                Act::Abandon => return self.abandon(),
                Act::Cancel => {
                    self.orders.push("cancel");
                    self.in_flight(at, kind);
                    self.pass(at);
                    return Way::Back {
                        reason: "cancelled_by_operator",
                        standing: Standing::Cancelled,
                    };
                }
                Act::Hold => {
                    self.orders.push("hold");
                    self.in_flight(at, kind);
                    self.pass(at);
                }
                Act::Take => {
                    self.orders.push("take");
                    self.in_flight(at, kind);
                    self.pass(at);
                }
                Act::ChangeTheRecord => {
                    self.pass(at);
                    if self.pointed {
                        self.foreign = Some(Foreign::SinceThen);
                        return failed("provision_failed");
                    }
                    self.foreign = Some(Foreign::BeforeIt);
                }
                act @ (Act::Resume | Act::Rollback | Act::TryToCancelAndHold) => {
                    panic!("no end of trouble: {act:?}")
                }
            }
            match self.moves.as_slice().first().map(|next| (next.when, next.act)) {
                Some((When::Held, Act::Resume)) => {
                    self.next();
                    self.orders.push("resume");
                }
                Some((When::Held, Act::Cancel)) => {
                    self.next();
                    self.orders.push("cancel");
                    return Way::Back {
                        reason: "cancelled_by_operator",
                        standing: Standing::Cancelled,
                    };
                }
                _ => {}
            }
        }
        Way::There
    }

    /// Undoes what was started, the last first. Returns how the saga stands in the end.
    fn back(&mut self, reason: &'static str, standing: Standing) -> Standing {
        for at in (0..STEPS.len()).rev() {
            if !self.started[at] || !UNDONE.contains(&STEPS[at]) {
                continue;
            }
            match self.trouble_of(at, Direction::Undo) {
                None => self.unmake(at, reason),
                Some(Kind::Fails(moment)) => {
                    if moment == Moment::AfterEffect {
                        self.unmake(at, reason);
                    }
                    match self.next().expect("a path says how trouble ends") {
                        Act::Retry => {
                            self.orders.push("retry");
                            self.trouble.clear();
                            self.unmake(at, reason);
                        }
                        Act::Skip(_) => self.orders.push("skip"),
                        Act::Abandon => {
                            self.abandon();
                            return Standing::Abandoned;
                        }
                        act @ (Act::Cancel
                        | Act::Hold
                        | Act::Resume
                        | Act::Take
                        | Act::Rollback
                        | Act::TryToCancelAndHold
                        | Act::ChangeTheRecord) => {
                            panic!("no end of a stuck compensation: {act:?}")
                        }
                    }
                }
                Some(Kind::Busy(_) | Kind::Hangs(_) | Kind::Polls) => {
                    assert_eq!(self.next(), Some(Act::TryToCancelAndHold));
                    self.unmake(at, reason);
                }
            }
        }
        standing
    }

    fn abandon(&mut self) -> Way {
        self.orders.push("abandon");
        let from = self.state();
        if from != Cancelled {
            self.transitions.push((Some(from), Cancelled, "abandoned", Who::Operator));
        }
        Way::Abandoned
    }

    /// A call under way when the order came does its work afterwards.
    fn in_flight(&mut self, at: usize, kind: Kind) {
        if kind == Kind::Hangs(Moment::BeforeEffect) && self.in_flight == InFlight::TakesEffect {
            self.make(at);
        }
    }

    fn pass(&mut self, at: usize) {
        self.trouble
            .retain(|trouble| trouble.step != STEPS[at] || trouble.direction != Direction::Forward);
    }

    fn next(&mut self) -> Option<Act> {
        self.moves.next().map(|step| step.act)
    }

    /// What keeps a step from succeeding: its trouble, or that what it needs was skipped.
    fn obstacle(&self, at: usize) -> Option<Kind> {
        let made = |step: &str| self.succeeded[position(step)];
        let can = match STEPS[at] {
            "wait_droplet_active" => made("create_droplet"),
            "register_inventory" => made("create_droplet") && made("wait_droplet_active"),
            "link_deployment_resource" => made("create_droplet") && self.row != Row::None,
            "point_deployment_dns" => made("wait_droplet_active"),
            _ => true,
        };
        if can {
            self.trouble_of(at, Direction::Forward)
        } else {
            Some(Kind::Fails(Moment::BeforeEffect))
        }
    }

    fn trouble_of(&self, at: usize, direction: Direction) -> Option<Kind> {
        let mut met = self.trouble.iter();
        met.find(|met| met.step == STEPS[at] && met.direction == direction).map(|met| met.kind)
    }

    fn make(&mut self, at: usize) {
        match STEPS[at] {
            "create_droplet" => self.droplet = true,
            "register_inventory" if self.row == Row::None => self.row = Row::Free,
            "link_deployment_resource" => self.row = Row::Linked,
            "point_deployment_dns" => self.pointed = true,
            "activate_deployment" if self.state() != Active => {
                self.transitions.push((Some(Provisioning), Active, "provisioned", Who::Saga));
            }
            _ => {}
        }
    }

    fn unmake(&mut self, at: usize, reason: &'static str) {
        match STEPS[at] {
            "create_droplet" => self.droplet = false,
            "register_inventory" => self.row = Row::None,
            "link_deployment_resource" if self.row == Row::Linked => self.row = Row::Free,
            "point_deployment_dns" => self.pointed = false,
            "mark_deployment_provisioning" if self.state() != Cancelled => {
                self.transitions.push((Some(self.state()), Cancelled, reason, Who::Saga));
            }
            _ => {}
        }
    }

    fn state(&self) -> DeploymentState {
        self.transitions[self.transitions.len() - 1].1
    }

    fn end(self, standing: Standing) -> End {
        let mut left = Vec::new();
        if standing != Standing::Active {
            left.extend(self.droplet.then_some("create_droplet"));
            left.extend((self.row != Row::None).then_some("register_inventory"));
            let points = self.pointed && self.foreign != Some(Foreign::SinceThen);
            left.extend(points.then_some("point_deployment_dns"));
        }
        End {
            standing,
            droplets: usize::from(self.droplet),
            row: self.row,
            records: self.records(),
            orders: self.orders,
            transitions: self.transitions,
            left,
        }
    }

    fn records(&self) -> Vec<(String, u32)> {
        let NameBefore::Records(before) = self.path.name_before else { return Vec::new() };
        let mut records: Vec<_> =
            before.iter().map(|(address, ttl)| ((*address).to_owned(), *ttl)).collect();
        match self.foreign {
            Some(Foreign::SinceThen) => return vec![(FOREIGN_ADDRESS.to_owned(), OUR_TTL)],
            Some(Foreign::BeforeIt) => FOREIGN_ADDRESS.clone_into(&mut records[0].0),
            None => {}
        }
        if self.pointed {
            // One that points there already is left as it is.
            let same = records.iter().find(|(address, _)| address == FIRST_ADDRESS).cloned();
            records = vec![same.unwrap_or((FIRST_ADDRESS.to_owned(), OUR_TTL))];
        }
        records.sort();
        records
    }
}

fn position(step: &str) -> usize {
    STEPS.iter().position(|name| *name == step).expect("a step of the plan")
}
