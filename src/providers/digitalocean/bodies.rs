//! Bodies judged without a request: the same code that judges an answer, for a fuzzer to feed.

use serde::de::DeserializeOwned;

use crate::providers::digitalocean::error::{Diagnosis, Nature, Refusal};
use crate::providers::digitalocean::model::{AccountAnswer, DropletAnswer, RecordAnswer};
use crate::providers::digitalocean::redactor::Redactor;
use crate::providers::{Account, DnsRecord, Droplet, ProviderError};

/// The token that such an answer is kept clean of.
pub const TOKEN: &str = "dop_v1_fuzzed";

/// What an answer of this status, which is no success, comes to.
pub fn refusal(status: u16, body: &[u8]) -> ProviderError {
    judge(|diagnosis| {
        let request_id = std::str::from_utf8(body).ok();
        diagnosis.refused(&Refusal { status, body, request_id, after: None })
    })
}

/// The droplet that a success holds.
///
/// # Errors
/// When it makes no sense.
pub fn droplet(body: &[u8]) -> Result<Droplet, ProviderError> {
    read::<DropletAnswer>(body).map(|answer| answer.droplet.into())
}

/// The record that a success holds.
///
/// # Errors
/// When it makes no sense.
pub fn record(body: &[u8]) -> Result<DnsRecord, ProviderError> {
    read::<RecordAnswer>(body).map(|answer| answer.domain_record.into())
}

/// The account that a success holds.
///
/// # Errors
/// When it makes no sense.
pub fn account(body: &[u8]) -> Result<Account, ProviderError> {
    read::<AccountAnswer>(body).map(|answer| answer.account.into())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body)
        .map_err(|error| judge(|diagnosis| diagnosis.senseless(&error.to_string(), None)))
}

fn judge(judgement: impl Fn(&Diagnosis<'_>) -> ProviderError) -> ProviderError {
    let redactor = Redactor::new(TOKEN.into());
    let operation = "GET /v2/droplets";
    judgement(&Diagnosis { redactor: &redactor, operation, nature: Nature::Change })
}
