//! `/v2/account/keys`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::cloud::Cloud;
use crate::simulator::server::extract::Body;
use crate::simulator::server::listing::Listing;
use crate::simulator::server::problem::Answer;
use crate::simulator::world::keys::SshKey;

/// `GET /v2/account/keys`
pub(super) async fn list(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let items = cloud.with_world(|world, _| world.keys().iter().map(to_json).collect());
    Ok(listing.answer("ssh_keys", items.await?))
}

/// `POST /v2/account/keys`
pub(super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Body(body): Body<CreateBody>,
) -> Answer {
    let made = cloud.with_world(|world, now| world.create_key(now, &body.name, &body.public_key));
    let body = json!({ "ssh_key": to_json(&made.await??) });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /v2/account/keys/{ssh_key_identifier}`
pub(super) async fn show(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Answer {
    let key = cloud.with_world(|world, _| world.key(&id)).await??;
    Ok(Json(json!({ "ssh_key": to_json(&key) })).into_response())
}

/// `DELETE /v2/account/keys/{ssh_key_identifier}`
pub(super) async fn delete(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Answer {
    cloud.with_world(|world, now| world.delete_key(now, &id)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body of a create request.
#[derive(Debug, Deserialize)]
pub(super) struct CreateBody {
    name: String,
    public_key: String,
}

fn to_json(key: &SshKey) -> Value {
    json!({
        "id": key.id,
        "fingerprint": key.fingerprint,
        "public_key": key.public_key,
        "name": key.name,
    })
}
