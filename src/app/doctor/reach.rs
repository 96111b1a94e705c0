//! The way to the cloud. Whoever only looks is shown a copy of the simulated one, which is inside a
//! running Arcadia or has stood still since the last.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use secrecy::SecretString;
use tempfile::TempDir;

use crate::app::AppError;
use crate::app::cloud::{Cloud, STATE_FILE};
use crate::app::doctor::{LOCAL_PATIENCE, bounded, unjudged};
use crate::clock::{Chance, Clock};
use crate::config::{Config, Provider};
use crate::doctor::finding::{Area, Finding};
use crate::doctor::token::TokenFacts;
use crate::domain::failure::with_causes;
use crate::simulator::SimulatorError;

/// The cloud.
pub(super) struct Reached {
    pub(super) cloud: Cloud,
    /// What the copy of the simulated one keeps its state in.
    _copy: Option<TempDir>,
}

/// What the cloud is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Things may be removed from it. The folder is locked, so nobody else has the simulated one.
    Fix,
    /// It is only looked at.
    Look,
}

/// Connects to the cloud; or what is told instead.
pub(super) async fn reach(
    config: &Config,
    purpose: Purpose,
    facts: &TokenFacts,
    secret: Option<SecretString>,
    clock: &Clock,
) -> Result<Reached, Vec<Finding>> {
    match facts {
        TokenFacts::NotNeeded | TokenFacts::Fetched { .. } => {}
        TokenFacts::Failed { .. } => {
            return Err(not_asked("there is no token to ask the provider with"));
        }
    }
    let mut config = config.clone();
    let state = config.data_dir.join(STATE_FILE);
    let is_inside = config.provider == Provider::Simulator && config.simulator.url.is_none();
    let mut copy = None;
    if is_inside && purpose == Purpose::Look {
        let from = state.clone();
        match bounded(LOCAL_PATIENCE, move || copied(&from)).await {
            Some(Ok(Some(folder))) => {
                folder.path().clone_into(&mut config.data_dir);
                copy = Some(folder);
            }
            Some(Ok(None)) => {
                return Err(not_asked("the simulated cloud is made with the first start"));
            }
            Some(Err(error)) => return Err(unusable(&state, &error)),
            None => return Err(not_asked("the simulated cloud's state file does not answer")),
        }
    }
    match Cloud::connect(&config, secret, clock, &Chance::from_system()).await {
        Ok(cloud) => Ok(Reached { cloud, _copy: copy }),
        Err(AppError::Simulator(
            SimulatorError::Damaged { source, .. } | SimulatorError::StateFile { source },
        )) => Err(unusable(&state, &*source)),
        Err(error) => {
            let hint = error.hint();
            let finding = Finding::problem(
                Area::Cloud,
                "reachable",
                "there is no way to the cloud",
            )
            .because(with_causes(&error))
            .remedy(hint.unwrap_or_else(|| {
                "the settings of `[digitalocean]` and `[simulator]` decide it: arcadia config show"
                    .to_owned()
            }));
            Err(told(finding, "there is no way to the cloud"))
        }
    }
}

/// A folder with a copy of the state file, readable to nobody else; nothing when there is none. A file of
/// that name is whole at every moment.
fn copied(state: &Path) -> io::Result<Option<TempDir>> {
    let bytes = match fs::read(state) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let folder = tempfile::Builder::new().prefix("arcadia-look-").tempdir()?;
    fs::write(folder.path().join(STATE_FILE), bytes)?;
    Ok(Some(folder))
}

/// What the simulated cloud saved of itself is no state, or cannot be read.
fn unusable(state: &Path, error: &(dyn Error + 'static)) -> Vec<Finding> {
    let path = state.display();
    let text = format!("what the simulated cloud saved in `{path}` cannot be used");
    let finding = Finding::problem(Area::Cloud, "simulated", text)
        .because(with_causes(error))
        .because("no Arcadia that uses the simulated cloud starts until it can")
        .remedy(format!(
            "put an older copy of the file back; or, with every Arcadia ended: mv {path} {path}.bad (the \
             simulated cloud is empty then, and what is live in it is told as drift)"
        ));
    told(finding, "the simulated cloud cannot be asked")
}

fn not_asked(why: &str) -> Vec<Finding> {
    told(Finding::not_checked(Area::Cloud, "reachable", why), why)
}

/// The finding, and that nothing is said of orphans and drift.
fn told(finding: Finding, why: &str) -> Vec<Finding> {
    std::iter::once(finding).chain(unjudged(why)).collect()
}
