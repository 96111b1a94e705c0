//! The dashboard as whoever sits before it has it: the real program in a pseudo-terminal of 120x36, with
//! 100,000 deployments in its journal, beside another program of the same library with as many rows.
//!
//! `cargo at-the-terminal` (about four minutes; `IDLE_SECONDS=5` for five seconds of idleness instead of
//! sixty). The other program is csvlens, a viewer of tables: it is taken from `$CSVLENS`, or else installed
//! into `target/bench-tools`. Both are asked the same, in the same run:
//!
//! - from the start to the first byte, and to the first screen that shows a row;
//! - memory then;
//! - what a key that moves the cursor by a row, and one that turns a page, takes until the first byte of
//!   the frame that answers it, and how many bytes that frame has;
//! - what an idle minute costs: bytes written, time on the processor, times that a thread woke.
//!
//! After that, of the dashboard alone: a key while a thousand sagas are under way on the simulated cloud,
//! beside the same key while nothing is.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::disallowed_methods, reason = "what is measured is time as it passes")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use arcadia::journal::sled::SledJournal;
use arcadia::steps::plan::{self, PlanSettings};
use arcadia::steps::{
    Progress, Registry, Step, StepContext, StepError, mark_deployment_provisioning,
};
use async_trait::async_trait;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::empty_sagas::{begin, engine, engine_of, launch};

#[path = "support/empty_sagas.rs"]
mod empty_sagas;

const ROWS: usize = 100_000;
const UNDER_WAY: usize = 1_000;
const WIDTH: u16 = 120;
const HEIGHT: u16 = 36;
/// How often each key is pressed.
const PRESSES: usize = 100;
/// A program that has written nothing for so long has answered.
const QUIET: Duration = Duration::from_millis(250);
/// Longer than anything here takes on any machine.
const PATIENCE: Duration = Duration::from_mins(3);
const CSVLENS: &str = "0.15.1";

fn main() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().join("data");
    fill(&data.join("journal"));
    let table = folder.path().join("deployments.csv");
    fs::write(&table, csv()).expect("there is room");

    let arcadia = || {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_arcadia"));
        command.args(["--data-dir", &data.display().to_string()]);
        command.env("HOME", folder.path());
        command
    };
    // What a first start does once, the archive above all, is done before anything is measured.
    Seat::at(arcadia()).leave("q", "of 100000");
    let ours = Figures::of(arcadia(), "of 100000", "j", "\x04");
    let other = Figures::of(csvlens(&table), "acme/n5", "j", "\x06");
    print_beside(&ours, &other);

    let busy = folder.path().join("busy");
    leave_under_way(&busy.join("journal"));
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_arcadia"));
    command.args(["--data-dir", &busy.display().to_string()]);
    command.env("HOME", folder.path());
    let count = UNDER_WAY.to_string();
    for (setting, value) in [
        ("ENGINE_MAX_SAGAS", count.as_str()),
        ("SIMULATOR_DROPLET_LIMIT", &count),
        // Longer than it is looked at, so that all are asked for again and again.
        ("SIMULATOR_ACTIVATION", "1h"),
        ("SAGA_ACTIVATION_DEADLINE", "2h"),
    ] {
        command.env(format!("ARCADIA_{setting}"), value);
    }
    print_busy(&Help::at(arcadia(), "of 100000"), &Help::at(command, "wait"));
}

/// A journal of sagas that have just begun.
fn leave_under_way(journal: &Path) {
    fs::create_dir_all(journal).expect("there is room");
    Runtime::new().expect("the runtime starts").block_on(async {
        let journal = Arc::new(SledJournal::open(journal).expect("an empty folder opens"));
        let registry = Registry::of([Arc::new(Never) as Arc<dyn Step>]);
        let settings = PlanSettings::default();
        let planner = Arc::new(move |_: &_, on_failure| plan::provisioning(&settings, on_failure));
        let engine = engine_of(journal.clone(), registry, planner).await;
        begin(&engine, 0, UNDER_WAY).await;
        engine.abort();
        journal.close().await.expect("its disk answers");
    });
}

