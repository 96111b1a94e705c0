//! The question before an order: what it is for, what it would do to each, and what it takes to go
//! on. One path for one deployment and for many.

use tui_input::Input;

use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::domain::undo_preview::{Deed, Leftover, Loss, UndoLine};
use crate::tui::keymap::Verb;
use crate::tui::model::plans::{Known, Plans, UndoPlan};
use crate::tui::text;

/// What stands before and after the name that is to be typed.
pub const ASKS_NAME: (&str, &str) = ("type ", " to go on:");

/// Below this many columns a dialog fills the screen.
pub const FILLS: u16 = 64;

/// Asks before orders are given.
#[derive(Debug)]
pub struct Question {
    /// What would be done.
    pub verb: Verb,
    /// To which deployments, in the order of the list.
    pub targets: Vec<Target>,
    /// Which of the marked ones it does not apply to.
    pub left_out: Vec<LeftOut>,
    /// What it takes to go on.
    pub answer: Answer,
    /// How many rows of the list are scrolled away.
    pub scroll: usize,
}

/// A deployment that an order is for.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub deployment: DeploymentId,
    /// Its name.
    pub name: String,
    /// What would be ordered; a reason is put in when it is there.
    pub order: Order,
    /// Whether it is still so that the order applies.
    pub stands: Stands,
}

/// Whether an order still applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It does.
    Still,
    /// The deployment moved on while the question stood open; why the order does not apply to it.
    MovedOn(&'static str),
}

/// A marked deployment that the verb does not apply to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why not.
    pub why: &'static str,
}

/// What it takes to go on.
#[derive(Debug)]
pub enum Answer {
    /// A plain yes.
    Yes,
    /// The name of the only deployment, typed.
    Name(Input),
    /// How many there are, typed.
    Count(Input),
    /// Why, for the record.
    Reason(Input),
}

