//! What is out there costs money, by the hour, until it is undone.

use crate::domain::aggregate::Fact;
use crate::domain::money::{Dollars, Price};
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::summary::Standing;
use crate::domain::time::Timestamp;
use crate::domain::undo_preview::{Deed, Leftover};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::plans::{Known, UndoPlan};
use crate::tui::model::question::Question;
use crate::tui::model::saga::Read;

/// The step that makes what costs money.
const MAKES_DROPLET: &str = "create_droplet";

/// What a deployment's droplet costs, and since when.
pub(super) struct Cost {
    price: Price,
    since: Timestamp,
}

impl Cost {
    /// The cost of a deployment's droplet; `None` while there is none, or when nobody knows the price
    /// of its size.
    pub(super) fn of(model: &Model, read: &Read) -> Option<Self> {
        let aggregate = &read.detail.aggregate;
        let step = StepName::new(MAKES_DROPLET);
        let state = &aggregate.state.steps[aggregate.plan.position(&step)?];
        // Whether there is one is in doubt before the step says so.
        state.output()?;
        let price = model.offer.catalogue.price(&aggregate.deployment.spec.size)?;
        let begun = read.detail.entries.iter().find(|entry| match &entry.fact {
            Fact::Saga(EventKind::Step { step: of, direction: Direction::Forward, event }) => {
                *of == step && matches!(event, StepEvent::Started { .. })
            }
            Fact::Saga(_) | Fact::Launched(_) | Fact::Deployment(_) | Fact::Resource(_) => false,
        })?;
        Some(Self { price, since: begun.at })
    }

    /// For each hour, and so far: `$0.009/h, about $0.01 so far`.
    pub(super) fn in_short(&self, now: Timestamp) -> String {
        let so_far = self.price.after(now.since(self.since));
        format!("{}, about {so_far} so far", self.price.hourly.an_hour())
    }

    /// With its age while something counts anyway: `$0.009/h, 41m00s, about $0.01 so far`. On a screen
    /// that stands still an age would be wrong after a second, so it says since when.
    fn in_full(&self, now: Timestamp, standing: Standing) -> String {
        let hourly = self.price.hourly.an_hour();
        if standing.is_finished() {
            return format!("{hourly} since {}", format::moment(self.since, now));
        }
        let age = now.since(self.since);
        let so_far = self.price.after(age);
        format!("{hourly}, {}, about {so_far} so far", format::running(age))
    }
}

/// What is said of something that is out there: what it is, and what it costs.
pub(super) fn told(
    model: &Model,
    read: &Read,
    leftover: &Leftover,
    (now, standing): (Timestamp, Standing),
) -> String {
    let cost = (leftover.step.as_str() == MAKES_DROPLET).then(|| Cost::of(model, read)).flatten();
    match cost {
        Some(cost) => format!("{}, {}", leftover.what, cost.in_full(now, standing)),
        None => leftover.what.clone(),
    }
}

/// What ends with the droplets that a question would destroy, for each hour: `saves $0.018/h`. What nobody
/// knows the price of is said; nothing where no droplet is destroyed.
pub(super) fn saved(model: &Model, asked: &Question) -> Option<String> {
    let destroys =
        |plan: &UndoPlan| plan.lines.iter().any(|line| line.deed == Deed::DestroysDroplet);
    let (mut known, mut unknown) = (Vec::new(), 0);
    for target in asked.ready(&model.plans) {
        let Some(Known::Read(plan)) = model.plans.of(target.deployment) else { continue };
        if !destroys(plan) {
            continue;
        }
        let row = model.list.row(target.deployment);
        match row.and_then(|row| model.offer.catalogue.price(&row.size)) {
            Some(price) => known.push(price.hourly),
            None => unknown += 1,
        }
    }
    match (known.is_empty(), unknown) {
        (true, 0) => None,
        (true, _) => Some("saves an unknown price".to_owned()),
        (false, 0) => Some(format!("saves {}", known.into_iter().sum::<Dollars>().an_hour())),
        (false, unknown) => {
            let sum = known.into_iter().sum::<Dollars>().an_hour();
            Some(format!("saves {sum} and the unknown price of {unknown}"))
        }
    }
}
