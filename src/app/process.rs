//! What the process does for its own privacy and for whoever reads its last words.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask,
};
use signal_hook::consts::SIGXFSZ;

use crate::cli::output::Output;

/// Keeps the memory of this process to itself, from before the token is in it: no core file is
/// written, by this process or by a token command, and no other process of the same user may read
/// it or its environment through `/proc` or a debugger.
///
/// # Errors
/// When the system refuses; the token is then as safe as the user's account is.
pub(super) fn keep_memory_private() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Makes every file of this process, and of what it starts, its owner's alone from its first byte on:
/// also those that the storage engine makes whenever it likes, and would leave readable to others.
pub(super) fn keep_files_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Lets a write fail that would make a file larger than this process may make one (`ulimit -f`). By
/// itself the system ends the process there, without a word and in the middle of a saga.
pub(super) fn outlive_limits() {
    // Caught and not ignored: whoever is started from here would inherit the latter.
    signal_hook::flag::register(SIGXFSZ, Arc::default())
        .expect("every process may catch this signal");
}

/// Prints the last words of a panic through the one place that makes text harmless. The dashboard
/// puts its own hook before this one.
pub(super) fn tell_panics() {
    panic::set_hook(Box::new(|info| tell(&Output::of_process(), info)));
}

fn tell(output: &Output, info: &PanicHookInfo<'_>) {
    let words = info.payload_as_str().unwrap_or("it said nothing");
    let place = info.location().map_or_else(String::new, |at| format!(" at {at}"));
    // One line, whatever it says: what follows must not be taken for ours.
    let words: Vec<_> = words.lines().collect();
    output.talk(&format!("error: a mistake in arcadia{place}: {}", words.join(" ")));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        output.talk(&trace.to_string());
    }
    output.talk("hint: sagas are safe in the journal, and go on at the next start");
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rustix::process::{dumpable_behavior, getrlimit};
    use secrecy::SecretString;

    use super::*;
    use crate::cli::output::{Tty, capture};
    use crate::domain::text::is_harmful;
    use crate::providers::digitalocean::Settings;

    #[test]
    fn no_core_file_is_written_and_nobody_looks_into_the_memory() {
        keep_memory_private().unwrap();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }

    #[test]
    fn a_panic_tells_no_token_steers_no_terminal_and_forges_no_line() {
        let settings = Settings::new(SecretString::from("dop_v1_5ecret"));
        let (output, _, talk) = capture::output(Tty::Pipe, &[]);
        let (output, previous) = (Arc::new(Mutex::new(output)), panic::take_hook());
        let told = Arc::clone(&output);
        let mine = std::thread::current().id();
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == mine {
                tell(&told.lock().unwrap(), info);
            } else {
                previous(info);
            }
        }));
        let panicked = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            panic!("{settings:?} \u{1b}]52;c;x\u{7}\u{202e}\nerror: forged");
        }));
        drop(panic::take_hook());
        assert!(panicked.is_err());
        let text = talk.text();
        assert!(text.contains("base_url") && text.contains("REDACTED"), "{text}");
        assert!(!text.contains("5ecret"), "{text}");
        let errors = text.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{text}");
        assert!(!text.lines().any(|line| line.chars().any(is_harmful)), "{text}");
    }
}
