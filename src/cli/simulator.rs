//! `arcadia simulator`: what can be said. Running it is not the shell's business.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// How the simulated cloud runs. What is not said is as the configuration's `[simulator]` says.
#[derive(Debug, Clone, Args)]
#[command(after_help = "A fault is a rule: METHOD PATH: FAULT[, OPTION]...

Examples:
  arcadia simulator --seed 7
  arcadia simulator --fault 'POST /v2/droplets: 500 after effect, nth 1'
  arcadia simulator --fault 'GET /v2/droplets/*: 429, retry after 1h, times 3' \\
    --fault '* /v2/**: 503, chance 0.1' --state-file cloud.json

To use it: ARCADIA_SIMULATOR_URL=http://127.0.0.1:7070 arcadia")]
pub struct SimulatorArgs {
    /// Listen here; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// Make requests fail by this rule (can be repeated)
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<String>,
    /// Take chance from this seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// Keep the cloud's books in this file [default: in memory]
    #[arg(long, value_name = "FILE")]
    pub state_file: Option<PathBuf>,
    /// From a create request to active, such as `6s`
    #[arg(long, value_name = "SPAN", value_parser = crate::config::parse_span)]
    pub activation: Option<std::time::Duration>,
    /// From active to the public address
    #[arg(long, value_name = "SPAN", value_parser = crate::config::parse_span)]
    pub address_delay: Option<std::time::Duration>,
    /// How far listings are behind
    #[arg(long, value_name = "SPAN", value_parser = crate::config::parse_span)]
    pub listing_lag: Option<std::time::Duration>,
    /// From a delete request to its effect
    #[arg(long, value_name = "SPAN", value_parser = crate::config::parse_span)]
    pub deletion: Option<std::time::Duration>,
}
