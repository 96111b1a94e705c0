//! What a launch asks for: text from outside is turned into these types once, at the edge.
//!
//! A [`LaunchDraft`] is what a person or a file wrote; a [`DeploymentSpec`] is proof that it makes
//! sense. All problems are reported together, each with its field, so a form can show them beside
//! the fields.

use std::fmt;

use crate::domain::text::is_harmful;

/// The most that a provider takes as user data, in bytes (`DigitalOcean` API description).
pub const USER_DATA_LIMIT: usize = 64 * 1024;

/// A launch as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LaunchDraft {
    /// Who the deployment is for.
    pub tenant: String,
    /// The deployment's name, unique per tenant.
    pub slug: String,
    /// A name for people; the slug when empty.
    pub display_name: String,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Image slug.
    pub image: String,
    /// The zone in which the name is made; empty for no DNS.
    pub dns_domain: String,
    /// The record's name in that zone; the slug when empty.
    pub dns_record_name: String,
    /// Ids or fingerprints of keys that the provider knows.
    pub ssh_keys: Vec<String>,
    /// What cloud-init gets.
    pub user_data: String,
    /// The droplet's name; `dep-<slug>` when empty.
    pub droplet_name: String,
    /// What or who caused the launch, for the record; may be empty.
    pub triggered_by: String,
}

/// A launch that makes sense.
#[derive(Clone, PartialEq, Eq)]
pub struct DeploymentSpec {
    /// Who the deployment is for: a DNS label.
    pub tenant: String,
    /// The deployment's name, unique per tenant: a DNS label.
    pub slug: String,
    /// A name for people.
    pub display_name: String,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Image slug.
    pub image: String,
    /// The name to point at the droplet, if any.
    pub dns: Option<DnsName>,
    /// Ids or fingerprints of keys that the provider knows.
    pub ssh_keys: Vec<String>,
    /// What cloud-init gets.
    pub user_data: Option<String>,
    /// The droplet's name.
    pub droplet_name: String,
    /// What or who caused the launch.
    pub triggered_by: Option<String>,
}

/// A record's place: a name in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsName {
    /// The zone, without a trailing dot.
    pub domain: String,
    /// The name in the zone; `@` is the zone itself.
    pub name: String,
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name == "@" {
            f.write_str(&self.domain)
        } else {
            write!(f, "{}.{}", self.name, self.domain)
        }
    }
}

/// A field of a draft that does not make sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The field, as the draft names it.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl DeploymentSpec {
    /// Reads a draft.
    ///
    /// # Errors
    /// Every field that does not make sense, in the order of the draft.
    pub fn parse(draft: &LaunchDraft) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::default();
        let tenant = check.label("tenant", &draft.tenant);
        let slug = check.label("slug", &draft.slug);
        let display_name = check.line("display_name", or(&draft.display_name, &slug), 120);
        let region = check.provider_slug("region", &draft.region);
        let size = check.provider_slug("size", &draft.size);
        let image = check.provider_slug("image", &draft.image);
        // A name that is the slug's is not blamed for what is wrong with the slug.
        let of_slug = if check.has_refused("slug") { "" } else { slug.as_str() };
        let dns = check.dns(&draft.dns_domain, or(&draft.dns_record_name, of_slug));
        let ssh_keys = draft.ssh_keys.iter().filter_map(|key| check.ssh_key(key)).collect();
        let user_data = check.user_data(&draft.user_data);
        let default_name = format!("dep-{slug}");
        let droplet_name = check.host_name("droplet_name", or(&draft.droplet_name, &default_name));
        let triggered_by = check.line("triggered_by", draft.triggered_by.trim(), 120);
        check.errors.is_empty().then_some(()).ok_or(check.errors)?;
        Ok(Self {
            tenant,
            slug,
            display_name,
            region,
            size,
            image,
            dns,
            ssh_keys,
            user_data,
            droplet_name,
            triggered_by: (!triggered_by.is_empty()).then_some(triggered_by),
        })
    }

    /// The deployment's name as people say it: `tenant/slug`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.tenant, self.slug)
    }

    /// A small valid spec, for tests and documentation.
    #[doc(hidden)]
    pub fn example() -> Self {
        Self {
            tenant: "acme".to_owned(),
            slug: "web".to_owned(),
            display_name: "web".to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            dns: Some(DnsName { domain: "acme.example".to_owned(), name: "web".to_owned() }),
            ssh_keys: Vec::new(),
            user_data: None,
            droplet_name: "dep-web".to_owned(),
            triggered_by: None,
        }
    }
}

