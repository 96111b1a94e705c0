//! A simulated cloud.

pub mod faults;
pub mod world;
