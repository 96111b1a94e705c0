//! The `arcadia` program.

fn main() {}
