//! The written form of a failure.

use serde::{Deserialize, Serialize};

use crate::domain::failure::{Effect, Failure};
use crate::journal::record::malformed::Malformed;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FailureRecord {
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    effect: EffectTag,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EffectTag {
    None,
    Unknown,
}

impl From<&Failure> for FailureRecord {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.as_str().to_owned(),
            message: failure.message.clone(),
            request: failure.request_id.clone(),
            effect: match failure.effect {
                Effect::None => EffectTag::None,
                Effect::Unknown => EffectTag::Unknown,
            },
        }
    }
}

impl TryFrom<FailureRecord> for Failure {
    type Error = Malformed;

    fn try_from(record: FailureRecord) -> Result<Self, Malformed> {
        Ok(Self {
            code: record.code.parse()?,
            message: record.message,
            request_id: record.request,
            effect: match record.effect {
                EffectTag::None => Effect::None,
                EffectTag::Unknown => Effect::Unknown,
            },
        })
    }
}
