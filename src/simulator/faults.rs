//! What goes wrong, as data: rules that match requests, and what happens to those that they hit.
//!
//! The engine is pure. It is told of a request and rolls the dice that it is handed; it does no
//! I/O, so tests of other parts use it without a server.
//!
//! # The compact form
//!
//! ```text
//! METHOD PATH: FAULT[, OPTION]...
//! ```
//!
//! `METHOD` is a method or `*`. In `PATH` a segment `*` stands for any one segment, and a last
//! segment `**` for whatever follows. The query is no part of it.
//!
//! | fault | what happens |
//! |---|---|
//! | `500`, `503 "maintenance"` | this status with an error body, and nothing else: no effect takes place. A status below 400 has no body (a lie: `DELETE /v2/droplets/*: 204`) |
//! | `500 after effect` | the request does its work, and then this status is answered |
//! | `drop`, `drop after effect` | the connection is closed without an answer |
//! | `silence`, `silence after effect` | the connection stays open, and nothing is ever answered |
//! | `delay 3s` | the request does its work after this time (`ms`, `s`, `m`, `h`) |
//! | `cut` | the work is done; half of the body is sent, then the connection breaks |
//! | `malformed` | the work is done; the body is half of the JSON it should be |
//! | `wrong type` | the work is done; every number of the body becomes a text |
//! | `empty` | the work is done; every list of the body has nothing in it |
//! | `drip 5s` | the work is done; the body comes in pieces over this time |
//! | `placement fails` | a droplet is accepted, vanishes when it should become active, and its action has errored |
//!
//! | option | which of the matching requests |
//! |---|---|
//! | `every` | each; this is the default |
//! | `nth 3` | only the third |
//! | `first 2` | the first two |
//! | `chance 0.1` | each with this probability |
//! | `times 5` | at most five altogether |
//! | `retry after 1h` | (with a status) the `Retry-After` header |
//!
//! # Examples
//!
//! ```text
//! POST /v2/droplets: 500 after effect, nth 1
//! POST /v2/droplets: drop after effect, first 2
//! GET /v2/droplets/*: 429, retry after 1h, times 3
//! * /v2/**: 503 "down for maintenance", chance 0.1
//! PUT /v2/domains/*/records/*: silence after effect, nth 1
//! DELETE /v2/droplets/*: 422 "Droplet already has a pending event.", first 3
//! POST /v2/droplets: placement fails, nth 1
//! ```

mod parse;
mod pattern;
mod rule;

pub use parse::ParseFaultError;
pub use rule::{Fault, FaultRule, Moment, When};

/// The rules in force, and how often each has been met.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    armed: Vec<Armed>,
}

#[derive(Debug, Clone)]
struct Armed {
    rule: FaultRule,
    /// Requests that matched.
    met: u32,
    /// Requests that were hit.
    hit: u32,
}

impl Faults {
    /// These rules, none of them met yet.
    pub fn new(rules: Vec<FaultRule>) -> Self {
        Self { armed: rules.into_iter().map(|rule| Armed { rule, met: 0, hit: 0 }).collect() }
    }

    /// The rules in force.
    pub fn rules(&self) -> impl Iterator<Item = &FaultRule> {
        self.armed.iter().map(|armed| &armed.rule)
    }

    /// What happens to this request. The first rule that hits decides; every rule that matches
    /// counts it. `roll` gives numbers in `0.0..1.0` and is asked once for each rule of chance
    /// that matches.
    pub fn judge(
        &mut self,
        method: &str,
        path: &str,
        mut roll: impl FnMut() -> f64,
    ) -> Option<Fault> {
        let mut verdict = None;
        for armed in &mut self.armed {
            if !armed.rule.matches(method, path) {
                continue;
            }
            armed.met = armed.met.saturating_add(1);
            let due = match armed.rule.when {
                When::Every => true,
                When::Nth(n) => armed.met == n,
                When::First(n) => armed.met <= n,
                When::Chance(probability) => roll() < probability,
            };
            let spent = armed.rule.times.is_some_and(|times| armed.hit >= times);
            if due && !spent && verdict.is_none() {
                armed.hit += 1;
                verdict = Some(armed.rule.fault.clone());
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests;
