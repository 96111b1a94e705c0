//! Making, seeing and destroying droplets.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::actions::{ActionRow, Outcome};
use crate::simulator::world::addresses;
use crate::simulator::world::catalog::{Offer, Region, Size};
use crate::simulator::world::droplet::{
    Departure, Droplet, DropletRow, Feature, ImageRef, Networking, NewDroplet,
};
use crate::simulator::world::ids::{DropletId, ImageId, KeyId};
use crate::simulator::world::refusal::Refusal;

/// Which droplets a listing shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropletFilter {
    /// All.
    All,
    /// Those with this tag, in its canonical capitalisation.
    Tag(String),
    /// Those with this name, whatever the capitalisation.
    Name(String),
}

/// User data may have this many bytes.
const USER_DATA_LIMIT: usize = 64 * 1024;
/// One request may make this many droplets.
const BATCH_LIMIT: usize = 10;

impl World {
    /// Makes one droplet. It is `new`, without any address.
    ///
    /// # Errors
    /// The values are refused, or the account's limit is reached.
    pub fn create_droplet(
        &mut self,
        now: Timestamp,
        draft: NewDroplet,
    ) -> Result<Droplet, Refusal> {
        let mut made = self.create_droplets(now, vec![draft])?;
        Ok(made.remove(0))
    }

    /// Makes several droplets, or none.
    ///
    /// # Errors
    /// The values of one are refused, there are none or more than ten, or the account's limit
    /// would be exceeded.
    pub fn create_droplets(
        &mut self,
        now: Timestamp,
        drafts: Vec<NewDroplet>,
    ) -> Result<Vec<Droplet>, Refusal> {
        if drafts.is_empty() || drafts.len() > BATCH_LIMIT {
            return Err(Refusal::unprocessable("between 1 and 10 Droplets can be created at once"));
        }
        let checked: Vec<Checked> =
            drafts.iter().map(|draft| self.check(draft)).collect::<Result<_, _>>()?;
        let live = self.books.droplets.values().filter(|row| !row.is_gone(now)).count();
        if live + drafts.len() > self.droplet_limit as usize {
            return Err(Refusal::unprocessable(
                "creating this/these droplet(s) will exceed your droplet limit",
            ));
        }
        let publicly = drafts.iter().filter(|draft| draft.networking == Networking::Public).count();
        if self.taken_addresses().len() + publicly > usize::from(addresses::PUBLIC) {
            return Err(Refusal::unprocessable("no public IPv4 address is free"));
        }
        self.changed(now);
        Ok(drafts.into_iter().zip(checked).map(|(draft, ok)| self.make(now, draft, ok)).collect())
    }

    /// The droplet with this number: seen as soon as it is made, until it is gone.
    ///
    /// # Errors
    /// There is none.
    pub fn droplet(&self, now: Timestamp, id: DropletId) -> Result<Droplet, Refusal> {
        self.books.droplets.get(&id).and_then(|row| row.at(now)).ok_or(Refusal::NotFound)
    }

    /// A listing, in the order of making. It shows the world as it was one listing lag ago.
    pub fn droplets(&self, now: Timestamp, filter: &DropletFilter) -> Vec<Droplet> {
        let seen_at = self.listing_time(now);
        let rows = self.books.droplets.values();
        rows.filter_map(|row| row.at(seen_at)).filter(|droplet| filter.shows(droplet)).collect()
    }

    /// The listing of a tag; empty when there is no such tag.
    pub fn droplets_tagged(&self, now: Timestamp, tag: &str) -> Vec<Droplet> {
        self.droplets(now, &DropletFilter::Tag(tag.to_owned()))
    }

    /// The truth, for audits: every droplet that is not gone, without lag.
    pub fn all_droplets(&self, now: Timestamp) -> Vec<Droplet> {
        self.books.droplets.values().filter_map(|row| row.at(now)).collect()
    }

