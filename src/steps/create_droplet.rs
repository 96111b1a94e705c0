//! Creates the droplet.
//!
//! - **Does**: looks for a droplet with this saga's tag; finding none, asks for one with that tag in
//!   the request, so that droplet and mark come into being together. The provider has no
//!   idempotency key, and its own clients make up to four droplets for one create when answers are
//!   lost; so a create is never sent while an earlier one may still show up.
//! - **Undoes**: destroys every droplet with the tag, again and again until the provider says that
//!   it is gone (404) and lists it no more. A DELETE that was accepted proves nothing, and neither
//!   does one of these two without the other.
//! - **Twice is safe**: look-up first. After a request whose effect is unknown, look-ups go on for
//!   the settle time before their finding nothing counts, because listings lag.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::FailureCode;
use crate::domain::holding::{HoldingKind, Made};
use crate::domain::saga::plan::StepName;
use crate::domain::undo_preview::{Deed, Leftover};
use crate::providers::{Compute, Droplet, DropletDraft, DropletId, DropletStatus, Removal};
use crate::steps::{
    Marks, Progress, Step, StepContext, StepError, StepSettings, checkpoint_of, output_of,
    wait_droplet_active,
};

/// This step's name.
pub const NAME: &str = "create_droplet";

/// The checkpoint that says that the compensation has seen a droplet of this saga.
const SEEN: &str = "seen";

/// What this step made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The provider's id of the droplet.
    pub droplet_id: u64,
    /// Its name at the provider.
    pub name: String,
}

/// See the module.
pub struct CreateDroplet {
    compute: Arc<dyn Compute>,
    settings: StepSettings,
}

impl CreateDroplet {
    /// The step at this provider.
    pub fn new(compute: Arc<dyn Compute>, settings: StepSettings) -> Self {
        Self { compute, settings }
    }

    /// The droplets that carry the saga's tag, as they are. Listings go on naming a droplet for a
    /// while after it is gone.
    async fn existing(&self, marks: &Marks) -> Result<Existing, StepError> {
        let mut existing = Existing::default();
        for listed in self.compute.droplets_tagged(&marks.saga).await? {
            match self.compute.droplet(listed.id).await? {
                Some(droplet) if droplet.status == DropletStatus::Archive => {}
                Some(droplet) => existing.there.push(droplet),
                None => existing.listed_only.push(listed.id),
            }
        }
        existing.there.sort_by(|a, b| (&a.created_at, a.id).cmp(&(&b.created_at, b.id)));
        Ok(existing)
    }

    /// The provider lists a droplet, and says that there is none of that id. One of the two is wrong,
    /// for a moment or for longer; until they agree nobody may build on either.
    fn until_it_agrees(&self, ctx: &StepContext, listed_only: &[DropletId]) -> Progress {
        let ids = joined(listed_only);
        tracing::warn!(droplet = %ids, "listed, and said not to exist");
        Progress::Pending {
            after: self.settings.poll_interval(ctx.poll, ctx.roll),
            note: format!("the provider lists droplet {ids}, and says that there is none"),
        }
    }

