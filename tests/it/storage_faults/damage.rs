//! Random damage: flipped bits, runs of garbage, cut files, missing files, older copies.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use arcadia::clock::Chance;
use arcadia::journal::JournalError;
use arcadia::journal::sled::integrity::Witness;
use arcadia::journal::sled::opening::Opening;
use tempfile::TempDir;
use tokio::runtime;

use crate::storage_faults::subject::Subject;
use crate::support::database::copy;

/// How many damages are tried along with all other tests.
const FEW: u64 = 100;

/// How many are tried when they are asked for.
const MANY: u64 = 1_000;

/// What the damages are drawn from, unless `STORAGE_FAULTS_SEED` says something else.
const SEED: u64 = 20_250_411;

/// Longer than any of it takes: what does not answer by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_hundred_random_damages_lose_nothing_unnoticed() {
    println!("{}", try_out(FEW));
}

#[test]
#[ignore = "takes minutes: `cargo storage-faults`"]
fn a_thousand_random_damages_lose_nothing_unnoticed() {
    println!("{}", try_out(number("STORAGE_FAULTS_COUNT").unwrap_or(MANY)));
}

/// One kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    FlipBit,
    FlipRun,
    Truncate,
    Delete,
    OlderDatabase,
    OlderCounter,
    OlderEverything,
}

/// Flips and cuts are the most various, so they are tried the most often.
const KINDS: [Kind; 12] = [
    Kind::FlipBit,
    Kind::FlipBit,
    Kind::FlipBit,
    Kind::FlipBit,
    Kind::FlipRun,
    Kind::FlipRun,
    Kind::Truncate,
    Kind::Truncate,
    Kind::Delete,
    Kind::OlderDatabase,
    Kind::OlderCounter,
    Kind::OlderEverything,
];

/// What became of a damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything was read as it was acknowledged.
    Harmless,
    /// The journal did not open, and said why.
    AtOpening,
    /// So many things were said to be damaged, and the others were as acknowledged.
    OnReading(usize),
}

#[derive(Default)]
struct Figures {
    seed: u64,
    at_opening: u64,
    on_reading: u64,
    harmless: u64,
    /// What went wrong: lost unnoticed, panicked, or hung.
    wrong: Vec<String>,
}

fn try_out(count: u64) -> Figures {
    let seed = number("STORAGE_FAULTS_SEED").unwrap_or(SEED);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let subject = Arc::new(runtime.block_on(Subject::new()));
    let mut figures = Figures { seed, ..Figures::default() };
    for number in 0..count {
        let chance = Chance::seeded(seed.wrapping_add(number));
        let damaged = TempDir::new().unwrap();
        let dir = damaged.path().join("journal");
        let (kind, what) = inflict(&subject, &dir, &chance);
        match read_everything(&subject, &dir, witness(kind, &subject)) {
            Ok(Outcome::Harmless) => figures.harmless += 1,
            Ok(Outcome::AtOpening) => figures.at_opening += 1,
            Ok(Outcome::OnReading(_)) => figures.on_reading += 1,
            Err(wrong) => figures.wrong.push(format!("number {number}, {what}: {wrong}")),
        }
    }
    assert!(figures.wrong.is_empty(), "{figures}: {:#?}", figures.wrong);
    assert!(figures.at_opening > 0 && figures.harmless > 0, "{figures}");
    figures
}

/// Somebody who followed the journal. Nothing in the folder can tell that all of it is older, and
/// everything else must be told without help.
fn witness(kind: Kind, subject: &Subject) -> Option<Witness> {
    match kind {
        Kind::OlderEverything => Some(subject.witness),
        Kind::FlipBit
        | Kind::FlipRun
        | Kind::Truncate
        | Kind::Delete
        | Kind::OlderDatabase
        | Kind::OlderCounter => None,
    }
}

/// Makes a damaged copy, and says what was done to it.
fn inflict(subject: &Subject, dir: &Path, chance: &Chance) -> (Kind, String) {
    let kind = KINDS[index(chance, KINDS.len())];
    let whole = if chance.below(2) == 0 { &subject.closed } else { &subject.killed };
    copy(if kind == Kind::OlderEverything { &subject.older } else { whole }, dir);
    let detail = match kind {
        Kind::FlipBit => {
            let (file, len) = some_file(dir, chance);
            let (place, bit) = (chance.below(len), chance.below(8));
            change(&file, place, 1, |byte| byte ^ (1 << bit));
            format!("bit {bit} of byte {place} of {}", file.display())
        }
        Kind::FlipRun => {
            let (file, len) = some_file(dir, chance);
            let (place, count) = (chance.below(len), 1 + chance.below(8_192));
            change(&file, place, count, |byte| byte ^ 0x5a);
            format!("{count} bytes at {place} of {}", file.display())
        }
        Kind::Truncate => {
            let (file, len) = some_file(dir, chance);
            let len = chance.below(len);
            OpenOptions::new().write(true).open(&file).unwrap().set_len(len).unwrap();
            format!("{} at {len}", file.display())
        }
        Kind::Delete => {
            let files = files(dir);
            let file = &files[index(chance, files.len())];
            fs::remove_file(file).unwrap();
            file.display().to_string()
        }
        Kind::OlderDatabase => {
            for file in files(dir).into_iter().filter(|file| is_sleds(file)) {
                fs::remove_file(file).unwrap();
            }
            for file in files(&subject.older).into_iter().filter(|file| is_sleds(file)) {
                fs::copy(&file, dir.join(file.file_name().unwrap())).unwrap();
            }
            String::new()
        }
        Kind::OlderCounter => {
            fs::copy(subject.older.join("tail"), dir.join("tail")).unwrap();
            String::new()
        }
        Kind::OlderEverything => String::new(),
    };
    (kind, format!("{kind:?} {detail}"))
}

