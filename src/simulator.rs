//! A simulated cloud.

pub mod world;