    /// Asks for the end of a droplet that was just seen. One that is busy (it is being made, or being
    /// destroyed) takes no further event for a while: that is a wait, not a failure. Whatever the
    /// answer, only a look that does not find the droplet proves that it is gone.
    async fn destroy(&self, id: DropletId) -> Result<(), StepError> {
        match self.compute.destroy_droplet(id).await {
            Ok(Removal::AlreadyGone) => {
                tracing::info!(droplet = id.0, "the droplet is said to be gone");
                Ok(())
            }
            Ok(Removal::Accepted) => {
                tracing::info!(droplet = id.0, "asked to destroy the droplet");
                Ok(())
            }
            Err(error) if error.failure().code == FailureCode::Conflict => {
                tracing::info!(droplet = id.0, "the droplet is busy: {error}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the oldest for the saga's droplet. Surplus ones are destroyed first, and until they are
    /// gone the step is not done: no answer to a request to destroy proves that.
    async fn adopt(
        &self,
        ctx: &StepContext,
        oldest: &Droplet,
        surplus: &[Droplet],
    ) -> Result<Progress, StepError> {
        for droplet in surplus {
            tracing::warn!(
                droplet = droplet.id.0,
                kept = oldest.id.0,
                "destroying a surplus droplet"
            );
            self.destroy(droplet.id).await?;
        }
        if !surplus.is_empty() {
            let remaining: Vec<_> = surplus.iter().map(|droplet| droplet.id).collect();
            return Ok(self.until_gone(ctx, &remaining));
        }
        tracing::info!(droplet = oldest.id.0, "found the droplet that an earlier attempt made");
        made(oldest)
    }

    fn until_gone(&self, ctx: &StepContext, remaining: &[DropletId]) -> Progress {
        Progress::Pending {
            after: self.settings.poll_interval(ctx.poll, ctx.roll),
            note: format!("until droplet {} is gone", joined(remaining)),
        }
    }

    /// Whether this compensation has seen the droplet. Until it has, a 404 may be lag: the create was
    /// accepted, and the droplet comes.
    fn was_seen(ctx: &StepContext) -> Result<Seen, StepError> {
        let seen: Option<bool> = checkpoint_of(&ctx.past, NAME, SEEN)?;
        Ok(seen.map_or(Seen::NotYet, |_| Seen::Yes))
    }
}

#[async_trait]
impl Step for CreateDroplet {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let marks = ctx.marks();
        let existing = self.existing(&marks).await?;
        if let Some((oldest, surplus)) = existing.there.split_first() {
            return self.adopt(ctx, oldest, surplus).await;
        }
        if !existing.listed_only.is_empty() {
            return Ok(self.until_it_agrees(ctx, &existing.listed_only));
        }
        if let Some(rest) = ctx.forward_doubt(self.settings.settle) {
            return Ok(Progress::Pending {
                after: rest.min(self.settings.poll_first),
                note: "looking for the droplet that the last attempt may have made".to_owned(),
            });
        }
        let spec = ctx.spec();
        let draft = DropletDraft {
            name: spec.droplet_name.clone(),
            region: spec.region.clone(),
            size: spec.size.clone(),
            image: spec.image.clone(),
            ssh_keys: spec.ssh_keys.clone(),
            user_data: spec.user_data.clone(),
            tags: marks.all(),
        };
        let droplet = self.compute.create_droplet(&draft).await?;
        tracing::info!(droplet = droplet.id.0, name = %droplet.name, "droplet is being made");
        made(&droplet)
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        let known: Option<Output> = match output {
            Some(_) => output_of(&ctx.past, NAME)?,
            None => None,
        };
        let listed = self.compute.droplets_tagged(&ctx.marks().saga).await?;
        let listed: BTreeSet<_> = listed.iter().map(|droplet| droplet.id).collect();
        let mut suspects = listed.clone();
        suspects.extend(known.as_ref().map(|output| DropletId(output.droplet_id)));

        let (mut remaining, mut listed_only) = (Vec::new(), Vec::new());
        for id in suspects {
            if self.compute.droplet(id).await?.is_some() {
                ctx.checkpoint(SEEN, true).await?;
                self.destroy(id).await?;
                remaining.push(id);
            } else if listed.contains(&id) {
                // It carries our tag: to ask for its end is right whoever of the two is wrong.
                self.destroy(id).await?;
                listed_only.push(id);
            }
        }
        if !remaining.is_empty() {
            return Ok(self.until_gone(ctx, &remaining));
        }
        if !listed_only.is_empty() {
            return Ok(self.until_it_agrees(ctx, &listed_only));
        }
        if known.is_some() && Self::was_seen(ctx)? == Seen::NotYet {
            let age = ctx.since_forward_end().unwrap_or_default();
            let rest = self.settings.settle.saturating_sub(age);
            if !rest.is_zero() {
                return Ok(Progress::Pending {
                    after: rest.min(self.settings.poll_first),
                    note: "until the provider shows the droplet that it accepted".to_owned(),
                });
            }
        }
        if let Some(rest) = ctx.forward_doubt(self.settings.settle) {
            return Ok(Progress::Pending {
                after: rest.min(self.settings.poll_first),
                note: "making sure that no droplet of the last attempt appears".to_owned(),
            });
        }
        tracing::info!("no droplet of this saga is left");
        Ok(Progress::noted("no droplet is left"))
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Deed)> {
        let known =
            describe(past).map(|droplet| (format!("destroy {droplet}"), Deed::DestroysDroplet));
        Some(known.unwrap_or_else(|| {
            let tag = Marks::of(past).saga;
            let text = format!("look for droplets tagged `{tag}` and destroy them");
            (text, Deed::LooksForDroplets)
        }))
    }

    fn leftover(&self, past: &Aggregate) -> Option<Leftover> {
        let tag = Marks::of(past).saga;
        let output = output_of::<Output>(past, NAME).ok().flatten();
        let step = StepName::new(NAME);
        Some(match (describe(past), output) {
            (Some(what), Some(Output { droplet_id, .. })) => Leftover {
                step,
                what,
                check: format!("doctl compute droplet get {droplet_id}"),
                remove: Some(format!("doctl compute droplet delete {droplet_id}")),
            },
            (Some(_), None) | (None, Some(_) | None) => Leftover {
                step,
                what: format!("perhaps a droplet tagged `{tag}`"),
                check: format!("doctl compute droplet list --tag-name {tag}"),
                remove: Some(format!("doctl compute droplet delete --tag-name {tag}")),
            },
        })
    }

    fn made(&self, past: &Aggregate) -> Option<Made> {
        let spec = &past.deployment.spec;
        let output = output_of::<Output>(past, NAME).ok().flatten();
        let active = output_of::<wait_droplet_active::Output>(past, wait_droplet_active::NAME);
        Some(Made {
            kind: HoldingKind::Droplet,
            id: output.as_ref().map(|output| output.droplet_id.to_string()),
            name: output.map_or_else(|| spec.droplet_name.clone(), |output| output.name),
            image: Some(spec.image.clone()),
            address: active.ok().flatten().map(|active| active.ipv4),
        })
    }
}

/// The droplets of a saga, as two looks show them.
#[derive(Debug, Default)]
struct Existing {
    /// Found by their ids, oldest first.
    there: Vec<Droplet>,
    /// Listed, but not found by their ids.
    listed_only: Vec<DropletId>,
}

/// Whether the compensation has seen the droplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Yes,
    NotYet,
}

fn made(droplet: &Droplet) -> Result<Progress, StepError> {
    Progress::done(&Output { droplet_id: droplet.id.0, name: droplet.name.clone() })
}

fn joined(ids: &[DropletId]) -> String {
    ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(", ")
}

/// `droplet 41207 (203.0.113.7)`.
fn describe(past: &Aggregate) -> Option<String> {
    let output = output_of::<Output>(past, NAME).ok()??;
    let active = output_of::<wait_droplet_active::Output>(past, wait_droplet_active::NAME);
    Some(match active.ok().flatten() {
        Some(address) => format!("droplet {} ({})", output.droplet_id, address.ipv4),
        None => format!("droplet {}", output.droplet_id),
    })
}
