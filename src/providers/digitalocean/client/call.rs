//! One request to make, before anything is sent.

use reqwest::{Method, Url};
use serde::Serialize;

use crate::providers::digitalocean::error::Nature;

/// One request to make.
#[derive(Clone)]
pub(in crate::providers::digitalocean) struct Call {
    pub(super) method: Method,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) quota: Quota,
}

/// Which quota of the provider a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quota {
    /// The token's own, which the limiter follows.
    Shared,
    /// A small one of this path alone, whose headers say nothing about the others.
    Apart,
}

impl Call {
    /// `GET` of the path of these segments.
    pub(in crate::providers::digitalocean) fn get(segments: &[&str]) -> Self {
        Self::new(Method::GET, segments)
    }

    /// `POST` to the path of these segments.
    pub(in crate::providers::digitalocean) fn post(
        segments: &[&str],
        body: &impl Serialize,
    ) -> Self {
        Self::new(Method::POST, segments).with_body(body)
    }

    /// `PUT` to the path of these segments.
    pub(in crate::providers::digitalocean) fn put(
        segments: &[&str],
        body: &impl Serialize,
    ) -> Self {
        Self::new(Method::PUT, segments).with_body(body)
    }

    /// `DELETE` of the path of these segments.
    pub(in crate::providers::digitalocean) fn delete(segments: &[&str]) -> Self {
        Self::new(Method::DELETE, segments)
    }

    /// With one more pair in the query.
    pub(in crate::providers::digitalocean) fn query(
        mut self,
        key: &'static str,
        value: impl Into<String>,
    ) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// Counted apart by the provider.
    pub(in crate::providers::digitalocean) fn counted_apart(mut self) -> Self {
        self.quota = Quota::Apart;
        self
    }

    fn new(method: Method, segments: &[&str]) -> Self {
        Self {
            method,
            segments: segments.iter().map(|&segment| segment.to_owned()).collect(),
            query: Vec::new(),
            body: None,
            quota: Quota::Shared,
        }
    }

    fn with_body(mut self, body: &impl Serialize) -> Self {
        let json = serde_json::to_vec(body).expect("plain structs with text keys serialize");
        self.body = Some(json);
        self
    }

    pub(super) fn nature(&self) -> Nature {
        if self.method == Method::GET { Nature::Read } else { Nature::Change }
    }

    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.path_segments_mut()
            .expect("the base address is http, checked when the client was made")
            .pop_if_empty()
            .push("v2")
            .extend(&self.segments);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}
