//! Power is lost at random moments, and every acknowledged entry is there afterwards.
//!
//! A program is traced while it appends to a journal: each write, each sync, each acknowledgement, in
//! one order. For a moment of that record the folder is built as a device may hold it that lost power
//! just then: what was synced, and of the rest whatever that device keeps. The journal is opened
//! there, and must hold what was acknowledged: whole groups, nothing missing in between.
//!
//! `cargo power-loss` tries more moments on every device. `POWER_LOSS_SEED` draws the same moments and
//! devices again; the order of the program's threads is its own each time, so a failing folder is
//! kept. Where nobody may trace, the suite says that it was skipped, and fails if
//! `POWER_LOSS_REQUIRED` is set; the alias always demands it.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use arcadia::clock::Chance;
use arcadia::domain::log::LogPage;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::data_file::{self, DataFile, OpenDataFile};
use arcadia::journal::{Journal, JournalError};
use tempfile::TempDir;

use crate::power_loss::device::Device;
use crate::power_loss::recording::{Moment, Recording};
use crate::power_loss::workload::{SAGAS, group, groups_of, id, is_unfinished, row_after};
use crate::support::seed::seed;

mod device;
mod recorder;
mod recording;
mod tracer;
mod workload;

/// Where the traced program keeps its journal.
const FOLDER: &str = "POWER_LOSS_FOLDER";
/// Whether the traced program syncs.
const SYNCS: &str = "POWER_LOSS_SYNCS";
const SEED: &str = "POWER_LOSS_SEED";
const REQUIRED: &str = "POWER_LOSS_REQUIRED";

/// The name of the journal's folder under the one that is recorded: its own name can be lost, too.
const JOURNAL: &str = "data";

#[test]
fn a_loss_of_power_takes_nothing_that_was_acknowledged() {
    let required = env::var_os(REQUIRED).is_some();
    if let Some(figures) = lose_power(Sync::Real, 2, 6, required) {
        figures.assert_nothing_lost();
    }
}

#[test]
#[ignore = "`cargo power-loss` runs it: as the short one, with more lives and more moments"]
fn a_loss_of_power_at_hundreds_of_moments_takes_nothing_that_was_acknowledged() {
    let figures = lose_power(Sync::Real, 5, 20, true).expect("it is required");
    assert!(figures.points >= 300);
    figures.assert_nothing_lost();
}

#[test]
fn without_the_sync_after_the_flush_acknowledged_entries_are_lost() {
    let required = env::var_os(REQUIRED).is_some();
    let Some(figures) = lose_power(Sync::Left, 1, 6, required) else { return };
    assert!(figures.lost + figures.refused > 0, "the suite finds nothing");
}

#[test]
#[ignore = "the program that the others trace"]
fn traced_program() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let data_file = if env::var_os(SYNCS).is_some() { data_file::system } else { idle_data_file };
    // The test runner may have left a line open.
    writeln!(io::stdout(), "\n{}", tracer::READY).unwrap();
    io::stdin().read_line(&mut String::new()).unwrap();
    workload::write(&folder, data_file);
}

/// Whether the traced program syncs sled's data file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    Real,
    /// Its data file's sync does nothing.
    Left,
}

/// What came of it.
#[derive(Default)]
struct Figures {
    lives: usize,
    calls: usize,
    points: usize,
    acknowledged: usize,
    lost: usize,
    refused: usize,
}

impl Figures {
    fn assert_nothing_lost(&self) {
        assert_eq!((self.lost, self.refused), (0, 0), "points that lost, and that did not open");
    }
}

/// Lets the program live so often, each time on what a loss of power left of the life before, and
/// cuts the power at so many moments of each life for each device.
fn lose_power(sync: Sync, lives: usize, moments: usize, required: bool) -> Option<Figures> {
    let seed = seed(SEED);
    let dice = Chance::seeded(seed);
    let mut figures = Figures::default();
    let mut root = TempDir::new().unwrap();
    let mut before = BTreeMap::new();
    while figures.lives < lives && figures.lost + figures.refused == 0 {
        let program = program(&root.path().join(JOURNAL), sync);
        let recording = match tracer::record(program, root.path()) {
            Ok(recording) => recording,
            Err(error) => {
                assert!(!required, "this machine does not let a program be traced: {error}");
                eprintln!("SKIPPED, NOTHING PROVEN: power loss (nobody may trace here: {error})");
                return None;
            }
        };
        figures.lives += 1;
        figures.calls += recording.calls.len();
        let life = Life { sync, recording, before };
        for round in 0..moments {
            for device in Device::ALL {
                let cut = moment(&life.recording, round, &dice);
                if let Some(what) = life.lose_power(cut, device, &dice, &mut figures) {
                    eprintln!("seed {seed}, {device:?}, moment {cut}: {what}");
                }
            }
        }
        let cut = moment(&life.recording, 1, &dice);
        root = TempDir::new().unwrap();
        Device::TornPages.rebuild(&life.recording, cut, &dice, root.path());
        before = life.acknowledged(cut);
    }
    eprintln!(
        "seed {seed}: power lost at {} points of {} lives on {} devices, {} calls recorded, {} \
         acknowledged entries looked for; lost at {} points, refused to open at {}",
        figures.points,
        figures.lives,
        Device::ALL.len(),
        figures.calls,
        figures.acknowledged,
        figures.lost,
        figures.refused,
    );
    Some(figures)
}

/// One life of the program.
struct Life {
    sync: Sync,
    recording: Recording,
    /// What was acknowledged in the lives before: saga and count of groups.
    before: BTreeMap<u64, u64>,
}

