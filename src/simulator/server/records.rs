//! `/v2/domains/{domain_name}/records`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::cloud::Cloud;
use crate::simulator::server::extract::{Body, number};
use crate::simulator::server::listing::Listing;
use crate::simulator::server::problem::Answer;
use crate::simulator::world::ids::RecordId;
use crate::simulator::world::record::{Extras, Record, RecordDraft, RecordFilter, RecordKind};
use crate::simulator::world::refusal::Refusal;

/// `GET /v2/domains/{domain_name}/records`: `name` is a qualified one.
pub(super) async fn list(
    State(cloud): State<Arc<Cloud>>,
    Path(domain): Path<String>,
    listing: Listing,
) -> Answer {
    let kind = listing.parameter("type").map(RecordKind::parse).transpose()?;
    let filter = RecordFilter { name: listing.parameter("name").map(str::to_owned), kind };
    let records = cloud.with_world(|world, now| world.records(now, &domain, &filter)).await??;
    Ok(listing.answer("domain_records", records.iter().map(to_json).collect()))
}

/// `POST /v2/domains/{domain_name}/records`: `name` is a relative one.
pub(super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Path(domain): Path<String>,
    Body(body): Body<RecordBody>,
) -> Answer {
    let draft = body.into_draft()?;
    let record = cloud.with_world(|world, now| world.create_record(now, &domain, draft)).await??;
    let body = json!({ "domain_record": to_json(&record) });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /v2/domains/{domain_name}/records/{domain_record_id}`
pub(super) async fn show(
    State(cloud): State<Arc<Cloud>>,
    Path((domain, id)): Path<(String, String)>,
) -> Answer {
    let id = RecordId(number(&id)?);
    let record = cloud.with_world(|world, _| world.record(&domain, id)).await??;
    Ok(Json(json!({ "domain_record": to_json(&record) })).into_response())
}

/// `PUT` and `PATCH /v2/domains/{domain_name}/records/{domain_record_id}`: the description gives
/// both the same words, so they do the same.
pub(super) async fn update(
    State(cloud): State<Arc<Cloud>>,
    Path((domain, id)): Path<(String, String)>,
    Body(body): Body<RecordBody>,
) -> Answer {
    let id = RecordId(number(&id)?);
    let draft = body.into_draft()?;
    let changed = cloud.with_world(|world, now| world.update_record(now, &domain, id, draft));
    Ok(Json(json!({ "domain_record": to_json(&changed.await??) })).into_response())
}

/// `DELETE /v2/domains/{domain_name}/records/{domain_record_id}`
pub(super) async fn delete(
    State(cloud): State<Arc<Cloud>>,
    Path((domain, id)): Path<(String, String)>,
) -> Answer {
    let id = RecordId(number(&id)?);
    cloud.with_world(|world, now| world.delete_record(now, &domain, id)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body of a create or update request.
#[derive(Debug, Deserialize)]
pub(super) struct RecordBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    data: Option<String>,
    ttl: Option<u32>,
    priority: Option<u16>,
    port: Option<u16>,
    weight: Option<u16>,
    flags: Option<u8>,
    tag: Option<String>,
}

impl RecordBody {
    fn into_draft(self) -> Result<RecordDraft, Refusal> {
        let missing = || Refusal::Unprocessable("Type can't be blank".to_owned());
        Ok(RecordDraft {
            kind: RecordKind::parse(&self.kind.ok_or_else(missing)?)?,
            name: self.name,
            data: self.data,
            ttl: self.ttl,
            extras: Extras {
                priority: self.priority,
                port: self.port,
                weight: self.weight,
                flags: self.flags,
                tag: self.tag,
            },
        })
    }
}

/// A record as the API shows it; what does not apply to its type is null.
pub(super) fn to_json(record: &Record) -> Value {
    json!({
        "id": record.id,
        "type": record.kind.as_str(),
        "name": record.name,
        "data": record.data,
        "priority": record.extras.priority,
        "port": record.extras.port,
        "ttl": record.ttl,
        "weight": record.extras.weight,
        "flags": record.extras.flags,
        "tag": record.extras.tag,
    })
}
