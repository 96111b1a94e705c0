//! How the provider is reached: its address, the token, and the connections.

use std::net::IpAddr;

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::providers::digitalocean::Settings;
use crate::providers::digitalocean::error::DigitalOceanError;

pub(super) const USER_AGENT: &str = concat!("arcadia/", env!("CARGO_PKG_VERSION"));

pub(super) fn parse_base_url(text: &str) -> Result<Url, DigitalOceanError> {
    let refuse = |reason: &str| DigitalOceanError::BaseUrl { reason: reason.to_owned() };
    let url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it has a query or a fragment"));
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(host) => Ok(url),
        ("http", Some(host)) => Err(DigitalOceanError::PlainHttp { host: host.to_owned() }),
        _ => Err(refuse("it does not start with `https://`, or `http://` for a loopback host")),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

pub(super) fn bearer(token: &str) -> Result<HeaderValue, DigitalOceanError> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(DigitalOceanError::Token);
    }
    let mut value =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| DigitalOceanError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn build_http(
    settings: &Settings,
    base_url: &Url,
) -> Result<reqwest::Client, DigitalOceanError> {
    // Whoever comes second finds one installed, which serves as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.request_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy();
    if base_url.scheme() == "http" {
        // The simulator must run where no root certificates are installed.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| DigitalOceanError::Http(error.without_url()))
}
