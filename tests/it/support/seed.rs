//! Where a random suite's seed comes from.

use std::env;

use arcadia::clock::Chance;

/// The seed in this environment variable, or one that nobody can predict. Whoever draws from it
/// prints it.
pub(crate) fn seed(variable: &str) -> u64 {
    env::var(variable).map_or_else(
        |_| Chance::from_system().below(1_000_000),
        |seed| seed.parse().expect("the seed is a number"),
    )
}