impl Life {
    /// What was acknowledged at a moment, in this life and those before.
    fn acknowledged(&self, cut: Moment) -> BTreeMap<u64, u64> {
        let mut acknowledged = self.before.clone();
        acknowledged.extend(self.recording.acknowledged(cut));
        acknowledged
    }

    /// Loses power at the cut, and says what is wrong with the journal then.
    fn lose_power(
        &self,
        cut: Moment,
        device: Device,
        dice: &Chance,
        figures: &mut Figures,
    ) -> Option<String> {
        // Its own, so that the same folder can be built twice.
        let rolls = dice.below(u64::MAX);
        let disk = TempDir::new().unwrap();
        device.rebuild(&self.recording, cut, &Chance::seeded(rolls), disk.path());
        let acknowledged = self.acknowledged(cut);
        figures.points += 1;
        figures.acknowledged += entries(&acknowledged);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let what = match runtime.block_on(audit(&disk.path().join(JOURNAL), &acknowledged)) {
            Ok(()) => return None,
            Err(Broken::Refused(what)) => {
                figures.refused += 1;
                let folder = disk.path().to_str().unwrap();
                assert!(what.contains(folder), "it must say which folder: {what}");
                what
            }
            Err(Broken::Lost(what)) => {
                figures.lost += 1;
                what
            }
        };
        match self.sync {
            Sync::Real => {
                // As it was before it was opened.
                let kept = TempDir::new().unwrap().keep();
                device.rebuild(&self.recording, cut, &Chance::seeded(rolls), &kept);
                Some(format!("{what} (kept in `{}`)", kept.display()))
            }
            Sync::Left => None,
        }
    }
}

/// Of three moments one is right after an acknowledgement, one is anywhere, and one is while the
/// program has not acknowledged anything in this life.
fn moment(recording: &Recording, round: usize, dice: &Chance) -> Moment {
    let between = |first: Moment, end: Moment| {
        first + usize::try_from(dice.below((end - first) as u64)).expect("it is below")
    };
    let acknowledgements = recording.acknowledgements();
    match round % 3 {
        0 => acknowledgements[between(0, acknowledgements.len())],
        1 => between(recording.start, recording.end + 1),
        _ => between(recording.start, acknowledgements[0]),
    }
}

/// What is wrong with a journal after a loss of power.
enum Broken {
    /// It does not open, and says why.
    Refused(String),
    /// Something of it is missing or wrong.
    Lost(String),
}

/// Opens the journal, and compares it with what was acknowledged: saga and count of groups.
async fn audit(dir: &Path, acknowledged: &BTreeMap<u64, u64>) -> Result<(), Broken> {
    let journal = SledJournal::open(dir).map_err(|error| Broken::Refused(error.to_string()))?;
    let unread = |error: JournalError| Broken::Lost(error.to_string());
    let mut groups = BTreeMap::new();
    for saga in 0..SAGAS {
        let history = journal.history(id(saga)).await.map_err(unread)?;
        let found = groups_of(saga, &history).map_err(Broken::Lost)?;
        let safe = acknowledged.get(&saga).copied().unwrap_or(0);
        if found < safe {
            let what = format!("{safe} groups of saga {saga} were acknowledged, {found} are there");
            return Err(Broken::Lost(what));
        }
        journal.logs(id(saga), LogPage::Last, 1_000).await.map_err(unread)?;
        groups.insert(saga, found);
    }
    let with = |wanted: fn(u64) -> bool| {
        groups.iter().filter(move |(_, groups)| wanted(**groups)).map(|(saga, _)| id(*saga))
    };
    let unfinished: Vec<_> = with(is_unfinished).collect();
    if journal.unfinished().await.map_err(unread)? != unfinished {
        return Err(Broken::Lost("the index of unfinished sagas is wrong".to_owned()));
    }
    let rows: Vec<_> =
        groups.iter().filter_map(|(saga, groups)| row_after(*saga, *groups)).collect();
    if journal.summaries(None, 1_000).await.map_err(unread)? != rows {
        return Err(Broken::Lost("the rows of finished sagas are wrong".to_owned()));
    }
    // It also goes on, with every saga.
    for (saga, groups) in groups {
        journal.append(group(saga, groups)).await.map_err(unread)?;
        let history = journal.history(id(saga)).await.map_err(unread)?;
        if groups_of(saga, &history) != Ok(groups + 1) {
            return Err(Broken::Lost(format!("saga {saga} does not go on after {groups} groups")));
        }
    }
    journal.close().await.unwrap();
    Ok(())
}

fn entries(acknowledged: &BTreeMap<u64, u64>) -> usize {
    let groups = acknowledged.iter().flat_map(|(saga, groups)| (0..*groups).map(|n| (*saga, n)));
    groups.map(|(saga, number)| group(saga, number).entries.len()).sum()
}

/// This test binary, as the program that writes.
fn program(dir: &Path, sync: Sync) -> Command {
    let mut program = Command::new(env::current_exe().unwrap());
    program.args(["--ignored", "--exact", "power_loss::traced_program"]);
    program.args(["--nocapture", "--test-threads", "1"]);
    program.env(FOLDER, dir);
    match sync {
        Sync::Real => program.env(SYNCS, "yes"),
        Sync::Left => program.env_remove(SYNCS),
    };
    program
}

fn idle_data_file() -> OpenDataFile {
    Box::new(|_| Ok(Box::new(Idle)))
}

/// A data file that is never synced.
struct Idle;

impl DataFile for Idle {
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}
