//! `arcadia rebuild`: a damaged journal, built anew from the archive.

use crate::app::AppError;
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::cli::rebuild::{Planned, RebuildArgs, Rebuilt};
use crate::clock::{Chance, Clock, IdSource};
use crate::config::Config;
use crate::journal::archive;
use crate::journal::rebuild::{Plan, Rebuild};

/// Shows what would be done, asks, and does it. It needs no cloud and no engine.
pub(super) async fn rebuild(
    args: &RebuildArgs,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<Exit, AppError> {
    let rebuild = Rebuild::survey(&config.data_dir).await?;
    let planned = planned(rebuild.plan(), config);
    args.confirm(&planned, output).await?;
    let ids = IdSource::new(clock.clone(), Chance::from_system());
    let done = rebuild.carry_out(clock, &ids).await?;
    let aside = done.aside.map(|path| path.display().to_string());
    args.tell(&planned, &Rebuilt { aside, held: done.held }, output)?;
    Ok(Exit::Done)
}

fn planned(plan: &Plan, config: &Config) -> Planned {
    let damages = plan.archive.damages.iter();
    Planned {
        archive: config.data_dir.join(archive::FOLDER).display().to_string(),
        segments: plan.archive.segments.len(),
        records: plan.archive.records,
        newest_group: plan.archive.newest.map(|newest| newest.group.0),
        newest_at: plan.newest_at.map(|at| at.to_string()),
        damaged: damages
            .map(|damage| (damage.path.display().to_string(), damage.line, damage.what.clone()))
            .collect(),
        torn: plan.archive.torn.as_ref().map(|torn| (torn.path.display().to_string(), torn.line)),
        journal: plan.journal.clone(),
        sagas: plan.sagas,
        entries: plan.entries,
        salvaged: plan.salvaged,
        unfinished: plan.unfinished.clone(),
        cut: plan.cut.clone(),
    }
}
