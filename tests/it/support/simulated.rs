//! A simulated cloud in a process of its own, which outlives every program that uses it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::support::home::{Home, QUICK};
use crate::support::program::Running;
use crate::support::wait::Deadline;

/// A simulated cloud in a process of its own.
pub(crate) struct Simulated {
    address: String,
    config: String,
    _process: Running,
    _home: Home,
}

/// An A record: name and address and seconds.
pub(crate) type Record = (String, String, u64);

impl Simulated {
    /// Starts one that is quick, at a port of its own.
    pub(crate) fn start() -> Self {
        Self::configured(QUICK)
    }

    /// Starts one with this configuration, at a port of its own.
    pub(crate) fn configured(config: &str) -> Self {
        let home = Home::configured(config);
        let mut process = home.start(&["simulator", "--listen", "127.0.0.1:0"]);
        let said = process.wait_for_talk("its address", |line| line.contains("listens on"));
        let (_, rest) = said.split_once("http://").unwrap();
        let address = rest.split(';').next().unwrap().to_owned();
        Self { address, config: config.to_owned(), _process: process, _home: home }
    }

    /// What stands before `/v2`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A home with the same configuration, whose program uses this cloud.
    pub(crate) fn home(&self) -> Home {
        Home::configured(&self.config).with("ARCADIA_SIMULATOR_URL", &self.url())
    }

    /// Replaces the fault rules.
    pub(crate) fn faults(&self, rules: &[&str]) {
        let body = serde_json::to_string(rules).unwrap();
        self.request("POST", "/_simulator/faults", &body);
    }

    /// The droplets that really are there: id and name.
    pub(crate) fn droplets(&self) -> Vec<(String, String)> {
        let state = self.state();
        let droplets = state["droplets"].as_array().unwrap();
        let name = |droplet: &Value| droplet["name"].as_str().unwrap().to_owned();
        let mut all: Vec<_> =
            droplets.iter().map(|droplet| (droplet["id"].to_string(), name(droplet))).collect();
        all.sort();
        all
    }

    /// The A records of the zone that really are there.
    pub(crate) fn records(&self) -> Vec<Record> {
        let state = self.state();
        let records = state["records"]["acme.example"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut all: Vec<_> = records
            .iter()
            .filter(|record| record["type"] == "A")
            .map(|record| {
                (text(&record["name"]), text(&record["data"]), record["ttl"].as_u64().unwrap())
            })
            .collect();
        all.sort();
        all
    }

    /// Makes an A record, as somebody else would.
    pub(crate) fn put_record(&self, (name, data, ttl): (&str, &str, u64)) {
        let body = serde_json::json!({"type": "A", "name": name, "data": data, "ttl": ttl});
        self.request("POST", "/v2/domains/acme.example/records", &body.to_string());
    }

    /// Points the only A record of a name elsewhere, as somebody else would.
    pub(crate) fn change_record(&self, name: &str, data: &str) {
        // Not by the listing, which lags.
        let state = self.state();
        let records = state["records"]["acme.example"].as_array().unwrap();
        let of_name = |record: &&Value| record["type"] == "A" && record["name"] == name;
        let found: Vec<_> = records.iter().filter(of_name).collect();
        let [record] = found.as_slice() else { panic!("not one record of `{name}`: {found:?}") };
        let body = serde_json::json!({"type": "A", "data": data});
        let path = format!("/v2/domains/acme.example/records/{}", record["id"]);
        self.request("PUT", &path, &body.to_string());
    }

    /// Waits until listings show what really is there: they lag.
    pub(crate) fn wait_until_listed(&self) {
        self.wait_until("listings have caught up", |cloud| {
            let (state, listed) =
                (cloud.state(), cloud.request("GET", "/v2/droplets?per_page=200", ""));
            droplet_states(&state) == droplet_states(&listed)
        });
    }

    /// Everything that really is there.
    pub(crate) fn state(&self) -> Value {
        self.request("GET", "/_simulator/state", "")
    }

    /// Makes a droplet with these tags, as somebody else would, and gives its id.
    pub(crate) fn put_droplet(&self, name: &str, tags: &[&str]) -> u64 {
        let body = serde_json::json!({
            "name": name, "region": "syd1", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64",
            "tags": tags,
        });
        let made = self.request("POST", "/v2/droplets", &body.to_string());
        let id = made["droplet"]["id"].as_u64().unwrap();
        self.wait_until("the droplet is up", |cloud| {
            let state = cloud.state();
            let mut droplets = state["droplets"].as_array().unwrap().iter();
            let droplet = droplets.find(|droplet| droplet["id"] == id).unwrap();
            let addresses = droplet["networks"]["v4"].as_array().unwrap();
            droplet["status"] == "active" && addresses.iter().any(|at| at["type"] == "public")
        });
        id
    }

    /// Does something else to the cloud, as somebody else would.
    pub(crate) fn meddle(&self, method: &str, path: &str, body: &Value) {
        self.request(method, path, &body.to_string());
    }

    /// How often each route was asked.
    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        let answer = self.request("GET", "/_simulator/requests", "");
        serde_json::from_value(answer["requests"].clone()).unwrap()
    }

    /// How often it was asked what a fault rule is about: `GET /v2/droplets/*: silence`.
    pub(crate) fn asked(&self, rule: &str) -> u64 {
        let pattern = rule.split(':').next().unwrap();
        let matches = |route: &str| {
            let (route, pattern) = (route.split('/'), pattern.split('/'));
            let fits = |(found, wanted): (&str, &str)| wanted == "*" || found == wanted;
            route.clone().count() == pattern.clone().count() && route.zip(pattern).all(fits)
        };
        self.requests()
            .into_iter()
            .filter(|(route, _)| matches(route))
            .map(|(_, count)| count)
            .sum()
    }

    /// Waits until it was asked that once more than `before`.
    pub(crate) fn wait_until_asked(&self, rule: &str, before: u64) {
        self.wait_until(&format!("it is asked `{rule}`"), |cloud| cloud.asked(rule) > before);
    }

    /// Waits until the cloud is as wanted.
    pub(crate) fn wait_until(&self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Deadline::begin();
        while !wanted(self) {
            assert!(!deadline.is_over(), "waited in vain until {what}; {:?}", self.requests());
        }
    }

    /// One request of a client that has nothing in common with ours.
    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: simulated\r\nauthorization: Bearer test\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        match body {
            "" => Value::Null,
            body => serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")),
        }
    }
}

/// Id and status of each droplet, in the order of the ids.
fn droplet_states(answer: &Value) -> BTreeMap<u64, String> {
    let droplets = answer["droplets"].as_array().unwrap().iter();
    let states = droplets.map(|droplet| {
        (droplet["id"].as_u64().unwrap(), droplet["status"].as_str().unwrap().to_owned())
    });
    states.collect()
}
