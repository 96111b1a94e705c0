//! A log file a day, readable by its owner only, and only the latest few kept.
//!
//! Written here rather than taken from a library because the day must come from our clock and the
//! mode must hold for every file from its first byte on.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use crate::clock::Clock;

/// What every log file's name begins with; the day follows.
const PREFIX: &str = "arcadia.log.";

/// Writes to today's file.
pub(crate) struct DailyFile {
    folder: PathBuf,
    keep: NonZeroUsize,
    clock: Clock,
    day: String,
    file: File,
}

impl DailyFile {
    /// Opens today's file and forgets those that are too many. The folder is made if it is not
    /// there.
    pub(crate) fn open(folder: PathBuf, keep: NonZeroUsize, clock: Clock) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let day = today(&clock);
        let file = open(&folder, &day)?;
        let daily = Self { folder, keep, clock, day, file };
        daily.forget_old()?;
        Ok(daily)
    }

    fn turn_the_page(&mut self) -> io::Result<()> {
        let day = today(&self.clock);
        if day != self.day {
            self.file = open(&self.folder, &day)?;
            self.day = day;
            self.forget_old()?;
        }
        Ok(())
    }

    fn forget_old(&self) -> io::Result<()> {
        let mut names: Vec<String> = std::fs::read_dir(&self.folder)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with(PREFIX))
            .collect();
        names.sort();
        let too_many = names.len().saturating_sub(self.keep.get());
        names[..too_many].iter().try_for_each(|name| std::fs::remove_file(self.folder.join(name)))
    }
}

impl Write for DailyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn_the_page()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(folder: &std::path::Path, day: &str) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(folder.join(format!("{PREFIX}{day}")))
}

/// The day in UTC, so that names sort as days do.
fn today(clock: &Clock) -> String {
    clock.now().to_string().chars().take("2026-01-31".len()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;
    use crate::domain::time::Timestamp;

    const DAY: Duration = Duration::from_hours(24);

    fn names(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test(start_paused = true)]
    async fn each_day_has_its_file_for_its_owner_only_and_the_oldest_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_000_000));
        let keep = NonZeroUsize::new(2).unwrap();
        let path = folder.path().join("logs");
        let mut file = DailyFile::open(path.clone(), keep, clock).unwrap();
        for day in 0..4 {
            writeln!(file, "day {day}").unwrap();
            tokio::time::advance(DAY).await;
        }
        assert_eq!(names(&path), ["arcadia.log.2023-11-16", "arcadia.log.2023-11-17"]);
        let last = path.join("arcadia.log.2023-11-17");
        assert_eq!(std::fs::read_to_string(&last).unwrap(), "day 3\n");
        assert_eq!(std::fs::metadata(&last).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
