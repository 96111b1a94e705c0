//! The `arcadia` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    arcadia::app::main()
}
