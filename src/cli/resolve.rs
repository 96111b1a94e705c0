//! Which deployment is meant: `tenant/slug`, a bare slug, an id, or either end of one.

use std::sync::Arc;

use crate::cli::error::CliError;
use crate::config::schema;
use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, Summary};

/// The fewest digits of an id that are taken for one end of it.
const LEAST_DIGITS: usize = 4;

/// Finds the deployment that `text` names.
///
/// A name means the deployment that lives under it, or else the one that did last: launching again
/// under the name of one that failed is the usual way on, and must not make the name ambiguous.
///
/// # Errors
/// When none or several answer to it.
pub(crate) fn resolve(summaries: &[Arc<Summary>], text: &str) -> Result<Arc<Summary>, CliError> {
    let by_name = |summary: &&Arc<Summary>| summary.name() == text || summary.slug == text;
    let bearers: Vec<_> = summaries.iter().filter(by_name).collect();
    if let Some(found) = only(&latest_of_each_name(&bearers), text)? {
        return Ok(found);
    }
    let by_id = |summary: &&Arc<Summary>| is_end_of(text, summary);
    if let Some(found) = only(&summaries.iter().filter(by_id).collect::<Vec<_>>(), text)? {
        return Ok(found);
    }
    let names: Vec<_> = summaries.iter().map(|summary| summary.name()).collect();
    let slugs = summaries.iter().map(|summary| summary.slug.as_str());
    let nearest = schema::nearest(text, names.iter().map(String::as_str).chain(slugs));
    Err(CliError::Unknown { text: text.to_owned(), nearest })
}

/// Whether nothing of it is out there any more.
fn is_gone(summary: &Summary) -> bool {
    match summary.standing {
        Standing::Failed | Standing::Cancelled | Standing::RolledBack | Standing::Abandoned => true,
        Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Running
        | Standing::Held
        | Standing::Active => false,
    }
}

fn latest_of_each_name<'a>(named: &[&'a Arc<Summary>]) -> Vec<&'a Arc<Summary>> {
    let rank = |summary: &Summary| (!is_gone(summary), summary.launched_at, summary.deployment);
    let beats = |other: &Summary, summary: &Summary| {
        other.tenant == summary.tenant && rank(other) > rank(summary)
    };
    named
        .iter()
        .filter(|summary| !named.iter().any(|other| beats(other, summary)))
        .copied()
        .collect()
}

fn is_end_of(text: &str, summary: &Summary) -> bool {
    let id = summary.deployment.to_string();
    let digits = &id[DeploymentId::PREFIX.len()..];
    let typed = text.strip_prefix(DeploymentId::PREFIX).unwrap_or(text);
    if typed.len() < LEAST_DIGITS {
        return false;
    }
    let typed = typed.to_ascii_lowercase();
    digits.starts_with(&typed)
        || (!text.starts_with(DeploymentId::PREFIX) && digits.ends_with(&typed))
}

/// The only candidate, if there is one at all.
fn only(candidates: &[&Arc<Summary>], text: &str) -> Result<Option<Arc<Summary>>, CliError> {
    match candidates {
        [] => Ok(None),
        [found] => Ok(Some(Arc::clone(found))),
        several => Err(CliError::Ambiguous {
            text: text.to_owned(),
            candidates: several
                .iter()
                .map(|summary| {
                    let standing = summary.standing.as_str();
                    format!("{}  {}  {standing}", summary.name(), summary.deployment)
                })
                .collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fake;

    fn row(id: u128, tenant: &str, slug: &str, standing: Standing) -> Arc<Summary> {
        Arc::new(Summary {
            deployment: DeploymentId::from_u128(id),
            tenant: tenant.to_owned(),
            slug: slug.to_owned(),
            standing,
            ..fake::summary()
        })
    }

    fn rows() -> Vec<Arc<Summary>> {
        vec![
            row(0xaaaa_0000_0000_0000_0000_0000_0000_1111, "acme", "web", Standing::Active),
            row(0xaaaa_0000_0000_0000_0000_0000_0000_2222, "acme", "web", Standing::Failed),
            row(0xbbbb_0000_0000_0000_0000_0000_0000_3333, "acme", "db", Standing::Cancelled),
            row(0xbbbb_0000_0000_0000_0000_0000_0000_4444, "acme", "db", Standing::Failed),
            row(0xcccc_0000_0000_0000_0000_0000_0000_1111, "beta", "cache", Standing::Running),
            row(0xdddd_0000_0000_0000_0000_0000_0000_5555, "beta", "db", Standing::Active),
        ]
    }

    fn found(text: &str) -> String {
        match resolve(&rows(), text) {
            Ok(summary) => summary.deployment.short(),
            Err(CliError::Ambiguous { candidates, .. }) => format!("{} answer", candidates.len()),
            Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn a_name_means_the_living_deployment_or_else_the_last_one() {
        assert_eq!(found("acme/web"), "1111");
        assert_eq!(found("acme/db"), "4444");
    }

    #[test]
    fn a_bare_slug_will_do_when_one_tenant_has_it() {
        assert_eq!(found("web"), "1111");
        assert_eq!(found("cache"), "1111");
        assert_eq!(found("db"), "2 answer");
    }

    #[test]
    fn an_id_or_either_end_of_one_will_do() {
        assert_eq!(found("dep_bbbb0000000000000000000000003333"), "3333");
        assert_eq!(found("dddd"), "5555");
        assert_eq!(found("dep_dddd"), "5555");
        assert_eq!(found("2222"), "2222");
        assert_eq!(found("1111"), "2 answer");
        assert_eq!(found("ddd"), "no deployment `ddd`; `arcadia list` shows them all");
    }

    #[test]
    fn a_name_that_nobody_has_gets_the_nearest_one() {
        assert_eq!(found("acme/wbe"), "no deployment `acme/wbe`; did you mean `acme/web`?");
    }
}