/// Opens the journal twice, and reads everything: as it is run, and as it is looked at when it is
/// refused.
fn read_everything(
    subject: &Arc<Subject>,
    dir: &Path,
    witness: Option<Witness>,
) -> Result<Outcome, String> {
    let (outcome_tx, outcome_rx) = mpsc::channel();
    let (subject, dir) = (Arc::clone(subject), dir.to_owned());
    // In a thread of its own, because a hang is an outcome as well. It ends with the test.
    let reader = std::thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(outcome(&subject, &dir, witness));
        outcome_tx.send(outcome).ok();
    });
    match outcome_rx.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => Err("it hangs".to_owned()),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(format!("it panicked: {:?}", reader.join().map_err(|panic| words(&*panic))))
        }
    }
}

async fn outcome(
    subject: &Subject,
    dir: &Path,
    witness: Option<Witness>,
) -> Result<Outcome, String> {
    let opening = || Opening::of(dir).witness(witness);
    let first = match opening().open() {
        Ok(journal) => {
            let compared = subject.acknowledged.compare(&journal).await?;
            journal.close().await.unwrap();
            Some(compared)
        }
        Err(error) => {
            said(&error, dir)?;
            None
        }
    };
    // What was noticed once is not to be taken for granted the next time.
    let again = match opening().open() {
        Ok(journal) => Some(subject.acknowledged.compare(&journal).await?),
        Err(_) => None,
    };
    if first.is_none() && again.is_some() {
        return Err("it was refused, and then it was not".to_owned());
    }
    if again.is_none()
        && let Ok(journal) = opening().look()
    {
        // It is in doubt as a whole, or every word of it must be true.
        let compared = subject.acknowledged.compare(&journal).await;
        if journal.doubt().is_none() {
            compared?;
        }
    }
    Ok(match again {
        None => Outcome::AtOpening,
        Some(0) => Outcome::Harmless,
        Some(damaged) => Outcome::OnReading(damaged),
    })
}

/// Whether the error says where the damage is.
fn said(error: &JournalError, dir: &Path) -> Result<(), String> {
    let text = error.to_string();
    let clear = matches!(error, JournalError::Damaged { .. } | JournalError::Open { .. });
    if clear && text.contains(&dir.display().to_string()) {
        return Ok(());
    }
    Err(format!("it says `{text}`"))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(dir).unwrap().map(|item| item.unwrap().path());
    let mut files: Vec<_> = items.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn is_sleds(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    name == "db" || name == "conf" || name.starts_with("snap.")
}

/// A file with something in it: mostly the data file, which is nearly everything.
fn some_file(dir: &Path, chance: &Chance) -> (PathBuf, u64) {
    let len = |path: &Path| path.metadata().unwrap().len();
    let mut files = files(dir);
    files.retain(|file| len(file) > 0);
    let file = if chance.below(4) == 0 {
        files.swap_remove(index(chance, files.len()))
    } else {
        dir.join("db")
    };
    let len = len(&file);
    (file, len)
}

fn change(file: &Path, place: u64, count: u64, change: impl Fn(u8) -> u8) {
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let count = count.min(file.metadata().unwrap().len() - place);
    let mut bytes = vec![0; usize::try_from(count).unwrap()];
    file.read_exact_at(&mut bytes, place).unwrap();
    for byte in &mut bytes {
        *byte = change(*byte);
    }
    file.write_all_at(&bytes, place).unwrap();
}

fn index(chance: &Chance, len: usize) -> usize {
    usize::try_from(chance.below(len as u64)).unwrap()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, at_opening, on_reading, harmless, wrong } = self;
        let tried = at_opening + on_reading + harmless + wrong.len() as u64;
        write!(
            f,
            "seed {seed} (STORAGE_FAULTS_SEED), {tried} tried (STORAGE_FAULTS_COUNT): {at_opening} noticed when it was opened, {on_reading} when it was read, \
             {harmless} harmless; lost unnoticed, panicked or hung: {}",
            wrong.len()
        )
    }
}
