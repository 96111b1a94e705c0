//! The account and what it can buy.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use crate::simulator::cloud::Cloud;
use crate::simulator::server::listing::Listing;
use crate::simulator::server::problem::Answer;
use crate::simulator::world::catalog::{Image, ImageKind, Size};
use crate::simulator::world::refusal::Refusal;

/// `GET /v2/account`
pub(super) async fn account(State(cloud): State<Arc<Cloud>>) -> Answer {
    let account = cloud.peek(|world, _| world.account());
    let body = json!({ "account": {
        "droplet_limit": account.droplet_limit,
        "floating_ip_limit": 3,
        "email": account.email,
        "name": account.name,
        "uuid": account.uuid,
        "email_verified": true,
        "status": "active",
        "status_message": "",
    }});
    Ok(Json(body).into_response())
}

/// `GET /v2/regions`
pub(super) async fn regions(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let items = cloud.peek(|world, _| {
        let catalog = world.catalog();
        catalog.regions.iter().map(|region| catalog.region_json(region)).collect()
    });
    Ok(listing.answer("regions", items))
}

/// `GET /v2/sizes`
pub(super) async fn sizes(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let items = cloud.peek(|world, _| world.catalog().sizes.iter().map(Size::to_json).collect());
    Ok(listing.answer("sizes", items))
}

/// `GET /v2/images`: none of them has tags.
pub(super) async fn images(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let kind = match listing.parameter("type") {
        None => None,
        Some("distribution") => Some(ImageKind::Distribution),
        Some("application") => Some(ImageKind::Application),
        Some(other) => {
            let message = format!("`{other}` is not a type of image");
            return Err(Refusal::Unprocessable(message).into());
        }
    };
    let mine = listing.parameter("private") == Some("true");
    let tagged = listing.parameter("tag_name").is_some();
    let items = cloud.peek(|world, _| {
        let images = world.catalog().images.iter();
        let shown = images.filter(|image| kind.is_none_or(|kind| image.kind == kind));
        shown
            .filter(|image| !mine || image.kind == ImageKind::Own)
            .filter(|_| !tagged)
            .map(Image::to_json)
            .collect()
    });
    Ok(listing.answer("images", items))
}
