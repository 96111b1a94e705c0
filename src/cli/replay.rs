//! `arcadia replay`: what can be said. Showing it is not the shell's business.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How a recorded session is shown again.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows what `arcadia --record FILE` took down, without engine, journal or network. Space pauses, a dot
goes one message further, q leaves.

Examples:
  arcadia replay session.jsonl --speed 10
  arcadia replay session.jsonl --print 120x36      the last screen, for a report")]
pub struct ReplayArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How fast; long pauses are cut short in any case
    #[arg(long, value_enum, default_value = "1")]
    pub speed: ReplaySpeed,
    /// Begin after so many messages; with --print, end there
    #[arg(long, value_name = "N")]
    pub at: Option<usize>,
    /// Print the last screen as text, so wide and high, and show nothing
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub print: Option<(u16, u16)>,
}

/// How fast a session is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReplaySpeed {
    /// As fast as it went
    #[value(name = "1")]
    Life,
    /// Ten times as fast
    #[value(name = "10")]
    Tenfold,
    /// To its end at once
    #[value(name = "max")]
    Max,
}

/// The largest screen that is printed, in cells across or down.
const LARGEST: u16 = 1_000;

fn size(text: &str) -> Result<(u16, u16), String> {
    let parse = |text: &str| text.parse().ok().filter(|cells| (1..=LARGEST).contains(cells));
    text.split_once('x')
        .and_then(|(width, height)| Some((parse(width)?, parse(height)?)))
        .ok_or_else(|| format!("a size looks like `120x36`, at most {LARGEST}x{LARGEST}"))
}
