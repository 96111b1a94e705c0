//! What can be launched: asked of the provider, kept for a while, and never waited for without end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join5;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::catalogue::{Catalogue, Listed, Origin, offline};
use crate::domain::failure::with_causes;
use crate::domain::time::Timestamp;
use crate::providers::{self, ProviderError};

/// For how long the provider's lists count as its present ones. They change a few times a year; the
/// account's own keys and domains change while somebody sits at the screen.
pub const FRESH: Duration = Duration::from_mins(5);

/// After how long a provider that did not give all of its lists is asked again.
pub const RETRY: Duration = Duration::from_secs(30);

/// How long each list is waited for: a person looks at the form meanwhile, and has the program's own.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The lists, and where they come from.
pub(super) struct Shelf {
    provider: Option<Arc<dyn providers::Catalogue>>,
    /// Locked while the provider is asked, so that many who ask at once ask it once.
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    catalogue: Arc<Catalogue>,
    until: Timestamp,
}

impl Shelf {
    /// An empty shelf. Without a provider to ask it gives the program's own lists.
    pub(super) fn new(provider: Option<Arc<dyn providers::Catalogue>>) -> Self {
        Self { provider, kept: Mutex::default() }
    }

    /// The lists: those that are kept while they are fresh, or else the provider's.
    pub(super) async fn read(&self, clock: &Clock) -> Arc<Catalogue> {
        let Some(provider) = &self.provider else {
            return Arc::new(offline::catalogue().clone());
        };
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| clock.now() < kept.until) {
            return Arc::clone(&kept.catalogue);
        }
        let old = kept.as_ref().map(|kept| &*kept.catalogue);
        let catalogue = Arc::new(ask(provider.as_ref(), clock, old).await);
        let lasts = if is_whole(&catalogue) { FRESH } else { RETRY };
        *kept = Some(Kept { catalogue: Arc::clone(&catalogue), until: clock.now() + lasts });
        catalogue
    }
}

/// Asks for every list at once. One that does not come is the one that came last time, or the
/// program's own.
async fn ask(
    provider: &dyn providers::Catalogue,
    clock: &Clock,
    old: Option<&Catalogue>,
) -> Catalogue {
    let (regions, sizes, images, domains, ssh_keys) = join5(
        listed(clock, provider.regions()),
        listed(clock, provider.sizes()),
        listed(clock, provider.images()),
        listed(clock, provider.domains()),
        listed(clock, provider.ssh_keys()),
    )
    .await;
    Catalogue {
        regions: or_older(regions, old.map(|old| &old.regions), |own| own.regions),
        sizes: or_older(sizes, old.map(|old| &old.sizes), |own| own.sizes),
        images: or_older(images, old.map(|old| &old.images), |own| own.images),
        domains: or_older(domains, old.map(|old| &old.domains), |own| own.domains),
        ssh_keys: or_older(ssh_keys, old.map(|old| &old.ssh_keys), |own| own.ssh_keys),
    }
}

/// A list as the provider gave it, or why it did not.
async fn listed<T>(
    clock: &Clock,
    asked: impl Future<Output = Result<Vec<T>, ProviderError>>,
) -> Result<Listed<T>, Arc<str>> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(items)) => Ok(Listed::read(items, clock.now())),
        Ok(Err(error)) => Err(with_causes(&error).into()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs()).into()),
    }
}

fn or_older<T: Clone>(
    read: Result<Listed<T>, Arc<str>>,
    old: Option<&Listed<T>>,
    own: impl FnOnce(Catalogue) -> Listed<T>,
) -> Listed<T> {
    match read {
        Ok(read) => read,
        Err(why) => {
            let old = old.filter(|old| old.why_offline().is_none());
            old.cloned().unwrap_or_else(|| own(offline::because(&why)))
        }
    }
}

fn is_whole(catalogue: &Catalogue) -> bool {
    let Catalogue { regions, sizes, images, domains, ssh_keys } = catalogue;
    [&regions.origin, &sizes.origin, &images.origin, &domains.origin, &ssh_keys.origin]
        .into_iter()
        .all(|origin| matches!(origin, Origin::Provider { .. }))
}

#[cfg(test)]
mod tests;
