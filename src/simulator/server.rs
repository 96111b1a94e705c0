//! The HTTP face: exactly the paths, fields, codes and headers of the official description.
//!
//! A request passes the [`front`] (counting, faults, token, limits), then its route. Routes only
//! translate: what is true and what is allowed is the world's business.

mod actions;
mod catalog;
mod control;
mod domains;
mod droplets;
mod extract;
pub(super) mod front;
mod keys;
pub(super) mod limiter;
pub(super) mod listener;
mod listing;
mod mangle;
mod problem;
mod records;
mod tags;
mod time;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::simulator::cloud::Cloud;
use crate::simulator::server::problem::Problem;

/// Every path of the API that is simulated, as the description writes it.
const ROUTES: &[&str] = &[
    "/v2/account",
    "/v2/account/keys",
    "/v2/account/keys/{ssh_key_identifier}",
    "/v2/actions",
    "/v2/actions/{action_id}",
    "/v2/domains",
    "/v2/domains/{domain_name}",
    "/v2/domains/{domain_name}/records",
    "/v2/domains/{domain_name}/records/{domain_record_id}",
    "/v2/droplets",
    "/v2/droplets/{droplet_id}",
    "/v2/droplets/{droplet_id}/actions",
    "/v2/images",
    "/v2/regions",
    "/v2/sizes",
    "/v2/tags",
    "/v2/tags/{tag_id}",
];

/// The routes behind the front.
fn router(cloud: Arc<Cloud>) -> Router {
    Router::new()
        .route("/v2/account", get(catalog::account))
        .route("/v2/account/keys", get(keys::list).post(keys::create))
        .route("/v2/account/keys/{ssh_key_identifier}", get(keys::show).delete(keys::delete))
        .route("/v2/actions", get(actions::list))
        .route("/v2/actions/{action_id}", get(actions::show))
        .route("/v2/domains", get(domains::list).post(domains::create))
        .route("/v2/domains/{domain_name}", get(domains::show).delete(domains::delete))
        .route("/v2/domains/{domain_name}/records", get(records::list).post(records::create))
        .route(
            "/v2/domains/{domain_name}/records/{domain_record_id}",
            get(records::show).put(records::update).patch(records::update).delete(records::delete),
        )
        .route(
            "/v2/droplets",
            get(droplets::list).post(droplets::create).delete(droplets::delete_tagged),
        )
        .route("/v2/droplets/{droplet_id}", get(droplets::show).delete(droplets::delete))
        .route(
            "/v2/droplets/{droplet_id}/actions",
            get(actions::list_of_droplet).post(actions::act),
        )
        .route("/v2/images", get(catalog::images))
        .route("/v2/regions", get(catalog::regions))
        .route("/v2/sizes", get(catalog::sizes))
        .route("/v2/tags", get(tags::list).post(tags::create))
        .route("/v2/tags/{tag_id}", get(tags::show).delete(tags::delete))
        .route("/_simulator/state", get(control::state))
        .route("/_simulator/requests", get(control::requests))
        .route(
            "/_simulator/faults",
            get(control::faults).post(control::set_faults).delete(control::clear_faults),
        )
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(cloud)
}

/// The route of a path as the description writes it; the path itself when there is none.
fn route_of(path: &str) -> &str {
    let fits = |route: &&&str| {
        let (mut wanted, mut found) = (route.split('/'), path.split('/'));
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted == found || wanted.starts_with('{') => {}
                (_, _) => return false,
            }
        }
    };
    ROUTES.iter().find(fits).copied().unwrap_or(path)
}

#[cfg(test)]
mod tests;
