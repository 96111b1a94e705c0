//! `kill -9` of the real program at random moments, hundreds of times over a growing population of
//! sagas, against a cloud in another process that lags, fails and loses answers meanwhile. Then it is
//! left to finish, and everything is audited.
//!
//! What counts as acknowledged: each entry that `--watch --json` printed must be in the history,
//! word for word, and a verb that ended with 0 must have told the truth.
//!
//! `cargo kill-storm` kills the release build a thousand times. `KILL_STORM_SEED` draws the same
//! verbs, moments and faults again; the machine's own timing stays what it is, so a failing storm
//! keeps its folder and the cloud's state.

use std::collections::BTreeMap;
use std::thread;

use crate::kill_storm::storm::Storm;
use crate::support::seed::seed;

mod storm;
mod weather;

const SEED: &str = "KILL_STORM_SEED";

#[test]
fn killed_at_random_moments_the_program_leaves_nothing_behind_and_forgets_nothing() {
    storms(2, 12);
}

#[test]
#[ignore = "`cargo kill-storm` runs it: as the short one, with a thousand kills"]
fn killed_a_thousand_times_the_program_leaves_nothing_behind_and_forgets_nothing() {
    storms(8, 125);
}

/// So many storms at the same time, each in a world of its own, with so many kills.
fn storms(count: u64, kills: usize) {
    let seed = seed(SEED);
    let mut figures = Figures::default();
    thread::scope(|scope| {
        let storms: Vec<_> = (seed..seed + count)
            .map(|seed| scope.spawn(move || Storm::rage(seed, kills)))
            .collect();
        for storm in storms {
            figures.add(storm.join().expect("a storm that fails says why"));
        }
    });
    eprintln!("seed {seed}: {figures:#?}");
}

/// What came of it.
#[derive(Debug, Clone, Default)]
struct Figures {
    kills: usize,
    lives: usize,
    sagas: BTreeMap<String, usize>,
    /// Entries that were printed, and are in the history.
    entries_kept: usize,
    /// Verbs that ended by themselves with 0, and told the truth.
    promises_kept: usize,
    lost: usize,
    orphans: usize,
    doubles: usize,
    contradictions: usize,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.lives += other.lives;
        for (standing, count) in other.sagas {
            *self.sagas.entry(standing).or_default() += count;
        }
        self.entries_kept += other.entries_kept;
        self.promises_kept += other.promises_kept;
        self.lost += other.lost;
        self.orphans += other.orphans;
        self.doubles += other.doubles;
        self.contradictions += other.contradictions;
    }
}