/// The first step of the plan, which never ends.
struct Never;

#[async_trait]
impl Step for Never {
    fn name(&self) -> &'static str {
        mark_deployment_provisioning::NAME
    }

    async fn execute(&self, _ctx: &StepContext) -> Result<Progress, StepError> {
        std::future::pending().await
    }

    async fn compensate(
        &self,
        _ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        std::future::pending().await
    }
}

/// What a key takes until what it opens stands on the screen, whatever else is drawn meanwhile.
struct Help {
    median: Duration,
    p99: Duration,
    /// What the dashboard wrote in a second meanwhile.
    bytes_a_second: u128,
    memory_kib: u64,
}

impl Help {
    /// Opens the help and closes it, again and again, once this is shown.
    fn at(command: CommandBuilder, shown: &str) -> Self {
        let mut seat = Seat::at(command);
        seat.until(|screen| screen.contents().contains(shown));
        // What a start does first is over, and every saga has asked more than once.
        seat.bytes_within(Duration::from_secs(20));
        let (began, mut took, mut bytes) = (Instant::now(), Vec::with_capacity(PRESSES), 0);
        for _ in 0..PRESSES {
            took.push(seat.shows("?", |text| text.contains("MOVE"), &mut bytes));
            seat.shows("\x1b", |text| !text.contains("MOVE"), &mut bytes);
            bytes += seat.bytes_within(QUIET);
        }
        let millis = began.elapsed().as_millis();
        took.sort();
        let memory_kib = seat.memory_kib();
        seat.kill();
        let (median, p99) = (took[PRESSES / 2], took[PRESSES * 99 / 100]);
        Self { median, p99, bytes_a_second: bytes as u128 * 1_000 / millis, memory_kib }
    }
}

/// A journal of deployments that all came up.
fn fill(journal: &Path) {
    fs::create_dir_all(journal).expect("there is room");
    Runtime::new().expect("the runtime starts").block_on(async {
        let journal = Arc::new(SledJournal::open(journal).expect("an empty folder opens"));
        let engine = engine(journal.clone()).await;
        for first in (0..ROWS).step_by(1_000) {
            launch(&engine, first, 1_000).await;
        }
        engine.stop().await;
        journal.close().await.expect("its disk answers");
    });
}

/// The same as a table.
fn csv() -> String {
    let rows = (0..ROWS).map(|number| {
        format!("acme/n{number},ACTIVE,done done done done done done done,syd1,1m38s,203.0.113.7\n")
    });
    "deployment,state,steps,region,elapsed,address\n".to_owned() + &rows.collect::<String>()
}

fn csvlens(table: &Path) -> CommandBuilder {
    let program = std::env::var_os("CSVLENS").map_or_else(installed, PathBuf::from);
    let mut command = CommandBuilder::new(program);
    command.arg(table);
    command
}

fn installed() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools");
    let program = root.join("bin/csvlens");
    if !program.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["install", "csvlens", "--version", CSVLENS, "--locked", "--root"]).arg(&root);
        assert!(cargo.status().expect("cargo runs").success(), "csvlens cannot be installed");
    }
    program
}

/// What was measured of a program.
struct Figures {
    first_byte: Duration,
    first_row: Duration,
    memory_kib: u64,
    row: Key,
    page: Key,
    idle: Idle,
}

impl Figures {
    fn of(command: CommandBuilder, shown: &str, row: &str, page: &str) -> Self {
        let mut seat = Seat::at(command);
        let first_byte = seat.until(|_| true);
        let first_row = seat.until(|screen| screen.contents().contains(shown));
        seat.settle();
        let memory_kib = seat.memory_kib();
        let (row, page) = (seat.press(row), seat.press(page));
        let idle = seat.idle();
        seat.kill();
        Self { first_byte, first_row, memory_kib, row, page, idle }
    }
}

