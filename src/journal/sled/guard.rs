//! What sled's panics become.
//!
//! sled panics on much of the damage that a disk can do, in our threads and in those of its own. In
//! ours [`guarded`] makes an error of it. A panic would also print a message and a backtrace that
//! helps nobody at the terminal; [`install`] sees to it that those go to the log instead.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

/// What the names of sled's own threads begin with.
const SLEDS_THREADS: &str = "sled-";

thread_local! {
    /// How many [`guarded`] calls this thread is inside of.
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

/// Does the work; a panic in it becomes the error that `broken` makes of its words.
pub(super) fn guarded<T, E>(
    work: impl FnOnce() -> Result<T, E>,
    broken: impl FnOnce(String) -> E,
) -> Result<T, E> {
    install();
    let caught = {
        let _inside = Inside::enter();
        panic::catch_unwind(AssertUnwindSafe(work))
    };
    caught.unwrap_or_else(|panic| {
        Err(broken(format!("the storage engine broke off ({})", words(&*panic))))
    })
}

/// Sends the messages of sled's panics to the log, in every thread of the process, and leaves those of
/// all other panics to whoever told them before. The first call does it; a hook that is set later must
/// call the one before it for what is not its own.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if is_sleds() {
                tracing::warn!(panic = %info, "the storage engine broke off");
            } else {
                others(info);
            }
        }));
    });
}

/// Whether a panic of this thread is one of sled's: it is caught, or it ends one of sled's own
/// threads, and then whoever waits for that thread gets an error or panics in its turn.
pub fn is_sleds() -> bool {
    GUARDED.get() > 0
        || thread::current().name().is_some_and(|name| name.starts_with(SLEDS_THREADS))
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        GUARDED.set(GUARDED.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        GUARDED.set(GUARDED.get() - 1);
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it does not say why".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let broken: Result<(), String> = guarded(|| panic!("page {} is gone", 7), |what| what);
        assert_eq!(broken.unwrap_err(), "the storage engine broke off (page 7 is gone)");
        assert!(!is_sleds());
        assert_eq!(guarded(|| Ok::<_, String>(is_sleds()), |what| what), Ok(true));
    }
}
