//! A limit on the size of files (`ulimit -f`): the system ends a process that goes beyond it, unless it
//! sees to it that the write fails instead.

use std::process::Command;

use crate::support::home::{ARCADIA, Home, launch};
use crate::support::program::Running;

/// In units of 512 bytes: more than an empty journal takes, and less than a few large launches.
const BLOCKS: &str = "2048";

#[test]
fn a_limit_on_the_size_of_files_is_told_and_kills_nothing() {
    let home = Home::new();
    assert_eq!(home.run(&launch("web")).code, Some(0));
    let large = home.path().join("large");
    std::fs::write(&large, "#".repeat(60_000)).unwrap();
    let large = ["--user-data-file", large.to_str().unwrap()];
    let refused = (0..40).find_map(|number| {
        let slug = format!("db-{number}");
        let launched = limited(&home, &[&launch(&slug)[..], &large].concat()).end();
        (launched.code != Some(0)).then_some(launched)
    });
    let refused = refused.expect("the limit is reached");
    assert_eq!(refused.code, Some(1), "no signal ends it: {refused:?}");
    assert!(refused.stderr.contains("File too large"), "{refused:?}");
    assert!(refused.stderr.contains("`ulimit -f`"), "{refused:?}");
    // Without the limit everything that was acknowledged is there, and goes on.
    home.finish_everything();
    assert_eq!(home.run(&launch("after")).code, Some(0));
}

fn limited(home: &Home, arguments: &[&str]) -> Running {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, ARCADIA]).args(arguments);
    shell.env_clear().envs(home.variables().iter().cloned()).current_dir(home.path());
    Running::start(shell)
}
