//! What keys do: to the selection, the filter, the dialogs, and to the engine.

use arcadia::domain::saga::event::Order;
use arcadia::tui::effect::Effect;

use crate::screens::stage::Stage;
use crate::screens::world;
use crate::screens::world::Story;

mod asking;
mod bulk;
mod chosen;
mod command_line;
mod freezing;
mod launching;
mod leaving;
mod list;
mod log;
mod lost;
mod marks;
mod muting;
mod order;
mod orders;
mod overtaken;
mod picking;
mod telling;
mod unseen;

fn stage() -> Stage {
    let mut stage = Stage::new(120, 36);
    stage.picture(world::zoo());
    stage
}

fn at(story: &Story) -> Stage {
    let mut stage = stage();
    stage.select(story.id());
    stage
}

pub(crate) fn orders(stage: &Stage) -> Vec<&Order> {
    stage
        .asked
        .iter()
        .filter_map(|effect| match effect {
            Effect::Order { order, .. } => Some(order),
            Effect::Watch
            | Effect::AskHeartbeat
            | Effect::Drain
            | Effect::ReadUsual
            | Effect::ReadCatalogue
            | Effect::Export(_)
            | Effect::Show(_)
            | Effect::ReadLogs { .. }
            | Effect::ReadHoldings(_)
            | Effect::ReadHistories(_)
            | Effect::ReadPlan { .. }
            | Effect::Launch { .. }
            | Effect::Plan { .. }
            | Effect::Copy(_)
            | Effect::Capture(_)
            | Effect::Redraw
            | Effect::Notify(_)
            | Effect::Remember(_)
            | Effect::Suspend => None,
        })
        .collect()
}
