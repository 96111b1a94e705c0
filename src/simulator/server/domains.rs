//! `/v2/domains`

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
use crate::simulator::world::domains::Domain;

/// `GET /v2/domains`
pub(super) async fn list(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let items = cloud.with_world(|world, _| world.domains().iter().map(to_json).collect());
    Ok(listing.answer("domains", items.await?))
}

/// `POST /v2/domains`: the answer has no zone file yet.
pub(super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Body(body): Body<CreateBody>,
) -> Answer {
    let made = cloud
        .with_world(|world, now| world.create_domain(now, &body.name, body.ip_address.as_deref()));
    let domain = made.await??;
    let body = json!({ "domain": { "name": domain.name, "ttl": domain.ttl, "zone_file": null } });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `GET /v2/domains/{domain_name}`
pub(super) async fn show(State(cloud): State<Arc<Cloud>>, Path(name): Path<String>) -> Answer {
    let domain = cloud.with_world(|world, _| world.domain(&name)).await??;
    Ok(Json(json!({ "domain": to_json(&domain) })).into_response())
}

/// `DELETE /v2/domains/{domain_name}`
pub(super) async fn delete(State(cloud): State<Arc<Cloud>>, Path(name): Path<String>) -> Answer {
    cloud.with_world(|world, now| world.delete_domain(now, &name)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body of a create request.
#[derive(Debug, Deserialize)]
pub(super) struct CreateBody {
    name: String,
    ip_address: Option<String>,
}

fn to_json(domain: &Domain) -> Value {
    json!({ "name": domain.name, "ttl": domain.ttl, "zone_file": domain.zone_file })
}
