//! Facts, rows, lines and plans in a recording: the journal's own written form, put in as it is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::control::{Detail, NumberedLine};
use crate::domain::aggregate::{Aggregate, Entry, Fact};
use crate::domain::failure::with_causes;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::saga::plan::{Plan, StepName};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::domain::undo_preview::{Deed, Leftover, UndoLine, UndoPreview};
use crate::domain::usual::Usual;
use crate::journal::record;
use crate::recording::Reason;
use crate::tui::model::plans::UndoPlan;

/// What the journal's written form holds, as it is.
pub(super) type Raw = Box<RawValue>;

/// Entries of one history, in their order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntriesRecord {
    /// The number of the first.
    from: u64,
    /// Nothing where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Raw>,
}

impl From<&[Entry]> for EntriesRecord {
    fn from(entries: &[Entry]) -> Self {
        let entries: Vec<_> = entries.iter().cloned().map(without_user_data).collect();
        let group = (!entries.is_empty()).then(|| raw(record::encode_entries(&entries)));
        Self { from: entries.first().map_or(0, |entry| entry.seq), group }
    }
}

impl EntriesRecord {
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Reason> {
        let Some(group) = &self.group else { return Ok(Vec::new()) };
        record::decode_entries(NOBODYS, self.from, group.get().as_bytes()).map_err(told)
    }
}

/// The written form carries no saga of its own; the id only serves the errors.
const NOBODYS: SagaId = SagaId::from_u128(0);

/// User data may hold secrets of the tenant, and the screen never shows it.
fn without_user_data(mut entry: Entry) -> Entry {
    if let Fact::Launched(launch) = &mut entry.fact
        && launch.spec.user_data.is_some()
    {
        Arc::make_mut(&mut launch.spec).user_data = None;
    }
    entry
}

pub(super) fn summary(summary: &Summary) -> Raw {
    raw(record::encode_summary(summary))
}

pub(super) fn read_summary(raw: &Raw) -> Result<Arc<Summary>, Reason> {
    record::decode_summary(raw.get().as_bytes()).map(Arc::new).map_err(told)
}

/// A log line and its number.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LineRecord(u64, Raw);

impl From<&NumberedLine> for LineRecord {
    fn from(line: &NumberedLine) -> Self {
        Self(line.number, raw(record::encode_log(&line.line)))
    }
}

impl LineRecord {
    pub(super) fn line(&self) -> Result<NumberedLine, Reason> {
        let Self(number, raw) = self;
        let line = record::decode_log(NOBODYS, *number, raw.get().as_bytes()).map_err(told)?;
        Ok(NumberedLine { number: *number, line })
    }
}

pub(super) fn plan(plan: &Plan) -> Raw {
    raw(record::encode_plan(plan))
}

pub(super) fn read_plan(raw: &Raw) -> Result<Plan, Reason> {
    record::decode_plan(raw.get().as_bytes()).map_err(told)
}

/// Everything about one deployment. The picture is folded anew from its history.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DetailRecord {
    history: EntriesRecord,
    undo: Vec<UndoRecord>,
    leftovers: Vec<LeftoverRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct UndoRecord {
    step: String,
    text: String,
    deed: DeedRecord,
}

#[derive(Debug, Serialize, Deserialize)]
struct LeftoverRecord {
    step: String,
    what: String,
    check: String,
    #[serde(default)]
    remove: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DeedRecord {
    DestroysDroplet,
    LooksForDroplets,
    DeletesRecord,
    RestoresRecord,
    KeepsBooks,
}

/// What undoing a deployment would do, and what is out there on its account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UndoPlanRecord {
    undo: Vec<UndoRecord>,
    leftovers: Vec<LeftoverRecord>,
}

impl From<Deed> for DeedRecord {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::DestroysDroplet => Self::DestroysDroplet,
            Deed::LooksForDroplets => Self::LooksForDroplets,
            Deed::DeletesRecord => Self::DeletesRecord,
            Deed::RestoresRecord => Self::RestoresRecord,
            Deed::KeepsBooks => Self::KeepsBooks,
        }
    }
}

impl From<DeedRecord> for Deed {
    fn from(deed: DeedRecord) -> Self {
        match deed {
            DeedRecord::DestroysDroplet => Self::DestroysDroplet,
            DeedRecord::LooksForDroplets => Self::LooksForDroplets,
            DeedRecord::DeletesRecord => Self::DeletesRecord,
            DeedRecord::RestoresRecord => Self::RestoresRecord,
            DeedRecord::KeepsBooks => Self::KeepsBooks,
        }
    }
}