impl fmt::Debug for LaunchDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // User data may hold secrets of the tenant: its length is all that a log may show.
        f.debug_struct("LaunchDraft")
            .field("tenant", &self.tenant)
            .field("slug", &self.slug)
            .field("user_data_bytes", &self.user_data.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DeploymentSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // User data may hold secrets of the tenant: its length is all that a log may show.
        f.debug_struct("DeploymentSpec")
            .field("tenant", &self.tenant)
            .field("slug", &self.slug)
            .field("region", &self.region)
            .field("size", &self.size)
            .field("image", &self.image)
            .field("dns", &self.dns)
            .field("user_data_bytes", &self.user_data.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.trim().is_empty() { default } else { text.trim() }
}

#[derive(Default)]
struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    fn refuse(&mut self, field: &'static str, problem: impl Into<String>) {
        self.errors.push(FieldError { field, problem: problem.into() });
    }

    fn label(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.refuse(field, "is required");
        } else if !is_label(text) {
            self.refuse(
                field,
                format!(
                    "`{}` is not a DNS label: a-z, 0-9 and inner hyphens, at most 63",
                    text.escape_debug()
                ),
            );
        }
        text.to_owned()
    }

    fn provider_slug(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        if text.is_empty() {
            self.refuse(field, "is required");
        } else if text.len() > 255 || !text.chars().all(fits) {
            self.refuse(
                field,
                format!(
                    "`{}` is not a provider's slug: a-z, 0-9, `-`, `.` and `_`",
                    text.escape_debug()
                ),
            );
        }
        text.to_owned()
    }

    fn line(&mut self, field: &'static str, text: &str, limit: usize) -> String {
        if text.chars().count() > limit {
            self.refuse(field, format!("is longer than {limit} characters"));
        } else if text.chars().any(is_harmful) {
            self.refuse(field, "holds a control, direction or invisible character");
        }
        text.to_owned()
    }

    fn has_refused(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    fn dns(&mut self, domain: &str, name: &str) -> Option<DnsName> {
        let domain = domain.trim().trim_end_matches('.');
        if domain.is_empty() {
            return None;
        }
        let domain = domain.to_ascii_lowercase();
        if !domain.contains('.') || domain.len() > 253 || !domain.split('.').all(is_label) {
            self.refuse("dns_domain", format!("`{}` is not a domain name", domain.escape_debug()));
        }
        let name = name.to_ascii_lowercase();
        let whole = name.len() + domain.len() + 1;
        // An empty name is the slug's, and the slug has been refused.
        let given = !name.is_empty();
        if given && name != "@" && (whole > 253 || !name.split('.').all(is_label)) {
            self.refuse(
                "dns_record_name",
                format!(
                    "`{}` is not a name in a zone: DNS labels, or `@` for the zone",
                    name.escape_debug()
                ),
            );
        }
        Some(DnsName { domain, name })
    }

    fn ssh_key(&mut self, key: &str) -> Option<String> {
        let key = key.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == ':';
        if key.is_empty() {
            return None;
        }
        if !key.chars().all(fits) {
            self.refuse(
                "ssh_keys",
                format!("`{}` is not a key's id or fingerprint", key.escape_debug()),
            );
        }
        Some(key.to_owned())
    }

    fn user_data(&mut self, text: &str) -> Option<String> {
        if text.len() > USER_DATA_LIMIT {
            let bytes = text.len();
            self.refuse(
                "user_data",
                format!("is {bytes} bytes long; a provider takes {USER_DATA_LIMIT}"),
            );
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn host_name(&mut self, field: &'static str, text: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let sound = ends(text.chars().next()) && ends(text.chars().last());
        // A slug that is not a label has its own error; its echo in the default name says no more.
        let already_told = self.errors.iter().any(|error| error.field == "slug");
        if !already_told && (text.len() > 255 || !text.chars().all(fits) || !sound) {
            self.refuse(
                field,
                format!(
                    "`{}` is not a host name: letters, digits, inner `-` and `.`",
                    text.escape_debug()
                ),
            );
        }
        text.to_owned()
    }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> LaunchDraft {
        LaunchDraft {
            tenant: "acme".to_owned(),
            slug: "web".to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            dns_domain: "Acme.Example.".to_owned(),
            ..LaunchDraft::default()
        }
    }

    fn fields(draft: &LaunchDraft) -> Vec<&'static str> {
        DeploymentSpec::parse(draft).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_is_left_out_follows_from_the_slug() {
        assert_eq!(DeploymentSpec::parse(&draft()), Ok(DeploymentSpec::example()));
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let bad = LaunchDraft {
            tenant: "Acme Inc".to_owned(),
            slug: "-web".to_owned(),
            region: String::new(),
            dns_domain: "nodots".to_owned(),
            dns_record_name: "a..b".to_owned(),
            display_name: "evil \u{1b}[2J".to_owned(),
            ..draft()
        };
        assert_eq!(
            fields(&bad),
            ["tenant", "slug", "display_name", "region", "dns_domain", "dns_record_name"]
        );
    }

    #[test]
    fn a_label_is_at_most_63_long_and_never_ends_in_a_hyphen() {
        assert!(is_label(&"a".repeat(63)));
        for bad in ["", "a-", "A", "a_b", "ä", &"a".repeat(64)] {
            assert!(!is_label(bad), "{bad}");
        }
    }

    #[test]
    fn user_data_is_bounded_and_never_shown_by_debug() {
        let long = LaunchDraft { user_data: "x".repeat(USER_DATA_LIMIT + 1), ..draft() };
        assert_eq!(fields(&long), ["user_data"]);
        let secret = LaunchDraft { user_data: "hunter2".to_owned(), ..draft() };
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert!(!format!("{:?}", DeploymentSpec::parse(&secret)).contains("hunter2"));
    }

    #[test]
    fn a_name_in_a_zone_reads_as_people_write_it() {
        let name =
            |name: &str| DnsName { domain: "acme.example".to_owned(), name: name.to_owned() };
        assert_eq!(name("web").to_string(), "web.acme.example");
        assert_eq!(name("@").to_string(), "acme.example");
    }
}