    /// Accepts the destruction of a droplet, which takes effect later.
    ///
    /// # Errors
    /// There is none, or an event is in progress: it is being made, or being destroyed already.
    pub fn destroy_droplet(&mut self, now: Timestamp, id: DropletId) -> Result<(), Refusal> {
        let departure = Departure { asked_at: now, at: now + self.timings.deletion };
        let row = self.live_row(now, id)?;
        if row.has_pending_event(now) {
            return Err(Refusal::pending_event());
        }
        row.departure = Some(departure);
        self.changed(now);
        Ok(())
    }

    /// Accepts the destruction of every droplet with a tag. Those with an event in progress stay.
    ///
    /// # Errors
    /// There is no such tag.
    pub fn destroy_droplets_tagged(&mut self, now: Timestamp, tag: &str) -> Result<(), Refusal> {
        if !self.books.tags.contains(tag) {
            return Err(Refusal::NotFound);
        }
        let departure = Departure { asked_at: now, at: now + self.timings.deletion };
        for row in self.books.droplets.values_mut() {
            if row.tags.iter().any(|held| held == tag) && !row.has_pending_event(now) {
                row.departure = Some(departure.clone());
            }
        }
        self.changed(now);
        Ok(())
    }

    /// Lets a placement fail behind the client's back: when the droplet would become active, it
    /// is gone, and the event that made it has `errored`.
    pub fn fail_placement(&mut self, now: Timestamp, id: DropletId) {
        let Some(row) = self.books.droplets.get_mut(&id) else { return };
        row.departure = Some(Departure { asked_at: now, at: row.active_at });
        if let Some(action) = self.books.actions.get_mut(&row.create_action) {
            action.outcome = Outcome::Errors;
        }
        self.changed(now);
    }

    /// The row of a droplet that is there.
    pub(super) fn live_row(
        &mut self,
        now: Timestamp,
        id: DropletId,
    ) -> Result<&mut DropletRow, Refusal> {
        let row = self.books.droplets.get_mut(&id);
        row.filter(|row| !row.is_gone(now)).ok_or(Refusal::NotFound)
    }

    fn make(&mut self, now: Timestamp, draft: NewDroplet, checked: Checked) -> Droplet {
        let id = self.books.counters.droplet();
        let create_action = self.books.counters.action();
        let active_at = now + self.timings.activation;
        let public_ipv4 = match draft.networking {
            Networking::Public => {
                let taken = self.taken_addresses();
                addresses::next_public(&mut self.books.address_cursor, &taken)
            }
            Networking::PrivateOnly => None,
        };
        let mut features = draft.features;
        features.insert(Feature::PrivateNetworking);
        let row = DropletRow {
            id,
            name: draft.name,
            region: checked.region.to_owned(),
            size: draft.size,
            image: checked.image,
            tags: self.adopt_tags(&draft.tags),
            features,
            ssh_keys: checked.ssh_keys,
            user_data: draft.user_data,
            vpc_uuid: checked.vpc_uuid.to_owned(),
            public_ipv4,
            create_action,
            created_at: now,
            active_at,
            address_at: active_at + self.timings.address_delay,
            power: Vec::new(),
            departure: None,
        };
        self.books.actions.insert(
            create_action,
            ActionRow {
                id: create_action,
                kind: "create".to_owned(),
                droplet: id,
                region: row.region.clone(),
                started_at: now,
                completed_at: active_at,
                outcome: Outcome::Completes,
            },
        );
        let droplet = row.at(now).expect("a droplet made now is seen now");
        self.books.droplets.insert(id, row);
        droplet
    }

