//! Arcadia's integration tests: one binary, a module for each capability.

mod layering;
mod saga_law;
mod support;