impl From<&UndoLine> for UndoRecord {
    fn from(line: &UndoLine) -> Self {
        Self { step: line.step.to_string(), text: line.text.clone(), deed: line.deed.into() }
    }
}

impl From<UndoRecord> for UndoLine {
    fn from(line: UndoRecord) -> Self {
        Self { step: StepName::new(&line.step), text: line.text, deed: line.deed.into() }
    }
}

impl From<&Leftover> for LeftoverRecord {
    fn from(left: &Leftover) -> Self {
        Self {
            step: left.step.to_string(),
            what: left.what.clone(),
            check: left.check.clone(),
            remove: left.remove.clone(),
        }
    }
}

impl From<LeftoverRecord> for Leftover {
    fn from(left: LeftoverRecord) -> Self {
        Self {
            step: StepName::new(&left.step),
            what: left.what,
            check: left.check,
            remove: left.remove,
        }
    }
}

impl From<&UndoPlan> for UndoPlanRecord {
    fn from(plan: &UndoPlan) -> Self {
        Self {
            undo: plan.lines.iter().map(UndoRecord::from).collect(),
            leftovers: plan.leftovers.iter().map(LeftoverRecord::from).collect(),
        }
    }
}

impl From<UndoPlanRecord> for UndoPlan {
    fn from(record: UndoPlanRecord) -> Self {
        Self {
            lines: record.undo.into_iter().map(UndoLine::from).collect(),
            leftovers: record.leftovers.into_iter().map(Leftover::from).collect(),
        }
    }
}

impl From<&Detail> for DetailRecord {
    fn from(detail: &Detail) -> Self {
        Self {
            history: detail.entries.as_slice().into(),
            undo: detail.undo.lines.iter().map(UndoRecord::from).collect(),
            leftovers: detail.leftovers.iter().map(LeftoverRecord::from).collect(),
        }
    }
}

impl TryFrom<DetailRecord> for Detail {
    type Error = Reason;

    fn try_from(record: DetailRecord) -> Result<Self, Reason> {
        let entries = record.history.entries()?;
        let aggregate = Aggregate::from_history(&entries).map_err(|error| with_causes(&error))?;
        let lines = record.undo.into_iter().map(UndoLine::from);
        let leftovers = record.leftovers.into_iter().map(Leftover::from);
        Ok(Self {
            aggregate,
            entries,
            undo: UndoPreview { lines: lines.collect() },
            leftovers: leftovers.collect(),
        })
    }
}

/// How long steps usually took; spans in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UsualRecord {
    runs: Vec<(String, String, Vec<u64>)>,
    begun: Vec<(String, String, i64)>,
}

impl From<&Usual> for UsualRecord {
    fn from(usual: &Usual) -> Self {
        let millis =
            |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let runs = usual.runs_kept().map(|(step, region, runs)| {
            (step.to_string(), region.to_owned(), runs.map(millis).collect())
        });
        let begun = usual.under_way().map(|(deployment, step, at)| {
            (deployment.to_string(), step.to_string(), at.as_millis())
        });
        Self { runs: runs.collect(), begun: begun.collect() }
    }
}

impl TryFrom<UsualRecord> for Usual {
    type Error = Reason;

    fn try_from(record: UsualRecord) -> Result<Self, Reason> {
        let mut usual = Self::default();
        for (step, region, runs) in record.runs {
            for millis in runs {
                usual.took(
                    &StepName::new(&step),
                    &region,
                    std::time::Duration::from_millis(millis),
                );
            }
        }
        for (deployment, step, at) in record.begun {
            let deployment = id(&deployment)?;
            usual.began(deployment, StepName::new(&step), Timestamp::from_millis(at));
        }
        Ok(usual)
    }
}

pub(super) fn id(text: &str) -> Result<DeploymentId, Reason> {
    text.parse().map_err(|error| with_causes(&error))
}

fn raw(json: Vec<u8>) -> Raw {
    let text = String::from_utf8(json).expect("JSON is UTF-8");
    RawValue::from_string(text).expect("the journal's written form is JSON")
}

fn told(error: impl std::error::Error + 'static) -> Reason {
    with_causes(&error)
}
