//! `/v2/tags`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::cloud::Cloud;
use crate::simulator::server::extract::{Body, Origin};
use crate::simulator::server::listing::Listing;
use crate::simulator::server::problem::Answer;
use crate::simulator::world::tags::Tag;

/// `GET /v2/tags`
pub(super) async fn list(
    State(cloud): State<Arc<Cloud>>,
    Origin(origin): Origin,
    listing: Listing,
) -> Answer {
    let items = cloud
        .with_world(|world, now| world.tags(now).iter().map(|tag| to_json(&origin, tag)).collect());
    Ok(listing.answer("tags", items.await?))
}

/// `POST /v2/tags`
pub(super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Origin(origin): Origin,
    Body(body): Body<CreateBody>,
) -> Answer {
    let tag = cloud.with_world(|world, now| world.create_tag(now, &body.name)).await??;
    Ok((StatusCode::CREATED, Json(json!({ "tag": to_json(&origin, &tag) }))).into_response())
}

/// `GET /v2/tags/{tag_id}`
pub(super) async fn show(
    State(cloud): State<Arc<Cloud>>,
    Origin(origin): Origin,
    Path(name): Path<String>,
) -> Answer {
    let tag = cloud.with_world(|world, now| world.tag(now, &name)).await??;
    Ok(Json(json!({ "tag": to_json(&origin, &tag) })).into_response())
}

/// `DELETE /v2/tags/{tag_id}`
pub(super) async fn delete(State(cloud): State<Arc<Cloud>>, Path(name): Path<String>) -> Answer {
    cloud.with_world(|world, now| world.delete_tag(now, &name)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body of a create request.
#[derive(Debug, Deserialize)]
pub(super) struct CreateBody {
    name: String,
}

/// Only droplets carry tags here.
fn to_json(origin: &str, tag: &Tag) -> Value {
    let mut carried = json!({ "count": tag.droplets.len() });
    if let Some(last) = tag.droplets.last() {
        carried["last_tagged_uri"] = json!(format!("{origin}/v2/droplets/{last}"));
    }
    let mut resources = carried.clone();
    resources["droplets"] = carried;
    for other in ["images", "volumes", "volume_snapshots", "databases"] {
        resources[other] = json!({ "count": 0 });
    }
    json!({ "name": tag.name, "resources": resources })
}
