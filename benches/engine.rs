//! Whole sagas through the engine: seven steps that do nothing, every fact durable.
//!
//! `cargo bench --bench engine`. Sagas per second at 1, 64 and 1,000 at once, on the journal in sled
//! beside the one in memory: the ratio is the price of durability. Then the time to open a journal
//! of 100,000 finished deployments, and the memory that it takes.

#![expect(clippy::print_stderr, reason = "what criterion cannot measure is told beside it")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arcadia::control::Control;
use arcadia::journal::Journal;
use arcadia::journal::memory::MemoryJournal;
use arcadia::journal::sled::SledJournal;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

use crate::empty_sagas::{engine, launch};

#[path = "support/empty_sagas.rs"]
mod empty_sagas;

/// Deployments in the journal that is opened.
const FINISHED: usize = 100_000;

fn sagas(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the runtime starts");
    let mut group = criterion.benchmark_group("sagas");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    for at_once in [1_usize, 64, 1_000] {
        group.throughput(Throughput::Elements(at_once as u64));
        let folder = tempfile::tempdir().expect("there is room");
        let sled = Arc::new(SledJournal::open(folder.path()).expect("an empty folder opens"));
        let before = sled.stats();
        let journals: [(&str, Arc<dyn Journal>); 2] =
            [("sled", sled.clone()), ("memory", Arc::new(MemoryJournal::new()))];
        for (name, journal) in journals {
            let engine = runtime.block_on(engine(journal));
            let mut first = 0;
            group.bench_function(BenchmarkId::new(name, at_once), |bencher| {
                bencher.iter(|| {
                    runtime.block_on(launch(&engine, first, at_once));
                    first += at_once;
                });
            });
            runtime.block_on(engine.stop());
        }
        let after = sled.stats();
        eprintln!(
            "{at_once} at once: {} entries per durable write",
            (after.entries - before.entries) / (after.groups - before.groups).max(1)
        );
        runtime.block_on(sled.close()).expect("its disk answers");
    }
}

fn start_up(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the runtime starts");
    let folder = tempfile::tempdir().expect("there is room");
    runtime.block_on(async {
        let journal = Arc::new(SledJournal::open(folder.path()).expect("an empty folder opens"));
        let engine = engine(journal.clone()).await;
        for first in (0..FINISHED).step_by(1_000) {
            launch(&engine, first, 1_000).await;
        }
        engine.stop().await;
        journal.close().await.expect("its disk answers");
    });
    let open = |path: &Path| {
        runtime.block_on(async {
            let journal = Arc::new(SledJournal::open(path).expect("it was closed in order"));
            let engine = engine(journal.clone()).await;
            let rows = engine.watch().await.expect("the engine runs").summaries.len();
            assert_eq!(rows, FINISHED);
            engine.stop().await;
            journal.close().await.expect("its disk answers");
        });
    };
    let before = resident_kib();
    open(folder.path());
    eprintln!(
        "{FINISHED} finished deployments: {} MiB on disk, {} MiB more memory after opening",
        size_of(folder.path()) >> 20,
        resident_kib().saturating_sub(before) >> 10
    );
    let mut group = criterion.benchmark_group("start-up");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function(BenchmarkId::new("open", FINISHED), |bencher| {
        bencher.iter(|| open(folder.path()));
    });
}

/// The resident set, in KiB, as the kernel tells it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The bytes of the files in a folder.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size_of(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

criterion_group!(benches, sagas, start_up);
criterion_main!(benches);
