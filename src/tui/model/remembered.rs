//! What the screen looks like from one run to the next: where the operator was, and how he had set
//! things up.
//!
//! It is a convenience and never more: whatever of it makes no sense is left out, one by one, and the
//! rest stands. Nothing in it is a secret; user data, which may hold some, is not kept.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::domain::id::DeploymentId;
use crate::domain::log::LogLevel;
use crate::domain::saga::plan::OnFailure;
use crate::domain::spec::LaunchDraft;
use crate::domain::time::Timestamp;
use crate::tui::model::form::LaunchForm;
use crate::tui::model::list::Scope;
use crate::tui::model::log::{LogScope, Position, Times, Wrap};
use crate::tui::model::order::Sort;
use crate::tui::model::screen::Screen;
use crate::tui::model::{Connection, Model, Pane, Zoom, command_line};
use crate::tui::options::Mouse;

/// How long a change waits to be kept: a file for each key would be too many, and what a kill takes
/// away is this at most.
pub const DEBOUNCE: Duration = Duration::from_secs(2);

/// How [`RememberedDraft::on_failure`] says that a failure is held.
const HOLD: &str = "hold";

/// What is kept. `None` is what nobody said, or what made no sense.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// The selected deployment's id.
    #[serde(deserialize_with = "lenient")]
    pub deployment: Option<String>,
    /// The filter's text.
    #[serde(deserialize_with = "lenient")]
    pub filter: Option<String>,
    /// Which deployments are shown.
    #[serde(deserialize_with = "lenient")]
    pub scope: Option<Scope>,
    /// Which pane has the keys.
    #[serde(deserialize_with = "lenient")]
    pub pane: Option<Pane>,
    /// Whether it has the whole screen.
    #[serde(deserialize_with = "lenient")]
    pub zoom: Option<Zoom>,
    /// How the log is shown.
    #[serde(deserialize_with = "lenient")]
    pub log: Option<RememberedLog>,
    /// The launch form as it was left, where it is not what it begins with.
    #[serde(deserialize_with = "lenient")]
    pub draft: Option<RememberedDraft>,
    /// The command lines that were typed, oldest first.
    #[serde(deserialize_with = "lenient")]
    pub history: Option<Vec<String>>,
    /// In which order the list stands.
    #[serde(deserialize_with = "lenient")]
    pub sort: Option<Sort>,
    /// What is looked at.
    #[serde(deserialize_with = "lenient")]
    pub screen: Option<Screen>,
    /// Whose the mouse is, where the configuration leaves that to the key.
    #[serde(deserialize_with = "lenient")]
    pub mouse: Option<Mouse>,
    /// Which deployments call nobody, and until when: ids, and milliseconds since the epoch.
    #[serde(deserialize_with = "lenient")]
    pub mutes: Option<BTreeMap<String, i64>>,
    /// The name of the theme, where one was chosen on the screen.
    #[serde(deserialize_with = "lenient")]
    pub theme: Option<String>,
}

/// How the log is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RememberedLog {
    /// What happens to long lines.
    #[serde(deserialize_with = "lenient")]
    pub wrap: Option<Wrap>,
    /// Only lines at least as grave, by [`LogLevel::as_str`].
    #[serde(deserialize_with = "lenient")]
    pub level: Option<String>,
    /// How times are told.
    #[serde(deserialize_with = "lenient")]
    pub times: Option<Times>,
    /// Whose lines are shown.
    #[serde(deserialize_with = "lenient")]
    pub scope: Option<LogScope>,
    /// The number of the line at the bottom; `None` where the end is followed.
    #[serde(deserialize_with = "lenient")]
    pub bottom: Option<u64>,
}

/// The launch form as it was left, without user data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is named after the draft's")]
pub struct RememberedDraft {
    pub tenant: String,
    pub slug: String,
    pub region: String,
    pub size: String,
    pub image: String,
    pub dns_domain: String,
    pub dns_record_name: String,
    pub droplet_name: String,
    pub ssh_keys: Vec<String>,
    /// `hold` where a failure waits for a person instead of being undone.
    pub on_failure: String,
}

/// Watches for changes that are to be kept.
#[derive(Debug)]
pub struct Memory {
    /// What the form begins with when nobody typed anything.
    begun_with: RememberedDraft,
    /// What is kept already; what the first picture shows is.
    kept: Option<Remembered>,
    changed_at: Option<Timestamp>,
    /// The line that a log had at its bottom, until that log is open again.
    bottom: Option<(DeploymentId, u64)>,
}

impl Memory {
    /// Nothing kept yet, and a form that begins with this.
    pub fn new(form: &LaunchForm) -> Self {
        let begun_with = RememberedDraft::of(&form.draft(), form.on_failure);
        Self { begun_with, kept: None, changed_at: None, bottom: None }
    }

    /// When what changed is to be kept, if something did.
    pub fn due(&self) -> Option<Timestamp> {
        self.changed_at.map(|at| at + DEBOUNCE)
    }

    /// The line that the log of this deployment had at its bottom; told once.
    pub fn take_bottom(&mut self, deployment: DeploymentId) -> Option<u64> {
        self.bottom.take().filter(|(whose, _)| *whose == deployment).map(|(_, line)| line)
    }
}