/// A row of what the question lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'q> {
    /// A deployment; what follows is about it.
    Target(&'q Target),
    /// A compensation, and its place in the order.
    Undo(usize, &'q UndoLine),
    /// Nothing would be undone.
    NothingToUndo,
    /// Something is out there on its account.
    OutThere(&'q Leftover),
    /// What would be done to it is on its way.
    Coming,
    /// What would be done to it cannot be read, so it is left out.
    Unreadable(&'q str),
    /// It is left out, because it moved on.
    MovedOn(&'static str),
    /// Heads those that the verb does not apply to.
    LeftOutHeading(usize),
    /// One of them, and why.
    LeftOut(&'q LeftOut),
}

impl Question {
    /// A question about these deployments.
    pub fn new(verb: Verb, targets: Vec<Target>, left_out: Vec<LeftOut>) -> Self {
        let typed = Input::default;
        let answer = match (verb, targets.len()) {
            (Verb::Cancel, 0 | 1) | (Verb::Retry | Verb::Hold | Verb::Take | Verb::Details, _) => {
                Answer::Yes
            }
            (Verb::Rollback, 0 | 1) => Answer::Name(typed()),
            (Verb::Cancel | Verb::Rollback, _) => Answer::Count(typed()),
            (Verb::Skip | Verb::Abandon, _) => Answer::Reason(typed()),
        };
        Self { verb, targets, left_out, answer, scroll: 0 }
    }

    /// What is being typed, if anything is.
    pub fn typed_mut(&mut self) -> Option<&mut Input> {
        match &mut self.answer {
            Answer::Yes => None,
            Answer::Name(typed) | Answer::Count(typed) | Answer::Reason(typed) => Some(typed),
        }
    }

    /// The only deployment that it is about; `None` when marks made it.
    pub fn only(&self) -> Option<&Target> {
        match &self.targets[..] {
            [target] if self.left_out.is_empty() => Some(target),
            _ => None,
        }
    }

    /// How many were marked, or selected.
    pub fn asked_for(&self) -> usize {
        self.targets.len() + self.left_out.len()
    }

    /// Whether it applies to none any more: each moved on, or it applied to none from the start.
    pub fn is_over(&self) -> bool {
        self.targets.iter().all(|target| target.stands != Stands::Still)
    }

    /// Those that would be ordered at this moment. Of an undoing that nobody can see nothing is
    /// ordered.
    pub fn ready<'q>(&'q self, plans: &'q Plans) -> impl Iterator<Item = &'q Target> {
        self.targets.iter().filter(|target| {
            target.stands == Stands::Still
                && (!self.undoes() || matches!(plans.of(target.deployment), Some(Known::Read(_))))
        })
    }

    /// Whether everything that has to be seen is there.
    pub fn is_known(&self, plans: &Plans) -> bool {
        !self.undoes() || plans.coming() == 0
    }

    /// Whether it undoes what was made.
    pub fn undoes(&self) -> bool {
        match self.verb {
            Verb::Cancel | Verb::Rollback => true,
            Verb::Retry | Verb::Skip | Verb::Abandon | Verb::Hold | Verb::Take | Verb::Details => {
                false
            }
        }
    }

    /// Whether it lists, for each, what would be undone or what is out there.
    pub fn lists_plans(&self) -> bool {
        match self.verb {
            Verb::Cancel | Verb::Rollback | Verb::Skip | Verb::Abandon => true,
            Verb::Retry | Verb::Hold | Verb::Take | Verb::Details => false,
        }
    }

    /// Whether what was typed is what it takes.
    pub fn is_typed(&self, plans: &Plans) -> bool {
        match &self.answer {
            Answer::Yes => true,
            Answer::Name(typed) => {
                self.targets.first().is_some_and(|target| target.name == typed.value())
            }
            Answer::Count(typed) => typed.value() == self.ready(plans).count().to_string(),
            Answer::Reason(typed) => !typed.value().trim().is_empty(),
        }
    }

    /// What will be ordered, in order.
    pub fn orders(&self, plans: &Plans) -> Vec<(DeploymentId, Order)> {
        let typed = match &self.answer {
            Answer::Reason(typed) => typed.value().trim(),
            Answer::Yes | Answer::Name(_) | Answer::Count(_) => "",
        };
        let order = |target: &Target| match &target.order {
            Order::Skip { step, .. } => {
                Order::Skip { step: step.clone(), reason: typed.to_owned() }
            }
            Order::Abandon { .. } => Order::Abandon { reason: typed.to_owned() },
            Order::Cancel
            | Order::Rollback
            | Order::Hold
            | Order::Resume
            | Order::Take
            | Order::Retry => target.order.clone(),
        };
        self.ready(plans).map(|target| (target.deployment, order(target))).collect()
    }

    /// Takes in what the verb would order for a deployment as it stands, which may be something else
    /// than what the question is about.
    pub fn look_again(
        &mut self,
        deployment: DeploymentId,
        orders: &Result<Option<Order>, &'static str>,
    ) {
        for target in self.targets.iter_mut().filter(|target| target.deployment == deployment) {
            target.stands = match orders {
                Ok(Some(order)) if *order == target.order => Stands::Still,
                Ok(_) => Stands::MovedOn("it would be another order"),
                Err(why) => Stands::MovedOn(why),
            };
        }
    }

    /// How many rows of the list there is room for on a screen of this size: the rest is for what
    /// stands above and below them.
    pub fn room(&self, (width, height): (u16, u16)) -> usize {
        let above = if self.undoes() { 2 } else { 4 };
        let margin = if width < FILLS { 2 } else { 4 };
        let below = self.below(self.inside(width));
        usize::from(height).saturating_sub(margin + above + below).max(2)
    }

    /// How many cells wide the dialog is inside, on a screen of this width.
    pub fn inside(&self, width: u16) -> usize {
        let wide = if self.only().is_some() { 76 } else { 92 };
        let frame = if width < FILLS { 4 } else { 6 };
        usize::from(width).saturating_sub(frame).min(wide)
    }

    /// How many rows stand below the list, in a dialog so wide: an empty one, the answer, and what Enter
    /// does. A name that is typed has a row of its own where it does not fit beside what asks for it.
    pub fn below(&self, inside: usize) -> usize {
        2 + self.name_lines(inside).map_or(1, |lines| lines + 1)
    }

    /// How many rows it takes to ask for a name, when what is typed does not fit beside it.
    pub fn name_lines(&self, inside: usize) -> Option<usize> {
        let (Answer::Name(_), Some(target)) = (&self.answer, self.targets.first()) else {
            return None;
        };
        let asks = [ASKS_NAME.0, &target.name, ASKS_NAME.1].concat();
        // What is typed takes as many cells as the name, and one for the cursor.
        let fits = text::width(&asks) + 1 + text::width(&target.name) < inside;
        (!fits).then(|| text::wrap(&asks, inside).len())
    }

    /// Scrolls the list, and stops at its ends. When not all of it fits, its last row says so.
    pub fn scroll(&mut self, rows: isize, plans: &Plans, size: (u16, u16)) {
        let (total, room) = (self.rows(plans).count(), self.room(size));
        let last = if total <= room { 0 } else { total + 1 - room };
        self.scroll = self.scroll.saturating_add_signed(rows).min(last);
    }

    /// Every row of what it lists, in order; nothing is made before it is asked for.
    pub fn rows<'q>(&'q self, plans: &'q Plans) -> impl Iterator<Item = Row<'q>> {
        let only = self.only().is_some();
        let targets = self.targets.iter().flat_map(move |target| {
            let name = (!only).then_some(Row::Target(target));
            name.into_iter().chain(self.rows_of(target, plans))
        });
        let heading = Row::LeftOutHeading(self.left_out.len());
        let heading = (!self.left_out.is_empty()).then_some(heading);
        targets.chain(heading).chain(self.left_out.iter().map(Row::LeftOut))
    }

    fn rows_of<'q>(
        &'q self,
        target: &'q Target,
        plans: &'q Plans,
    ) -> Box<dyn Iterator<Item = Row<'q>> + 'q> {
        if let Stands::MovedOn(why) = target.stands {
            return Box::new(std::iter::once(Row::MovedOn(why)));
        }
        if !self.lists_plans() {
            return Box::new(std::iter::empty());
        }
        match plans.of(target.deployment) {
            Some(Known::Read(plan)) if self.undoes() && plan.lines.is_empty() => {
                Box::new(std::iter::once(Row::NothingToUndo))
            }
            Some(Known::Read(plan)) if self.undoes() => {
                let numbered = plan.lines.iter().enumerate();
                Box::new(numbered.map(|(place, line)| Row::Undo(place + 1, line)))
            }
            Some(Known::Read(plan)) => Box::new(plan.leftovers.iter().map(Row::OutThere)),
            Some(Known::Failed(why)) => Box::new(std::iter::once(Row::Unreadable(why))),
            Some(Known::Coming) | None => Box::new(std::iter::once(Row::Coming)),
        }
    }

    /// What is done to all of them together, as far as it is known.
    pub fn sum(&self, plans: &Plans) -> Sum {
        let mut sum = Sum::default();
        for target in self.ready(plans) {
            if let Some(Known::Read(plan)) = plans.of(target.deployment) {
                sum.add(plan);
            }
        }
        sum
    }
}

/// What is done to many together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    destroyed: usize,
    looked_for: usize,
    deleted: usize,
    restored: usize,
    /// How many things are out there.
    pub out_there: usize,
}

impl Sum {
    fn add(&mut self, plan: &UndoPlan) {
        for line in &plan.lines {
            match line.deed {
                Deed::DestroysDroplet => self.destroyed += 1,
                Deed::LooksForDroplets => self.looked_for += 1,
                Deed::DeletesRecord => self.deleted += 1,
                Deed::RestoresRecord => self.restored += 1,
                Deed::KeepsBooks => {}
            }
        }
        self.out_there += plan.leftovers.len();
    }

    /// Whether what is destroyed can be made again.
    pub fn loss(&self) -> Loss {
        if self.destroyed + self.looked_for > 0 { Loss::Data } else { Loss::None }
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = |count: usize| if count == 1 { "" } else { "s" };
        let Self { destroyed, looked_for, deleted, restored, out_there: _ } = *self;
        let mut words = Vec::new();
        if destroyed > 0 {
            words.push(format!("destroys {destroyed} droplet{} with all data", s(destroyed)));
        }
        if looked_for > 0 {
            words.push(format!("looks for droplets of {looked_for} and destroys them"));
        }
        if deleted > 0 {
            words.push(format!("deletes {deleted} record{}", s(deleted)));
        }
        if restored > 0 {
            words.push(format!("reverts {restored} record{}", s(restored)));
        }
        if words.is_empty() {
            words.push("destroys nothing".to_owned());
        }
        f.write_str(&words.join(", "))
    }
}
