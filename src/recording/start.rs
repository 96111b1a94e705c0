//! The written form of what a session begins with: the first line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::saga::plan::OnFailure;
use crate::domain::time::Timestamp;
use crate::recording::VERSION;
use crate::tui::model;
use crate::tui::model::pulse::Listener;
use crate::tui::model::remembered::RememberedDraft;
use crate::tui::tape::{Looks, Start};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StartRecord {
    arcadia_recording: u32,
    /// The version of the program, for whoever reads a report.
    program: String,
    at: i64,
    width: u16,
    height: u16,
    environment: String,
    operator: String,
    draft: RememberedDraft,
    looks: Looks,
    #[serde(default)]
    themes: model::looks::Looks,
    #[serde(default)]
    listener: Listener,
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
}

/// What the first line of every version has in common.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    /// Which one.
    pub(super) arcadia_recording: u32,
}

impl From<&Start> for StartRecord {
    fn from(start: &Start) -> Self {
        Self {
            arcadia_recording: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at: start.at.as_millis(),
            width: start.size.0,
            height: start.size.1,
            environment: start.environment.clone(),
            operator: start.operator.clone(),
            // User data is no part of it.
            draft: RememberedDraft::of(&start.draft, OnFailure::Rollback),
            looks: start.looks,
            themes: start.themes.clone(),
            listener: start.listener,
            keys: start.keys.clone(),
        }
    }
}

impl From<StartRecord> for Start {
    fn from(record: StartRecord) -> Self {
        Self {
            at: Timestamp::from_millis(record.at),
            size: (record.width, record.height),
            environment: record.environment,
            operator: record.operator,
            draft: record.draft.draft(),
            looks: record.looks,
            themes: record.themes,
            listener: record.listener,
            keys: record.keys,
        }
    }
}