    fn check(&self, draft: &NewDroplet) -> Result<Checked, Refusal> {
        if !is_hostname(&draft.name) {
            return Err(Refusal::unprocessable(
                "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
            ));
        }
        if draft.user_data.as_ref().is_some_and(|text| text.len() > USER_DATA_LIMIT) {
            return Err(Refusal::unprocessable("User data cannot exceed 64 KiB."));
        }
        if draft.networking == Networking::PrivateOnly && draft.features.contains(&Feature::Ipv6) {
            return Err(Refusal::unprocessable("ipv6 requires public networking"));
        }
        if let Some(tag) = draft.tags.iter().find(|tag| !World::is_tag(tag)) {
            return Err(Refusal::unprocessable(format!("Tag \"{tag}\" is invalid.")));
        }
        let size = self.check_size(&draft.size)?;
        let image = self.check_image(&draft.image, size)?;
        let region = self.check_region(draft.region.as_deref(), size)?;
        let vpc_uuid = match draft.vpc_uuid.as_deref() {
            None => region.default_vpc,
            Some(uuid) if uuid == region.default_vpc => region.default_vpc,
            Some(_) => return Err(Refusal::NotFound),
        };
        let ssh_keys = self.check_keys(&draft.ssh_keys)?;
        Ok(Checked { region: region.slug, image, vpc_uuid, ssh_keys })
    }

    fn check_size(&self, slug: &str) -> Result<&Size, Refusal> {
        self.catalog.size(slug).filter(|size| size.offer == Offer::Available).ok_or_else(|| {
            Refusal::unprocessable("You specified an invalid size for Droplet creation.")
        })
    }

    fn check_image(&self, image: &ImageRef, size: &Size) -> Result<ImageId, Refusal> {
        let mut images = self.catalog.images.iter();
        let found = match image {
            ImageRef::Slug(slug) => images.find(|candidate| candidate.slug == Some(slug)),
            ImageRef::Id(id) => images.find(|candidate| candidate.id == *id),
        };
        let found = found.ok_or_else(|| {
            Refusal::unprocessable("You specified an invalid image for Droplet creation.")
        })?;
        if found.min_disk > size.disk {
            return Err(Refusal::unprocessable(
                "This size is not available because it has a smaller disk than the image needs.",
            ));
        }
        Ok(found.id)
    }

    /// The first open region whose slug begins with what was asked for and where the size is sold.
    fn check_region(&self, asked: Option<&str>, size: &Size) -> Result<&Region, Refusal> {
        let prefix = asked.unwrap_or_default();
        let mut open = self
            .catalog
            .regions
            .iter()
            .filter(|region| region.offer == Offer::Available && region.slug.starts_with(prefix))
            .peekable();
        if asked == Some("") || open.peek().is_none() {
            return Err(Refusal::unprocessable(
                "You specified an invalid region for Droplet creation.",
            ));
        }
        open.find(|region| size.regions.contains(&region.slug))
            .ok_or_else(|| Refusal::unprocessable("Size is not available in this region."))
    }

    fn check_keys(&self, asked: &[String]) -> Result<Vec<KeyId>, Refusal> {
        let mut found = Vec::new();
        let mut unknown = Vec::new();
        for text in asked {
            match self.key(text) {
                Ok(key) => found.push(key.id),
                Err(_) => unknown.push(text.as_str()),
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let names = unknown.join(", ");
        Err(Refusal::unprocessable(format!(
            "{names} are invalid key identifiers for Droplet creation."
        )))
    }

    fn taken_addresses(&self) -> BTreeSet<Ipv4Addr> {
        self.books.droplets.values().filter_map(|row| row.public_ipv4).collect()
    }
}

impl DropletFilter {
    fn shows(&self, droplet: &Droplet) -> bool {
        match self {
            Self::All => true,
            Self::Tag(tag) => droplet.tags.contains(tag),
            Self::Name(name) => droplet.name.eq_ignore_ascii_case(name),
        }
    }
}

/// What the values of a request come to.
struct Checked {
    region: &'static str,
    image: ImageId,
    vpc_uuid: &'static str,
    ssh_keys: Vec<KeyId>,
}

/// The description's pattern: letters, digits, dots, dashes; the last is a letter or a digit.
fn is_hostname(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    name.len() <= 255
        && name.chars().all(allowed)
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}
