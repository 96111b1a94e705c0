//! `/_simulator`: the truth, for tests and people. No token, no limits, no faults.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::simulator::cloud::Cloud;
use crate::simulator::faults::{FaultRule, Faults};
use crate::simulator::server::extract::Body;
use crate::simulator::server::problem::Answer;
use crate::simulator::server::{droplets, records};
use crate::simulator::world::World;

/// `GET /_simulator/state`: every droplet that is not gone and every record, without lag, each
/// in the API's own form.
pub(super) async fn state(State(cloud): State<Arc<Cloud>>) -> Answer {
    let body = cloud.peek(|world: &World, now| {
        let truth = world.truth(now);
        let shown: Vec<Value> = truth
            .droplets
            .iter()
            .map(|droplet| droplets::to_json(world.catalog(), droplet))
            .collect();
        let zones: Map<String, Value> = truth
            .records
            .iter()
            .map(|(domain, held)| (domain.clone(), held.iter().map(records::to_json).collect()))
            .collect();
        json!({ "droplets": shown, "records": zones })
    });
    Ok(Json(body).into_response())
}

/// `GET /_simulator/requests`: how often each route was asked.
pub(super) async fn requests(State(cloud): State<Arc<Cloud>>) -> Answer {
    Ok(Json(json!({ "requests": cloud.requests() })).into_response())
}

/// `GET /_simulator/faults`: the rules in force, in their compact form.
pub(super) async fn faults(State(cloud): State<Arc<Cloud>>) -> Answer {
    Ok(Json(json!({ "faults": cloud.fault_texts() })).into_response())
}

/// `POST /_simulator/faults`: a JSON array of rules in their compact form replaces all.
pub(super) async fn set_faults(
    State(cloud): State<Arc<Cloud>>,
    Body(rules): Body<Vec<FaultRule>>,
) -> Answer {
    cloud.set_faults(Faults::new(rules));
    faults(State(cloud)).await
}

/// `DELETE /_simulator/faults`: nothing goes wrong any more.
pub(super) async fn clear_faults(State(cloud): State<Arc<Cloud>>) -> Answer {
    cloud.set_faults(Faults::default());
    Ok(StatusCode::NO_CONTENT.into_response())
}
