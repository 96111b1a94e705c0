//! Arcadia: launch, watch and roll back tenant deployments from the terminal.

pub mod clock;
pub mod domain;
pub mod providers;
pub mod simulator;
