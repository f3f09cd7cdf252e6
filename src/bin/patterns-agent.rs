//! The `patterns-agent` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    patterns_agent::program::main()
}
