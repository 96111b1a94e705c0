//! Droplets and the account behind the token.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::providers::digitalocean::client::Call;
use crate::providers::digitalocean::error::{invalid, or_absent};
use crate::providers::digitalocean::model::{
    AccountAnswer, DropletAnswer, DropletBody, DropletRow, carries,
};
use crate::providers::digitalocean::{DigitalOcean, PROVIDER};
use crate::providers::{
    Account, Compute, Droplet, DropletDraft, DropletId, ProviderError, Removal,
};

/// The longest tag that the provider takes.
const TAG_LIMIT: usize = 255;

#[async_trait]
impl Compute for DigitalOcean {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError> {
        for tag in &draft.tags {
            check_tag(tag)?;
        }
        let call = Call::post(&["droplets"], &DropletBody::from(draft));
        // Whoever asks may destroy what was made: a droplet without our tags is not taken for it.
        let stray = |answer: &DropletAnswer| {
            let lacking = draft.tags.iter().find(|tag| !answer.droplet.carries(tag));
            lacking.map(|tag| format!("the droplet does not carry the tag `{tag}`"))
        };
        let answer = self.client.fetch_checked(&call, stray).await?;
        Ok(answer.droplet.into())
    }

    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError> {
        let call = Call::get(&["droplets", &id.0.to_string()]);
        let stray = |answer: &DropletAnswer| {
            let other = answer.droplet.id;
            (other != id.0).then(|| format!("it speaks of droplet {other}"))
        };
        let answer = or_absent(self.client.fetch_checked(&call, stray).await)?;
        Ok(answer.map(|answer| answer.droplet.into()))
    }

    async fn droplets_tagged(&self, tag: &str) -> Result<Vec<Droplet>, ProviderError> {
        check_tag(tag)?;
        let call = Call::get(&["droplets"]).query("tag_name", tag);
        let rows: Vec<DropletRow> = self.client.list(call, "droplets").await?;
        let mut seen = BTreeSet::new();
        let mut droplets: Vec<Droplet> = rows.into_iter().map(Droplet::from).collect();
        droplets.retain(|droplet| {
            // Whoever asks may destroy what is found, so a server that ignores the filter is not
            // believed. A row that moved to the next page while we read is one droplet, not two.
            let is_ours = carries(&droplet.tags, tag);
            if !is_ours {
                tracing::warn!(
                    droplet = droplet.id.0,
                    tag,
                    "listing holds a droplet without the tag"
                );
            }
            is_ours && seen.insert(droplet.id)
        });
        Ok(droplets)
    }

    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError> {
        self.remove(&Call::delete(&["droplets", &id.0.to_string()])).await
    }

    async fn account(&self) -> Result<Account, ProviderError> {
        let answer: AccountAnswer = self.client.fetch(&Call::get(&["account"])).await?;
        Ok(answer.account.into())
    }
}

impl DigitalOcean {
    /// Asks to destroy every droplet that carries `tag`, in one request.
    ///
    /// # Errors
    ///
    /// As any request; a text that is no tag is refused without asking, because an empty filter
    /// must never reach the provider.
    pub async fn destroy_droplets_tagged(&self, tag: &str) -> Result<Removal, ProviderError> {
        check_tag(tag)?;
        self.remove(&Call::delete(&["droplets"]).query("tag_name", tag)).await
    }

    /// Sends a `DELETE`; that the thing is not there is as good.
    pub(super) async fn remove(&self, call: &Call) -> Result<Removal, ProviderError> {
        let removed = or_absent(self.client.run(call).await)?;
        Ok(removed.map_or(Removal::AlreadyGone, |()| Removal::Accepted))
    }
}

