//! Arcadia's integration tests: one binary, a module for each capability.

mod screens;
