//! Durable appends per second, at 1, 64 and 1,000 writers that each wait for their answer, beside the
//! floor: the same bytes appended to a plain file by one group-commit writer with `fdatasync`.
//!
//! Absolute numbers say more of the machine than of the code; the ratio to the floor is what to
//! watch. The table at the end shows it, with how many events shared a durable write.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::id::SagaId;
use arcadia::domain::saga::event::{EventKind, StepEvent};
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::time::Timestamp;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::{Batch, Fate, Journal, record};
use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

const WRITERS: [u64; 3] = [1, 64, 1_000];

/// As many as the journal lets wait, so that both group alike.
const WAITING: usize = 1_024;

fn main() {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut rows = Vec::new();
    for writers in WRITERS {
        let floor = floor(&runtime, &mut criterion, writers);
        let sled = sled(&runtime, &mut criterion, writers);
        rows.push((writers, floor, sled));
    }
    criterion.final_summary();
    report(&rows);
}

/// What was measured over all samples.
#[derive(Default)]
struct Measured {
    events: u64,
    time: Duration,
    durable_writes: u64,
}

impl Measured {
    fn per_second(&self) -> f64 {
        count(self.events) / self.time.as_secs_f64()
    }

    fn per_write(&self) -> f64 {
        count(self.events) / count(self.durable_writes)
    }
}

fn sled(runtime: &Runtime, criterion: &mut Criterion, writers: u64) -> Measured {
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the journal");
    let journal = Arc::new(SledJournal::open(dir.path()).expect("a new journal opens"));
    let next_seqs: Arc<[AtomicU64]> = (0..writers).map(|_| AtomicU64::new(0)).collect();
    let mut measured = measure(runtime, criterion, "sled", writers, |writer, iterations| {
        let (journal, next_seqs) = (Arc::clone(&journal), Arc::clone(&next_seqs));
        async move {
            let next_seq = &next_seqs[usize::try_from(writer).expect("a small number")];
            for _ in 0..iterations {
                let seq = next_seq.fetch_add(1, Ordering::Relaxed);
                let saga = SagaId::from_u128(u128::from(writer));
                let batch = Batch { saga, entries: [entry(seq)].into(), fate: Fate::GoesOn };
                journal.append(batch).await.expect("the disk takes it");
            }
        }
    });
    measured.durable_writes = journal.stats().groups;
    measured
}

fn floor(runtime: &Runtime, criterion: &mut Criterion, writers: u64) -> Measured {
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the file");
    let file = File::create(dir.path().join("floor")).expect("a new file opens");
    let floor = Floor::start(file);
    let mut measured = measure(runtime, criterion, "floor", writers, |_, iterations| {
        let requests_tx = floor.requests_tx.clone();
        async move {
            for seq in 0..iterations {
                let (ack_tx, ack_rx) = oneshot::channel();
                let bytes = record::encode_entries(&[entry(seq)]);
                requests_tx.send((bytes, ack_tx)).await.expect("the writer lives");
                ack_rx.await.expect("the disk takes it");
            }
        }
    });
    measured.durable_writes = floor.finish();
    measured
}

/// Lets every writer append `iterations` times, one after the other, and all at once.
fn measure<F>(
    runtime: &Runtime,
    criterion: &mut Criterion,
    name: &str,
    writers: u64,
    write: impl Fn(u64, u64) -> F,
) -> Measured
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut measured = Measured::default();
    let mut group = criterion.benchmark_group("durable_appends");
    group.throughput(Throughput::Elements(writers));
    group.bench_function(BenchmarkId::new(name, writers), |bencher| {
        bencher.iter_custom(|iterations| {
            let started = now();
            runtime.block_on(async {
                let tasks: JoinSet<()> =
                    (0..writers).map(|writer| write(writer, iterations)).collect();
                tasks.join_all().await;
            });
            let time = now() - started;
            measured.events += writers * iterations;
            measured.time += time;
            time
        });
    });
    group.finish();
    measured
}

/// Bytes to be written, and where to say that they are.
type Waiting = (Vec<u8>, oneshot::Sender<()>);

/// One writer that appends what waits to a plain file, syncs it and answers.
struct Floor {
    requests_tx: mpsc::Sender<Waiting>,
    writer: JoinHandle<u64>,
}

impl Floor {
    fn start(mut file: File) -> Self {
        let (requests_tx, mut requests_rx) = mpsc::channel::<Waiting>(WAITING);
        let writer = thread::spawn(move || {
            let mut writes = 0;
            while let Some((mut bytes, ack_tx)) = requests_rx.blocking_recv() {
                let mut acks = vec![ack_tx];
                while acks.len() < WAITING
                    && let Ok((more, ack_tx)) = requests_rx.try_recv()
                {
                    bytes.extend(more);
                    acks.push(ack_tx);
                }
                file.write_all(&bytes).expect("the disk takes it");
                file.sync_data().expect("the disk takes it");
                writes += 1;
                for ack_tx in acks {
                    ack_tx.send(()).ok();
                }
            }
            writes
        });
        Self { requests_tx, writer }
    }

    /// How often it wrote.
    fn finish(self) -> u64 {
        drop(self.requests_tx);
        self.writer.join().expect("the writer ends")
    }
}

/// About 300 bytes as they are written.
fn entry(seq: u64) -> Entry {
    let output = json!({"droplet": 3_164_494_u64, "ipv4": "203.0.113.7", "name": "x".repeat(100)});
    let event = StepEvent::Succeeded { output };
    let step = StepName::new("create_droplet");
    let kind = EventKind::Step { step, direction: Direction::Forward, event };
    Entry { seq, at: Timestamp::from_millis(1_700_000_000_000), fact: Fact::Saga(kind) }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]
fn report(rows: &[(u64, Measured, Measured)]) {
    println!(
        "writers | floor/s   | sled/s    | sled : floor | events per durable write (floor, sled)"
    );
    for (writers, floor, sled) in rows {
        if sled.durable_writes == 0 || floor.durable_writes == 0 {
            continue; // left out by a filter of the command line
        }
        println!(
            "{writers:>7} | {:>9.0} | {:>9.0} | {:>12.3} | {:.1}, {:.1}",
            floor.per_second(),
            sled.per_second(),
            sled.per_second() / floor.per_second(),
            floor.per_write(),
            sled.per_write(),
        );
    }
}
