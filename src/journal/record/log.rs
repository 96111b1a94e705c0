//! The written form of a log line.

use serde::{Deserialize, Serialize};

use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;
use crate::journal::record::malformed::Malformed;
use crate::journal::record::tag::DirectionTag;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogRecord {
    at: i64,
    level: String,
    step: String,
    dir: DirectionTag,
    attempt: u32,
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<(String, String)>,
}

impl From<&LogLine> for LogRecord {
    fn from(line: &LogLine) -> Self {
        Self {
            at: line.at.as_millis(),
            level: line.level.as_str().to_owned(),
            step: line.step.as_str().to_owned(),
            dir: line.direction.into(),
            attempt: line.attempt,
            text: line.text.clone(),
            fields: line.fields.clone(),
        }
    }
}

impl TryFrom<LogRecord> for LogLine {
    type Error = Malformed;

    fn try_from(record: LogRecord) -> Result<Self, Malformed> {
        let level = LogLevel::ALL
            .into_iter()
            .find(|level| level.as_str() == record.level)
            .ok_or(Malformed::Unknown { what: "log level", text: record.level })?;
        Ok(Self {
            at: Timestamp::from_millis(record.at),
            level,
            step: StepName::new(&record.step),
            direction: record.dir.into(),
            attempt: record.attempt,
            text: record.text,
            fields: record.fields,
        })
    }
}
