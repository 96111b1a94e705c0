//! `/v2/droplets`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::cloud::Cloud;
use crate::simulator::server::extract::{Body, Origin, number};
use crate::simulator::server::listing::Listing;
use crate::simulator::server::problem::{Answer, Rejection};
use crate::simulator::server::time::rfc3339;
use crate::simulator::world::addresses;
use crate::simulator::world::catalog::{Catalog, Image, Size};
use crate::simulator::world::droplet::{Droplet, Feature, ImageRef, Lock, Networking, NewDroplet};
use crate::simulator::world::droplets::DropletFilter;
use crate::simulator::world::ids::{DropletId, ImageId};
use crate::simulator::world::refusal::Refusal;

/// `GET /v2/droplets`
pub(super) async fn list(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let filter =
        match (listing.parameter("tag_name"), listing.parameter("name"), listing.parameter("type"))
        {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                let message = "tag_name cannot be combined with name or type";
                return Err(Refusal::Unprocessable(message.to_owned()).into());
            }
            (Some(tag), None, None) => Some(DropletFilter::Tag(tag.to_owned())),
            // No size of the catalog has a GPU.
            (None, _, Some("gpus")) => None,
            (None, Some(name), None | Some("droplets")) => {
                Some(DropletFilter::Name(name.to_owned()))
            }
            (None, None, None | Some("droplets")) => Some(DropletFilter::All),
            (None, _, Some(other)) => {
                let message = format!("`{other}` is not a type of droplet");
                return Err(Refusal::Unprocessable(message).into());
            }
        };
    let items = cloud.with_world(|world, now| {
        let shown = filter.map_or_else(Vec::new, |filter| world.droplets(now, &filter));
        shown.iter().map(|droplet| to_json(world.catalog(), droplet)).collect()
    });
    Ok(listing.answer("droplets", items.await?))
}

/// `POST /v2/droplets`: accepted, which says nothing about success.
pub(super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Origin(origin): Origin,
    Body(body): Body<CreateBody>,
) -> Answer {
    let (drafts, several) = body.into_drafts()?;
    let made = cloud
        .with_world(|world, now| {
            let made = world.create_droplets(now, drafts)?;
            let shown: Vec<Value> =
                made.iter().map(|droplet| to_json(world.catalog(), droplet)).collect();
            Ok::<_, Refusal>((made, shown))
        })
        .await?;
    let (made, mut shown) = made?;
    let actions: Vec<Value> = made
        .iter()
        .map(|droplet| {
            let id = droplet.create_action;
            json!({ "id": id, "rel": "create", "href": format!("{origin}/v2/actions/{id}") })
        })
        .collect();
    let links = json!({ "actions": actions });
    let body = match several {
        Count::One => json!({ "droplet": shown.swap_remove(0), "links": links }),
        Count::Several => json!({ "droplets": shown, "links": links }),
    };
    let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
    let made = made.into_iter().map(|droplet| droplet.id).collect();
    response.extensions_mut().insert(Made(made));
    Ok(response)
}

