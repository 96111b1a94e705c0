//! What the views over all deployments read, and what the mouse pointed at.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::{History, Holdings};
use crate::domain::holding::{Holding, HoldingKind, HoldingState, Made};
use crate::domain::time::Timestamp;
use crate::recording::Reason;
use crate::recording::facts::{self, EntriesRecord};
use crate::tui::keymap;
use crate::tui::model::audit;
use crate::tui::model::form::Field;
use crate::tui::model::inventory::Place;
use crate::tui::model::pointer::{Gesture, Target};

/// What one deployment has at the provider.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HoldingsRecord {
    deployment: String,
    next_seq: u64,
    told: Result<Vec<HoldingRecord>, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HoldingRecord {
    kind: String,
    id: Option<String>,
    name: String,
    image: Option<String>,
    address: Option<std::net::Ipv4Addr>,
    since: i64,
    state: String,
}

/// What happened to one deployment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HistoryRecord {
    deployment: String,
    entries: EntriesRecord,
    damage: Option<String>,
}

/// What the mouse pointed at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TargetRecord {
    List(usize),
    Row(String),
    Saga,
    Step(usize),
    Log,
    Board,
    Holding { deployment: String, nth: usize },
    Event { at: i64, deployment: String, seq: u64 },
    Hint(String),
    Answer(Value),
    Field(String),
    Pick(usize),
    Candidate(usize),
    Dialog,
}

/// What was done with it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GestureRecord {
    Press,
    WheelUp,
    WheelDown,
}

impl From<&Holdings> for HoldingsRecord {
    fn from(holdings: &Holdings) -> Self {
        let told = holdings.told.as_ref().map_err(Clone::clone);
        Self {
            deployment: holdings.deployment.to_string(),
            next_seq: holdings.next_seq,
            told: told.map(|held| held.iter().map(HoldingRecord::from).collect()),
        }
    }
}

impl From<&Holding> for HoldingRecord {
    fn from(holding: &Holding) -> Self {
        let made = &holding.made;
        Self {
            kind: made.kind.as_str().to_owned(),
            id: made.id.clone(),
            name: made.name.clone(),
            image: made.image.clone(),
            address: made.address,
            since: holding.since.as_millis(),
            state: holding.state.as_str().to_owned(),
        }
    }
}

impl TryFrom<HoldingsRecord> for Holdings {
    type Error = Reason;

    fn try_from(record: HoldingsRecord) -> Result<Self, Reason> {
        Ok(Self {
            deployment: facts::id(&record.deployment)?,
            next_seq: record.next_seq,
            told: match record.told {
                Ok(held) => {
                    Ok(held.into_iter().map(Holding::try_from).collect::<Result<_, Reason>>()?)
                }
                Err(why) => Err(why),
            },
        })
    }
}

impl TryFrom<HoldingRecord> for Holding {
    type Error = Reason;

    fn try_from(record: HoldingRecord) -> Result<Self, Reason> {
        let HoldingRecord { kind, id, name, image, address, since, state } = record;
        let known = HoldingKind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = known.ok_or_else(|| format!("`{kind}` is no kind of holding"))?;
        let known = HoldingState::ALL.into_iter().find(|known| known.as_str() == state);
        let state = known.ok_or_else(|| format!("`{state}` is no state of a holding"))?;
        let made = Made { kind, id, name, image, address };
        Ok(Self { made, since: Timestamp::from_millis(since), state })
    }
}

impl From<&History> for HistoryRecord {
    fn from(history: &History) -> Self {
        Self {
            deployment: history.deployment.to_string(),
            entries: history.entries.as_slice().into(),
            damage: history.damage.clone(),
        }
    }
}

impl TryFrom<HistoryRecord> for History {
    type Error = Reason;

    fn try_from(record: HistoryRecord) -> Result<Self, Reason> {
        let (deployment, entries) = (facts::id(&record.deployment)?, record.entries.entries()?);
        Ok(Self { deployment, entries, damage: record.damage })
    }
}

impl From<Target> for TargetRecord {
    fn from(target: Target) -> Self {
        match target {
            Target::List { first } => Self::List(first),
            Target::Row(id) => Self::Row(id.to_string()),
            Target::Saga => Self::Saga,
            Target::Step(position) => Self::Step(position),
            Target::Log => Self::Log,
            Target::Board => Self::Board,
            Target::Holding(Place { deployment, nth }) => {
                Self::Holding { deployment: deployment.to_string(), nth }
            }
            Target::Event(audit::Key { at, deployment, seq }) => {
                Self::Event { at: at.as_millis(), deployment: deployment.to_string(), seq }
            }
            Target::Hint(command) => Self::Hint(command.name().to_owned()),
            Target::Answer(code) => {
                Self::Answer(serde_json::to_value(code).expect("a key is plain data"))
            }
            Target::Field(field) => Self::Field(field.name().to_owned()),
            Target::Pick(at) => Self::Pick(at),
            Target::Candidate(at) => Self::Candidate(at),
            Target::Dialog => Self::Dialog,
        }
    }
}

impl TryFrom<TargetRecord> for Target {
    type Error = Reason;

    fn try_from(record: TargetRecord) -> Result<Self, Reason> {
        Ok(match record {
            TargetRecord::List(first) => Self::List { first },
            TargetRecord::Row(id) => Self::Row(facts::id(&id)?),
            TargetRecord::Saga => Self::Saga,
            TargetRecord::Step(position) => Self::Step(position),
            TargetRecord::Log => Self::Log,
            TargetRecord::Board => Self::Board,
            TargetRecord::Holding { deployment, nth } => {
                Self::Holding(Place { deployment: facts::id(&deployment)?, nth })
            }
            TargetRecord::Event { at, deployment, seq } => Self::Event(audit::Key {
                at: Timestamp::from_millis(at),
                deployment: facts::id(&deployment)?,
                seq,
            }),
            TargetRecord::Hint(name) => {
                let mut commands = keymap::bindings().map(|binding| binding.command);
                let command = commands.find(|command| command.name() == name);
                Self::Hint(command.ok_or_else(|| format!("`{name}` is no command"))?)
            }
            TargetRecord::Answer(code) => {
                Self::Answer(serde_json::from_value(code).map_err(|error| error.to_string())?)
            }
            TargetRecord::Pick(at) => Self::Pick(at),
            TargetRecord::Candidate(at) => Self::Candidate(at),
            TargetRecord::Field(name) => {
                let field = Field::ALL.into_iter().find(|field| field.name() == name);
                Self::Field(field.ok_or_else(|| format!("`{name}` is no field"))?)
            }
            TargetRecord::Dialog => Self::Dialog,
        })
    }
}

impl From<Gesture> for GestureRecord {
    fn from(gesture: Gesture) -> Self {
        match gesture {
            Gesture::Press => Self::Press,
            Gesture::WheelUp => Self::WheelUp,
            Gesture::WheelDown => Self::WheelDown,
        }
    }
}

impl From<GestureRecord> for Gesture {
    fn from(gesture: GestureRecord) -> Self {
        match gesture {
            GestureRecord::Press => Self::Press,
            GestureRecord::WheelUp => Self::WheelUp,
            GestureRecord::WheelDown => Self::WheelDown,
        }
    }
}