/// What a key takes.
struct Key {
    median: Duration,
    p99: Duration,
    bytes: usize,
}

/// What idleness costs.
struct Idle {
    span: Duration,
    bytes: usize,
    cpu: Duration,
    wakes: u64,
}

/// A program at a terminal.
struct Seat {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    chunks_rx: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    started: Instant,
}

impl Seat {
    fn at(mut command: CommandBuilder) -> Self {
        let size = PtySize { rows: HEIGHT, cols: WIDTH, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there are terminals left");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("it is a program");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("it can be read");
        let (chunks_tx, chunks_rx) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if chunks_tx.send((Instant::now(), buffer[..read].to_vec())).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().expect("it is taken once");
        let [rows, columns] = [HEIGHT, WIDTH].map(|cells| cells.try_into().expect("not zero"));
        let parser = vt100::Parser::new(rows, columns, 0);
        Self { master: pair.master, keyboard, child, chunks_rx, parser, started }
    }

    fn take(&mut self, patience: Duration) -> Option<(Instant, usize)> {
        match self.chunks_rx.recv_timeout(patience) {
            Ok((at, bytes)) => {
                self.parser.process(&bytes);
                Some((at, bytes.len()))
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                panic!("it ended:\n{}", self.parser.screen().contents())
            }
        }
    }

    /// How long after the start the screen was so.
    fn until(&mut self, is_so: impl Fn(&vt100::Screen) -> bool) -> Duration {
        loop {
            let at = self.take(PATIENCE).expect("it writes something").0;
            if is_so(self.parser.screen()) {
                return at - self.started;
            }
        }
    }

    /// Waits until nothing is written any more, and says how much was.
    fn settle(&mut self) -> usize {
        std::iter::from_fn(|| self.take(QUIET)).map(|(_, bytes)| bytes).sum()
    }

    fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("it reads its keys");
        self.keyboard.flush().expect("it reads its keys");
    }

    fn press(&mut self, key: &str) -> Key {
        let mut took = Vec::with_capacity(PRESSES);
        let mut bytes = Vec::with_capacity(PRESSES);
        for _ in 0..PRESSES {
            let pressed = Instant::now();
            self.keys(key);
            let (at, first) = self.take(PATIENCE).expect("a key is answered");
            took.push(at - pressed);
            bytes.push(first + self.settle());
        }
        took.sort();
        bytes.sort_unstable();
        let (median, p99) = (took[PRESSES / 2], took[PRESSES * 99 / 100]);
        Key { median, p99, bytes: bytes[PRESSES / 2] }
    }

    /// Presses a key, and says how long it took until the screen was so.
    fn shows(&mut self, key: &str, is_so: impl Fn(&str) -> bool, bytes: &mut usize) -> Duration {
        let pressed = Instant::now();
        self.keys(key);
        loop {
            let (at, written) = self.take(PATIENCE).expect("a key is answered");
            *bytes += written;
            if is_so(&self.parser.screen().contents()) {
                return at - pressed;
            }
        }
    }

    /// How much is written within this span.
    fn bytes_within(&mut self, span: Duration) -> usize {
        let (began, mut bytes) = (Instant::now(), 0);
        while let Some(left) = span.checked_sub(began.elapsed()) {
            bytes += self.take(left).map_or(0, |(_, bytes)| bytes);
        }
        bytes
    }

    fn idle(&mut self) -> Idle {
        let seconds = std::env::var("IDLE_SECONDS").ok().and_then(|text| text.parse().ok());
        let span = Duration::from_secs(seconds.unwrap_or(60));
        let (cpu, wakes) = (self.cpu(), self.wakes());
        let bytes = self.bytes_within(span);
        // What a thread did that has ended meanwhile nobody counts any more.
        let since = |(thread, now)| now - wakes.get(&thread).copied().unwrap_or(0);
        let wakes = self.wakes().into_iter().map(since).sum();
        Idle { span, bytes, cpu: self.cpu().saturating_sub(cpu), wakes }
    }

