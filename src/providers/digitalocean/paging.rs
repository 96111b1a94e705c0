//! Reads a listing to its end.
//!
//! A listing that stops early is how records get made twice and droplets get forgotten, so a page
//! counts as the last one only when neither its links nor its total promise more.

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::providers::ProviderError;
use crate::providers::digitalocean::client::{Call, Client};

/// The largest page that the provider gives.
const PER_PAGE: u16 = 200;

/// A listing longer than this (20,000 rows) does not end.
const MOST_PAGES: u32 = 100;

impl Client {
    /// All rows of a listing, which each page holds under `key`.
    pub(super) async fn list<Row: DeserializeOwned>(
        &self,
        call: Call,
        key: &str,
    ) -> Result<Vec<Row>, ProviderError> {
        let mut rows = Vec::new();
        let mut before = Value::Null;
        for number in 1..=MOST_PAGES {
            let page_call = call
                .clone()
                .query("page", number.to_string())
                .query("per_page", PER_PAGE.to_string());
            let mut page: Value = self.fetch(&page_call).await?;
            let list = page.get_mut(key).map(Value::take).unwrap_or_default();
            let found = Vec::<Row>::deserialize(&list)
                .map_err(|error| self.senseless(&page_call, &format!("`{key}`: {error}"), None))?;
            let is_empty = found.is_empty();
            if !is_empty && list == before {
                let reason = format!("page {number} is page {} again", number - 1);
                return Err(self.senseless(&page_call, &reason, None));
            }
            before = list;
            rows.extend(found);
            if !links_to_more(&page) && (is_empty || !counts_more(&page, rows.len())) {
                return Ok(rows);
            }
        }
        Err(self.senseless(&call, &format!("no end after {MOST_PAGES} pages"), None))
    }
}

/// Whether the page names a next one; `links` may be absent or empty.
fn links_to_more(page: &Value) -> bool {
    let next = page.pointer("/links/pages/next").and_then(Value::as_str);
    next.is_some_and(|address| !address.is_empty())
}

fn counts_more(page: &Value, so_far: usize) -> bool {
    let total = page.pointer("/meta/total").and_then(Value::as_u64);
    total.is_some_and(|total| total > u64::try_from(so_far).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::failure::{Effect, FailureCode};
    use crate::providers::digitalocean::stub::{Asked, Stub, json_reply};

    /// Rows of the pages of a listing of 450, as the provider cuts them.
    const CUTS: [std::ops::Range<u64>; 3] = [0..200, 200..400, 400..450];

    async fn ids(stub: &Stub) -> Result<Vec<u64>, ProviderError> {
        let call = Call::get(&["things"]).query("kind", "all");
        let rows: Vec<Value> = stub.client().client.list(call, "things").await?;
        Ok(rows.iter().filter_map(|row| row["id"].as_u64()).collect())
    }

    fn page_number(asked: &Asked) -> usize {
        let (_, after) = asked.line.split_once("&page=").unwrap();
        after.split('&').next().unwrap().parse().unwrap()
    }

    fn things(ids: impl Iterator<Item = u64>) -> Value {
        ids.map(|id| json!({ "id": id })).collect()
    }

    #[tokio::test]
    async fn three_pages_are_read_to_the_end() {
        let stub = Stub::serving(|asked, _| {
            let number = page_number(asked);
            let pages = match number {
                3 => json!({"first": "https://x/?page=1", "prev": "https://x/?page=2"}),
                _ => json!({"next": format!("https://x/?page={}", number + 1)}),
            };
            let rows = things(CUTS[number - 1].clone());
            let page = json!({"things": rows, "links": {"pages": pages}, "meta": {"total": 450}});
            json_reply(200, &page)
        })
        .await;
        assert_eq!(ids(&stub).await, Ok((0..450).collect()));
        let expected =
            [1, 2, 3].map(|number| format!("GET /v2/things?kind=all&page={number}&per_page=200"));
        assert_eq!(stub.lines(), expected);
    }

    #[tokio::test]
    async fn a_total_promises_more_even_without_links() {
        let stub = Stub::serving(|asked, _| {
            let rows = things(CUTS[page_number(asked) - 1].clone());
            json_reply(200, &json!({"things": rows, "meta": {"total": 450}}))
        })
        .await;
        assert_eq!(ids(&stub).await, Ok((0..450).collect()));
        assert_eq!(stub.asked().len(), 3);
    }

    #[tokio::test]
    async fn links_may_be_absent_or_empty() {
        for links in [json!(null), json!({}), json!({"pages": {}}), json!({"pages": {"next": ""}})]
        {
            let mut page = json!({"things": [{"id": 1}], "meta": {"total": 1}});
            if !links.is_null() {
                page["links"] = links;
            }
            let stub = Stub::always(200, page).await;
            assert_eq!(ids(&stub).await, Ok(vec![1]));
            assert_eq!(stub.asked().len(), 1);
        }
    }

    #[tokio::test]
    async fn rows_that_vanish_while_they_are_counted_end_the_listing() {
        let stub = Stub::serving(|asked, _| {
            let rows = things(if page_number(asked) == 1 { 0..200 } else { 0..0 });
            json_reply(200, &json!({"things": rows, "meta": {"total": 201}}))
        })
        .await;
        assert_eq!(ids(&stub).await, Ok((0..200).collect()));
        assert_eq!(stub.asked().len(), 2);
    }

    #[tokio::test]
    async fn a_listing_without_an_end_is_an_error() {
        let stub = Stub::serving(|_, before| {
            let links = json!({"pages": {"next": "https://x/"}});
            json_reply(200, &json!({"things": [{"id": before}], "links": links}))
        })
        .await;
        let error = ids(&stub).await.unwrap_err();
        assert_eq!((error.failure().code, error.effect()), (FailureCode::BadAnswer, Effect::None));
        assert_eq!(stub.asked().len(), 100);
    }

    #[tokio::test]
    async fn a_page_without_its_list_is_an_error_and_not_an_empty_listing() {
        let stub = Stub::always(200, json!({"meta": {"total": 0}})).await;
        let error = ids(&stub).await.unwrap_err();
        assert_eq!(error.failure().code, FailureCode::BadAnswer);
    }
}
