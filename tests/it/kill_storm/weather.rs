//! The storm's cloud: how quick it is, and what goes wrong in it.

/// A cloud and sagas that take tens of milliseconds, so that a thousand lives take minutes. Attempts
/// are many, because faults come again and again while nobody is there to retry.
pub(crate) const CONFIG: &str = "\
[simulator]
activation = \"80ms\"
address_delay = \"20ms\"
listing_lag = \"40ms\"
deletion = \"80ms\"
droplet_limit = 1000

[saga]
settle = \"300ms\"
poll_first = \"100ms\"
poll_most = \"100ms\"

[saga.calls]
timeout = \"1s\"
tries = 6
base = \"20ms\"
cap = \"80ms\"

[saga.compensations]
timeout = \"1s\"
tries = 20
base = \"20ms\"
cap = \"80ms\"
";

/// What goes wrong in the cloud for a while.
pub(crate) const WEATHER: [&[&str]; 14] = [
    &[],
    &["* /v2/**: delay 60ms, chance 0.4"],
    &["* /v2/**: 500, chance 0.15"],
    &["* /v2/**: 500 after effect, chance 0.15"],
    &["* /v2/**: drop, chance 0.15"],
    &["* /v2/**: drop after effect, chance 0.15"],
    &["* /v2/**: cut, chance 0.1", "* /v2/**: malformed, chance 0.1"],
    &["* /v2/**: silence after effect, chance 0.04"],
    &["* /v2/**: 429, retry after 1s, chance 0.05"],
    &["POST /v2/droplets: drop after effect, chance 0.6"],
    &["DELETE /v2/droplets/*: drop after effect, chance 0.6"],
    &[
        "POST /v2/domains/*/records: 500 after effect, chance 0.6",
        "* /v2/**: delay 20ms, chance 0.5",
    ],
    &["POST /v2/droplets: placement fails, chance 0.4"],
    &["POST /v2/droplets: 422, chance 0.3", "POST /v2/domains/*/records: 422, chance 0.3"],
];
