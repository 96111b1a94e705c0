//! Which cases are run: a sample from a seed in `cargo test`, all of them in `cargo crash`, or the one
//! that `ARCADIA_CRASH` names. `cargo crash` builds for speed: all of it takes minutes.

use std::panic::{self, AssertUnwindSafe};

use arcadia::clock::Chance;

use crate::crash::case::Case;
use crate::crash::path::Path;
use crate::crash::point::{Crash, Dead, Life, Point, Write};

/// Says what is run: `all`, `seed 7` for another sample, or a case as a failing one is told.
const VARIABLE: &str = "ARCADIA_CRASH";

/// The seed of the sample that `cargo test` runs.
const SEED: u64 = 3;

/// How often a restart dies at once, one after the other.
const RESTARTS_THAT_DIE: usize = 5;

/// How many cases of one path are run.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// Points of the first life; the rest is left to another seed.
    points: usize,
    /// Second crashes.
    double: usize,
}

/// What `cargo test` runs of each path: as much as takes a quarter of a minute on two cores.
const SAMPLE: Share = Share { points: 3, double: 1 };

/// What `cargo crash` runs of each path: every point of the first life.
const ALL: Share = Share { points: usize::MAX, double: 25 };

/// What is asked for.
enum Wanted {
    Sweep { share: Share, seed: u64 },
    Case(String),
}

/// Runs what is wanted of these paths, prints the figures, and fails with every case that failed.
pub(crate) fn sweep(name: &str, paths: &[Path]) {
    let (share, seed) = match wanted() {
        Wanted::Sweep { share, seed } => (share, seed),
        Wanted::Case(case) => return replay(&case, paths),
    };
    let mut figures = Figures::default();
    for (number, path) in paths.iter().enumerate() {
        let chance = Chance::seeded(seed + 1_000 * number as u64);
        figures.sweep(path, share, &chance);
    }
    assert!(figures.points >= paths.len(), "only {} points were tried", figures.points);
    eprintln!(
        "{name}: {} paths, {} points, {} double crashes, {} that die {RESTARTS_THAT_DIE} times more, \
         seed {seed}; left behind: {}",
        paths.len(),
        figures.points,
        figures.double,
        figures.again,
        figures.failed.len()
    );
    assert!(figures.failed.is_empty(), "replay with\n{}", figures.failed.join("\n"));
}

/// The case that is asked for, if one is, and the paths that it may be of.
pub(crate) fn asked_for() -> Option<String> {
    match wanted() {
        Wanted::Case(case) => Some(case),
        Wanted::Sweep { .. } => None,
    }
}

/// Reads a case: the name of its path, and its crashes.
pub(crate) fn read(case: &str) -> Result<(&str, Vec<Crash>), String> {
    let mut parts = case.split(" @ ");
    let name = parts.next().unwrap_or_default();
    Ok((name, parts.map(str::parse).collect::<Result<_, _>>()?))
}

fn wanted() -> Wanted {
    let Ok(text) = std::env::var(VARIABLE) else {
        return Wanted::Sweep { share: SAMPLE, seed: SEED };
    };
    if text == "all" {
        return Wanted::Sweep { share: ALL, seed: SEED };
    }
    match text.strip_prefix("seed ").and_then(|seed| seed.parse().ok()) {
        Some(seed) => Wanted::Sweep { share: SAMPLE, seed },
        None => Wanted::Case(text),
    }
}

fn replay(case: &str, paths: &[Path]) {
    let (name, crashes) = read(case).unwrap();
    if let Some(path) = paths.iter().find(|path| path.name == name) {
        let lives = Case { path, crashes: &crashes }.run();
        eprintln!("{case}: {lives:?}");
    }
}

#[derive(Default)]
struct Figures {
    points: usize,
    double: usize,
    again: usize,
    failed: Vec<String>,
}

impl Figures {
    fn sweep(&mut self, path: &Path, share: Share, chance: &Chance) {
        let Some(whole) = self.run(path, &[]) else { return };
        let life = whole[0];
        for (number, point) in picked(life.points(), share.points, chance).into_iter().enumerate() {
            let dead = Dead::ALL[number % Dead::ALL.len()];
            self.points += 1;
            self.run(path, &[Crash { point, dead }]);
        }
        for _ in 0..share.double {
            self.double_crash(path, life, chance);
        }
        self.again += 1;
        self.die_again(path, life, chance);
    }

    /// A crash, and another one somewhere in the recovery from it.
    fn double_crash(&mut self, path: &Path, life: Life, chance: &Chance) {
        let Some(first) = life.any_crash(chance) else { return };
        let Some(lives) = self.run(path, &[first]) else { return };
        let Some(second) = lives.get(1).and_then(|life| life.any_crash(chance)) else { return };
        self.double += 1;
        self.run(path, &[first, second]);
    }

    /// A crash, and restarts that die at their first write, before or after it.
    fn die_again(&mut self, path: &Path, life: Life, chance: &Chance) {
        let Some(first) = life.any_crash(chance) else { return };
        let mut crashes = vec![first];
        for _ in 0..RESTARTS_THAT_DIE {
            let write = if chance.below(2) == 0 { Write::Before } else { Write::After };
            crashes.push(Crash { point: Point::Append(0, write), dead: Dead::ALL[0] });
        }
        self.run(path, &crashes);
    }

    fn run(&mut self, path: &Path, crashes: &[Crash]) -> Option<Vec<Life>> {
        let case = Case { path, crashes };
        let lives = panic::catch_unwind(AssertUnwindSafe(|| case.run()));
        if lives.is_err() {
            let command = format!("  {VARIABLE}='{case}' cargo crash");
            eprintln!("failed; replay with\n{command}");
            self.failed.push(command);
        }
        lives.ok()
    }
}

/// So many of these points, in their order: the whole when there are no more.
fn picked(mut points: Vec<Point>, wanted: usize, chance: &Chance) -> Vec<Point> {
    while points.len() > wanted {
        let index = usize::try_from(chance.below(points.len() as u64)).unwrap();
        points.remove(index);
    }
    points
}