    fn of_process(&self, file: &str) -> String {
        let id = self.child.process_id().expect("it runs");
        fs::read_to_string(format!("/proc/{id}/{file}")).expect("it runs")
    }

    fn memory_kib(&self) -> u64 {
        number(&self.of_process("status"), "VmRSS:")
    }

    /// Time on the processor, of every thread, as exactly as the kernel's clock ticks: a hundredth of a second.
    fn cpu(&self) -> Duration {
        let stat = self.of_process("stat");
        // The name of the program stands in brackets, and may hold anything.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// How often each of its threads went to sleep, which is how often it had woken.
    fn wakes(&self) -> BTreeMap<OsString, u64> {
        let id = self.child.process_id().expect("it runs");
        let threads = fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
        let of_thread = threads.filter_map(|thread| {
            let thread = thread.ok()?;
            let status = fs::read_to_string(thread.path().join("status")).ok()?;
            Some((thread.file_name(), number(&status, "voluntary_ctxt_switches:")))
        });
        of_thread.collect()
    }

    fn leave(mut self, key: &str, shown: &str) {
        self.until(|screen| screen.contents().contains(shown));
        self.settle();
        self.keys(key);
        self.child.wait().expect("it ends");
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        drop(self.master);
    }
}

/// The number that stands on the line of this name.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn print_beside(ours: &Figures, other: &Figures) {
    println!("\n{ROWS} rows, {WIDTH}x{HEIGHT}");
    println!("{:<44} {:>12} {:>12} {:>7}", "", "arcadia", "csvlens", "ratio");
    let line = |what: &str, unit: &str, ours: u128, other: u128| {
        let hundredths = (ours * 100).checked_div(other);
        let ratio = hundredths
            .map_or_else(|| "-".to_owned(), |ratio| format!("{}.{:02}", ratio / 100, ratio % 100));
        println!("{:<44} {ours:>12} {other:>12} {ratio:>7}", format!("{what}, {unit}"));
    };
    let us = |span: Duration| span.as_micros();
    line("start to the first byte", "us", us(ours.first_byte), us(other.first_byte));
    line("start to the first row", "us", us(ours.first_row), us(other.first_row));
    line("memory", "KiB", ours.memory_kib.into(), other.memory_kib.into());
    for (what, ours, other) in
        [("cursor by a row", &ours.row, &other.row), ("a page", &ours.page, &other.page)]
    {
        line(
            &format!("{what}: key to first byte, median"),
            "us",
            us(ours.median),
            us(other.median),
        );
        line(&format!("{what}: key to first byte, 99 %"), "us", us(ours.p99), us(other.p99));
        line(&format!("{what}: frame, median"), "bytes", ours.bytes as u128, other.bytes as u128);
    }
    let idle = format!("idle for {} s", ours.idle.span.as_secs());
    let (ours, other) = (&ours.idle, &other.idle);
    line(&format!("{idle}: written"), "bytes", ours.bytes as u128, other.bytes as u128);
    line(&format!("{idle}: processor"), "us", us(ours.cpu), us(other.cpu));
    line(&format!("{idle}: threads woke"), "times", ours.wakes.into(), other.wakes.into());
}

fn print_busy(still: &Help, busy: &Help) {
    println!("\nthe help opened {PRESSES} times, {WIDTH}x{HEIGHT}");
    let (under_way, rows) = (format!("{UNDER_WAY} under way"), format!("{ROWS} ended"));
    println!("{:<44} {under_way:>15} {rows:>15}", "");
    let line = |what: &str, busy: u128, still: u128| println!("{what:<44} {busy:>15} {still:>15}");
    line("key to its frame, median, us", busy.median.as_micros(), still.median.as_micros());
    line("key to its frame, 99 %, us", busy.p99.as_micros(), still.p99.as_micros());
    line("written, bytes a second", busy.bytes_a_second, still.bytes_a_second);
    line("memory, KiB", busy.memory_kib.into(), still.memory_kib.into());
}
