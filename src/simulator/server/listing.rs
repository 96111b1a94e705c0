//! Lists: filters, pages, and links to the other pages.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::simulator::server::extract::Origin;
use crate::simulator::server::problem::Problem;

const DEFAULT_PER_PAGE: usize = 20;
const MOST_PER_PAGE: usize = 200;

/// A request for a list: which page, and the other parameters of its query.
pub(super) struct Listing {
    parameters: BTreeMap<String, String>,
    /// The URL without its query.
    url: String,
    /// The query as it came, without the page.
    query: Vec<String>,
    page: usize,
    per_page: usize,
}

impl Listing {
    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The page that was asked for of all these items. A page past the last one is empty.
    pub(super) fn answer(&self, key: &str, items: Vec<Value>) -> Response {
        let total = items.len();
        let skipped = (self.page - 1).saturating_mul(self.per_page);
        let shown: Vec<Value> = items.into_iter().skip(skipped).take(self.per_page).collect();
        let body = json!({ key: shown, "links": self.links(total), "meta": { "total": total } });
        Json(body).into_response()
    }

    /// Forward links on every page but the last, backward ones on every page but the first. When
    /// all fits in one page there are none.
    fn links(&self, total: usize) -> Value {
        let last = total.div_ceil(self.per_page).max(1);
        if last == 1 && self.page == 1 {
            return json!({});
        }
        let mut pages = Map::new();
        let mut link = |name: &str, page: usize| {
            pages.insert(name.to_owned(), Value::String(self.url_of(page)));
        };
        if self.page > 1 {
            link("first", 1);
            link("prev", (self.page - 1).min(last));
        }
        if self.page < last {
            link("next", self.page + 1);
            link("last", last);
        }
        json!({ "pages": pages })
    }

    fn url_of(&self, page: usize) -> String {
        let mut query = vec![format!("page={page}")];
        query.extend(self.query.iter().cloned());
        format!("{}?{}", self.url, query.join("&"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(parameters): Query<BTreeMap<String, String>> = Query::try_from_uri(&parts.uri)
            .map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, format!("The query is malformed: {error}"))
            })?;
        let number = |name: &str, default: usize, most: usize| match parameters.get(name) {
            None => Ok(default),
            Some(text) => text.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
                let message = format!("{name} must be a number from 1 to {most}");
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message)
            }),
        };
        let page = number("page", 1, 1_000_000)?;
        let per_page = number("per_page", DEFAULT_PER_PAGE, MOST_PER_PAGE)?;
        let raw = parts.uri.query().unwrap_or_default().split('&');
        let query =
            raw.filter(|pair| !pair.is_empty() && !pair.starts_with("page=")).map(str::to_owned);
        let Origin(origin) = Origin::of(&parts.headers);
        Ok(Self {
            url: format!("{origin}{}", parts.uri.path()),
            query: query.collect(),
            parameters,
            page,
            per_page,
        })
    }
}