/// `DELETE /v2/droplets?tag_name=`
pub(super) async fn delete_tagged(State(cloud): State<Arc<Cloud>>, listing: Listing) -> Answer {
    let Some(tag) = listing.parameter("tag_name").map(str::to_owned) else {
        return Err(Refusal::Unprocessable("tag_name is missing".to_owned()).into());
    };
    cloud.with_world(|world, now| world.destroy_droplets_tagged(now, &tag)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v2/droplets/{droplet_id}`
pub(super) async fn show(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Answer {
    let id = DropletId(number(&id)?);
    let shown = cloud.with_world(|world, now| {
        world.droplet(now, id).map(|droplet| to_json(world.catalog(), &droplet))
    });
    Ok(Json(json!({ "droplet": shown.await?? })).into_response())
}

/// `DELETE /v2/droplets/{droplet_id}`: accepted; only a later 404 proves it.
pub(super) async fn delete(State(cloud): State<Arc<Cloud>>, Path(id): Path<String>) -> Answer {
    let id = DropletId(number(&id)?);
    cloud.with_world(|world, now| world.destroy_droplet(now, id)).await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Lets the placement of what this response tells of fail.
pub(super) async fn fail_placements(cloud: &Cloud, response: Response) -> Response {
    let made = response.extensions().get::<Made>().cloned();
    let failed = cloud.with_world(|world, now| {
        for id in made.into_iter().flat_map(|made| made.0) {
            world.fail_placement(now, id);
        }
    });
    match failed.await {
        Ok(()) => response,
        Err(error) => Rejection::from(error).into_response(),
    }
}

/// A droplet as the API shows it.
pub(super) fn to_json(catalog: &Catalog, droplet: &Droplet) -> Value {
    let size = catalog.size(&droplet.size);
    let image = catalog.image(droplet.image);
    let region = catalog.region(&droplet.region);
    let features: Vec<&str> = droplet.features.iter().map(|feature| feature.as_str()).collect();
    json!({
        "id": droplet.id,
        "name": droplet.name,
        "memory": size.map(|size| size.memory),
        "vcpus": size.map(|size| size.vcpus),
        "disk": size.map(|size| size.disk),
        "disk_info": size.map(Size::disk_info),
        "locked": droplet.lock == Lock::Busy,
        "status": droplet.status.as_str(),
        "kernel": null,
        "created_at": rfc3339(droplet.created_at),
        "features": features,
        "backup_ids": [],
        "next_backup_window": null,
        "snapshot_ids": [],
        "image": image.map(Image::to_json),
        "volume_ids": [],
        "size": size.map(Size::to_json),
        "size_slug": droplet.size,
        "networks": { "v4": networks_v4(droplet), "v6": networks_v6(droplet) },
        "region": region.map(|region| catalog.region_json(region)),
        "tags": droplet.tags,
        "vpc_uuid": droplet.vpc_uuid,
    })
}

/// The private address comes first, and its gateway is a word or nothing: both are true of the
/// real cloud, and both have broken clients.
fn networks_v4(droplet: &Droplet) -> Vec<Value> {
    let private = droplet.private_ipv4.map(|address| {
        let gateway = if droplet.id.0.is_multiple_of(2) { "nil" } else { "" };
        json!({
            "ip_address": address,
            "netmask": "255.0.0.0",
            "gateway": gateway,
            "type": "private",
        })
    });
    let public = droplet.public_ipv4.map(|address| {
        json!({
            "ip_address": address,
            "netmask": "255.255.255.0",
            "gateway": addresses::gateway(address),
            "type": "public",
        })
    });
    private.into_iter().chain(public).collect()
}

fn networks_v6(droplet: &Droplet) -> Vec<Value> {
    let public = droplet.public_ipv6.map(|address| {
        json!({
            "ip_address": address,
            "netmask": 64,
            "gateway": "2001:db8::1",
            "type": "public",
        })
    });
    public.into_iter().collect()
}

/// The droplets that a response tells of.
#[derive(Debug, Clone)]
struct Made(Vec<DropletId>);

/// Whether one droplet was asked for by `name`, or several by `names`: the answers differ.
#[derive(Debug, Clone, Copy)]
enum Count {
    One,
    Several,
}

/// The body of a create request.
#[derive(Debug, Deserialize)]
pub(super) struct CreateBody {
    name: Option<String>,
    names: Option<Vec<String>>,
    region: Option<String>,
    size: Option<String>,
    image: Option<NumberOrText>,
    ssh_keys: Option<Vec<NumberOrText>>,
    tags: Option<Vec<String>>,
    user_data: Option<String>,
    vpc_uuid: Option<String>,
    volumes: Option<Vec<String>>,
    backups: Option<bool>,
    ipv6: Option<bool>,
    monitoring: Option<bool>,
    with_droplet_agent: Option<bool>,
    public_networking: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl CreateBody {
    fn into_drafts(self) -> Result<(Vec<NewDroplet>, Count), Refusal> {
        let refuse = |message: &str| Refusal::Unprocessable(message.to_owned());
        let (names, count) = match (self.name, self.names) {
            (Some(name), None) => (vec![name], Count::One),
            (None, Some(names)) => (names, Count::Several),
            (Some(_), Some(_)) => return Err(refuse("name and names cannot be combined")),
            (None, None) => return Err(refuse("Name can't be blank")),
        };
        if self.volumes.is_some_and(|volumes| !volumes.is_empty()) {
            return Err(refuse("the simulated cloud has no volumes"));
        }
        let image = match self.image.ok_or_else(|| refuse("Image can't be blank"))? {
            NumberOrText::Number(id) => ImageRef::Id(ImageId(id)),
            NumberOrText::Text(slug) => ImageRef::Slug(slug),
        };
        let switches = [
            (Feature::Backups, self.backups.unwrap_or(false)),
            (Feature::Ipv6, self.ipv6.unwrap_or(false)),
            (Feature::Monitoring, self.monitoring.unwrap_or(false)),
            (Feature::DropletAgent, self.with_droplet_agent.unwrap_or(true)),
        ];
        let features: BTreeSet<Feature> =
            switches.into_iter().filter(|(_, on)| *on).map(|(feature, _)| feature).collect();
        let networking = match self.public_networking {
            None | Some(true) => Networking::Public,
            Some(false) => Networking::PrivateOnly,
        };
        let ssh_keys = self.ssh_keys.unwrap_or_default().into_iter().map(|key| match key {
            NumberOrText::Number(id) => id.to_string(),
            NumberOrText::Text(fingerprint) => fingerprint,
        });
        let template = NewDroplet {
            name: String::new(),
            region: self.region,
            size: self.size.ok_or_else(|| refuse("Size can't be blank"))?,
            image,
            ssh_keys: ssh_keys.collect(),
            tags: self.tags.unwrap_or_default(),
            user_data: self.user_data,
            vpc_uuid: self.vpc_uuid,
            networking,
            features,
        };
        let draft = |name| NewDroplet { name, ..template.clone() };
        Ok((names.into_iter().map(draft).collect(), count))
    }
}