fn check_tag(tag: &str) -> Result<(), ProviderError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':');
    if tag.is_empty() || tag.len() > TAG_LIMIT || !tag.bytes().all(is_plain) {
        return Err(invalid(format!("`{}` is not a tag", tag.escape_debug())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::failure::FailureCode;
    use crate::providers::DropletStatus;
    use crate::providers::digitalocean::stub::{Stub, error_body, reply};

    const TAG: &str = "arcadia-saga-7f3a";

    fn draft() -> DropletDraft {
        DropletDraft {
            name: "dep-web".to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            ssh_keys: vec![],
            user_data: Some("#cloud-config".to_owned()),
            tags: vec!["managed-by-arcadia".to_owned(), TAG.to_owned()],
        }
    }

    fn droplet_json(id: u64, tags: &[&str]) -> Value {
        json!({
            "id": id, "name": "dep-web", "memory": 1024, "status": "active", "locked": false,
            "networks": {"v4": [
                {"ip_address": "10.0.0.2", "gateway": "nil", "type": "private"},
                {"ip_address": "203.0.113.9", "gateway": "203.0.113.1", "type": "public"},
            ], "v6": []},
            "tags": tags, "created_at": "2024-01-01T00:00:00Z",
        })
    }

    #[tokio::test]
    async fn a_droplet_is_asked_for_with_its_tags_in_the_same_request() {
        let made = json!({
            "id": 3, "name": "dep-web", "status": "new", "networks": {"v4": [], "v6": []},
            "tags": ["managed-by-arcadia", TAG], "created_at": "2024-01-01T00:00:00Z",
        });
        let links = json!({"actions": [{"id": 9, "rel": "create", "href": "https://x/"}]});
        let stub = Stub::always(202, json!({"droplet": made, "links": links})).await;
        let droplet = stub.client().create_droplet(&draft()).await.unwrap();
        assert_eq!((droplet.id, droplet.status), (DropletId(3), DropletStatus::New));
        assert_eq!(droplet.public_ipv4, None);
        assert_eq!(stub.lines(), ["POST /v2/droplets"]);
        let expected = json!({
            "name": "dep-web", "region": "syd1", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64",
            "user_data": "#cloud-config", "tags": ["managed-by-arcadia", TAG],
        });
        assert_eq!(stub.asked()[0].body, expected);
    }

    #[tokio::test]
    async fn a_droplet_is_read_by_its_id() {
        let stub = Stub::always(200, json!({"droplet": droplet_json(3, &[TAG])})).await;
        let droplet = stub.client().droplet(DropletId(3)).await.unwrap().unwrap();
        assert_eq!(droplet.public_ipv4, Some(Ipv4Addr::new(203, 0, 113, 9)));
        assert_eq!(droplet.tags, [TAG]);
        assert_eq!(stub.lines(), ["GET /v2/droplets/3"]);
    }

    #[tokio::test]
    async fn a_droplet_that_is_not_there_is_none_and_its_removal_is_done() {
        let body = error_body("not_found", "The resource you requested could not be found.");
        let stub = Stub::always(404, body).await;
        let client = stub.client();
        assert_eq!(client.droplet(DropletId(3)).await, Ok(None));
        assert_eq!(client.destroy_droplet(DropletId(3)).await, Ok(Removal::AlreadyGone));
        assert_eq!(client.destroy_droplets_tagged(TAG).await, Ok(Removal::AlreadyGone));
    }

    #[tokio::test]
    async fn a_404_of_a_strange_server_is_no_proof_that_a_droplet_is_gone() {
        let stub = Stub::serving(|_, _| reply(404, &[], "<html>nothing here</html>")).await;
        let client = stub.client();
        let error = client.droplet(DropletId(3)).await.unwrap_err();
        assert_eq!(error.failure().code, FailureCode::BadAnswer);
        assert!(client.destroy_droplet(DropletId(3)).await.is_err());
    }

    #[tokio::test]
    async fn a_removal_is_accepted_without_a_body() {
        let stub = Stub::serving(|_, _| reply(204, &[], "")).await;
        let client = stub.client();
        assert_eq!(client.destroy_droplet(DropletId(3)).await, Ok(Removal::Accepted));
        assert_eq!(client.destroy_droplets_tagged(TAG).await, Ok(Removal::Accepted));
        let expected = ["DELETE /v2/droplets/3", "DELETE /v2/droplets?tag_name=arcadia-saga-7f3a"];
        assert_eq!(stub.lines(), expected);
    }

    #[tokio::test]
    async fn a_removal_during_an_event_is_worth_another_try() {
        let body = error_body("unprocessable_entity", "Droplet already has a pending event.");
        let stub = Stub::always(422, body).await;
        let error = stub.client().destroy_droplet(DropletId(3)).await.unwrap_err();
        assert!(matches!(error, ProviderError::Retryable { .. }), "{error:?}");
        assert_eq!(error.failure().code, FailureCode::Conflict);
    }

    #[tokio::test]
    async fn a_listing_gives_each_droplet_once_and_none_without_the_tag() {
        let rows = [
            droplet_json(1, &[TAG, "other"]),
            droplet_json(2, &["other"]),
            droplet_json(1, &[TAG]),
            droplet_json(3, &["Arcadia-Saga-7F3A"]),
        ];
        let stub = Stub::always(200, json!({"droplets": rows, "meta": {"total": 4}})).await;
        let droplets = stub.client().droplets_tagged(TAG).await.unwrap();
        let ids: Vec<_> = droplets.iter().map(|droplet| droplet.id.0).collect();
        assert_eq!(ids, [1, 3]);
        assert_eq!(stub.lines(), [format!("GET /v2/droplets?tag_name={TAG}&page=1&per_page=200")]);
    }

    #[tokio::test]
    async fn a_text_that_is_no_tag_never_reaches_the_provider() {
        let stub = Stub::serving(|_, _| reply(204, &[], "")).await;
        let client = stub.client();
        for tag in ["", "a.b", "a b", "a&b", &"x".repeat(256)] {
            let draft = DropletDraft { tags: vec![tag.to_owned()], ..draft() };
            let errors = [
                client.destroy_droplets_tagged(tag).await.unwrap_err(),
                client.droplets_tagged(tag).await.unwrap_err(),
                client.create_droplet(&draft).await.unwrap_err(),
            ];
            for error in errors {
                assert!(matches!(error, ProviderError::Terminal { .. }), "{tag}: {error:?}");
            }
        }
        assert_eq!(stub.lines(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_account_is_read() {
        let stub = Stub::always(
            200,
            json!({"account": {
                "droplet_limit": 25, "floating_ip_limit": 5, "email": "ops@example.com",
                "uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef", "email_verified": true,
                "status": "active", "status_message": " ",
            }}),
        )
        .await;
        let account = stub.client().account().await.unwrap();
        assert_eq!((account.email.as_str(), account.droplet_limit), ("ops@example.com", 25));
        assert_eq!(stub.lines(), ["GET /v2/account"]);
    }
}
