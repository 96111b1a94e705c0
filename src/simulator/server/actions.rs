//! `/v2/actions` and `/v2/droplets/{droplet_id}/actions`

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
use crate::simulator::server::time::rfc3339;
use crate::simulator::world::actions::Action;
use crate::simulator::world::catalog::Catalog;
use crate::simulator::world::ids::{ActionId, DropletId};
use crate::simulator::world::refusal::Refusal;

/// `GET /v2/actions`
pub(super) async fn list(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let items = cloud.with_world(|world, now| {
        world.actions(now).iter().map(|action| to_json(world.catalog(), action)).collect()
    });
    Ok(listing.answer("actions", items.await?))
}

/// `GET /v2/actions/{action_id}`
pub(super) async fn show(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Answer {
    let id = ActionId(number(&id)?);
    let shown = cloud.with_world(|world, now| {
        world.action(now, id).map(|action| to_json(world.catalog(), &action))
    });
    Ok(Json(json!({ "action": shown.await?? })).into_response())
}

/// `GET /v2/droplets/{droplet_id}/actions`
pub(super) async fn list_of_droplet(
    State(cloud): State<Arc<Cloud>>,
    Path(id): Path<String>,
    listing: Listing,
) -> Answer {
    let id = DropletId(number(&id)?);
    let items = cloud.with_world(|world, now| {
        let actions = world.droplet_actions(now, id)?;
        Ok(actions.iter().map(|action| to_json(world.catalog(), action)).collect())
    });
    let items: Result<_, Refusal> = items.await?;
    Ok(listing.answer("actions", items?))
}

/// `POST /v2/droplets/{droplet_id}/actions`
pub(super) async fn act(
    State(cloud): State<Arc<Cloud>>,
    Path(id): Path<String>,
    Body(body): Body<ActBody>,
) -> Answer {
    let id = DropletId(number(&id)?);
    let shown = cloud.with_world(|world, now| {
        let action = world.act_on_droplet(now, id, &body.kind)?;
        Ok(to_json(world.catalog(), &action))
    });
    let shown: Result<_, Refusal> = shown.await?;
    Ok((StatusCode::CREATED, Json(json!({ "action": shown? }))).into_response())
}

/// The body of an action request.
#[derive(Debug, Deserialize)]
pub(super) struct ActBody {
    #[serde(rename = "type")]
    kind: String,
}

fn to_json(catalog: &Catalog, action: &Action) -> Value {
    let region = catalog.region(&action.region);
    json!({
        "id": action.id,
        "status": action.status.as_str(),
        "type": action.kind,
        "started_at": rfc3339(action.started_at),
        "completed_at": action.completed_at.map(rfc3339),
        "resource_id": action.droplet,
        "resource_type": "droplet",
        "region": region.map(|region| catalog.region_json(region)),
        "region_slug": action.region,
    })
}