impl Model {
    /// What is to be kept of the screen as it is; `None` before there was anything to see: who never
    /// opened the journal does not own the folder.
    pub fn to_remember(&self) -> Option<Remembered> {
        match self.connection {
            Connection::Open | Connection::Lost(_) => {}
            Connection::Opening | Connection::Reading | Connection::Failed(_) => return None,
        }
        let draft = RememberedDraft::of(&self.form.draft(), self.form.on_failure);
        Some(Remembered {
            deployment: self.list.selected().map(|row| row.deployment.to_string()),
            filter: Some(self.list.filter().to_owned()),
            scope: Some(self.list.scope()),
            pane: Some(self.pane),
            zoom: Some(self.zoom),
            log: Some(RememberedLog {
                wrap: Some(self.log.wrap),
                level: Some(self.log.least.as_str().to_owned()),
                times: Some(self.log.times),
                scope: Some(self.log.scope),
                bottom: match self.log.position {
                    Position::Following => None,
                    Position::At(number) => Some(number),
                },
            }),
            draft: (draft != self.memory.begun_with).then_some(draft),
            history: Some(self.command_history.clone()),
            sort: Some(self.list.sort()),
            screen: Some(self.screen),
            mouse: self.pointer.to_keep(),
            mutes: Some(self.mutes.to_keep()),
            theme: self.looks.to_keep().map(str::to_owned),
        })
    }

    /// Looks as it did.
    pub fn remember(&mut self, remembered: &Remembered) {
        let deployment = remembered.deployment.as_ref().and_then(|id| id.parse().ok());
        self.pane = remembered.pane.unwrap_or(self.pane);
        self.zoom = remembered.zoom.unwrap_or(self.zoom);
        if let Some(log) = &remembered.log {
            let level = log.level.as_deref();
            let level = LogLevel::ALL.into_iter().find(|known| Some(known.as_str()) == level);
            self.log.wrap = log.wrap.unwrap_or(self.log.wrap);
            self.log.least = level.unwrap_or(self.log.least);
            self.log.times = log.times.unwrap_or(self.log.times);
            self.log.scope = log.scope.unwrap_or(self.log.scope);
            self.memory.bottom = deployment.zip(log.bottom);
        }
        if let Some(draft) = &remembered.draft {
            draft.fill(&mut self.form);
        }
        if let Some(theme) = &remembered.theme {
            self.looks.resume(theme);
        }
        for line in remembered.history.iter().flatten() {
            command_line::remember(&mut self.command_history, line);
        }
        self.screen = remembered.screen.unwrap_or(self.screen);
        if let Some(mouse) = remembered.mouse {
            self.pointer.resume(mouse);
        }
        if let Some(mutes) = &remembered.mutes {
            self.mutes.resume(mutes, self.now);
        }
        self.list.sort_by(remembered.sort.unwrap_or_default(), self.now);
        let filter = remembered.filter.as_deref().unwrap_or_default();
        let scope = remembered.scope.unwrap_or_default();
        self.list.resume(deployment, filter, scope, self.now);
    }

    /// What is to be kept now, because it changed some time ago.
    pub fn to_keep(&mut self) -> Option<Remembered> {
        let present = self.to_remember()?;
        if *self.memory.kept.get_or_insert_with(|| present.clone()) == present {
            self.memory.changed_at = None;
            return None;
        }
        let changed_at = *self.memory.changed_at.get_or_insert(self.now);
        if self.now < changed_at + DEBOUNCE {
            return None;
        }
        self.memory.changed_at = None;
        self.memory.kept = Some(present.clone());
        Some(present)
    }
}

impl RememberedDraft {
    /// What is kept of a draft.
    pub fn of(draft: &LaunchDraft, on_failure: OnFailure) -> Self {
        let draft = draft.clone();
        Self {
            tenant: draft.tenant,
            slug: draft.slug,
            region: draft.region,
            size: draft.size,
            image: draft.image,
            dns_domain: draft.dns_domain,
            dns_record_name: draft.dns_record_name,
            droplet_name: draft.droplet_name,
            ssh_keys: draft.ssh_keys,
            on_failure: match on_failure {
                OnFailure::Rollback => "rollback",
                OnFailure::Hold => HOLD,
            }
            .to_owned(),
        }
    }

    /// The draft, without what is not kept.
    pub fn draft(&self) -> LaunchDraft {
        let kept = self.clone();
        LaunchDraft {
            tenant: kept.tenant,
            slug: kept.slug,
            region: kept.region,
            size: kept.size,
            image: kept.image,
            dns_domain: kept.dns_domain,
            dns_record_name: kept.dns_record_name,
            droplet_name: kept.droplet_name,
            ssh_keys: kept.ssh_keys,
            ..LaunchDraft::default()
        }
    }

    fn fill(&self, form: &mut LaunchForm) {
        let LaunchDraft { display_name, user_data, triggered_by, .. } = form.draft();
        *form =
            LaunchForm::new(LaunchDraft { display_name, user_data, triggered_by, ..self.draft() });
        form.on_failure =
            if self.on_failure == HOLD { OnFailure::Hold } else { OnFailure::Rollback };
    }
}

/// A field that makes no sense is one that nobody gave.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_makes_no_sense_is_left_out_and_the_rest_stands() {
        let text = r#"{"filter": 7, "pane": "cellar", "zoom": "in", "of": "later",
            "log": {"wrap": "on", "times": 3}}"#;
        let read: Remembered = serde_json::from_str(text).unwrap();
        let log = RememberedLog { wrap: Some(Wrap::On), ..RememberedLog::default() };
        let expected = Remembered { zoom: Some(Zoom::In), log: Some(log), ..Remembered::default() };
        assert_eq!(read, expected);
    }

    #[test]
    fn user_data_is_not_kept() {
        let draft = LaunchDraft { user_data: "hunter2".to_owned(), ..LaunchDraft::default() };
        let kept = RememberedDraft::of(&draft, OnFailure::Rollback);
        assert!(!serde_json::to_string(&kept).unwrap().contains("hunter2"));
    }
}
